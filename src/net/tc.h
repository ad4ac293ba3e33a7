/* SPDX-License-Identifier: Apache-2.0 */
/* Traffic control on what comes in: ingress queues, and BPF and u32 filters on them. */
#ifndef URUNC_NET_TC_H
#define URUNC_NET_TC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/*
 * A queue of ours is bound to a filter block of one of these numbers, so that nobody needs to remember who made it; the
 * filters are the block's. Blocks belong to the namespace.
 */
enum {
	TC_BLOCK_LINK = 0x75726e01,
	TC_BLOCK_LO,
	TC_BLOCK_TAP,
	TC_BLOCK_PLAIN_LINK,
	TC_BLOCK_PLAIN_TAP,
};

/* An interface that has an ingress (or clsact) queue. */
struct tc_queue {
	uint32_t ifindex, block; /* block 0: it has filters of its own, hence was not made by us */
};
#define TC_QUEUES_MAX 256
struct tc_queues {
	struct tc_queue v[TC_QUEUES_MAX];
	size_t n;
};

int tc_list(int rt, struct tc_queues *ret, struct err *e) _must_check_;
const struct tc_queue *tc_of(const struct tc_queues *q, uint32_t ifindex);
int tc_add(int rt, uint32_t ifindex, uint32_t block, struct err *e) _must_check_;
/* Removing what is not there is success. */
int tc_remove(int rt, uint32_t ifindex, struct err *e) _must_check_;

/* Where filters are: in a block, or, when block is 0, at the interface. */
struct tc_place {
	uint32_t ifindex, block;
};
/* The BPF filter whose name begins with `prefix`. None is success with *ret_id 0. name: at least 64 bytes, or NULL. */
struct tc_filter {
	uint32_t id, handle, info; /* id of the program */
	char name[64];
};
int tc_find_bpf(int rt, struct tc_place at, const char *prefix, struct tc_filter *ret, struct err *e)
	_must_check_;
int tc_add_bpf(int rt, struct tc_place at, const char *name, int program_fd, struct err *e) _must_check_;
int tc_remove_bpf(int rt, struct tc_place at, const struct tc_filter *f, struct err *e) _must_check_;
/* Everything that comes in at `at` goes out of ifindex. */
int tc_add_redirect(int rt, struct tc_place at, uint32_t ifindex, struct err *e) _must_check_;

#endif
