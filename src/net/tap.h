/* SPDX-License-Identifier: Apache-2.0 */
/* Taps, and other settings of interfaces. */
#ifndef URUNC_NET_TAP_H
#define URUNC_NET_TAP_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

#define TAP_PREFIX "urunc"

/* The first of urunc0, urunc1, ... from *n on that no interface of the namespace has; *n becomes its number. */
int tap_free_name(int rt, uint32_t *n, char ret[IFNAMSIZ], struct err *e) _must_check_;
/* Makes the tap in the namespace, down. -EBUSY when the name has gone meanwhile. Closing the descriptor removes it. */
int tap_make(int netns_fd, const char *name, int *ret_fd, struct err *e) _must_check_;
/* From now on it stays without its descriptor, and this user and group may open it. */
int tap_keep(int fd, uint32_t uid, uint32_t gid, struct err *e) _must_check_;
/* Without IPv6 of its own, with this MTU (0: as it is), and up. address: "172.16.1.1" in network order with prefix 24, or 0. */
int tap_up(int rt, uint32_t ifindex, uint32_t mtu, uint32_t address, struct err *e) _must_check_;

/* Index of an interface by name; 0 = there is none. is_tap may be NULL. */
int link_index(int rt, const char *name, uint32_t *ret, bool *is_tap, struct err *e) _must_check_;
/* Removing what is not there is success. */
int link_remove(int rt, uint32_t ifindex, struct err *e) _must_check_;
/* A per-interface IPv4 setting (IPV4_DEVCONF_*), without /proc. */
int link_conf_get(int rt, uint32_t ifindex, uint16_t which, uint32_t *ret, struct err *e) _must_check_;
int link_conf_set(int rt, uint32_t ifindex, uint16_t which, uint32_t value, struct err *e) _must_check_;

#endif
