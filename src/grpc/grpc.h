/* SPDX-License-Identifier: Apache-2.0 */
/* A gRPC client: calls one after another over one HTTP/2 connection without TLS, on a pair of pipes (a BuildKit frontend) or
 * on a socket (containerd). No thread, nothing global, and nothing that stays behind when the process ends: a short-lived
 * child may use it. Links nghttp2, knows no message format. */
#ifndef URUNC_GRPC_GRPC_H
#define URUNC_GRPC_GRPC_H

#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

/* The most that one message may have, in either direction. */
#define GRPC_MESSAGE_MAX_BYTES (16u << 20)

/* The codes that somebody here looks at; gRPC has 17. */
enum {
	GRPC_OK = 0,
	GRPC_UNKNOWN = 2,
	GRPC_NOT_FOUND = 5,
	GRPC_ALREADY_EXISTS = 6,
	GRPC_UNIMPLEMENTED = 12,
};

/* How the server ended a call. */
struct grpc_status {
	int code;             /* GRPC_OK, ... */
	const char *message;  /* in the arena, whole; "" if it said nothing */
	struct bytes details; /* a packed google.rpc.Status, or nothing */
};

/* One more pair of request metadata; lower-case name. */
struct grpc_header {
	const char *name, *value;
};

struct grpc_call {
	const char *path; /* "/package.Service/Method" */
	const struct grpc_header *headers;
	size_t nheaders;
	/* The messages to send, asked for when there is room: 1 and *ret (borrowed until the next question), 0 when there are
	 * no more, negative to give the call up. */
	int (*next)(void *arg, struct bytes *ret, struct err *e);
	/* A message of the answer, borrowed. Negative gives the call up. */
	int (*got)(void *arg, struct bytes message, struct err *e);
	void *arg;
	uint64_t timeout_ms; /* for all of the call; 0: as long as the server likes. The server is told. */
};

struct grpc_conn;

/* Speaks first, on the next call. in and out stay the caller's, may be the same, and become non-blocking. SIGPIPE is to be
 * ignored when out is a pipe. */
int grpc_open(int in, int out, const char *authority, struct grpc_conn **ret, struct err *e) _must_check_;
/* NULL is allowed. */
void grpc_close(struct grpc_conn *c);
void grpc_closep(struct grpc_conn **c);
#define _cleanup_grpc_ __attribute__((cleanup(grpc_closep)))

/* One call, to its end. 0: the server ended it, with the status in *ret. Negative: it did not (-ETIMEDOUT, -ECONNRESET,
 * -EPROTO, what next or got returned, ...), and only after -ETIMEDOUT and after what next or got returned may there be further
 * calls. Errors begin with the path's last part. */
int grpc_call(struct grpc_conn *c, const struct grpc_call *call, struct arena *a, struct grpc_status *ret,
	      struct err *e) _must_check_;

/* The usual call: one message there, one back. A status other than GRPC_OK is an error, too: "Method: <message>"; it is in
 * *ret_status unless that is NULL, whose code is GRPC_OK when the failure was another. */
int grpc_unary(struct grpc_conn *c, const struct grpc_call *call, struct bytes request, struct arena *a,
	       struct bytes *ret, struct grpc_status *ret_status, struct err *e) _must_check_;

#endif
