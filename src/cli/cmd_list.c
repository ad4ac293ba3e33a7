/* SPDX-License-Identifier: Apache-2.0 */
/* urunc list */
#include "cli/cli.h"
#include "runtime/list.h"

struct list_opts {
	const char *format;
	bool quiet;
};

static const struct opt opts[] = {
	{"format", 'f', OPT_STR, offsetof(struct list_opts, format), "FORMAT", "table (default) or json"},
	{"quiet", 'q', OPT_BOOL, offsetof(struct list_opts, quiet), NULL, "print ids only"},
};

static int run(struct cli *c, const void *o, const struct strs *args, struct err *e)
{
	const struct list_opts *l = o;
	struct strbuf out = STRBUF(c->rt.arena);
	enum list_format format = LIST_TABLE;
	bool json;
	int r;

	(void)args;
	r = cli_format(l->format, &json, e);
	if (r < 0)
		return r;
	if (l->quiet)
		format = LIST_IDS;
	else if (json)
		format = LIST_JSON;
	r = runtime_list(&c->rt, &c->call, format, &out, e);
	return r < 0 ? r : cli_print(&out, e);
}

const struct command cmd_list = {
	.name = "list",
	.args = "",
	.summary = "list the containers below the state root",
	.opts = {opts, sizeof(opts) / sizeof(opts[0])},
	.opts_bytes = sizeof(struct list_opts),
	.run = run,
};
