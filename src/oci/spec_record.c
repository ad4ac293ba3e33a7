/* SPDX-License-Identifier: Apache-2.0 */
/* A parsed specification as plain data: look-up and description, without the parser (pure modules link this). */
#include <string.h>

#include "oci/spec.h"

const char *spec_annotation(const struct oci_spec *s, const char *key)
{
	for (size_t i = 0; i < s->annotations.n; i++)
		if (strcmp(s->annotations.v[i].key, key) == 0)
			return s->annotations.v[i].value;
	return NULL;
}

static const struct field hook_fields[] = {
	FIELD(struct spec_hook, path, FK_STR),
	FIELD(struct spec_hook, args, FK_STRS),
	FIELD(struct spec_hook, env, FK_STRS),
	FIELD(struct spec_hook, timeout_s, FK_U32),
};
const struct record rec_spec_hook = RECORD(struct spec_hook, hook_fields);

static const struct field rlimit_fields[] = {
	FIELD(struct spec_rlimit, type, FK_STR),
	FIELD(struct spec_rlimit, soft, FK_U64),
	FIELD(struct spec_rlimit, hard, FK_U64),
};
const struct record rec_spec_rlimit = RECORD(struct spec_rlimit, rlimit_fields);

static const struct field kv_fields[] = {
	FIELD(struct spec_kv, key, FK_STR),
	FIELD(struct spec_kv, value, FK_STR),
};
const struct record rec_spec_kv = RECORD(struct spec_kv, kv_fields);
