/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of a containerd shim, in the syntax of Go's flag package. */
#ifndef URUNC_SHIM_ARGS_H
#define URUNC_SHIM_ARGS_H

#include <stdbool.h>

#include "common/err.h"

struct args {
	const char *ns, *id, *address, *publish_binary, *bundle, *socket; /* "" when not given */
	bool debug, version, info;
	const char *action; /* "" when there is none */
};

/* -x v, -x=v, --x v and --x=v alike; the action is the first word that is no flag. -EINVAL for what is not known. */
int args_parse(int argc, const char *const *argv, struct args *ret, struct err *e) _must_check_;
/* Every mode but -v and -info needs a namespace and an id that can be names of files. */
int args_check(const struct args *a, struct err *e) _must_check_;

#endif
