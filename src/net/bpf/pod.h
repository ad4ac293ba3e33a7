/* SPDX-License-Identifier: Apache-2.0 */
/* What the pod switch in the kernel and urunc share: the contents of its maps, and the numbers of the design. */
#ifndef URUNC_NET_BPF_POD_H
#define URUNC_NET_BPF_POD_H

#include <linux/types.h>

/* Part of the filters' names: programs and maps of another layout are never mixed. */
#define POD_ABI "2"

#define POD_SLOTS 32 /* slot 0 is never used: guest k has slot k */

/* 127.0.77.k is guest k for processes of the namespace. */
#define POD_LOCAL_NET 0x7f004d00u
/* 169.254.77.x is what a guest uses. */
#define POD_ALIAS_NET 0xa9fe4d00u
enum pod_alias {
	POD_ALIAS_LOCALHOST = 1, /* 127.0.0.1 of the namespace, which sees 127.0.77.k */
	POD_ALIAS_OWN = 2,       /* the pod's address as seen from inside, which sees 127.0.77.k */
	POD_ALIAS_TO_LOCAL = 3,  /* a process that called the guest as 127.0.0.1 */
	POD_ALIAS_TO_OWN = 4,    /* a process that called the guest by the pod's address */
	POD_ALIAS_RESOLVER = 53, /* 127.0.0.11, whatever its port */
	POD_ALIAS_GUESTS = 100,  /* + k: guest k */
};
#define POD_RESOLVER_IP 0x7f00000bu
#define POD_LOCALHOST_IP 0x7f000001u

/* One guest on one link. Addresses and ports are in network order everywhere in the maps. */
struct pod_slot {
	__u32 tap;   /* ifindex; 0 = free */
	__u32 link;  /* ifindex */
	__u32 ip;    /* IPv4 of the link; 0 = none */
	__u32 local; /* also reached by lo and 169.254.77.x: the guest's first link */
	__u16 mac[3];
	__u16 pad;
};

/* Which guests are behind an interface. For a tap: slot only. For a link, and lo as ifindex 1: all of them. */
struct pod_iface {
	__u32 slot; /* of the tap; for others that of the first guest */
	__u32 n;
	__u32 mask;            /* bit k = slot k */
	__u32 taps[POD_SLOTS]; /* n of them, in order of slots */
};

/* One per namespace; partly what whoever goes last must put back. */
struct pod_state {
	__u16 resolver_udp, resolver_tcp; /* network order; 0 = none */
	__u8 old_route_localnet, old_accept_local, pad[2];
};

/* A flow as its guest sees it. For later fragments: see key_piece(). */
struct pod_key {
	__u32 remote[4]; /* IPv4 in the first */
	__u16 rport, lport;
	__u32 link; /* ifindex; 1 = by lo */
	__u32 proto;
};
#define POD_FRAGMENT 0x10000u /* in proto */

/* Whose it is. */
struct pod_flow {
	__s32 to;      /* tap; for fragments also enum in pod.c */
	__u32 heard_s; /* when the guest last sent, by the kernel's monotonic clock, in units of 2^30 ns */
};
#define POD_FLOW_MAX_S                                                                                       \
	30 /* a silent flow of datagrams gives way to a socket of the namespace that takes them from everybody */

/* A port of the pod that one of several guests has; the value is its tap. */
struct pod_port {
	__u32 link, proto, port;
};

#endif
