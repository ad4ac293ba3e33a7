/* SPDX-License-Identifier: Apache-2.0 */
/* urunc pause, urunc resume */
#include "cli/cli.h"
#include "runtime/freeze.h"

static int run_pause(struct cli *c, const void *opts, const struct strs *args, struct err *e)
{
	(void)opts;
	return runtime_pause(&c->rt, args->v[0], e);
}

static int run_resume(struct cli *c, const void *opts, const struct strs *args, struct err *e)
{
	(void)opts;
	return runtime_resume(&c->rt, args->v[0], e);
}

const struct command cmd_pause = {
	.name = "pause",
	.args = "<container-id>",
	.summary = "suspend all processes of a container",
	.min_args = 1,
	.max_args = 1,
	.run = run_pause,
};

const struct command cmd_resume = {
	.name = "resume",
	.args = "<container-id>",
	.summary = "let a paused container go on",
	.min_args = 1,
	.max_args = 1,
	.run = run_resume,
};
