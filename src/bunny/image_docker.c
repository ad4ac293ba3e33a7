/* SPDX-License-Identifier: Apache-2.0 */
/* Images in a docker-archive: manifest.json names config and layers by file. */
#include <errno.h>
#include <string.h>

#include "bunny/image.h"
#include "bunny/unpack.h"
#include "common/json.h"

static const char *media_type(enum packing p)
{
	switch (p) {
	case PACKING_NONE:
		return "application/vnd.oci.image.layer.v1.tar";
	case PACKING_GZIP:
		return "application/vnd.oci.image.layer.v1.tar+gzip";
	case PACKING_ZSTD:
		return "application/vnd.oci.image.layer.v1.tar+zstd";
	default:
		return NULL;
	}
}

static int read_layer(const struct files *f, const char *name, struct arena *a, struct image_layer *l,
		      struct err *e)
{
	struct rope one = ROPE(a);
	struct piece head;
	struct bytes first;
	enum packing how;
	int r = files_get(f, name, &l->data, e);

	if (r < 0)
		return r;
	head = l->data;
	head.n = head.n < 6 ? head.n : 6;
	r = piece_read(&head, 6, a, &first, e);
	if (r < 0)
		return r;
	how = packing_of(first.p, first.n);
	l->media_type = media_type(how);
	if (!l->media_type)
		return err_set(e, EOPNOTSUPP,
			       "layer '%.256s' is packed with %s; gzip and zstd can be unpacked", name,
			       packing_name(how));
	rope_add(&one, l->data);
	return rope_digest(&one, &l->digest, e);
}

/* Unpacked ones carry their own check; packed ones are checked when they are unpacked. */
static int check_layers(const struct image *im, struct err *e)
{
	for (size_t i = 0; i < im->nlayers; i++) {
		const struct image_layer *l = &im->layers[i];

		if (str_ends(l->media_type, ".tar") && !digest_eq(&l->digest, &l->diff_id))
			return err_set(e, EBADMSG,
				       "layer %zu is damaged: its bytes have another digest than its config says",
				       i + 1);
	}
	return 0;
}

static int read_layers(const struct files *f, const json_t *o, struct arena *a, struct image *im,
		       struct err *e)
{
	struct strs names = {0};
	int r = json_get_strs(o, "manifest.json", "Layers", a, &names, e);

	if (r < 0)
		return r;
	if (names.n > IMAGE_LAYERS_MAX)
		return err_set(e, E2BIG, "it has %zu layers, more than %d", names.n, IMAGE_LAYERS_MAX);
	im->layers = arena_array(a, names.n ? names.n : 1, sizeof(*im->layers));
	if (!im->layers)
		return err_oom(e);
	im->nlayers = names.n;
	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = read_layer(f, names.v[i], a, &im->layers[i], e);
	return r;
}

static bool has_name(const struct strs *tags, const char *want, struct arena *a)
{
	struct image_ref asked, has;

	for (size_t i = 0; i < tags->n; i++) {
		if (streq(tags->v[i], want))
			return true;
		if (ref_parse(want, a, &asked, NULL) == 0 && ref_parse(tags->v[i], a, &has, NULL) == 0 &&
		    streq(ref_text(&asked, a), ref_text(&has, a)))
			return true;
	}
	return false;
}

static int pick(const json_t *all, const struct image_choice *c, struct arena *a, const json_t **ret,
		const char **ret_name, struct err *e)
{
	size_t n = json_array_size(all);

	if (n == 0)
		return err_set(e, EINVAL, "manifest.json lists no image");
	if (n > 1 && !c->tag)
		return err_set(e, EINVAL, "it has %zu images; name one, after a ':'", n);
	for (size_t i = 0; i < n; i++) {
		const json_t *o = json_array_get(all, i);
		struct strs tags = {0};
		int r = json_is_object(o) ? json_get_strs(o, "manifest.json", "RepoTags", a, &tags, e)
					  : err_set(e, EINVAL, "manifest.json is no list of objects");

		if (r < 0)
			return r;
		if (!c->tag || has_name(&tags, c->tag, a)) {
			*ret = o;
			*ret_name = tags.n ? tags.v[0] : NULL;
			return 0;
		}
	}
	return err_set(e, ENOENT, "it has no image named '%.200s'", c->tag);
}

int image_read_docker(const struct files *f, const struct image_choice *c, struct arena *a, struct image *im,
		      struct err *e)
{
	const char *config = NULL;
	const json_t *o = NULL;
	struct bytes text;
	json_t *all;
	int r = files_read(f, "manifest.json", IMAGE_JSON_MAX, &text, e);

	if (r == 0)
		r = json_parse(text, "manifest.json", &all, e);
	if (r == 0)
		r = pick(all, c, a, &o, &im->name, e);
	if (r == 0)
		r = json_get_str(o, "manifest.json", "Config", &config, e);
	if (r == 0 && !config)
		return err_set(e, EINVAL, "manifest.json names no config");
	if (r == 0)
		r = files_read(f, config, IMAGE_JSON_MAX, &im->config_json, e);
	if (r == 0)
		r = read_layers(f, o, a, im, e);
	if (r == 0)
		r = image_take_config(im, a, e);
	if (r == 0)
		r = check_layers(im, e);
	if (r == 0 && !c->any_platform && !platform_matches(&c->platform, &im->config.platform))
		return err_set(e, ENOENT, "it is for %s/%s, not for %s/%s", im->config.platform.os,
			       im->config.platform.arch, c->platform.os, c->platform.arch);
	return r;
}
