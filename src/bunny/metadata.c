/* SPDX-License-Identifier: Apache-2.0 */
/* Reading an image's metadata from each of its places. */
#include "bunny/metadata.h"

#include <errno.h>
#include <string.h>

#include "bunny/recipe.h"
#include "common/base64.h"
#include "common/json.h"

#define FILE_MAX_BYTES (64u << 10)

const char *const metadata_place_names[META_PLACES] = {"/urunc.json", "labels", "annotations"};

static const char *short_key(const char *key)
{
	return str_starts(key, BUNNY_KEY_PREFIX) ? key + sizeof(BUNNY_KEY_PREFIX) - 1 : NULL;
}

/* bima wrote base64 everywhere. A word that is the same after decoding and encoding again may still be plain text, such as
 * "qemu"; but the decoded one is then no text. */
static const char *decode(const char *value, struct arena *a)
{
	struct bytes b;

	if (!*value || base64_decode(a, value, strlen(value), &b, NULL) < 0 || memchr(b.p, '\0', b.n) ||
	    !str_is_utf8(b.p, b.n))
		return value;
	for (size_t i = 0; i < b.n; i++) {
		if (((const unsigned char *)b.p)[i] < ' ')
			return value;
	}
	return arena_strndup(a, b.p, b.n);
}

static int take(struct key_values *to, const struct key_values *from, struct arena *a, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < from->n; i++) {
		const char *key = short_key(from->v[i].key);
		const char *value = key ? decode(from->v[i].value, a) : NULL;

		if (key)
			r = value ? kv_set(to, a, key, value, e) : err_oom(e);
	}
	return r;
}

static int take_json(struct metadata *m, struct bytes text, struct arena *a, struct err *e)
{
	struct err why = {0};
	const char *key;
	json_t *root, *value;
	int r = json_parse(text, "/urunc.json", &root, &why);

	if (r == 0 && !json_is_object(root))
		r = err_set(&why, EINVAL, "/urunc.json is no object");
	if (r < 0) {
		m->broken = arena_strdup(a, why.msg);
		return 0;
	}
	json_object_foreach(root, key, value)
	{
		const char *name = short_key(key), *coded = json_string_value(value);
		struct bytes b;

		if (!name)
			continue;
		if (!coded || base64_decode(a, coded, strlen(coded), &b, NULL) < 0 || memchr(b.p, '\0', b.n)) {
			m->broken = arena_printf(a, "/urunc.json: '%s' is no base64", key);
			continue;
		}
		coded = arena_strndup(a, b.p, b.n);
		r = coded ? kv_set(&m->all[META_FILE], a, name, coded, e) : err_oom(e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int take_file(struct metadata *m, const struct fs *fs, struct arena *a, struct err *e)
{
	struct fs_node *n;
	struct bytes text;

	if (fs_find(fs, "urunc.json", true, &n, NULL) < 0)
		return 0;
	if ((n->i->mode & 0170000) != 0100000 || piece_read(&n->i->data, FILE_MAX_BYTES, a, &text, NULL) < 0) {
		m->broken = "/urunc.json is no file of at most 64 KiB";
		return 0;
	}
	return take_json(m, text, a, e);
}

static void compare(struct metadata *m)
{
	for (int p = 0; p < META_PLACES; p++) {
		for (size_t i = 0; i < m->all[p].n; i++) {
			const char *other = kv_get(&m->best, m->all[p].v[i].key);

			if (!streq(other, m->all[p].v[i].value))
				m->differs = m->all[p].v[i].key;
		}
	}
}

int metadata_read(const struct image *im, const struct fs *fs, struct arena *a, struct metadata *ret,
		  struct err *e)
{
	struct metadata m = {0};
	int r = take_file(&m, fs, a, e);

	if (r == 0)
		r = take(&m.all[META_LABELS], &im->config.labels, a, e);
	if (r == 0)
		r = take(&m.all[META_NOTES], &im->annotations, a, e);
	if (r < 0)
		return r;
	for (int p = META_PLACES; p-- > 0;) {
		if (m.all[p].n)
			m.best = m.all[p];
	}
	compare(&m);
	*ret = m;
	return 0;
}
