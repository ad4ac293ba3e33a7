/* SPDX-License-Identifier: Apache-2.0 */
/* The directory that a build takes its files from. Nothing outside of it is ever opened through it. */
#ifndef URUNC_BUNNY_CONTEXT_H
#define URUNC_BUNNY_CONTEXT_H

#include "bunny/build.h"
#include "bunny/fs.h"
#include "bunny/ignore.h"

struct context {
	int fd;
	const char *path;     /* for messages */
	struct ignore ignore; /* of .bunnyignore or .dockerignore */
	int64_t epoch;        /* no file is younger */
	bool keep_modes, keep_times;
	struct fs *all; /* everything in it, once somebody asked for a pattern */
};

/* Opens it and reads its list of what is to be left out; warnings about that go to `d`. */
int context_open(const char *path, int64_t epoch, struct arena *a, struct context *ret, struct diags *d,
		 struct err *e) _must_check_;
/* What is at a path; for recipe.paths. */
int context_look(struct context *c, const struct path_want *want, struct arena *a, struct path_facts *ret,
		 struct err *e) _must_check_;
/* Puts the file or directory `path` (as build_op.source has it; links at its end are followed with `follow`) into a tree as
 * `name` at its top. */
int context_read(struct context *c, const char *path, bool follow, struct fs *fs, const char *name,
		 struct err *e) _must_check_;
/* The whole context as a tree, names and attributes only. */
int context_all(struct context *c, struct arena *a, const struct fs **ret, struct err *e) _must_check_;

#endif
