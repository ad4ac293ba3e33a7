/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the world into struct facts, in two steps, and decides nothing. */
#ifndef URUNC_GATHER_GATHER_H
#define URUNC_GATHER_GATHER_H

#include "common/arena.h"
#include "common/err.h"
#include "config/config.h"
#include "plan/facts.h"
#include "plan/plan.h"

/* Where a monitor's data files go in the box. */
#define GATHER_BOX_DATA "/fw"
/* When a caller gives no PATH (podman's conmon does not). */
#define GATHER_DEFAULT_SEARCH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define URUNC_JSON_MAX_BYTES (64u << 10)

/* What plan_identify needs: id, bundle (made absolute and clean), config (copied), spec out of config.json,
 * root.path and root.exists, /urunc.json of the container root. A bad config.json is an error; a bad
 * /urunc.json is only told in urunc_json_problem. Needs json_use_arena before. Everything else in *ret is zero. */
int gather_spec(const char *bundle, const char *id, const struct config *cfg, struct arena *a,
		struct facts *ret, struct err *e) _must_check_;
/* Everything else in struct facts. f comes from gather_spec, w from plan_identify. search_path: colon-separated, NULL
 * or empty = GATHER_DEFAULT_SEARCH. cache_dir: for answers that hold until the next boot; NULL = none is kept. What is
 * missing or unusable is a fact, not an error. */
int gather_rest(struct facts *f, const struct plan_wants *w, const char *search_path, const char *cache_dir,
		struct arena *a, struct err *e) _must_check_;

#endif
