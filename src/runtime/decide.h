/* SPDX-License-Identifier: Apache-2.0 */
/* Gather, then decide: from a bundle to a launch plan, without any effect. */
#ifndef URUNC_RUNTIME_DECIDE_H
#define URUNC_RUNTIME_DECIDE_H

#include "common/err.h"
#include "plan/plan.h"
#include "runtime/container.h"

/* Where facts that outlive one command are kept (made if needed), or NULL. */
const char *decide_cache_dir(void);

struct decide_in {
	const char *id, *bundle; /* bundle: absolute */
	const char *cache;       /* decide_cache_dir() or NULL */
	const char *netns;       /* instead of the network namespace of config.json; NULL = as written */
};

/* What was read on the way, in rt->arena. */
struct decide_out {
	const struct config *config;
	const struct oci_spec *spec;
};

/* 0 and a plan when the container is ours; 1 when its bundle carries no unikernel metadata at all: the delegate's.
 * *ret_out is filled in either case. From here on the log follows the configuration. */
int decide(const struct runtime *rt, const struct decide_in *in, struct launch_plan *ret,
	   struct decide_out *ret_out, struct err *e) _must_check_;

/* For commands that decide nothing: the log follows the configuration from its first record on. rt must stay. */
void decide_log_lazily(const struct runtime *rt);

/* `urunc plan`: the plan as one indented JSON object; a delegate's container is an error. */
int runtime_plan(const struct runtime *rt, const char *id, const char *bundle, const char *netns,
		 struct strbuf *out, struct err *e) _must_check_;

#endif
