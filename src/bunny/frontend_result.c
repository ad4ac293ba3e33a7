/* SPDX-License-Identifier: Apache-2.0 */
/* What a frontend says of its result beside the files. */
#include "bunny/frontend_result.h"

#include <jansson.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"

#define NS_PER_SECOND UINT64_C(1000000000)

static void member(struct strbuf *b, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	sb_addf(b, "%s\"%s\":", b->p[b->len - 1] == '{' ? "" : ",", name);
	sb_json_str(b, value, strlen(value));
}

size_t result_base(const struct build *b)
{
	const struct from *from = &b->trees[b->result].base;

	while (from->kind == FROM_STAGE)
		from = &b->trees[from->index].base;
	return from->kind == FROM_IMAGE ? from->index : SIZE_MAX;
}

/* --- history: one entry for each layer, in their order --- */

static int base_history(struct strbuf *out, struct bytes config, struct err *e)
{
	const json_t *list = NULL;
	json_t *doc;
	size_t i;
	const json_t *entry;
	int r;

	if (config.n == 0)
		return 0;
	r = json_parse(config, "the base image's config", &doc, e);
	if (r == 0)
		r = json_get_arr(doc, "the base image's config", "history", &list, e);
	if (r < 0)
		return r;
	json_array_foreach(list, i, entry)
	{
		const char *text = json_dumps(entry, JSON_COMPACT | JSON_ENCODE_ANY);

		if (!text)
			return err_oom(e);
		sb_add(out, i ? "," : "");
		sb_add(out, text);
	}
	return 0;
}

static void tree_history(struct strbuf *out, const struct build *b, size_t t, const char *created)
{
	const struct build_tree *tree = &b->trees[t];

	if (tree->base.kind == FROM_STAGE)
		tree_history(out, b, tree->base.index, created);
	for (size_t i = 0; i < tree->nlayers; i++) {
		if (tree->layers[i].nops == 0)
			continue;
		sb_add(out, out->p[out->len - 1] == '[' ? "{" : ",{");
		member(out, "created", created);
		member(out, "created_by", tree->layers[i].created_by);
		member(out, "comment", "bunny " URUNC_VERSION);
		sb_addc(out, '}');
	}
}

int result_config(const struct build *b, struct bytes base_config, int64_t epoch, struct arena *a,
		  const char **ret, struct err *e)
{
	struct strbuf out = STRBUF(a);
	char created[40];
	int r;

	clock_rfc3339((uint64_t)epoch * NS_PER_SECOND, 0, created, sizeof(created));
	sb_addc(&out, '{');
	if (out.oom)
		return err_oom(e);
	member(&out, "architecture", b->config.platform.arch);
	sb_add(&out, ",\"config\":");
	image_config_json(&b->config, &out);
	member(&out, "created", created);
	sb_add(&out, ",\"history\":[");
	r = base_history(&out, base_config, e);
	if (r < 0)
		return r;
	if (!out.oom)
		tree_history(&out, b, b->result, created);
	sb_addc(&out, ']');
	member(&out, "os", b->config.platform.os);
	sb_add(&out, ",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}");
	member(&out, "variant", b->config.platform.variant);
	sb_addc(&out, '}');
	return sb_done(&out, ret, e);
}

/* --- metadata --- */

static int set(struct key_values *l, struct arena *a, const char *key, const char *value, struct err *e)
{
	return key && value ? kv_set(l, a, key, value, e) : err_oom(e);
}

int result_metadata(const struct build *b, const char *config, const char *id, struct arena *a,
		    struct key_values *ret, struct err *e)
{
	const char *key = id ? arena_printf(a, "containerimage.config/%s", id) : "containerimage.config";
	int r = set(ret, a, key, config, e);

	for (size_t i = 0; i < b->annotations.n && r == 0; i++) {
		const struct key_value *each = &b->annotations.v[i];

		key = id ? arena_printf(a, "annotation-manifest[%s].%s", id, each->key)
			 : arena_printf(a, "annotation-manifest.%s", each->key);
		r = set(ret, a, key, each->value, e);
	}
	return r;
}

const char *platform_id(const struct platform *p, struct arena *a)
{
	const bool variant = p->variant && *p->variant;

	return arena_printf(a, "%s/%s%s%s", p->os, p->arch, variant ? "/" : "", variant ? p->variant : "");
}

int result_platforms(const struct platform *platforms, const char *const *ids, size_t n, struct arena *a,
		     struct key_values *ret, struct err *e)
{
	struct strbuf out = STRBUF(a);
	const char *text;
	int r;

	sb_add(&out, "{\"Platforms\":[");
	for (size_t i = 0; i < n && !out.oom; i++) {
		sb_add(&out, i ? ",{" : "{");
		member(&out, "ID", ids[i]);
		sb_add(&out, ",\"Platform\":{");
		member(&out, "architecture", platforms[i].arch);
		member(&out, "os", platforms[i].os);
		member(&out, "variant", platforms[i].variant);
		sb_add(&out, "}}");
	}
	sb_add(&out, "]}");
	r = sb_done(&out, &text, e);
	return r < 0 ? r : set(ret, a, "refs.platforms", text, e);
}
