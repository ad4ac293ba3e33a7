/* SPDX-License-Identifier: Apache-2.0 */
/* The "config" of an OCI image, as far as it is inherited, changed and written here. Pure. */
#ifndef URUNC_BUNNY_IMAGE_CONFIG_H
#define URUNC_BUNNY_IMAGE_CONFIG_H

#include <stddef.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

struct platform {
	const char *os, *arch; /* "linux", "amd64"; in OCI's (Go's) names */
	const char *variant;   /* "v7"; NULL or "" if none */
};

struct key_value {
	const char *key, *value;
};

/* A list that is kept sorted by key (bytes), each key once. */
struct key_values {
	struct key_value *v;
	size_t n;
};

struct image_config {
	struct platform platform;
	struct strs env; /* KEY=VALUE, in order */
	struct strs entrypoint, cmd;
	const char *workdir, *user, *stop_signal; /* NULL: not set */
	struct key_values labels;
	struct strs ports;   /* "80/tcp"; sorted */
	struct strs volumes; /* sorted */
	struct strs shell, onbuild;
	const char *healthcheck; /* its JSON object as text, or NULL */
};

/* Sets or replaces; keeps the order. -ENOMEM. */
int kv_set(struct key_values *l, struct arena *a, const char *key, const char *value, struct err *e)
	_must_check_;
const char *kv_get(const struct key_values *l, const char *key); /* NULL if absent */

/* Reads an image config blob (the whole document: architecture, os, config{...}; OCI's and Docker's are the same in this).
 * Needs json_use_arena before. Unknown members are skipped; wrong types are -EINVAL with the path, `what` first. */
int image_config_parse(struct bytes json, const char *what, struct arena *a, struct image_config *ret,
		       struct err *e) _must_check_;
/* The "config" object of such a blob, compact, members in a fixed order, empty ones left out. */
void image_config_json(const struct image_config *c, struct strbuf *out);

#endif
