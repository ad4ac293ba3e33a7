/* SPDX-License-Identifier: Apache-2.0 */
/* What the client of a build has asked for, as BuildKit hands it to a frontend: in the environment. Pure. */
#ifndef URUNC_BUNNY_FRONTEND_OPTS_H
#define URUNC_BUNNY_FRONTEND_OPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "bunny/image_config.h"
#include "bunny/recipe.h"
#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

#define FRONTEND_PLATFORMS_MAX 16

struct frontend_opts {
	const char *filename;   /* NULL: not named */
	const char *target;     /* stage, or NULL */
	struct strs build_args; /* NAME=VALUE; not those that are ours or BuildKit's */
	struct key_values labels, contexts;
	struct platform platforms[FRONTEND_PLATFORMS_MAX];
	size_t nplatforms;   /* 0: the worker's own */
	bool multi_platform; /* an index even for one */
	bool no_cache;
	const char *resolve_mode;   /* "default", "pull", "local", or NULL */
	const char *context;        /* the client's own name for its directory, or "git://..." */
	const char *context_source; /* "git://..." instead of a directory, or NULL */
	const char *context_url;    /* of that: where the repository is, as the client wrote it */
	const char *dockerfile;     /* name of the directory that the file is in */
	int64_t epoch;              /* SOURCE_DATE_EPOCH, else 0 */
	/* Ours, by --build-arg BUNNY_MONITOR=..., BUNNY_KERNEL=IMAGE, BUNNY_URUNIT=yes|no */
	const char *monitor, *kernel;
	enum urunit_choice urunit;
};

/* Reads BUILDKIT_FRONTEND_OPT_<n>=KEY=VALUE of the environment. -EINVAL names an option whose value is wrong, or that asks for
 * something that cannot be had. */
int frontend_opts_read(const struct strs *env, struct arena *a, struct frontend_opts *ret, struct err *e)
	_must_check_;

/* The operating system and architecture of the first worker in BUILDKIT_WORKERS (a JSON list). Needs json_use_arena. -EINVAL. */
int frontend_worker(const struct strs *env, struct arena *a, struct platform *ret, struct err *e) _must_check_;

#endif
