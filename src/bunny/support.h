/* SPDX-License-Identifier: Apache-2.0 */
/* What urunc runs on what, as far as a builder can warn of it. tests/bunny/documents.bats compares it with urunc. Pure. */
#ifndef URUNC_BUNNY_SUPPORT_H
#define URUNC_BUNNY_SUPPORT_H

#include <stdbool.h>

#include "common/str.h"

enum {
	SUPPORT_INITRD = 1,
	SUPPORT_BLOCK = 2, /* a disk in the image: as root, or beside it */
	SUPPORT_RAW = 4,   /* the files of the image itself */
};

struct guest_support {
	const char *name;
	unsigned roots;
	struct strs monitors;
};

/* NULL: urunc knows no such guest. */
const struct guest_support *support_find(const char *guest);
bool support_runs_on(const struct guest_support *g, const char *monitor);

#endif
