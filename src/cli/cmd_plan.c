/* SPDX-License-Identifier: Apache-2.0 */
/* urunc plan */
#include "cli/cli.h"
#include "runtime/decide.h"

struct plan_opts {
	const char *bundle, *netns;
};

static const struct opt opts[] = {
	{"bundle", 'b', OPT_STR, offsetof(struct plan_opts, bundle), "DIR",
	 "bundle directory (default: the working directory)"},
	{"netns", 0, OPT_STR, offsetof(struct plan_opts, netns), "PATH",
	 "network namespace to plan for (default: the one in config.json)"},
};

static int run(struct cli *c, const void *o, const struct strs *args, struct err *e)
{
	const struct plan_opts *p = o;
	struct strbuf out = STRBUF(c->rt.arena);
	const char *bundle;
	int r;

	r = cli_abs(c, p->bundle && *p->bundle ? p->bundle : ".", &bundle, e);
	if (r < 0)
		return r;
	r = runtime_plan(&c->rt, args->v[0], bundle, p->netns, &out, e);
	if (r < 0)
		return r;
	sb_addc(&out, '\n');
	return cli_print(&out, e);
}

const struct command cmd_plan = {
	.name = "plan",
	.args = "<container-id>",
	.summary = "print what create and start would do, as JSON, and do nothing",
	.opts = {opts, sizeof(opts) / sizeof(opts[0])},
	.opts_bytes = sizeof(struct plan_opts),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
