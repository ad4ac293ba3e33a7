/* SPDX-License-Identifier: Apache-2.0 */
/* Running OCI hooks. */
#include "runtime/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/io.h"
#include "common/log.h"
#include "common/str.h"
#include "runtime/interrupt.h"
#include "runtime/spawn.h"
#include "sandbox/creds.h"

/* One hook that is running. */
struct hook {
	const struct hook_run *run;
	const struct spec_hook *spec;
	size_t index;
	pid_t pid;
	int pidfd;
	int out_fd;    /* read end of its output */
	int failed_fd; /* read end: the child's errno when exec failed, nothing when it happened */
	char *out;     /* HOOK_OUTPUT_BYTES */
	size_t out_len;
};

/* State as a memory file: a hook that does not read it cannot block us, one that reads sees its end. */
static int state_file(const struct hook_run *r, int *ret_fd, struct err *e)
{
	struct strbuf b = STRBUF(r->arena);
	_cleanup_fd_ int fd = memfd_create("state", MFD_CLOEXEC);
	int n;

	if (fd < 0)
		return err_sys(e, "cannot make a memory file for the hook's state");
	state_to_json(r->state, 0, &b);
	if (b.oom)
		return err_oom(e);
	n = write_all(fd, b.p, b.len);
	if (n < 0)
		return err_set(e, -n, "cannot write the hook's state");
	*ret_fd = fd_steal(&fd);
	return 0;
}

/* A NULL-terminated copy; just `alone` (when not NULL) if the list is empty. */
static const char *const *vector(struct arena *a, const struct strs *s, const char *alone)
{
	const char **v = arena_array(a, s->n + 2, sizeof(*v));

	if (!v)
		return NULL;
	for (size_t i = 0; i < s->n; i++)
		v[i] = s->v[i];
	if (s->n == 0)
		v[0] = alone;
	return v;
}

/* In the child. Returns only on failure, with errno set. */
static void become_hook(const struct hook *h, const char *const *argv, const char *const *envp, int state_fd,
			int out_fd, int failed_fd, pid_t parent)
{
	const struct hook_run *r = h->run;

	setpgid(0, 0);
	spawn_die_with(parent);
	spawn_reset_signals(SPAWN_ALL_SIGNALS);
	if (lseek(state_fd, 0, SEEK_SET) < 0 || dup2(state_fd, 0) < 0 || dup2(out_fd, 1) < 0 ||
	    dup2(out_fd, 2) < 0)
		return;
	if (r->root_fd >= 0 && (fchdir(r->root_fd) < 0 || chroot(".") < 0))
		return;
	if (r->cwd && chdir(r->cwd) < 0)
		return;
	if (r->creds) {
		struct err e = {0};

		if (creds_drop(r->creds, &e) < 0) {
			errno = e.code;
			return;
		}
		/* Taking on an identity cleared it. */
		spawn_die_with(parent);
	}
	spawn_close_others(&failed_fd, 1);
	execve(h->spec->path, (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)envp);
}

static int start_hook(struct hook *h, int state_fd, struct err *e)
{
	const struct hook_run *r = h->run;
	const struct strs *env = h->spec->env.n ? &h->spec->env : r->env;
	const char *const *argv = vector(r->arena, &h->spec->args, h->spec->path);
	const char *const *envp = env ? vector(r->arena, env, NULL) : (const char *const *)environ;
	_cleanup_fd_ int out_w = -1, failed_w = -1;
	const pid_t self = getpid();
	int out[2], failed[2];

	if (!argv || !envp)
		return err_oom(e);
	if (pipe2(out, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe for the hook");
	h->out_fd = out[0];
	out_w = out[1];
	if (pipe2(failed, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe for the hook");
	h->failed_fd = failed[0];
	failed_w = failed[1];
	if (fcntl(h->out_fd, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(e, "cannot set up the hook's pipe");
	h->pid = spawn_clone(0, -1, &h->pidfd);
	if (h->pid < 0)
		return err_sys(e, "cannot make a process for the hook");
	if (h->pid == 0) {
		int code;

		become_hook(h, argv, envp, state_fd, out_w, failed_w, self);
		code = errno;
		if (write_all(failed_w, &code, sizeof(code)) < 0)
			_exit(126);
		_exit(127);
	}
	setpgid(h->pid, h->pid); /* both sides do it: whoever comes first, a later kill hits the group */
	return 0;
}

/* Takes what is there now; the rest of a too long output is thrown away. */
static void drain(struct hook *h)
{
	for (;;) {
		char skip[1024];
		bool full = h->out_len == HOOK_OUTPUT_BYTES;
		ssize_t n = read(h->out_fd, full ? skip : h->out + h->out_len,
				 full ? sizeof(skip) : HOOK_OUTPUT_BYTES - h->out_len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			fd_close(&h->out_fd);
		if (n <= 0)
			return;
		if (!full)
			h->out_len += (size_t)n;
	}
}

enum verdict { HOOK_ENDED, HOOK_TIMED_OUT, HOOK_ORPHANED, HOOK_INTERRUPTED };

static int wait_hook(struct hook *h)
{
	uint64_t end = h->spec->timeout_s ? clock_monotonic_ms() + h->spec->timeout_s * 1000ull : UINT64_MAX;

	for (;;) {
		struct pollfd p[4] = {
			{.fd = h->pidfd, .events = POLLIN},
			{.fd = h->out_fd, .events = POLLIN},
			{.fd = h->run->watch_pidfd, .events = POLLIN},
			{.fd = interrupt_fd(), .events = POLLIN},
		};
		uint64_t now = clock_monotonic_ms();
		int timeout = -1;

		if (end != UINT64_MAX)
			timeout = end <= now ? 0 : end - now > INT32_MAX ? INT32_MAX : (int)(end - now);
		if (poll(p, 4, timeout) < 0 && errno != EINTR)
			return HOOK_TIMED_OUT;
		if (p[1].revents)
			drain(h);
		/* Before the end of the hook: a ^C at the terminal may have ended it, too. */
		if (interrupt_check(NULL) < 0)
			return HOOK_INTERRUPTED;
		if (p[0].revents)
			return HOOK_ENDED;
		if (p[2].revents)
			return HOOK_ORPHANED;
		if (clock_monotonic_ms() >= end)
			return HOOK_TIMED_OUT;
	}
}

/* More than this would not fit the error text; then all of it goes to the log. */
#define OUTPUT_IN_ERROR 250

static int failure(struct hook *h, struct err *e, int code, const char *what)
{
	const char *out;

	while (h->out_len && h->out[h->out_len - 1] == '\n')
		h->out_len--;
	out = arena_strndup(h->run->arena, h->out, h->out_len);
	if (!out)
		return err_oom(e);
	if (h->out_len > OUTPUT_IN_ERROR)
		log_warn("%s hook #%zu '%s' wrote: %s", h->run->kind, h->index, h->spec->path, out);
	return err_set(e, code, "error running %s hook #%zu '%.128s': %s%s%s", h->run->kind, h->index,
		       h->spec->path, what, *out ? ", output: " : "", out);
}

static int judge(struct hook *h, int status, struct err *e)
{
	char what[64];
	int code = 0;
	ssize_t n;

	do
		n = read(h->failed_fd, &code, sizeof(code));
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(code)) {
		errno = code;
		return err_sys(e, "error running %s hook #%zu: cannot execute '%.128s'", h->run->kind,
			       h->index, h->spec->path);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		snprintf(what, sizeof(what), "killed by signal %d", WTERMSIG(status));
	else
		snprintf(what, sizeof(what), "exit status %d", WEXITSTATUS(status));
	return failure(h, e, EIO, what);
}

static int finish_hook(struct hook *h, struct err *e)
{
	char what[64];
	int status, verdict = wait_hook(h);

	if (verdict != HOOK_ENDED)
		kill(-h->pid, SIGKILL);
	status = spawn_reap(h->pid);
	if (h->out_fd >= 0)
		drain(h);
	if (verdict == HOOK_ORPHANED)
		return failure(h, e, EIO, "the container's process died meanwhile");
	if (verdict == HOOK_INTERRUPTED)
		return failure(h, e, EINTR, "interrupted by a signal");
	if (verdict == HOOK_ENDED)
		return judge(h, status, e);
	snprintf(what, sizeof(what), "hook ran past specified timeout of %u s", h->spec->timeout_s);
	return failure(h, e, ETIMEDOUT, what);
}

static int run_one(struct hook *h, int state_fd, struct err *e)
{
	int r = start_hook(h, state_fd, e);

	if (r == 0)
		r = finish_hook(h, e);
	fd_close(&h->pidfd);
	fd_close(&h->out_fd);
	fd_close(&h->failed_fd);
	return r;
}

int hooks_run(const struct hook_run *r, struct err *e)
{
	_cleanup_fd_ int state_fd = -1;
	char *out;
	int n;

	if (r->hooks->n == 0)
		return 0;
	n = state_file(r, &state_fd, e);
	if (n < 0)
		return n;
	out = arena_alloc(r->arena, HOOK_OUTPUT_BYTES);
	if (!out)
		return err_oom(e);
	for (size_t i = 0; i < r->hooks->n; i++) {
		struct hook h = {.run = r,
				 .spec = &r->hooks->v[i],
				 .index = i,
				 .pidfd = -1,
				 .out_fd = -1,
				 .failed_fd = -1,
				 .out = out};

		n = run_one(&h, state_fd, e);
		if (n < 0)
			return n;
	}
	return 0;
}
