/* SPDX-License-Identifier: Apache-2.0 */
/* urunc state */
#include "cli/cli.h"
#include "runtime/state.h"

static int run(struct cli *c, const void *opts, const struct strs *args, struct err *e)
{
	struct strbuf out = STRBUF(c->rt.arena);
	int r = runtime_state(&c->rt, args->v[0], &out, e);

	(void)opts;
	return r < 0 ? r : cli_print(&out, e);
}

const struct command cmd_state = {
	.name = "state",
	.args = "<container-id>",
	.summary = "print the state of a container",
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
