/* SPDX-License-Identifier: Apache-2.0 */
/* urunc run */
#include "cli/cmd_create.h"
#include "runtime/run.h"

static const struct opt opts[] = {
	CREATE_OPTS,
	CREATE_OPT("detach", 'd', OPT_BOOL, detach, NULL, "return when the container runs"),
	CREATE_OPT("keep", 0, OPT_BOOL, keep, NULL, "do not delete the container at its end"),
};

static int run(struct cli *c, const void *o, const struct strs *args, struct err *e)
{
	const struct cmd_create_opts *in = o;
	struct run_opts run_opts = {.detach = in->detach, .keep = in->keep};
	const char *delegate = NULL;
	int status = 0, r;

	r = create_opts_fill(c, in, args->v[0], &run_opts.create, e);
	if (r < 0)
		return r;
	r = runtime_run(&c->rt, &run_opts, &status, &delegate, e);
	if (r == 1)
		return delegate_exec(&c->call, OWNER_NONE, delegate, c->rt.arena, e);
	return r < 0 ? r : status;
}

const struct command cmd_run = {
	.name = "run",
	.args = "<container-id>",
	.summary = "create and start a container, wait for its end and delete it",
	.opts = {opts, sizeof(opts) / sizeof(opts[0])},
	.opts_bytes = sizeof(struct cmd_create_opts),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
