/* SPDX-License-Identifier: Apache-2.0 */
/* The engines of this machine, by their clients: docker, ctr, podman. */
#ifndef URUNC_BUNNY_ENGINES_H
#define URUNC_BUNNY_ENGINES_H

#include "bunny/child.h"
#include "bunny/locator.h"

/* engine: LOCATE_DOCKER, LOCATE_CONTAINERD or LOCATE_PODMAN. */
const char *engine_word(enum locator_kind engine);    /* "containerd" */
const char *engine_program(enum locator_kind engine); /* "ctr" */
/* The client and the options that say which daemon and namespace. */
void engine_words(enum locator_kind engine, const char *namespace, const char *address, struct strv *l);
/* Gives it an image's archive. */
int engine_load(enum locator_kind engine, const char *namespace, const char *address, const char *snapshotter,
		const struct child_io *io, struct arena *a, struct err *e) _must_check_;

#endif
