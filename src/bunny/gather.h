/* SPDX-License-Identifier: Apache-2.0 */
/* What of the world a recipe needs to know: configs of base images, and what is at the paths of the context. */
#ifndef URUNC_BUNNY_GATHER_H
#define URUNC_BUNNY_GATHER_H

#include "bunny/make.h"

/* From the bytes of a file to the decision what to build: parses, gathers, expands, decides. What the file's author has to know is in
 * d; -EINVAL if that has an error. Images that were fetched stay with `m`. */
int gather_build(struct maker *m, const struct source *file, const struct recipe_options *opt,
		 struct build *ret, struct diags *d, struct err *e) _must_check_;
/* The same for a recipe that no file is behind. */
int gather_decide(struct maker *m, struct recipe *recipe, const struct recipe_options *opt, struct build *ret,
		  struct diags *d, struct err *e) _must_check_;
/* "amd64", "arm64": what this program runs on. */
const char *host_arch(void);

#endif
