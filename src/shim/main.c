/* SPDX-License-Identifier: Apache-2.0 */
/* containerd-shim-urunc-v2: what stands between containerd and urunc. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "common/log.h"
#include "common/str.h"
#include "shim/args.h"
#include "shim/modes.h"

static int print_version(void)
{
	static const char text[] = "containerd-shim-urunc-v2:\n  Version:  " URUNC_VERSION "\n";

	return write_all(STDOUT_FILENO, text, sizeof(text) - 1) < 0;
}

static int dispatch(const struct args *args, struct err *e)
{
	int r;

	if (args->version)
		return print_version();
	if (args->info)
		return mode_info(e);
	r = args_check(args, e);
	if (r < 0)
		return r;
	/* Whatever start says on standard error becomes part of its answer. */
	log_set_level(LOG_LVL_ERROR);
	if (streq(args->action, "start"))
		return mode_start(args, e);
	if (streq(args->action, "delete"))
		return mode_delete(args, e);
	return err_set(e, EINVAL, "unknown action '%.64s': containerd calls this program with start or delete",
		       args->action);
}

int main(int argc, char **argv)
{
	struct args args;
	struct err e = {0};
	int r = fd_sanitize_stdio(&e);

	/* Inherited as "ignore" it would make the kernel reap our children before we can. */
	signal(SIGCHLD, SIG_DFL);
	if (r == 0)
		r = args_parse(argc, (const char *const *)argv, &args, &e);
	if (r == 0)
		r = dispatch(&args, &e);
	if (r >= 0)
		return r;
	/* containerd shows this line to its user. */
	dprintf(STDERR_FILENO, "containerd-shim-urunc-v2: %s\n", e.msg);
	return 1;
}
