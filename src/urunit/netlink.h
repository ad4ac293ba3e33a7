/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the kernel's network (rtnetlink) and its answers. */
#ifndef URUNC_URUNIT_NETLINK_H
#define URUNC_URUNIT_NETLINK_H

#include <stddef.h>
#include <stdint.h>

#include "urunit/config.h"

#define UNL_BYTES 256

/* One request; its parts are aligned to 4 as the protocol wants. */
struct unl {
	_Alignas(uint32_t) uint8_t p[UNL_BYTES];
	size_t n;
};

/* Interface up with this MTU (0: as it is), or, with a name, only renamed. */
void unl_link(struct unl *r, uint32_t ifindex, const char *name, uint32_t mtu);
/* An address that is used at once: no search for another host that has it. */
void unl_address(struct unl *r, uint32_t ifindex, const struct uaddress *a);
/* The default route of the gateway's family. onlink: the gateway is reached directly though no address says so. */
void unl_gateway(struct unl *r, uint32_t ifindex, const struct uaddress *gateway, bool onlink);

/* A socket, or -errno. */
int unl_open(void);
/* 0, or -errno: the kernel's own. */
int unl_ask(int fd, const uint8_t *request, size_t n);

#endif
