/* SPDX-License-Identifier: Apache-2.0 */
/* The two notes of a Solo5 binary: for which tender it was built, and which devices it wants. */
#ifndef URUNC_GATHER_SOLO5_H
#define URUNC_GATHER_SOLO5_H

#include "common/arena.h"
#include "common/err.h"
#include "gather/elf.h"
#include "machine/machine.h"

/* Reads them as a tender does; every number in the file may be hostile, and a few kilobytes are read at most. Without
 * either note ret->target is SOLO5_NONE. *ret_problem: why they cannot be used, a phrase; NULL = nothing is wrong.
 * 0 or -ENOMEM. */
int solo5_read(const struct elf_file *elf, struct arena *a, struct solo5_abi *ret, const char **ret_problem,
	       struct err *e) _must_check_;

#endif
