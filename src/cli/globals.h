/* SPDX-License-Identifier: Apache-2.0 */
/* The options before the command. */
#ifndef URUNC_CLI_GLOBALS_H
#define URUNC_CLI_GLOBALS_H

#include <stdbool.h>

#include "cli/cli.h"

#define DEFAULT_ROOT "/run/urunc"

struct globals {
	const char *root, *log, *log_format, *log_level, *criu, *cgroup_manager, *rootless;
	bool debug, systemd_cgroup, help, version;
};
extern const struct opt_table globals_table;

/* Splits the command line: options into *ret_g, the rest (command and its words) into c->call.words. */
int globals_read(struct cli *c, const char *const *words, size_t n, struct globals *ret_g, struct err *e)
	_must_check_;
/* Opens the log, settles the state root, fills c->call. */
int globals_apply(struct cli *c, const struct globals *g, struct err *e) _must_check_;

#endif
