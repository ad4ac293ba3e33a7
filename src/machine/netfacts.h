/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a container's network namespace once an engine has set it up. */
#ifndef URUNC_MACHINE_NETFACTS_H
#define URUNC_MACHINE_NETFACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/record.h"
#include "common/str.h"

/* How a guest is connected; docs/design/network.md. */
enum net_mode {
	NET_DYNAMIC, /* it has the address and the MAC of the link */
	NET_STATIC,  /* it has 172.16.1.2 behind a masquerading tap (Knative's user-container) */
};

/* An interface that has at least one usable address. */
struct net_link {
	const char *name;
	uint32_t ifindex;
	const char *mac; /* "02:42:ac:11:00:02"; NULL = it has none (a tunnel) and no guest can take its place */
	uint32_t mtu;
	bool up;
	struct strs addresses;          /* "10.0.0.2/24", the primary one first */
	struct strs addresses6;         /* "fd00::2/64"; neither link-local nor tentative ones */
	const char *gateway, *gateway6; /* of its best default route; NULL = none */
	bool has_default;               /* it has a default route, maybe one without gateway */
	bool onlink,
		onlink6; /* the gateway is outside of every prefix of the link: the guest needs a route to it first */
};

struct net_facts {
	struct {
		struct net_link *v;
		size_t n;
	} links; /* the one with the default route first, then in order of ifindex */
	/* Ports where a resolver listens on 127.0.0.11 (Docker); 0 = none, or nobody asked. */
	uint32_t resolver_udp, resolver_tcp;
};

extern const struct record rec_net_facts, rec_net_link;

#endif
