/* SPDX-License-Identifier: Apache-2.0 */
/* Carries a decided build out: trees, layers, roots, and at last an image whose bytes are described, not yet written. */
#ifndef URUNC_BUNNY_MAKE_H
#define URUNC_BUNNY_MAKE_H

#include "bunny/build.h"
#include "bunny/context.h"
#include "bunny/oci_write.h"
#include "bunny/source.h"

/* An image that was fetched already, so that it is fetched once. */
struct fetched {
	const char *ref;
	struct platform platform;
	struct image image;
};

struct maker {
	struct arena *a;
	const struct sources *sources;
	struct context *context; /* NULL: there is none, as for `bunny convert` */
	struct report *report;
	int64_t epoch;
	struct fetched *fetched;
	size_t nfetched, cap;
};

/* The image that is meant, from what was fetched or anew. Stays valid. */
int maker_image(struct maker *m, const char *ref, const struct platform *p, bool any_platform,
		struct image **ret, struct err *e) _must_check_;

/* One tree of a build, once it is made. */
struct made_tree {
	struct fs fs;
	struct image *base; /* whose layers come first, or NULL */
	struct out_layer *layers;
	size_t nlayers;
};
/* make_op.c: one step on tree `t`; earlier trees are trees[0..). */
int make_op(struct maker *m, const struct build *b, struct made_tree *trees, struct made_tree *t,
	    const struct build_op *op, struct err *e) _must_check_;

/* *ret is sealed. Errors begin with what step failed. */
int make_image(struct maker *m, const struct build *b, struct out_image *ret, struct err *e) _must_check_;

#endif
