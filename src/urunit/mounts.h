/* SPDX-License-Identifier: Apache-2.0 */
/* File systems that every program expects, and taking file systems away at the end. */
#ifndef URUNC_URUNIT_MOUNTS_H
#define URUNC_URUNIT_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

/* /proc, /sys, /dev, /dev/pts, /dev/shm and the links /dev/fd, /dev/stdin…; what is there stays. */
void umnt_setup(void);

/* Makes the file system mounted on dir the root; /dev, /proc and /sys move there. 0 or -errno. */
int umnt_move_root(const char *dir);

/* One line of /proc/mounts, cut into strings with the \ooo escapes undone. False if it is not one. */
bool umnt_parse_line(char *line, const char **ret_source, const char **ret_target, const char **ret_type);

/* Whether losing this file system without an unmount could lose data. */
bool umnt_holds_data(const char *type);

/* Unmounts, last mounted first, every file system that holds data; the root is made read-only. */
void umnt_take_all_away(void);

#endif
