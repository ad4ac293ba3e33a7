/* SPDX-License-Identifier: Apache-2.0 */
/* Files and directories by name, bounded and never blocking. */
#ifndef URUNC_URUNIT_FILE_H
#define URUNC_URUNIT_FILE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Reads a whole regular (or kernel) file into a private, writable mapping with a NUL byte after the
 * end. 0, or -errno: -EFBIG for more than max bytes, -EINVAL for anything but a regular file.
 * Give it back with ufile_free(p, max).
 */
int ufile_read(const char *path, size_t max, char **ret, size_t *ret_n);
void ufile_free(char *p, size_t max);

/* The first line of a small file (a sysfs attribute) without its newline; false when there is none. */
bool ufile_attr(const char *dir, const char *entry, const char *attr, char *buf, size_t size);

/* Calls f for each name in dir (not "." and "..") until it returns true; true if one did. */
bool udir_each(const char *dir, bool (*f)(const char *dir, const char *name, void *arg), void *arg);

/* mkdir -p with mode 0755; 0 or -errno. path is absolute. */
int udir_make(const char *path);

#endif
