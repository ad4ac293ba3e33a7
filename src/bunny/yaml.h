/* SPDX-License-Identifier: Apache-2.0 */
/* A YAML document as a small tree, with the place of everything. */
#ifndef URUNC_BUNNY_YAML_H
#define URUNC_BUNNY_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "bunny/diag.h"
#include "common/arena.h"

#define YAML_MAX_DEPTH 16
#define YAML_MAX_NODES 20000
#define YAML_MAX_KEYS 256 /* of one map */

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };
extern const char *const yaml_kind_names[]; /* "a text", ... for messages */

struct yaml_node {
	enum yaml_kind kind;
	struct src_pos pos;
	const char *text; /* YAML_SCALAR; "" for null */
	bool null;        /* a plain scalar that says so: ~, null or nothing */
	struct yaml_node *first,
		*next;         /* of lists and maps; the next one in the list or map that this one is in */
	struct yaml_node *key; /* a member of a map: its key, a scalar */
};

/* Reads the first document. *ret is NULL if there is nothing in it. Anchors, aliases, tags of its own, keys that are no
 * scalars or come twice, and what goes beyond the limits are errors. -EINVAL with the errors in d, or -ENOMEM. */
int yaml_read(const struct source *source, struct arena *a, struct yaml_node **ret, struct diags *d)
	_must_check_;

#endif
