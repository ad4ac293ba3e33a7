/* SPDX-License-Identifier: Apache-2.0 */
/* Pid files as engines read them. */
#include "runtime/pidfile.h"

#include <fcntl.h>
#include <stdio.h>

#include "common/io.h"

int pidfile_write(const char *path, pid_t pid, struct err *e)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%ld", (long)pid), r;

	r = file_write_atomic(AT_FDCWD, path, 0644, text, (size_t)n, e);
	return r < 0 ? err_wrap(e, "pid file") : 0;
}
