/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel modules from the list beside urunit. */
#ifndef URUNC_URUNIT_MODULES_H
#define URUNC_URUNIT_MODULES_H

#include <stddef.h>

#define UMOD_LIST_MAX_BYTES 65536u
#define UMOD_LIST_NAME "urunit.modules"

/*
 * The next module of a list that *cursor points into (NUL-terminated, cut into strings as it is read):
 * "path [parameters]" a line; blank lines and lines beginning with '#' are skipped. 1 with both
 * strings (parameters "" when there are none), 0 at the end.
 */
int umod_next(char **cursor, const char **ret_path, const char **ret_params);

/* Writes "<directory of self>/urunit.modules" to buf; "/urunit.modules" when self has no '/'.
 * 0 or -ENAMETOOLONG. */
int umod_list_path(const char *self, char *buf, size_t size);

/* Loads what the list names, in order. A missing list, modules already there and a kernel without
 * modules are fine; anything else is told on the console and does not stop the rest. */
void umod_load_all(const char *list_path);

#endif
