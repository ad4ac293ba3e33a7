/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are written for the user: whole or not at all. */
#ifndef URUNC_BUNNY_NEW_FILE_H
#define URUNC_BUNNY_NEW_FILE_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/err.h"

struct new_file {
	int fd;           /* what to write to: for reading, too, where it is a regular file */
	const char *path; /* a link's target */
	const char *temp; /* beside it; NULL: it has no name yet, or is not a regular file */
	bool in_place;    /* a device or FIFO, which is written to as it is */
};

/* What is at `path` stays until the end. Where the file system can, the new file has no name until then, so that nothing of
 * it is left even by a SIGKILL. */
int new_file_begin(const char *path, struct arena *a, struct new_file *ret, struct err *e) _must_check_;
/* Gives it its name and closes it. On failure it is gone. */
int new_file_end(struct new_file *f, struct arena *a, struct err *e) _must_check_;
/* Closes it and lets it go, unless new_file_end was successful. */
void new_file_drop(struct new_file *f);
#define _cleanup_new_file_ __attribute__((cleanup(new_file_drop)))
#define NEW_FILE ((struct new_file){.fd = -1})

#endif
