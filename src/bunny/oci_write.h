/* SPDX-License-Identifier: Apache-2.0 */
/* An image in the forms that engines read. */
#ifndef URUNC_BUNNY_OCI_WRITE_H
#define URUNC_BUNNY_OCI_WRITE_H

#include "bunny/image.h"
#include "bunny/image_config.h"
#include "bunny/ref.h"
#include "bunny/rope.h"

struct out_layer {
	struct digest digest, diff_id;
	const char *media_type;
	struct piece data;
	const char *created_by; /* NULL: a base's, whose history says it */
};

/* What an image is made of; image_seal fills the rest. */
struct out_image {
	struct image_config config;
	struct key_values annotations;
	struct out_layer *layers;
	size_t nlayers;
	const json_t *base_history; /* of the first nbase layers, or NULL */
	size_t nbase;
	int64_t epoch;
	struct image_ref *names; /* may be none */
	size_t nnames;
	/* Made of it: */
	const char *config_json, *manifest_json;
	struct digest config_digest, digest; /* digest: of the manifest, which is the image's */
};
int image_seal(struct out_image *im, struct arena *a, struct err *e) _must_check_;
/* The same, but config_json is there already. */
int image_seal_as_is(struct out_image *im, struct arena *a, struct err *e) _must_check_;

/* index.json of an OCI layout, with a descriptor for each name (one without a name if there is none). */
int image_index_json(const struct out_image *im, struct arena *a, const char **ret, struct err *e)
	_must_check_;

/* One archive for everybody: an OCI layout, and (unless `pure`) the docker-archive's manifest.json beside it. */
int image_archive(const struct out_image *im, bool pure, struct rope *out, struct err *e) _must_check_;

#endif
