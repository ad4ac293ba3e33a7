/* SPDX-License-Identifier: Apache-2.0 */
/* A stage of a Containerfile while its instructions are gone through. Only for cf_expand.c and cf_copy.c. */
#ifndef URUNC_BUNNY_CF_RUN_H
#define URUNC_BUNNY_CF_RUN_H

#include "bunny/cf.h"

struct cf_run {
	struct front *f;
	struct stage *stage;
	size_t index;
	struct image_config *config; /* the stage's */
	struct cf_vars env, args;
	size_t cap;    /* of the stage's ops */
	bool cmd_here; /* CMD came in this stage */
	size_t *expanded;
};

struct cf_scope cf_run_scope(const struct cf_run *x);
/* Where word i of the instruction is. */
struct src_pos cf_run_word_pos(const struct cf_run *x, const struct cf_step *s, size_t i);
/* A word with the stage's variables. */
const char *cf_run_expand(struct cf_run *x, const struct cf_step *s, const struct cf_word *w);
/* The only argument, or NULL and an error. */
const char *cf_run_expand_one(struct cf_run *x, const struct cf_step *s);
/* False: the instruction has another flag, which was told. */
bool cf_run_known_flags(struct cf_run *x, const struct cf_step *s, const struct strs *known);

/* COPY and ADD; WORKDIR. */
void cf_run_copy(struct cf_run *x, const struct cf_step *s);
void cf_run_workdir(struct cf_run *x, const struct cf_step *s);

#endif
