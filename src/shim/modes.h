/* SPDX-License-Identifier: Apache-2.0 */
/* The ways in which containerd calls the program. Each returns its exit status, or -errno with a text for the user. */
#ifndef URUNC_SHIM_MODES_H
#define URUNC_SHIM_MODES_H

#include "common/err.h"

struct args;
struct daemon_setup;

/* start: prints the address of the shim that serves the container; forks it off unless there is one. */
int mode_start(const struct args *args, struct err *e) _must_check_;
/* delete: removes what a container has left, and prints how it ended. */
int mode_delete(const struct args *args, struct err *e) _must_check_;
/* -info: prints what the shim and its runtime are. */
int mode_info(struct err *e) _must_check_;

/* All of standard input, at most 10 MiB. */
struct arena;
struct bytes;
int modes_stdin(struct arena *a, struct bytes *ret, struct err *e) _must_check_;

#endif
