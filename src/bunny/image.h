/* SPDX-License-Identifier: Apache-2.0 */
/* An image: its config, its layers, and where their bytes are. */
#ifndef URUNC_BUNNY_IMAGE_H
#define URUNC_BUNNY_IMAGE_H

#include <jansson.h>

#include "bunny/digest.h"
#include "bunny/files.h"
#include "bunny/image_config.h"
#include "bunny/locator.h"
#include "bunny/rope.h"

#define IMAGE_LAYERS_MAX 512
#define IMAGE_JSON_MAX (8u << 20)

struct image_layer {
	struct digest digest, diff_id; /* of the bytes as they are stored, and unpacked */
	struct piece data;             /* as they are stored */
	const char *media_type;        /* OCI's */
	struct piece tar;              /* unpacked; kind PIECE_FD once image_unpack was called */
};

struct image {
	const char *where;    /* for messages */
	bool has_digest;      /* false: it was in no OCI layout */
	struct digest digest; /* of the manifest */
	struct bytes manifest, config_json;
	json_t *config_tree; /* config_json, parsed */
	struct image_config config;
	struct key_values annotations; /* of the manifest */
	struct image_layer *layers;
	size_t nlayers;
	const char *root_dir; /* no image at all, but a directory with a root; NULL otherwise */
	const char *name;     /* that it has in its archive, or NULL */
};

struct image_choice {
	const char *tag; /* tag or name in the archive; NULL: the only one */
	struct platform platform;
	bool any_platform; /* the only one, if the platform is not there */
};

/* Reads an image of an OCI layout or a docker-archive. Sizes and digests are compared with all that is read: the bytes of every
 * layer too. Needs json_use_arena. -ENOENT: no such tag or platform; says which there are. */
int image_read(const struct files *f, const struct image_choice *c, const char *where, struct arena *a,
	       struct image *ret, struct err *e) _must_check_;
/* OCI layouts only, and docker-archives only; image_read tries the first, then the other. */
int image_read_oci(const struct files *f, const struct image_choice *c, struct arena *a, struct image *im,
		   struct err *e) _must_check_;
int image_read_docker(const struct files *f, const struct image_choice *c, struct arena *a, struct image *im,
		      struct err *e) _must_check_;
/* Config blob to im->config, config_tree, diff_ids of the layers (whose number must be nlayers). */
int image_take_config(struct image *im, struct arena *a, struct err *e) _must_check_;
bool platform_matches(const struct platform *want, const struct platform *have);

#endif
