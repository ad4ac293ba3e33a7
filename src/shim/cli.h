/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime's command line, as engines know it: what is called, with which words, and what it says when it fails. */
#ifndef URUNC_SHIM_CLI_H
#define URUNC_SHIM_CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

#define CLI_DEFAULT_ROOT "/run/containerd/runc"
#define CLI_WORDS_MAX 24

/* Owns its strings. */
struct cli {
	char *binary; /* NULL: urunc for its own containers, their delegate for others */
	char *root;   /* of the states, with the namespace */
	char *log;
	int owner; /* enum container_owner; OWNER_NONE until it is created */
	bool systemd_cgroup, no_pivot, no_keyring;
	uint32_t io_uid, io_gid;
	char *shim_cgroup, *criu_image, *criu_work;
};
void cli_done(struct cli *c);

/* The words of one command; more than CLI_WORDS_MAX are a mistake of ours. */
struct cli_words {
	const char *v[CLI_WORDS_MAX];
	size_t n;
};
void cli_word(struct cli_words *w, const char *s);

/* In a child: becomes the runtime. Returns only on failure. */
int cli_exec(const struct cli *c, const struct cli_words *w, struct err *e) _must_check_;
/* The path of urunc itself: beside this program, else where programs are. */
int cli_find(const char *name, struct arena *a, const char **ret, struct err *e) _must_check_;

/* Where the runtime's log ends now; 0 when there is none. */
off_t cli_log_end(const struct cli *c);
/* What it has logged as an error since then, the last of it; false when nothing. */
bool cli_log_error(const struct cli *c, off_t from, struct err *e);

/* Asks the state root whose container this has become. */
void cli_find_owner(struct cli *c, const char *id);

#endif
