/* SPDX-License-Identifier: Apache-2.0 */
/* Working inside another network namespace without staying there. */
#ifndef URUNC_NET_NS_H
#define URUNC_NET_NS_H

#include "common/err.h"

/* The calling (only) thread changes over to the namespace and remembers where it came from in *ret_home. */
int netns_enter(int netns_fd, int *ret_home, struct err *e) _must_check_;
/* Goes back and closes *home; nothing when it is -1. A process that cannot go back must not go on: it ends. */
void netns_leave(int *home);
#define _cleanup_ns_ __attribute__((cleanup(netns_leave)))

/* A netlink socket of the namespace; the caller does not have to be inside to use it. */
int netns_netlink(int netns_fd, int family, int *ret_fd, struct err *e) _must_check_;

/* Waits until nobody else works on this namespace; the lock goes with the descriptor. */
int netns_lock(int netns_fd, int *ret_fd, struct err *e) _must_check_;

#endif
