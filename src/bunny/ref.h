/* SPDX-License-Identifier: Apache-2.0 */
/* Names of images in registries, whole and in short. Pure. */
#ifndef URUNC_BUNNY_REF_H
#define URUNC_BUNNY_REF_H

#include "common/arena.h"
#include "common/err.h"

#define REF_MAX_BYTES 512

struct image_ref {
	const char *registry;   /* "docker.io", "localhost:5000" */
	const char *repository; /* "library/redis" */
	const char *tag;        /* "latest"; NULL if there is only a digest */
	const char *digest;     /* "sha256:..." or NULL */
};

/* Reads "[REGISTRY/]REPOSITORY[:TAG][@DIGEST]" as Docker does: the first part is a registry when it has a '.' or ':' or is
 * "localhost", otherwise it is docker.io's; a repository of docker.io of one part is below "library/"; without tag and
 * digest the tag is "latest". -EINVAL says which part is wrong. */
int ref_parse(const char *text, struct arena *a, struct image_ref *ret, struct err *e) _must_check_;
/* The whole name, nothing left out: "docker.io/library/redis:latest". NULL: out of memory. */
const char *ref_text(const struct image_ref *r, struct arena *a);

#endif
