/* SPDX-License-Identifier: Apache-2.0 */
/* Where an image is to be found, by how it was written. Pure. */
#ifndef URUNC_BUNNY_LOCATOR_H
#define URUNC_BUNNY_LOCATOR_H

#include "bunny/ref.h"
#include "common/arena.h"
#include "common/err.h"

enum locator_kind {
	LOCATE_NAME,        /* "redis:alpine": an engine's store, or a registry */
	LOCATE_FILE,        /* x.tar, ./FILE, /FILE, DIR so: an archive or a layout of whichever kind it is */
	LOCATE_OCI,         /* oci:DIR[:TAG] */
	LOCATE_OCI_ARCHIVE, /* oci-archive:FILE[:TAG] */
	LOCATE_DOCKER_ARCHIVE, /* docker-archive:FILE[:NAME] */
	LOCATE_DIR,            /* dir:ROOTFSDIR */
	LOCATE_CONTAINERD,     /* containerd:NAME, containerd://NAME */
	LOCATE_DOCKER,         /* docker-daemon:NAME: Docker's store */
	LOCATE_PODMAN,         /* containers-storage:NAME: podman's */
	LOCATE_REGISTRY,       /* docker://NAME: only a registry */
};

struct locator {
	enum locator_kind kind;
	const char *path;     /* of files and directories */
	const char *tag;      /* as written after the path, or NULL */
	struct image_ref ref; /* of the others */
	const char *full;     /* ref, complete */
};

/* -EINVAL in words for what is neither. */
int locator_parse(const char *s, struct arena *a, struct locator *ret, struct err *e) _must_check_;
/* How Docker shows a name: without "docker.io/" and "library/". */
const char *ref_familiar(const struct image_ref *r, struct arena *a);

#endif
