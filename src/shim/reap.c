/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting children. */
#include "shim/reap.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "common/fd.h"
#include "common/log.h"
#include "runtime/spawn.h"
#include "shim/exits.h"
#include "shim/job.h"
#include "shim/shim.h"

static bool told_job(struct shim *s, pid_t pid, int wait_status)
{
	for (struct job **p = &s->jobs; *p; p = &(*p)->next) {
		struct job *j = *p;

		if (j->pid != pid)
			continue;
		*p = j->next;
		timer_clear(&j->limit);
		j->done(j, wait_status);
		fd_close(&j->out);
		free(j);
		return true;
	}
	return false;
}

static void remember(struct reaper *r, const struct reaped *x)
{
	if (r->nearly == REAP_EARLY) {
		log_warn("too many processes have ended during a create: the first of them is forgotten");
		for (unsigned i = 1; i < r->nearly; i++)
			r->early[i - 1] = r->early[i];
		r->nearly--;
	}
	r->early[r->nearly++] = *x;
}

void reap_all(struct shim *s)
{
	int wait_status;
	pid_t pid;

	while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
		struct reaped x = {.pid = pid, .status = spawn_exit_code(wait_status)};

		clock_gettime(CLOCK_REALTIME, &x.when);
		if (told_job(s, pid, wait_status) || exits_process(s, &x))
			continue;
		if (s->reaper.births)
			remember(&s->reaper, &x);
	}
}

void reap_birth(struct shim *s)
{
	s->reaper.births++;
}

void reap_born(struct shim *s)
{
	if (--s->reaper.births == 0)
		s->reaper.nearly = 0;
}

/* What was remembered of this number, the newest; nothing of it stays. */
static bool take_early(struct reaper *r, pid_t pid, struct reaped *ret)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < r->nearly; i++) {
		if (r->early[i].pid == pid)
			*ret = r->early[i];
		else
			r->early[kept++] = r->early[i];
	}
	if (kept == r->nearly)
		return false;
	r->nearly = kept;
	return true;
}

/* A child that runs, or has ended and is not collected yet. */
static bool is_child(pid_t pid)
{
	siginfo_t ignored;

	return waitid(P_PID, (id_t)pid, &ignored, WEXITED | WNOHANG | WNOWAIT) == 0;
}

bool reap_take(struct shim *s, pid_t pid, struct reaped *ret)
{
	bool found = take_early(&s->reaper, pid, ret);

	/* Then what was found was another's that had this number before. */
	if (is_child(pid))
		return false;
	if (!found) {
		log_warn("process %d has ended, and its status is not known", (int)pid);
		*ret = (struct reaped){.pid = pid, .status = REAP_UNKNOWN};
		clock_gettime(CLOCK_REALTIME, &ret->when);
	}
	return true;
}
