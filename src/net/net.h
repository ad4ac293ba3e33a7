/* SPDX-License-Identifier: Apache-2.0 */
/* A guest's way into the container's network namespace and out of it again. Root in the host's mount namespace; one thread. */
#ifndef URUNC_NET_NET_H
#define URUNC_NET_NET_H

#include "common/arena.h"
#include "machine/machine.h"
#include "machine/netfacts.h"
#include "net/discover.h"

/*
 * Called with one line (without newline) before each effect that would outlive the caller and that cannot be found again
 * through the namespace. The lines belong into the journal of the container: net_detach takes them. A negative result
 * ends the attachment. Lines: "tap NAME IFINDEX", "static TABLE LINK".
 */
typedef int (*net_journal_fn)(void *arg, const char *line, struct err *e);

struct net_wish {
	int mode;                    /* enum net_mode */
	const struct net_link *link; /* of net_discover */
	bool by_fd;        /* the monitor inherits a descriptor; otherwise it opens the tap by its name ... */
	uint32_t uid, gid; /* ... as this user */
	bool also; /* a further link of a guest that is attached by another one already: not reached by lo */
	uint32_t resolver_udp, resolver_tcp; /* of net_find_resolver; 0 = none */
	net_journal_fn journal;
	void *journal_arg;
};

struct net_guest {
	struct vm_nic nic; /* tap or fd, MAC, MTU, addresses, gateways: what the machine and the guest are told */
	char tap[16];      /* its name; also when nic.fd is what counts */
	uint32_t number; /* k of 127.0.77.k and 169.254.77.(100+k); 0 = no pod switch */
	const char *resolver; /* what to write for 127.0.0.11 into the guest's resolv.conf; NULL = nothing to replace */
	const char *warning; /* something works less well than it should: for the log; NULL */
};

/*
 * On success the caller owns ret->nic.fd (when by_fd), which must stay open in the monitor only. On failure nothing is left.
 * What earlier guests left behind never is in the way. Guests that start at the same time wait for one another.
 */
int net_attach(int netns_fd, const struct net_wish *w, struct arena *a, struct net_guest *ret, struct err *e)
	_must_check_;

/*
 * Undoes what the lines tell, and with the last guest of the namespace everything else. The monitor must be dead, or its tap goes
 * under its hands. netns_fd -1: the namespace has gone, and all of this with it. Goes on after failures; may be called
 * again. Removing a persistent tap takes the kernel some 10 ms.
 */
int net_detach(int netns_fd, const struct strs *lines, struct err *e) _must_check_;

#endif
