/* SPDX-License-Identifier: Apache-2.0 */
/* urunc start */
#include "cli/cli.h"
#include "runtime/start.h"

static int run(struct cli *c, const void *opts, const struct strs *args, struct err *e)
{
	(void)opts;
	return runtime_start(&c->rt, args->v[0], e);
}

const struct command cmd_start = {
	.name = "start",
	.args = "<container-id>",
	.summary = "start a created container",
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
