/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that make a build in LLB have in common. */
#ifndef URUNC_BUNNY_LLB_PARTS_H
#define URUNC_BUNNY_LLB_PARTS_H

#include "bunny/llb.h"
#include "proto/buildkit/ops.pb-c.h"

#define LLB_CAPS_MAX 12

struct llb_op {
	struct bytes packed;
	const char *digest;
	struct llb_show show;
	bool no_cache, imported;
	const char *caps[LLB_CAPS_MAX];
	size_t ncaps;
	Llb__OpMetadata *metadata; /* of an imported one */
};

/* The inputs of an operation, each once. */
struct llb_inputs {
	Llb__Input **v;
	size_t n;
};

void llb_fail_oom(struct llb *g);
/* Notes that BuildKit must know this word to do the operation. */
void llb_cap(struct llb_op *op, const char *name);
/* Room for one more element of a pointer array in the arena; NULL when memory is gone, which is noted. */
void *llb_grown(struct llb *g, void *v, size_t n);
/* LLB_SCRATCH when there is none. */
struct llb_at llb_find(const struct llb *g, const char *digest);
struct llb_at llb_add_packed(struct llb *g, struct llb_op op);
struct llb_at llb_add(struct llb *g, Llb__Op *message, struct llb_op op);
/* Its number among the inputs; -1 for an empty directory. */
int64_t llb_input(struct llb *g, struct llb_inputs *l, struct llb_at at);

#endif
