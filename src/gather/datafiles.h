/* SPDX-License-Identifier: Apache-2.0 */
/* The run-time files that a monitor lists for itself: firmware, modules. */
#ifndef URUNC_GATHER_DATAFILES_H
#define URUNC_GATHER_DATAFILES_H

#include "gather/closure.h"
#include "monitors/monitor.h"

/* Finds every file that ops has on this arch and adds it to c->files; modules with their libraries. data_path (may be NULL) is
 * looked in before a file's own directories. -ENOENT names a file that is not optional and nowhere to be found. */
int datafiles_add(struct closure *c, const struct monitor_ops *ops, int arch, const char *data_path,
		  struct err *e) _must_check_;
/* Does name match a pattern in which '*' is the only special character? */
bool datafiles_match(const char *pattern, const char *name);

#endif
