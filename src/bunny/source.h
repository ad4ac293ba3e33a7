/* SPDX-License-Identifier: Apache-2.0 */
/* Getting images: from files, engines' stores and registries. */
#ifndef URUNC_BUNNY_SOURCE_H
#define URUNC_BUNNY_SOURCE_H

#include "bunny/cache.h"
#include "bunny/fs.h"
#include "bunny/image.h"
#include "bunny/report.h"

struct source_options {
	struct strs images;    /* NAME=LOCATOR: what is meant by a name, whoever asks for it */
	bool offline;          /* no registry is asked */
	bool pull;             /* a registry first, even if an engine here has the image */
	const char *namespace; /* containerd's; NULL: CONTAINERD_NAMESPACE, else "default" */
	const char *address;   /* its socket; NULL: CONTAINERD_ADDRESS, else ctr's own default */
	bool plain_http;       /* registries are spoken to without TLS */
};

struct sources {
	struct arena *a;
	struct cache cache;
	struct report *report;
	const struct source_options *o;
};

/* Fetches what `ref` names (a name or "KIND:..."), checked as image_read does. */
int source_image(const struct sources *s, const char *ref, const struct platform *platform, bool any_platform,
		 struct image *ret, struct err *e) _must_check_;
/* The image's root: all its layers on top of each other, those of the image first; fs->layer is left at the number of the
 * last. dir:ROOTFSDIR counts as an image without layers whose root is the directory. */
int source_root(const struct sources *s, struct image *im, struct fs *fs, struct err *e) _must_check_;

/* engines.c: writes an archive of the image into out_fd. -ENOENT: this engine is not there, or has no such image. */
int engine_export(const struct sources *s, enum locator_kind engine, const struct image_ref *ref,
		  const struct platform *platform, int out_fd, struct err *e) _must_check_;
/* registry.c: copies it by skopeo into the cache, whose OCI layout and tag are returned. */
int registry_fetch(const struct sources *s, const char *full, const struct platform *platform,
		   const char **ret_layout, const char **ret_tag, struct err *e) _must_check_;

#endif
