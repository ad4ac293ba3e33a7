/* SPDX-License-Identifier: Apache-2.0 */
/* Words for failed runtimes. */
#include "shim/failure.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "runtime/spawn.h"

/* What it has printed, without the blanks around it; false when that is nothing. */
static bool printed(const struct job *j, struct err *e)
{
	struct err ignored = {0};
	struct arena a = {0};
	struct bytes text = {0};
	bool any = false;

	if (job_output(j, &a, &text, &ignored) == 0) {
		const char *s = text.p;
		size_t n = text.n;

		while (n && strchr(" \n\t", s[n - 1]))
			n--;
		any = n > 0;
		if (any)
			err_set(e, EIO, "%.*s", (int)(n < ERR_MSG_BYTES ? n : ERR_MSG_BYTES - 1), s);
	}
	arena_release(&a);
	return any;
}

void failure_of(const struct job *j, int wait_status, const struct cli *c, off_t from, struct err *e)
{
	if (job_error(j, e) || cli_log_error(c, from, e) || printed(j, e))
		return;
	if (WIFSIGNALED(wait_status))
		err_set(e, EIO, "the runtime was ended by signal %d%s", WTERMSIG(wait_status),
			WTERMSIG(wait_status) == SIGKILL ? ": it took too long, or somebody has killed it"
							 : "");
	else
		err_set(e, EIO, "the runtime failed with status %d and has not said why",
			spawn_exit_code(wait_status));
}
