/* SPDX-License-Identifier: Apache-2.0 */
/* What was fetched or unpacked once: below $XDG_CACHE_HOME/bunny, ~/.cache/bunny, or /var/cache/bunny for root without a home. */
#ifndef URUNC_BUNNY_CACHE_H
#define URUNC_BUNNY_CACHE_H

#include "bunny/image.h"
#include "common/arena.h"
#include "common/err.h"

struct cache {
	const char *path; /* absolute; NULL: there is none */
	int fd;
};

/* Makes the directory, 0700. Without a place for it there is none, which is no error: then everything is done anew. */
int cache_open(struct arena *a, struct cache *ret, struct err *e) _must_check_;
/* A file without a name, on the cache's disk where there is a cache, in TMPDIR otherwise. */
int cache_scratch(const struct cache *c, int *ret_fd, struct err *e) _must_check_;
/* Gives layer->tar its value: the layer itself, or unpacked, from the cache if it is there. Compared with diff_id. */
int cache_unpack(const struct cache *c, struct image_layer *layer, struct arena *a, struct err *e)
	_must_check_;

#endif
