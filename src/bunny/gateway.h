/* SPDX-License-Identifier: Apache-2.0 */
/* What a frontend can ask BuildKit for: moby.buildkit.v1.frontend.LLBBridge as plain calls. Everything that is returned lies in
 * the arena. */
#ifndef URUNC_BUNNY_GATEWAY_H
#define URUNC_BUNNY_GATEWAY_H

#include <stdbool.h>
#include <stdint.h>

#include "bunny/diag.h"
#include "bunny/image_config.h"
#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"
#include "grpc/grpc.h"

#define GATEWAY_PING_MS 15000

struct gateway {
	struct grpc_conn *conn; /* borrowed */
	struct arena *a;
	bool can_resolve_meta, can_warn, can_evaluate; /* what this BuildKit has */
	bool can_ref;                                  /* results by Ref; older ones by a bare text */
	struct grpc_status
		last; /* of the last call that failed by the server's word; code GRPC_OK: it was another failure */
};

struct gateway_stat {
	const char *path;
	uint32_t mode; /* as stat(2) has it */
	uint64_t size;
	const char *target; /* of a link, else "" */
};

/* Asks who is there. */
int gateway_open(struct gateway *g, struct grpc_conn *conn, struct arena *a, struct err *e) _must_check_;

/* *ret: what the result is called; NULL when it is empty. With evaluate it is made now, if the server knows how; otherwise when
 * it is first read. */
int gateway_solve(struct gateway *g, struct bytes definition, bool evaluate, const char **ret, struct err *e)
	_must_check_;
/* At most length bytes from offset on; length 0: all. -ENOENT only where the server says so in its words. */
int gateway_read(struct gateway *g, const char *ref, const char *path, uint64_t offset, uint64_t length,
		 struct bytes *ret, struct err *e) _must_check_;
int gateway_stat(struct gateway *g, const char *ref, const char *path, struct gateway_stat *ret,
		 struct err *e) _must_check_;
/* The entries of a directory; pattern NULL: all. */
int gateway_list(struct gateway *g, const char *ref, const char *dir, const char *pattern,
		 struct gateway_stat **ret, size_t *ret_n, struct err *e) _must_check_;

struct gateway_image {
	const char *digest;  /* NULL: an image that is only there, in no registry */
	struct bytes config; /* JSON */
};
/* ref is a whole name; mode "default", "pull", "local" or NULL. */
int gateway_image(struct gateway *g, const char *ref, const struct platform *platform, const char *mode,
		  struct gateway_image *ret, struct err *e) _must_check_;

/* Shows a warning with its place; nothing on a BuildKit that has no such call. */
int gateway_warn(struct gateway *g, const struct diag *d, const struct source *source, struct err *e)
	_must_check_;

/* One platform's part of the result. */
struct gateway_result {
	const char *ref; /* NULL: nothing in it */
	const char *id;  /* "linux/amd64"; only where there are several */
};
/* Ends the build: one of the two, once. A single result without id is the result itself. */
int gateway_return(struct gateway *g, const struct gateway_result *results, size_t n,
		   const struct key_values *metadata, struct err *e) _must_check_;
/* details: a packed google.rpc.Status that the server gave, or nothing. */
int gateway_fail(struct gateway *g, const char *message, struct bytes details, struct err *e) _must_check_;

#endif
