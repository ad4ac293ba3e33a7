/* SPDX-License-Identifier: Apache-2.0 */
/* What containerd says to a shim that it starts, and what it wants to hear: two ways, told apart by what is said. */
#ifndef URUNC_SHIM_BOOTSTRAP_H
#define URUNC_SHIM_BOOTSTRAP_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"
#include "proto/shim/types.pb-c.h"

struct args;

struct bootstrap {
	bool by_params; /* containerd 2.3 and later: BootstrapParams in, BootstrapResult out; else options and an address */
	const char *socket_dir, *ttrpc_address, *grpc_address, *program; /* "" when not said */
	bool debug;
	const Pb__Any *options; /* NULL: none */
};

/* input: all of standard input, maybe nothing. Older ones send an Any, which may look like BootstrapParams, too: those say
 * the same id and namespace as the command line. -EINVAL for what is neither. */
int bootstrap_read(struct bytes input, const struct args *args, struct arena *a, struct bootstrap *ret,
		   struct err *e) _must_check_;
/* The answer. */
int bootstrap_answer(const struct bootstrap *b, const char *address, struct arena *a, struct bytes *ret,
		     struct err *e) _must_check_;

#endif
