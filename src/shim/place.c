/* SPDX-License-Identifier: Apache-2.0 */
/* OOM score, control group and core scheduling of a new shim. */
#include "shim/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cgroup/place.h"
#include "common/arena.h"
#include "common/io.h"
#include "common/path.h"

#ifndef PR_SCHED_CORE
#define PR_SCHED_CORE 62
#endif
#define SCHED_CORE_CREATE 1
#define SCHED_CORE_PROCESS_GROUP 2
#define SCORE_MAX 1000

void place_oom_score(pid_t pid)
{
	struct arena a = {0};
	struct bytes text = {0};
	struct err ignored = {0};
	char path[64], number[24];
	long score;

	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)getppid());
	if (file_read(AT_FDCWD, path, 32, &a, &text, &ignored) == 0) {
		score = strtol(text.p, NULL, 10) + 1;
		snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)pid);
		snprintf(number, sizeof(number), "%ld", score > SCORE_MAX ? SCORE_MAX : score);
		if (file_write(AT_FDCWD, path, 0, number, strlen(number), &ignored) < 0)
			ignored.code = 0;
	}
	arena_release(&a);
}

int place_cgroup(pid_t pid, const char *path, struct err *e)
{
	struct cgroup_place now = {0};
	struct arena a = {0};
	char number[16];
	int r = cgroup_place_of(getpid(), &a, &now, e);

	snprintf(number, sizeof(number), "%d", (int)pid);
	for (size_t i = 0; i < now.dirs.n && r == 0; i++) {
		const char *clean = path_join_clean(&a, "/", path);
		const char *dir = clean ? arena_printf(&a, "%s%s", now.dirs.v[i].mountpoint, clean) : NULL;
		const char *file = dir ? arena_printf(&a, "%s/cgroup.procs", dir) : NULL;

		if (!file)
			r = err_oom(e);
		else if (access(file, F_OK) == 0 || now.version == 2)
			r = file_write(AT_FDCWD, file, 0, number, strlen(number), e);
	}
	arena_release(&a);
	return r < 0 ? err_wrap(e, "control group of the shim") : 0;
}

void place_core_cookie(void)
{
	const char *wanted = getenv("SCHED_CORE");

	/* A kernel or machine without it is no reason not to run. */
	if (wanted && *wanted)
		prctl(PR_SCHED_CORE, SCHED_CORE_CREATE, 0, SCHED_CORE_PROCESS_GROUP, 0);
}
