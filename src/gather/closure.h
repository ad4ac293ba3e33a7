/* SPDX-License-Identifier: Apache-2.0 */
/* Which files the loader opens when a program starts: itself, libraries, libraries of libraries. */
#ifndef URUNC_GATHER_CLOSURE_H
#define URUNC_GATHER_CLOSURE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"
#include "gather/fileset.h"
#include "gather/ldcache.h"

struct closure_object;

/* One closure under construction: zero-initialise, set arena and files, then closure_program once and
 * closure_module as often as needed. */
struct closure {
	struct arena *a;
	struct file_list *files; /* where the answer goes */
	bool is_static;          /* out: the program has no interpreter */
	/* private */
	bool is_musl;
	uint16_t machine;
	bool is64;
	struct ldcache cache;
	struct name_set libraries; /* names that were dealt with */
	const struct closure_object *program;
	struct closure_object *first, *last; /* whose libraries are still to be found */
};

/* The program's interpreter and libraries; the program itself is not listed. In the box it lies in box_dir ("/" for
 * "/monitor"). -ENOEXEC: not a program for this machine; -ENOENT: a library is missing. e->msg then goes on after
 * the program's name: "needs library 'x', …". */
int closure_program(struct closure *c, const char *path, const char *box_dir, struct err *e) _must_check_;
/* A file that the program opens with dlopen, at `box` in the box, and its libraries. Nothing is listed on failure but
 * libraries that were found. */
int closure_module(struct closure *c, const char *path, const char *box, struct err *e) _must_check_;

#endif
