/* SPDX-License-Identifier: Apache-2.0 */
/* bunny as a BuildKit frontend: a build by the client's options, of the client's files. */
#ifndef URUNC_BUNNY_FRONTEND_H
#define URUNC_BUNNY_FRONTEND_H

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

/* Where BuildKit leaves the definition of the image that runs in this container. */
#define FRONTEND_DEFINITION "/run/config/buildkit/metadata/frontend.bin"

/* Speaks on in and out to the BuildKit that started us, from the first question to the result or the refusal, which the user of
 * the build sees. 0 when BuildKit has taken either; negative when it could not even be told. env: the environment. Warnings and
 * what is going on are told to standard error, which is the build's log. SIGPIPE is to be ignored. Needs json_use_arena. */
int frontend_run(int in, int out, const struct strs *env, struct arena *a, struct err *e) _must_check_;

#endif
