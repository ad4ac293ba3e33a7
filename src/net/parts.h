/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of attaching share among themselves. */
#ifndef URUNC_NET_PARTS_H
#define URUNC_NET_PARTS_H

#include "net/net.h"
#include "net/tap.h"

/* One attachment under way, the namespace locked. */
#define NET_LINE_BYTES 256
struct attachment {
	int netns, rt;
	const struct net_wish *w;
	struct arena *a;
	char tap[IFNAMSIZ];
	uint32_t tap_index, tap_number;
	int fd;
	char *noted; /* NET_LINE_BYTES: the line "static ..." once it was journaled, else "" */
};

int net_note(const struct attachment *at, struct err *e, const char *fmt, ...) _printf_(3, 4);
/* The static mode's part: addresses, forwarding, masquerading. Fills what the guest is told. */
int static_join(const struct attachment *at, struct net_guest *g, struct err *e) _must_check_;
/* Undoes the line "static TABLE LINK". */
int static_leave(int netns, int rt, const char *args, struct err *e) _must_check_;

#endif
