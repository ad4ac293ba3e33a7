/* SPDX-License-Identifier: Apache-2.0 */
/* A build as BuildKit takes it (LLB): a graph of operations, each known by the digest of its bytes. Pure. The same calls give
 * the same bytes; an operation that is already there is not added again. */
#ifndef URUNC_BUNNY_LLB_H
#define URUNC_BUNNY_LLB_H

#include <stdbool.h>
#include <stdint.h>

#include "bunny/diag.h"
#include "bunny/image_config.h"
#include "bunny/recipe.h"
#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

struct llb_op;

/* Failure is sticky: add freely, llb_finish tells. */
struct llb {
	struct arena *a;
	const struct source *source; /* what positions are of, or NULL */
	bool no_cache;               /* for all that is added from now on */
	struct llb_op *ops;
	size_t n, cap;
	struct err fail;
};
#define LLB(arena_, source_) ((struct llb){.a = (arena_), .source = (source_)})

/* The result of an operation. */
struct llb_at {
	size_t op; /* SIZE_MAX: an empty directory */
	int64_t output;
};
#define LLB_SCRATCH ((struct llb_at){SIZE_MAX, 0})

/* How an operation is shown. */
struct llb_show {
	const char *name;   /* NULL: BuildKit's own words */
	struct src_pos pos; /* line 0: nothing of the file is to blame for it */
};

/* "docker-image://...", "local://..."; attributes as BuildKit names them; platform NULL: none. */
struct llb_at llb_source(struct llb *g, const char *identifier, const struct key_values *attrs,
			 const struct platform *platform, struct llb_show show);

/* --- one layer: file operations one after another on top of base --- */

struct llb_files;
struct llb_files *llb_files_begin(struct llb *g,
				  struct llb_at base); /* NULL: memory is gone, which llb_finish tells */

struct llb_copy {
	struct llb_at from;
	const char *src, *dst; /* absolute */
	struct strs exclude;
	struct owner owner;
	int mode; /* -1: keep */
	bool follow_links, contents, unpack, wildcard;
};
#define LLB_KEEP_TIME INT64_MIN
/* Times are set to epoch seconds, or kept. NULL for f is allowed in all of these. */
void llb_copy(struct llb_files *f, const struct llb_copy *copy, int64_t epoch);
void llb_file(struct llb_files *f, const char *path, int mode, struct bytes bytes, struct owner owner,
	      int64_t epoch);
/* With its parents; one that is there stays. */
void llb_dir(struct llb_files *f, const char *path, int mode, struct owner owner, int64_t epoch);
/* base itself if nothing was added. */
struct llb_at llb_files_end(struct llb_files *f, struct llb_show show);

/* --- a program --- */

struct llb_mount {
	struct llb_at at; /* LLB_SCRATCH: an empty directory */
	const char *dst;
	bool readonly;
	bool result; /* what the program leaves there is an output */
};
/* Without a network. The outputs are numbered as the mounts with `result` are; mounts[0].dst is "/".
 * What is returned is the first of them. */
struct llb_at llb_run(struct llb *g, const struct strs *args, const struct strs *env,
		      const struct llb_mount *mounts, size_t n, struct llb_show show);

/* The result of a definition that somebody else wrote. */
struct llb_at llb_import(struct llb *g, struct bytes definition, const char *what);

/* The packed definition whose result is `at`. No result (LLB_SCRATCH) is an empty definition. */
int llb_finish(struct llb *g, struct llb_at at, struct bytes *ret, struct err *e) _must_check_;

#endif
