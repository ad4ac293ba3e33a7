/* SPDX-License-Identifier: Apache-2.0 */
/* Starting the application with the user, limits, directory and environment it was promised. */
#include "urunit/app.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "urunit/exec.h"
#include "urunit/file.h"

enum step { STEP_TTY, STEP_RLIMIT, STEP_GROUPS, STEP_GID, STEP_UID, STEP_CWD, STEP_EXEC };

static const char *const step_text[] = {
	[STEP_TTY] = "cannot make the console the controlling terminal",
	[STEP_RLIMIT] = "cannot set the resource limits",
	[STEP_GROUPS] = "cannot set the supplementary groups",
	[STEP_GID] = "cannot set the group id",
	[STEP_UID] = "cannot set the user id",
	[STEP_CWD] = "cannot enter the working directory ",
	[STEP_EXEC] = "cannot start ",
};

/* What the child sends through a pipe that a successful exec closes. */
struct failure {
	int step, code;
};

const char *uapp_env_get(char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (; *env; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			return *env + n + 1;
	return NULL;
}

static int set_rlimits(const struct uconf *c)
{
	for (int i = 0; i < UCONF_RLIMITS; i++) {
		struct rlimit r = {.rlim_cur = c->rlimits[i].soft, .rlim_max = c->rlimits[i].hard};

		if (c->rlimits[i].set && syscall(SYS_prlimit64, 0, i, &r, NULL) < 0)
			return errno;
	}
	return 0;
}

/* Plain system calls: libc's own would run its machinery for threads, of which there are none. */
static int set_ids(const struct uconf *c, int *ret_step)
{
	size_t ngroups = c->groups.bytes / sizeof(gid_t);

	*ret_step = STEP_GROUPS;
	/* Without privilege an empty list is what we cannot set and need not. */
	if ((ngroups || geteuid() == 0) && syscall(SYS_setgroups, ngroups, c->groups.p) < 0)
		return errno;
	*ret_step = STEP_GID;
	if (syscall(SYS_setresgid, c->gid, c->gid, c->gid) < 0)
		return errno;
	*ret_step = STEP_UID;
	if (syscall(SYS_setresuid, c->uid, c->uid, c->uid) < 0)
		return errno;
	return 0;
}

static const char *working_directory(const struct uconf *c)
{
	return c->cwd && *c->cwd ? c->cwd : "/";
}

static int enter(const char *dir)
{
	if (chdir(dir) == 0)
		return 0;
	/* Engines name directories that no layer of the image has; runc makes them, so do we. */
	if (errno == ENOENT && udir_make(dir) == 0 && chdir(dir) == 0)
		return 0;
	return errno;
}

static int become(const struct uconf *c, int *ret_step)
{
	int code = set_rlimits(c);

	*ret_step = STEP_RLIMIT;
	if (code)
		return code;

	/* As root first: the directory may be closed to the user, or not be there yet. On a file system of
	 * another machine it may be the other way round. */
	int late = enter(working_directory(c));

	umask(c->has_umask ? c->umask : 022);

	code = set_ids(c, ret_step);
	if (code)
		return code;
	*ret_step = STEP_CWD;
	return late == EACCES ? enter(working_directory(c)) : late;
}

static void reset_signals(void)
{
	/* The kernel's own structure, all zero: default action. Not libc's call, which refuses the signals it uses itself. */
	static const unsigned char dfl[64];
	sigset_t none;

	for (int signo = 1; signo <= 64; signo++)
		syscall(SYS_rt_sigaction, signo, dfl, NULL, 8);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void __attribute__((noreturn)) child(const struct uapp *a, int report)
{
	struct failure f = {.step = STEP_TTY};

	setsid();
	/* A console that is no terminal (a pipe, in a test) cannot be one's terminal. */
	if (a->tty && ioctl(0, TIOCSCTTY, 1) < 0 && errno != ENOTTY)
		f.code = errno;
	if (!f.code && a->conf->present)
		f.code = become(a->conf, &f.step);
	if (!f.code) {
		reset_signals();
		f.step = STEP_EXEC;
		f.code = uexec(a->args, a->env, uapp_env_get(a->env, "PATH"));
	}

	ssize_t n = write(report, &f, sizeof(f));

	(void)n;
	_exit(UAPP_NOT_FOUND);
}

static void explain(const struct uapp *a, const struct failure *f, uint8_t *ret_status, struct utext *why)
{
	const char *what = f->step == STEP_EXEC  ? a->args[0]
			   : f->step == STEP_CWD ? working_directory(a->conf)
						 : NULL;

	*ret_status = UAPP_NOT_EXECUTABLE;
	utext_fail(why, f->code, step_text[f->step], what, NULL, NULL);
	utext_errno(why, f->code);
	if (f->step != STEP_EXEC || f->code != ENOENT)
		return;
	*ret_status = UAPP_NOT_FOUND;
	if (strchr(a->args[0], '/') && access(a->args[0], F_OK) == 0)
		utext_add(why, " (the interpreter or loader that it names)");
}

int uapp_start(const struct uapp *a, pid_t *ret, uint8_t *ret_status, struct utext *why)
{
	struct failure f = {0};
	int report[2];

	*ret_status = UAPP_NOT_EXECUTABLE;
	if (pipe2(report, O_CLOEXEC) < 0)
		return utext_fail(why, errno, "cannot make a pipe", NULL, NULL, NULL);

	/* Its memory is ours until it execs, which saves copying page tables at each boot. */
	pid_t pid = vfork();

	if (pid == 0)
		child(a, report[1]);
	close(report[1]);
	if (pid < 0) {
		close(report[0]);
		return utext_fail(why, errno, "cannot fork", NULL, NULL, NULL);
	}

	ssize_t n = read(report[0], &f, sizeof(f));

	close(report[0]);
	if (n != (ssize_t)sizeof(f)) {
		*ret = pid;
		return 0;
	}
	waitpid(pid, NULL, 0);
	explain(a, &f, ret_status, why);
	return -f.code;
}
