/* SPDX-License-Identifier: Apache-2.0 */
/* urunc features */
#include "cli/cli.h"
#include "runtime/features.h"

static int run(struct cli *c, const void *opts, const struct strs *args, struct err *e)
{
	struct strbuf out = STRBUF(c->rt.arena);

	(void)opts;
	(void)args;
	features_json(&out);
	return cli_print(&out, e);
}

const struct command cmd_features = {
	.name = "features",
	.args = "",
	.summary = "print what this build can do, as JSON",
	.run = run,
};
