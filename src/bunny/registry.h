/* SPDX-License-Identifier: Apache-2.0 */
/* Registries, by skopeo. */
#ifndef URUNC_BUNNY_REGISTRY_H
#define URUNC_BUNNY_REGISTRY_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/err.h"

/* 0, or -ENOENT and what to do about it. */
int registry_skopeo(struct arena *a, struct err *e) _must_check_;
/* Gives an image to its registry: the one of an OCI archive. */
int registry_push(const char *archive, const char *full, bool plain_http, struct arena *a, struct err *e)
	_must_check_;

#endif
