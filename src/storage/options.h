/* SPDX-License-Identifier: Apache-2.0 */
/* Mount options as mountinfo shows them, turned back into what mount(2) takes. */
#ifndef URUNC_STORAGE_OPTIONS_H
#define URUNC_STORAGE_OPTIONS_H

#include <stddef.h>

#include "common/err.h"

struct mount_words {
	unsigned long flags;  /* of the new file system and its mount */
	unsigned long rebind; /* what the mount alone has besides: 0, or MS_RDONLY of a writable file system */
	char data[1024];      /* for the file system itself */
};

/* options: of the mount; super_options: of the file system. Either may be NULL or empty. Words for the mount that are
 * not known say nothing that could be lost; those of the file system are handed on. -E2BIG when there are too many. */
int mount_words(const char *options, const char *super_options, struct mount_words *ret, struct err *e)
	_must_check_;

#endif
