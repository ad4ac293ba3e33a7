/* SPDX-License-Identifier: Apache-2.0 */
/* bunny frontend: BuildKit at the other end of standard input and output. */
#include <unistd.h>

#include "bunny/cmd.h"
#include "bunny/frontend.h"

static int run_frontend(struct bunny *b, const void *opts, const struct strs *args, struct err *e)
{
	struct strs env = {(const char **)environ, 0};

	(void)opts;
	(void)args;
	while (env.v[env.n])
		env.n++;
	return frontend_run(STDIN_FILENO, STDOUT_FILENO, &env, b->a, e);
}

const struct bunny_command cmd_frontend = {
	.name = "frontend",
	.args = "",
	.summary = "builds for BuildKit, which starts it by itself",
	.opts_bytes = 1,
	.run = run_frontend,
};
