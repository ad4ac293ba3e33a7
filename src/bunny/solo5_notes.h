/* SPDX-License-Identifier: Apache-2.0 */
/* What a Solo5 program says of itself, in words. */
#ifndef URUNC_BUNNY_SOLO5_NOTES_H
#define URUNC_BUNNY_SOLO5_NOTES_H

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

struct solo5_notes {
	const char *target;  /* "hvt", "spt"...; NULL: it is none */
	const char *problem; /* why its notes cannot be used, or NULL */
	struct strs devices; /* "network 'service'" */
};

int solo5_notes_read(int fd, struct arena *a, struct solo5_notes *ret, struct err *e) _must_check_;

#endif
