/* SPDX-License-Identifier: Apache-2.0 */
/* The IPv4 side of a network interface, in the pieces from which guests' command lines are made. */
#ifndef URUNC_GUESTS_NETWORDS_H
#define URUNC_GUESTS_NETWORDS_H

#include <stdbool.h>

#include "machine/machine.h"

#define NETWORDS_BYTES 16

struct networds {
	char address[NETWORDS_BYTES], mask[NETWORDS_BYTES];
	unsigned prefix;
	const char *gateway; /* NULL = none */
};

/* False when the interface has no IPv4 address. An address without a prefix is a host's own (/32). */
bool networds_ipv4(const struct vm_nic *nic, struct networds *ret);
/* Shortens the prefix until the gateway is in the same network: for guests that take no other one. */
void networds_reach_gateway(struct networds *w);
/* The first server of list, at or after *i, that is an IPv4 address; NULL when there is no more. */
const char *networds_dns(const struct strs *list, size_t *i);

#endif
