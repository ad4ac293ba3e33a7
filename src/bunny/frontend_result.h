/* SPDX-License-Identifier: Apache-2.0 */
/* What a frontend says of its result beside the files: the image's config and its annotations. Pure. */
#ifndef URUNC_BUNNY_FRONTEND_RESULT_H
#define URUNC_BUNNY_FRONTEND_RESULT_H

#include <stdint.h>

#include "bunny/build.h"

/* The whole config blob as JSON, but for the layers' digests, which BuildKit adds. base_config: the config blob of the image
 * that the result stands on, whose history is taken over; nothing if it stands on none. Needs json_use_arena. */
int result_config(const struct build *b, struct bytes base_config, int64_t epoch, struct arena *a,
		  const char **ret, struct err *e) _must_check_;

/* Adds what BuildKit's exporters understand. id: of the platform ("linux/amd64"), NULL when the result is of one only. */
int result_metadata(const struct build *b, const char *config, const char *id, struct arena *a,
		    struct key_values *ret, struct err *e) _must_check_;
/* Names the platforms of a result of several: refs.platforms. */
int result_platforms(const struct platform *platforms, const char *const *ids, size_t n, struct arena *a,
		     struct key_values *ret, struct err *e) _must_check_;
/* "linux/arm/v7". NULL: out of memory. */
const char *platform_id(const struct platform *p, struct arena *a);
/* The input that the result stands on, through all stages; SIZE_MAX if none. */
size_t result_base(const struct build *b);

#endif
