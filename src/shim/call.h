/* SPDX-License-Identifier: Apache-2.0 */
/* One request from its frame to its answer, however long that takes. */
#ifndef URUNC_SHIM_CALL_H
#define URUNC_SHIM_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"
#include "shim/frame.h"
#include "shim/loop.h"

struct conn;
struct shim;
struct method;

/* The codes of gRPC that containerd tells apart. */
enum code {
	CODE_CANCELED = 1,
	CODE_UNKNOWN = 2,
	CODE_INVALID = 3,
	CODE_DEADLINE = 4,
	CODE_NOT_FOUND = 5,
	CODE_EXISTS = 6,
	CODE_EXHAUSTED = 8,
	CODE_PRECONDITION = 9,
	CODE_UNIMPLEMENTED = 12,
	CODE_INTERNAL = 13,
	CODE_UNAVAILABLE = 14,
};

struct call {
	struct call *next; /* of the shim's list */
	struct shim *s;
	struct conn *conn; /* NULL: the peer has gone, the work goes on */
	uint32_t stream;
	bool answered; /* its time was over */
	const struct method *method;
	void *req;      /* the message, in the arena */
	struct arena a; /* for everything that lives as long as the call */
	struct timer deadline;
	struct call *queued; /* behind another one: of a task's work, or of those who wait for an end */
	void (*drop)(struct call *c); /* takes a call that only waits out of its queue; NULL: it does work */
	void *object;
};

/* A complete frame has arrived. */
void call_frame(struct conn *c, const struct frame *f);
/* The peer has gone. */
void call_forget_conn(struct conn *c);

/* The answer, and the end of the call: it is freed. message NULL: an empty one. */
void call_reply(struct call *c, const void *message);
void call_fail(struct call *c, enum code code, const char *fmt, ...) _printf_(3, 4);

#endif
