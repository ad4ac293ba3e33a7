/* SPDX-License-Identifier: Apache-2.0 */
/* Images in an OCI layout: index, manifest, config, layers, each checked against what named it. */
#include <errno.h>
#include <string.h>

#include "bunny/image.h"
#include "common/json.h"

#define NAME_KEY "io.containerd.image.name"
#define TAG_KEY "org.opencontainers.image.ref.name"
#define INDEX_DEPTH_MAX 3
#define DESCRIPTORS_MAX 1024

struct descriptor {
	const char *media_type;
	struct digest digest;
	uint64_t size;
	struct platform platform;
	bool has_platform;
	const char *name, *tag;
	bool attestation;
};

struct oci_reader {
	const struct files *f;
	const struct image_choice *c;
	struct arena *a;
	struct image *im;
	struct strbuf there; /* platforms or names that were seen, for messages */
	struct err *e;
};

/* OCI's name for a media type of either; NULL for others. */
static const char *oci_type(const char *t)
{
	static const char *const all[][2] = {
		{"application/vnd.docker.distribution.manifest.v2+json",
		 "application/vnd.oci.image.manifest.v1+json"},
		{"application/vnd.docker.distribution.manifest.list.v2+json",
		 "application/vnd.oci.image.index.v1+json"},
		{"application/vnd.docker.container.image.v1+json", "application/vnd.oci.image.config.v1+json"},
		{"application/vnd.docker.image.rootfs.diff.tar", "application/vnd.oci.image.layer.v1.tar"},
		{"application/vnd.docker.image.rootfs.diff.tar.gzip",
		 "application/vnd.oci.image.layer.v1.tar+gzip"},
		{"application/vnd.docker.image.rootfs.diff.tar.zstd",
		 "application/vnd.oci.image.layer.v1.tar+zstd"},
	};

	for (size_t i = 0; t && i < sizeof(all) / sizeof(all[0]); i++) {
		if (streq(t, all[i][0]) || streq(t, all[i][1]))
			return all[i][1];
	}
	return NULL;
}

static int read_platform(const json_t *o, struct platform *p, struct err *e)
{
	int r = json_get_str(o, "platform", "os", &p->os, e);

	if (r == 0)
		r = json_get_str(o, "platform", "architecture", &p->arch, e);
	return r == 0 ? json_get_str(o, "platform", "variant", &p->variant, e) : r;
}

static int read_descriptor(const json_t *o, struct descriptor *d, struct err *e)
{
	const json_t *platform = NULL, *notes = NULL;
	const char *digest = NULL, *type = NULL, *kind = NULL;
	int64_t size = -1;
	int r;

	*d = (struct descriptor){0};
	if (!json_is_object(o))
		return err_set(e, EINVAL, "a descriptor that is no object");
	if ((r = json_get_str(o, "descriptor", "mediaType", &type, e)) < 0 ||
	    (r = json_get_str(o, "descriptor", "digest", &digest, e)) < 0 ||
	    (r = json_get_int(o, "descriptor", "size", 0, INT64_MAX, &size, e)) < 0 ||
	    (r = json_get_obj(o, "descriptor", "platform", &platform, e)) < 0 ||
	    (r = json_get_obj(o, "descriptor", "annotations", &notes, e)) < 0)
		return r;
	if (!digest_parse(digest, &d->digest) || size < 0)
		return err_set(e, EINVAL, "a descriptor without size or sha256 digest");
	d->media_type = oci_type(type);
	d->size = (uint64_t)size;
	if (platform && (r = read_platform(platform, &d->platform, e)) < 0)
		return r;
	d->has_platform = platform != NULL;
	if (notes && ((r = json_get_str(notes, "annotations", NAME_KEY, &d->name, e)) < 0 ||
		      (r = json_get_str(notes, "annotations", TAG_KEY, &d->tag, e)) < 0 ||
		      (r = json_get_str(notes, "annotations", "vnd.docker.reference.type", &kind, e)) < 0))
		return r;
	d->attestation = kind != NULL;
	return 0;
}

static int blob(struct oci_reader *rd, const struct descriptor *d, struct piece *ret)
{
	char hex[DIGEST_HEX_BYTES];
	const char *name;
	int r;

	digest_hex(&d->digest, hex);
	name = arena_printf(rd->a, "blobs/sha256/%s", hex);
	if (!name)
		return err_oom(rd->e);
	r = files_get(rd->f, name, ret, rd->e);
	if (r == 0 && ret->n != d->size)
		return err_set(rd->e, EINVAL, "blob %s has %llu bytes, its descriptor says %llu", hex,
			       (unsigned long long)ret->n, (unsigned long long)d->size);
	return r;
}

static int check(struct oci_reader *rd, const struct piece *p, const struct digest *want)
{
	struct rope one = ROPE(rd->a);
	struct digest is;
	char hex[DIGEST_HEX_BYTES];
	int r;

	rope_add(&one, *p);
	r = rope_digest(&one, &is, rd->e);
	if (r == 0 && !digest_eq(&is, want)) {
		digest_hex(want, hex);
		return err_set(rd->e, EBADMSG, "blob %s is damaged: its bytes have another digest", hex);
	}
	return r;
}

static int blob_json(struct oci_reader *rd, const struct descriptor *d, struct bytes *ret_text, json_t **ret)
{
	struct piece p;
	int r = blob(rd, d, &p);

	if (r == 0)
		r = check(rd, &p, &d->digest);
	if (r == 0)
		r = piece_read(&p, IMAGE_JSON_MAX, rd->a, ret_text, rd->e);
	return r == 0 ? json_parse(*ret_text, "blob", ret, rd->e) : r;
}

/* --- one image --- */

static int read_layer(struct oci_reader *rd, const json_t *o, struct image_layer *l)
{
	struct descriptor d;
	int r = read_descriptor(o, &d, rd->e);

	if (r < 0)
		return r;
	if (!d.media_type || !strstr(d.media_type, "layer"))
		return err_set(rd->e, EOPNOTSUPP, "a layer of the kind '%.100s', which bunny does not know",
			       json_string_value(json_object_get(o, "mediaType")));
	l->media_type = d.media_type;
	l->digest = d.digest;
	r = blob(rd, &d, &l->data);
	return r == 0 ? check(rd, &l->data, &d.digest) : r;
}

static int read_layers(struct oci_reader *rd, const json_t *manifest)
{
	const json_t *layers = NULL;
	size_t n;
	int r = json_get_arr(manifest, "manifest", "layers", &layers, rd->e);

	n = json_array_size(layers);
	if (r == 0 && n > IMAGE_LAYERS_MAX)
		return err_set(rd->e, E2BIG, "it has %zu layers, more than %d", n, IMAGE_LAYERS_MAX);
	rd->im->layers = arena_array(rd->a, n ? n : 1, sizeof(*rd->im->layers));
	if (!rd->im->layers)
		return err_oom(rd->e);
	rd->im->nlayers = n;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = read_layer(rd, json_array_get(layers, i), &rd->im->layers[i]);
	return r;
}

static int read_annotations(struct oci_reader *rd, const json_t *manifest)
{
	const json_t *notes = NULL;
	const char *key;
	json_t *value;
	int r = json_get_obj(manifest, "manifest", "annotations", &notes, rd->e);

	json_object_foreach((json_t *)notes, key, value)
	{
		if (r == 0 && json_is_string(value))
			r = kv_set(&rd->im->annotations, rd->a, key, json_string_value(value), rd->e);
	}
	return r;
}

static int read_manifest(struct oci_reader *rd, const struct descriptor *d)
{
	struct descriptor config;
	json_t *manifest, *unused;
	int r = blob_json(rd, d, &rd->im->manifest, &manifest);

	if (r == 0)
		r = read_descriptor(json_object_get(manifest, "config"), &config, rd->e);
	if (r == 0)
		r = blob_json(rd, &config, &rd->im->config_json, &unused);
	if (r == 0)
		r = read_layers(rd, manifest);
	if (r == 0)
		r = read_annotations(rd, manifest);
	if (r < 0)
		return r;
	rd->im->digest = d->digest;
	rd->im->has_digest = true;
	rd->im->name = d->name ? d->name : d->tag;
	return image_take_config(rd->im, rd->a, rd->e);
}

/* --- which one --- */

static bool is_named(const struct descriptor *d, const char *want)
{
	const char *colon = d->name ? strrchr(d->name, ':') : NULL;
	char digest[DIGEST_HEX_BYTES];

	digest_hex(&d->digest, digest);
	return streq(d->name, want) || streq(d->tag, want) || (colon && streq(colon + 1, want)) ||
	       (str_starts(want, "sha256:") && streq(want + 7, digest));
}

/* A descriptor may leave it to the config to say what it is for. */
static int complete_platform(struct oci_reader *rd, struct descriptor *d)
{
	struct descriptor config;
	struct bytes text;
	json_t *manifest, *tree;
	int r;

	if (d->has_platform && d->platform.os)
		return 0;
	r = blob_json(rd, d, &text, &manifest);
	if (r == 0)
		r = read_descriptor(json_object_get(manifest, "config"), &config, rd->e);
	if (r == 0)
		r = blob_json(rd, &config, &text, &tree);
	return r == 0 ? read_platform(tree, &d->platform, rd->e) : r;
}

struct pick {
	struct descriptor d, only; /* only: what there is, whatever it is for */
	size_t found, all;
};

static int pick_from(struct oci_reader *rd, const json_t *index, bool top, unsigned depth, struct pick *pick);

static int pick_one(struct oci_reader *rd, struct descriptor *d, unsigned depth, struct pick *pick)
{
	struct bytes text;
	json_t *inner;
	int r;

	if (streq(d->media_type, "application/vnd.oci.image.index.v1+json")) {
		r = blob_json(rd, d, &text, &inner);
		return r == 0 ? pick_from(rd, inner, false, depth + 1, pick) : r;
	}
	if (!streq(d->media_type, "application/vnd.oci.image.manifest.v1+json"))
		return 0;
	r = complete_platform(rd, d);
	if (r < 0)
		return r;
	sb_addf(&rd->there, "%s%s/%s", rd->there.len ? ", " : "", d->platform.os, d->platform.arch);
	pick->all++;
	pick->only = *d;
	if (!platform_matches(&rd->c->platform, &d->platform) || pick->found++)
		return 0;
	pick->d = *d;
	return 0;
}

static int pick_from(struct oci_reader *rd, const json_t *index, bool top, unsigned depth, struct pick *pick)
{
	const json_t *all = NULL;
	size_t named = 0, n;
	int r = depth > INDEX_DEPTH_MAX ? err_set(rd->e, ELOOP, "indexes in indexes")
					: json_get_arr(index, "index", "manifests", &all, rd->e);

	n = json_array_size(all);
	if (n > DESCRIPTORS_MAX)
		return err_set(rd->e, E2BIG, "an index of %zu images, more than %d", n, DESCRIPTORS_MAX);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct descriptor d;

		r = read_descriptor(json_array_get(all, i), &d, rd->e);
		if (r < 0)
			return r;
		if (d.attestation || (top && rd->c->tag && !is_named(&d, rd->c->tag)))
			continue;
		/* Several names for one image are one image. */
		if (top && named++ && digest_eq(&d.digest, &pick->only.digest))
			continue;
		r = pick_one(rd, &d, depth, pick);
	}
	if (r == 0 && top && rd->c->tag && named == 0)
		return err_set(rd->e, ENOENT, "it has no image named '%.200s'", rd->c->tag);
	return r;
}

int image_read_oci(const struct files *f, const struct image_choice *c, struct arena *a, struct image *im,
		   struct err *e)
{
	struct oci_reader rd = {.f = f, .c = c, .a = a, .im = im, .there = STRBUF(a), .e = e};
	struct pick pick = {0};
	struct bytes text;
	json_t *index;
	int r = files_read(f, "index.json", IMAGE_JSON_MAX, &text, e);

	if (r == 0)
		r = json_parse(text, "index.json", &index, e);
	if (r == 0)
		r = pick_from(&rd, index, true, 0, &pick);
	if (r < 0)
		return r;
	if (pick.found > 1 && !c->tag)
		return err_set(e, EINVAL, "it has several images for %s/%s; name one by its tag, after a ':'",
			       c->platform.os, c->platform.arch);
	if (pick.found)
		return read_manifest(&rd, &pick.d);
	if (c->any_platform && pick.all == 1)
		return read_manifest(&rd, &pick.only);
	return err_set(e, ENOENT, "it has no image for %s/%s (it has: %s)", c->platform.os, c->platform.arch,
		       rd.there.len ? rd.there.p : "none");
}
