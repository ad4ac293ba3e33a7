/* SPDX-License-Identifier: Apache-2.0 */
/* urunc kill */
#include <signal.h>

#include "cli/cli.h"
#include "common/proc.h"
#include "runtime/kill.h"

struct kill_opts {
	bool all;
};

static const struct opt opts[] = {
	{"all", 'a', OPT_BOOL, offsetof(struct kill_opts, all), NULL,
	 "with KILL: every process of the container; a stopped one is no error"},
};

static int run(struct cli *c, const void *o, const struct strs *args, struct err *e)
{
	const struct kill_opts *k = o;
	int signo = SIGTERM, r = 0;

	if (args->n > 1)
		r = signal_parse(args->v[1], &signo, e);
	return r < 0 ? r : runtime_kill(&c->rt, args->v[0], signo, k->all, e);
}

const struct command cmd_kill = {
	.name = "kill",
	.args = "<container-id> [signal]",
	.summary = "send a signal (default: TERM) to a container",
	.opts = {opts, sizeof(opts) / sizeof(opts[0])},
	.opts_bytes = sizeof(struct kill_opts),
	.min_args = 1,
	.max_args = 2,
	.run = run,
};
