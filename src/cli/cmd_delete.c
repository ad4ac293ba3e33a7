/* SPDX-License-Identifier: Apache-2.0 */
/* urunc delete */
#include "cli/cli.h"
#include "runtime/delete.h"

struct delete_opts {
	bool force;
};

static const struct opt opts[] = {
	{"force", 'f', OPT_BOOL, offsetof(struct delete_opts, force), NULL,
	 "kill it if it runs; one that does not exist is no error"},
};

static int run(struct cli *c, const void *o, const struct strs *args, struct err *e)
{
	const struct delete_opts *d = o;

	return runtime_delete(&c->rt, args->v[0], d->force, e);
}

const struct command cmd_delete = {
	.name = "delete",
	.args = "<container-id>",
	.summary = "remove a container that has stopped",
	.opts = {opts, sizeof(opts) / sizeof(opts[0])},
	.opts_bytes = sizeof(struct delete_opts),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
