/* SPDX-License-Identifier: Apache-2.0 */
/* What an ELF file asks of the loader. */
#ifndef URUNC_GATHER_DYNAMIC_H
#define URUNC_GATHER_DYNAMIC_H

#include "common/arena.h"
#include "common/str.h"
#include "gather/elf.h"

struct elf_dynamic {
	struct strs needed;          /* DT_NEEDED, in order */
	const char *rpath, *runpath; /* colon-separated as written; NULL = none */
};

/* Reads the dynamic section. A file without one gives an empty answer. 0, -EBADMSG or -ENOMEM. */
int elf_dynamic_read(const struct elf_file *f, struct arena *a, struct elf_dynamic *ret);
/* PT_INTERP; *ret is NULL when there is none. 0, -EBADMSG or -ENOMEM. */
int elf_interpreter(const struct elf_file *f, struct arena *a, const char **ret);

#endif
