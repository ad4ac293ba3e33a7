/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of images. Members come in a fixed order, so that the same image has the same digest everywhere. */
#include "bunny/oci_write.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "bunny/locator.h"
#include "bunny/tar_write.h"
#include "common/json.h"

#define OCI "application/vnd.oci.image."

static void add_time(struct strbuf *b, int64_t epoch)
{
	time_t t = (time_t)epoch;
	struct tm tm;
	char text[32] = "";

	if (gmtime_r(&t, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	sb_addf(b, "\"%s\"", text);
}

static void add_str(struct strbuf *b, const char *key, const char *value)
{
	sb_addf(b, ",\"%s\":", key);
	sb_json_str(b, value, strlen(value));
}

static void add_digest(struct strbuf *b, const struct digest *d)
{
	const char *text = digest_text(d, b->a);

	if (!text)
		b->oom = true;
	else
		sb_addf(b, "\"%s\"", text);
}

static void add_descriptor(struct strbuf *b, const char *type, const struct digest *d, uint64_t size)
{
	sb_addf(b, "{\"mediaType\":\"%s\",\"digest\":", type);
	add_digest(b, d);
	sb_addf(b, ",\"size\":%llu", (unsigned long long)size);
}

/* --- config --- */

/* The base's own entries, if they account for its layers; engines compare the numbers. */
static bool history_fits(const struct out_image *im)
{
	size_t layers = 0, i;
	json_t *entry;

	json_array_foreach((json_t *)im->base_history, i, entry)
		layers += !json_is_true(json_object_get(entry, "empty_layer"));
	return im->base_history && layers == im->nbase;
}

static void add_entry(struct strbuf *b, const struct out_image *im, const char *created_by)
{
	sb_add(b, "{\"created\":");
	add_time(b, im->epoch);
	add_str(b, "created_by", created_by);
	sb_add(b, "}");
}

static void add_history(struct strbuf *b, const struct out_image *im)
{
	bool fits = history_fits(im), first = true;
	json_t *entry;
	size_t i;

	sb_add(b, ",\"history\":[");
	if (fits) {
		json_array_foreach((json_t *)im->base_history, i, entry)
		{
			char *text = json_dumps(entry, JSON_COMPACT);

			sb_add(b, first ? "" : ",");
			sb_add(b, text ? text : "{}");
			b->oom |= !text;
			first = false;
		}
	}
	for (i = fits ? im->nbase : 0; i < im->nlayers; i++) {
		sb_add(b, first ? "" : ",");
		add_entry(b, im, im->layers[i].created_by ? im->layers[i].created_by : "base image");
		first = false;
	}
	sb_add(b, "]");
}

static int make_config(struct out_image *im, struct arena *a, struct err *e)
{
	struct strbuf b = STRBUF(a);

	sb_add(&b, "{\"created\":");
	add_time(&b, im->epoch);
	add_str(&b, "architecture", im->config.platform.arch);
	if (im->config.platform.variant && *im->config.platform.variant)
		add_str(&b, "variant", im->config.platform.variant);
	add_str(&b, "os", im->config.platform.os);
	sb_add(&b, ",\"config\":");
	image_config_json(&im->config, &b);
	sb_add(&b, ",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[");
	for (size_t i = 0; i < im->nlayers; i++) {
		sb_add(&b, i ? "," : "");
		add_digest(&b, &im->layers[i].diff_id);
	}
	sb_add(&b, "]}");
	add_history(&b, im);
	sb_add(&b, "}");
	return sb_done(&b, &im->config_json, e);
}

/* --- manifest and index --- */

static int make_manifest(struct out_image *im, struct arena *a, struct err *e)
{
	struct strbuf b = STRBUF(a);

	sb_add(&b, "{\"schemaVersion\":2,\"mediaType\":\"" OCI "manifest.v1+json\",\"config\":");
	add_descriptor(&b, OCI "config.v1+json", &im->config_digest, strlen(im->config_json));
	sb_add(&b, "},\"layers\":[");
	for (size_t i = 0; i < im->nlayers; i++) {
		sb_add(&b, i ? "," : "");
		add_descriptor(&b, im->layers[i].media_type, &im->layers[i].digest, im->layers[i].data.n);
		sb_add(&b, "}");
	}
	sb_add(&b, "]");
	if (im->annotations.n)
		sb_add(&b, ",\"annotations\":{");
	for (size_t i = 0; i < im->annotations.n; i++) {
		const struct key_value *kv = &im->annotations.v[i];

		sb_add(&b, i ? "," : "");
		sb_json_str(&b, kv->key, strlen(kv->key));
		sb_add(&b, ":");
		sb_json_str(&b, kv->value, strlen(kv->value));
	}
	sb_add(&b, im->annotations.n ? "}}" : "}");
	return sb_done(&b, &im->manifest_json, e);
}

int image_seal_as_is(struct out_image *im, struct arena *a, struct err *e)
{
	int r;

	im->config_digest = digest_of(im->config_json, strlen(im->config_json));
	r = make_manifest(im, a, e);
	if (r == 0)
		im->digest = digest_of(im->manifest_json, strlen(im->manifest_json));
	return r;
}

int image_seal(struct out_image *im, struct arena *a, struct err *e)
{
	int r = make_config(im, a, e);

	return r == 0 ? image_seal_as_is(im, a, e) : r;
}

static void add_image(struct strbuf *b, const struct out_image *im, const struct image_ref *name)
{
	add_descriptor(b, OCI "manifest.v1+json", &im->digest, strlen(im->manifest_json));
	sb_add(b, ",\"platform\":{\"architecture\":");
	sb_json_str(b, im->config.platform.arch, strlen(im->config.platform.arch));
	add_str(b, "os", im->config.platform.os);
	if (im->config.platform.variant && *im->config.platform.variant)
		add_str(b, "variant", im->config.platform.variant);
	sb_add(b, "}");
	if (name) {
		const char *full = ref_text(name, b->a);

		/* containerd takes the whole name, others the tag. */
		sb_add(b, ",\"annotations\":{\"io.containerd.image.name\":");
		sb_json_str(b, full ? full : "", full ? strlen(full) : 0);
		add_str(b, "org.opencontainers.image.ref.name", name->tag);
		sb_add(b, "}");
		b->oom |= !full;
	}
	sb_add(b, "}");
}

int image_index_json(const struct out_image *im, struct arena *a, const char **ret, struct err *e)
{
	struct strbuf b = STRBUF(a);

	sb_add(&b, "{\"schemaVersion\":2,\"mediaType\":\"" OCI "index.v1+json\",\"manifests\":[");
	if (im->nnames == 0)
		add_image(&b, im, NULL);
	for (size_t i = 0; i < im->nnames; i++) {
		sb_add(&b, i ? "," : "");
		add_image(&b, im, &im->names[i]);
	}
	sb_add(&b, "]}");
	return sb_done(&b, ret, e);
}

/* --- archive --- */

static const char *blob_name(const struct digest *d, struct arena *a)
{
	char hex[DIGEST_HEX_BYTES];

	digest_hex(d, hex);
	return arena_printf(a, "blobs/sha256/%s", hex);
}

static int docker_json(const struct out_image *im, struct arena *a, const char **ret, struct err *e)
{
	struct strbuf b = STRBUF(a);

	sb_addf(&b, "[{\"Config\":\"%s\",\"RepoTags\":", blob_name(&im->config_digest, a));
	sb_add(&b, im->nnames ? "[" : "null");
	for (size_t i = 0; i < im->nnames; i++) {
		const char *name = ref_familiar(&im->names[i], a);

		sb_add(&b, i ? "," : "");
		sb_json_str(&b, name ? name : "", name ? strlen(name) : 0);
		b.oom |= !name;
	}
	sb_add(&b, im->nnames ? "],\"Layers\":[" : ",\"Layers\":[");
	for (size_t i = 0; i < im->nlayers; i++)
		sb_addf(&b, "%s\"%s\"", i ? "," : "", blob_name(&im->layers[i].digest, a));
	sb_add(&b, "]}]");
	return sb_done(&b, ret, e);
}

static struct piece text(const char *s)
{
	return piece_bytes(s, strlen(s));
}

static bool seen_before(const struct out_image *im, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (digest_eq(&im->layers[k].digest, &im->layers[i].digest))
			return true;
	}
	return false;
}

static void add_blob(struct rope *out, const struct digest *d, struct piece data, int64_t epoch)
{
	const char *name = blob_name(d, out->a);

	if (!name)
		out->oom = true;
	else
		tar_add(out, name, S_IFREG | 0644, epoch, data);
}

int image_archive(const struct out_image *im, bool pure, struct rope *out, struct err *e)
{
	const char *index, *docker = NULL;
	int r = image_index_json(im, out->a, &index, e);

	if (r == 0 && !pure)
		r = docker_json(im, out->a, &docker, e);
	if (r < 0)
		return r;
	/* What says what the rest is comes first, for those that read as it comes. */
	tar_add(out, "oci-layout", S_IFREG | 0644, im->epoch, text("{\"imageLayoutVersion\":\"1.0.0\"}"));
	tar_add(out, "index.json", S_IFREG | 0644, im->epoch, text(index));
	if (docker)
		tar_add(out, "manifest.json", S_IFREG | 0644, im->epoch, text(docker));
	tar_add(out, "blobs", S_IFDIR | 0755, im->epoch, text(""));
	tar_add(out, "blobs/sha256", S_IFDIR | 0755, im->epoch, text(""));
	add_blob(out, &im->config_digest, text(im->config_json), im->epoch);
	add_blob(out, &im->digest, text(im->manifest_json), im->epoch);
	for (size_t i = 0; i < im->nlayers; i++) {
		if (!seen_before(im, i))
			add_blob(out, &im->layers[i].digest, im->layers[i].data, im->epoch);
	}
	tar_end(out);
	return rope_done(out, e);
}
