/* SPDX-License-Identifier: Apache-2.0 */
/* What an extended header of a tar archive says about the member that follows. */
#ifndef URUNC_BUNNY_TAR_PAX_H
#define URUNC_BUNNY_TAR_PAX_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/xattr.h"

enum { TAR_HAS_SIZE = 1, TAR_HAS_UID = 2, TAR_HAS_GID = 4, TAR_HAS_MTIME = 8 };

struct tar_extra {
	const char *path, *target; /* NULL: the header's own */
	unsigned has;              /* TAR_HAS_* */
	uint64_t size, uid, gid;
	int64_t mtime;
	bool sparse;
	struct xattr *xattrs;
	size_t nxattrs;
};

/* Records "LENGTH KEY=VALUE\n", added to *x. Unknown keys are skipped. text is followed by a NUL. */
int tar_pax_parse(const char *text, size_t n, struct arena *a, struct tar_extra *x, struct err *e)
	_must_check_;

#endif
