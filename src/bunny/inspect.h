/* SPDX-License-Identifier: Apache-2.0 */
/* Says what of an image would boot where, and what is wrong with it. */
#ifndef URUNC_BUNNY_INSPECT_H
#define URUNC_BUNNY_INSPECT_H

#include <jansson.h>

#include "bunny/metadata.h"

struct inspection {
	const struct image *image;
	const struct fs *fs;
	struct metadata meta;
	struct bytes kernel_head; /* of the file that `binary` names */
	const char *kernel_kind, *kernel_arch, *solo5_target;
	uint64_t kernel_bytes, root_bytes, layers_bytes;
	const char *root; /* in words */
	struct strv problems, notes;
};

/* Looks. features: what `urunc features` of this machine says; NULL: not known. */
int inspect_image(const struct image *im, const struct fs *fs, const json_t *features, struct arena *a,
		  struct inspection *ret, struct err *e) _must_check_;
/* For people, and as one JSON object. */
void inspect_describe(const struct inspection *in, struct strbuf *out);
void inspect_json(const struct inspection *in, struct strbuf *out);

#endif
