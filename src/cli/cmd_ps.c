/* SPDX-License-Identifier: Apache-2.0 */
/* urunc ps */
#include "cli/cli.h"
#include "runtime/ps.h"

struct ps_opts {
	const char *format;
};

static const struct opt opts[] = {
	{"format", 'f', OPT_STR, offsetof(struct ps_opts, format), "FORMAT", "table (default) or json"},
};

static int run(struct cli *c, const void *o, const struct strs *args, struct err *e)
{
	const struct ps_opts *p = o;
	const struct strs ps_words = {args->v + 1, args->n - 1};
	struct strbuf out = STRBUF(c->rt.arena);
	bool json;
	int r;

	r = cli_format(p->format, &json, e);
	if (r < 0)
		return r;
	r = runtime_ps(&c->rt, args->v[0], json, &ps_words, &out, e);
	return r < 0 ? r : cli_print(&out, e);
}

const struct command cmd_ps = {
	.name = "ps",
	.args = "<container-id> [ps options]",
	.summary = "list the host processes of a container",
	.opts = {opts, sizeof(opts) / sizeof(opts[0])},
	.opts_bytes = sizeof(struct ps_opts),
	.min_args = 1,
	.max_args = -1,
	.flags = CMD_STOP_AT_WORD,
	.run = run,
};
