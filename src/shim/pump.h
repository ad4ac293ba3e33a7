/* SPDX-License-Identifier: Apache-2.0 */
/* One stream from a descriptor to another, without the shim ever waiting for either. */
#ifndef URUNC_SHIM_PUMP_H
#define URUNC_SHIM_PUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "shim/loop.h"

/*
 * Bytes stay in the kernel's pipes: they are spliced, and what the reader does not take waits in the source. Terminals
 * cannot be spliced: there a page at most is copied, and no more is read before it was taken.
 *
 * At the source's end the destination is closed at once, so that the reader sees the end; `hold`, another descriptor of
 * the destination, stays until pump_close, so that what was not read yet is not lost with it.
 */
struct pump {
	struct watch src, dst; /* their descriptors are the pump's */
	int hold;
	bool running;
	bool copy;
	uint8_t *rest; /* copied, but not taken yet */
	size_t rest_n, rest_at;
	void (*ended)(struct pump *p); /* the source's end was passed on, or nobody will ever read */
	void *owner;
};

void pump_init(struct pump *p);
/* Takes over all three descriptors (hold may be -1), non-blocking ones. copy: either is a terminal. */
int pump_start(struct pump *p, struct loop *l, int src, int dst, int hold, bool copy,
	       void (*ended)(struct pump *), struct err *e) _must_check_;
/* Closes everything; `ended` is not called. */
void pump_close(struct pump *p);

#endif
