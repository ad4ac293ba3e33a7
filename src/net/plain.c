/* SPDX-License-Identifier: Apache-2.0 */
/* For kernels that refuse BPF: everything that comes in by a link goes to one tap, and back. */
#include "net/plain.h"

#include <errno.h>

static const struct tc_queue *in_block(const struct tc_queues *q, uint32_t block)
{
	size_t i;

	for (i = 0; i < q->n; i++) {
		if (q->v[i].block == block)
			return &q->v[i];
	}
	return NULL;
}

int plain_join(int rt, const struct tc_queues *q, uint32_t tap, uint32_t link, struct err *e)
{
	const struct tc_queue *there = tc_of(q, link);
	int r = 0;

	if (in_block(q, TC_BLOCK_PLAIN_TAP) || in_block(q, TC_BLOCK_TAP))
		return err_set(e, EBUSY,
			       "this network namespace has a guest already, and the kernel refuses the BPF programs "
			       "that a second one or a second interface needs");
	if (there && there->block != TC_BLOCK_PLAIN_LINK)
		return err_set(e, EBUSY,
			       "the container's interface has an ingress queue of somebody else, and the kernel "
			       "refuses the BPF programs that could live beside it");
	/* The link's queue may be one that a dead guest left. */
	if (there)
		r = tc_remove(rt, link, e);
	if (r == 0)
		r = tc_add(rt, tap, TC_BLOCK_PLAIN_TAP, e);
	if (r == 0)
		r = tc_add_redirect(rt, (struct tc_place){tap, TC_BLOCK_PLAIN_TAP}, link, e);
	if (r == 0)
		r = tc_add(rt, link, TC_BLOCK_PLAIN_LINK, e);
	if (r == 0)
		r = tc_add_redirect(rt, (struct tc_place){link, TC_BLOCK_PLAIN_LINK}, tap, e);
	return r;
}

int plain_unmake(int rt, const struct tc_queues *q, struct err *e)
{
	const struct tc_queue *link = in_block(q, TC_BLOCK_PLAIN_LINK);

	if (!link || in_block(q, TC_BLOCK_PLAIN_TAP))
		return 0;
	return tc_remove(rt, link->ifindex, e);
}
