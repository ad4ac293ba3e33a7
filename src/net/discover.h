/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what an engine set up in a network namespace; changes nothing. */
#ifndef URUNC_NET_DISCOVER_H
#define URUNC_NET_DISCOVER_H

#include "common/arena.h"
#include "machine/netfacts.h"

/* No link with an address is not an error: then the container has no network and links.n is 0. */
int net_discover(int netns_fd, struct arena *a, struct net_facts *ret, struct err *e) _must_check_;
/* Fills in the ports of a resolver on 127.0.0.11. Costs the kernel some milliseconds: only for a container whose resolv.conf
 * names that address. */
int net_find_resolver(int netns_fd, struct arena *a, struct net_facts *facts, struct err *e) _must_check_;

/* The port of the socket on 127.0.0.11 in the text of /proc/net/udp or tcp (state: "07" or "0A"); 0 = none. */
uint32_t net_resolver_port(const char *text, const char *state);

#endif
