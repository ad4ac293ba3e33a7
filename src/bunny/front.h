/* SPDX-License-Identifier: Apache-2.0 */
/* What the front ends share. Only for them. */
#ifndef URUNC_BUNNY_FRONT_H
#define URUNC_BUNNY_FRONT_H

#include "bunny/recipe.h"

/* A front end at work. What it finds wrong goes to d; `e` is only there for running out of memory. */
struct front {
	const struct source *source;
	const struct recipe_options *opt;
	struct arena *a;
	struct recipe *r;
	struct diags *d;
};

/* 0 if nothing was wrong, -EINVAL, or -ENOMEM. */
int front_result(const struct front *f) _must_check_;
void front_oom(struct front *f); /* remembers it, for front_result */

/* Each fills *r, whose kind, source and platform (as far as the command line says it) are there already. */
int bunnyfile_read(struct front *f) _must_check_;
int containerfile_read(struct front *f) _must_check_;

/* An image by the name that a file gives it: the platform is that of the result, or what a catalog calls it for this
 * monitor (may be NULL). Adds it to the images; needs the recipe's platform. */
size_t front_add_image(struct front *f, const char *ref, const char *monitor, bool need_config,
		       struct src_pos pos);

/* text as a path below the context: cleaned, without leading '/'; "." is all of it. A way out of it is an error and
 * NULL. */
const char *front_context_path(struct front *f, const char *text, struct src_pos pos);
/* text as an absolute path, cleaned; a '/' at its end is kept if `dir`. */
const char *front_absolute(struct front *f, const char *base, const char *text, bool dir);

/* How the command line or the file calls the architecture of the result; the host's if neither does. An unknown name is
 * an error. */
void front_set_arch(struct front *f, const char *name, struct src_pos pos);

extern const struct strs front_monitors,
	front_frameworks; /* those that are known; others are only warned of */
/* Warns of a name that is not in the list. what: "monitor". */
void front_check_name(struct front *f, const char *what, const char *name, const struct strs *known,
		      struct src_pos pos);

#endif
