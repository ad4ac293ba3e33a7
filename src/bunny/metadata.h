/* SPDX-License-Identifier: Apache-2.0 */
/* What an image says of itself: in its manifest's annotations, its labels, and /urunc.json. */
#ifndef URUNC_BUNNY_METADATA_H
#define URUNC_BUNNY_METADATA_H

#include "bunny/fs.h"
#include "bunny/image.h"

enum metadata_place { META_FILE, META_LABELS, META_NOTES, META_PLACES };

struct metadata {
	struct key_values all[META_PLACES]; /* keys without their prefix, values decoded */
	struct key_values best; /* what a runtime goes by: the file's, else the labels', else the notes' */
	const char *differs;    /* a key that is not the same wherever it is; NULL: none */
	const char *broken;     /* what is wrong with the file; NULL: nothing */
};
extern const char *const metadata_place_names[META_PLACES];

/* -ENOMEM only: what is wrong with them is part of the answer. */
int metadata_read(const struct image *im, const struct fs *fs, struct arena *a, struct metadata *ret,
		  struct err *e) _must_check_;

#endif
