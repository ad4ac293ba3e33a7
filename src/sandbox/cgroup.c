/* SPDX-License-Identifier: Apache-2.0 */
/* The control group of one container, whichever version the host has. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/proc.h"
#include "sandbox/cgroup_internal.h"

#define DRAIN_MS 1000 /* how long cgroup_remove waits for processes that are on their way out */

static bool unused(const struct confine_cgroup *cg)
{
	return cg->version == 0 || cg->dirs.n == 0;
}

/* The root of a hierarchy holds the whole host: it is nobody's container. */
static int check_dirs(const struct confine_cgroup *cg, struct err *e)
{
	size_t i;

	for (i = 0; i < cg->dirs.n; i++) {
		const struct cgroup_dir *d = &cg->dirs.v[i];
		size_t len = strlen(d->mountpoint);

		if (strncmp(d->path, d->mountpoint, len) != 0 || d->path[len] != '/' ||
		    d->path[len + 1] == '\0' || d->path[strlen(d->path) - 1] == '/' ||
		    strstr(d->path, "/../") || strlen(d->path) >= CG_PATH_BYTES)
			return err_set(
				e, EINVAL,
				"cgroup '%.256s' is not a directory below '%s': linux.cgroupsPath must name one",
				d->path, d->mountpoint);
	}
	return 0;
}

/* The directory that is sure to list every process: attaching goes through all of them in order, and whoever was
 * killed in the middle of it is in the first. */
static const char *list_dir(const struct confine_cgroup *cg)
{
	return cg->dirs.v[0].path;
}

/* A directory that was there before: processes in it would share our limits and die by our kill. */
static int check_unused(const struct cgroup_dir *d, struct err *e)
{
	char text[64];

	if (cg_read(d->path, "cgroup.procs", text, sizeof(text)) <= 0)
		return 0;
	return err_set(e, EBUSY,
		       "cgroup '%s' exists already and holds processes (first: %.*s): end them or choose another "
		       "linux.cgroupsPath",
		       d->path, (int)strcspn(text, "\n"), text);
}

static int check_thawed(const struct confine_cgroup *cg, struct err *e)
{
	bool frozen = false;
	int r = cgroup_frozen(cg, &frozen, e);

	if (r == 0 && frozen)
		r = err_set(e, EBUSY,
			    "cgroup '%s' exists already and is frozen: thaw it or choose another linux.cgroupsPath",
			    list_dir(cg));
	return r;
}

int cgroup_make(const struct confine_cgroup *cg, cgroup_note_fn note, void *arg, struct err *e)
{
	bool made, all_made = true;
	size_t i;
	int r;

	if (unused(cg))
		return 0;
	r = check_dirs(cg, e);
	for (i = 0; r >= 0 && i < cg->dirs.n; i++) {
		made = false;
		r = cg_tree_make(&cg->dirs.v[i], note, arg, &made, e);
		/* What systemd made for the container is the container's. */
		if (r >= 0 && !made)
			r = cg->unit ? note(arg, cg->dirs.v[i].path, e) : check_unused(&cg->dirs.v[i], e);
		all_made = all_made && made;
	}
	if (r >= 0 && !all_made && !cg->unit)
		r = check_thawed(cg, e);
	if (r >= 0)
		r = cg->version == 1 ? cg_v1_configure(cg, all_made, e) : cg_v2_configure(cg, e);
	return r;
}

/* What each file said before, so that a half-made change can be taken back. */
struct old_value {
	char text[CG_TEXT_BYTES];
	bool known;
};

static const struct cgroup_dir *dir_of(const struct confine_cgroup *cg, const struct cgroup_setting *s)
{
	return cg->version == 2 ? &cg->dirs.v[0] : cg_v1_dir(cg, s->controller ? s->controller : "");
}

static int set_one(const struct confine_cgroup *cg, const struct cgroup_setting *s, int reason,
		   struct old_value *old, struct err *e)
{
	const struct cgroup_dir *d = dir_of(cg, s);

	old->known = d && cg_read(d->path, s->file, old->text, sizeof(old->text)) > 0;
	return cg->version == 2 ? cg_v2_set(cg, s, reason, e) : cg_v1_set(cg, s, e);
}

int cgroup_set(const struct confine_cgroup *cg, struct err *e)
{
	struct old_value *old;
	struct arena a = {0};
	int r = 0, reason = 0;
	size_t n;

	if (unused(cg) || cg->settings.n == 0)
		return 0;
	old = arena_array(&a, cg->settings.n, sizeof(*old));
	if (!old)
		return err_oom(e);
	if (cg->version == 2)
		reason = cg_v2_prepare(cg);
	for (n = 0; r == 0 && n < cg->settings.n; n++)
		r = set_one(cg, &cg->settings.v[n], reason, &old[n], e);
	while (r < 0 && n-- > 0) { /* newest first: the order in which one allows the other */
		const struct cgroup_setting *s = &cg->settings.v[n];

		if (old[n].known)
			(void)cg_write(dir_of(cg, s)->path, s->file, old[n].text);
	}
	arena_release(&a);
	return r;
}

int cgroup_open(const struct confine_cgroup *cg, int *ret_fd, struct err *e)
{
	int fd;

	if (unused(cg) || cg->version != 2)
		return err_set(e, EINVAL, "there is no cgroup v2 to open");
	fd = open(cg->dirs.v[0].path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cgroup '%s'", cg->dirs.v[0].path);
	*ret_fd = fd;
	return 0;
}

int cgroup_attach(const struct confine_cgroup *cg, pid_t pid, struct err *e)
{
	return unused(cg) ? 0 : cg_v1_attach(cg, pid, e);
}

int cgroup_remove(const char *path, struct err *e)
{
	size_t len = strlen(path);
	int r;

	if (len > 0 && path[len - 1] == '/') {
		if (rmdir(path) == 0 || errno == ENOENT || errno == EBUSY || errno == ENOTEMPTY)
			return 0;
		return err_sys(e, "cgroup '%s'", path);
	}
	r = cg_tree_remove(path);
	if (r == -EBUSY && cg_v2_wait(path, "populated", '0', DRAIN_MS) == 0)
		r = cg_tree_remove(path);
	if (r < 0)
		return err_set(e, -r, "cgroup '%s' cannot be removed: %s", path,
			       r == -EBUSY ? "processes still live in it" : strerror(-r));
	return 0;
}

int cgroup_pids(const struct confine_cgroup *cg, struct arena *a, pid_t **ret, size_t *ret_n, struct err *e)
{
	struct cg_pids p = {.a = a};
	int r;

	if (!unused(cg)) {
		r = cg_tree_pids(list_dir(cg), &p, e);
		if (r < 0)
			return r;
	}
	*ret = p.v;
	*ret_n = p.n;
	return 0;
}

static int left_ms(uint64_t end)
{
	uint64_t now = clock_monotonic_ms();

	return now >= end ? 0 : (int)(end - now);
}

static bool has_pid(const struct cg_pids *p, pid_t pid)
{
	size_t i;

	for (i = 0; i < p->n && p->v[i] != pid; i++)
		;
	return i < p->n;
}

/*
 * Kills what the list names and waits for it. A number in the list may belong to someone else by the time it is
 * opened; so the group is listed again after opening, and only numbers that are still in it are signalled.
 */
static int kill_listed(const struct confine_cgroup *cg, struct cg_pids *p, uint64_t end, struct err *e)
{
	struct cg_pids again = {.a = p->a};
	int *fds = arena_array(p->a, p->n, sizeof(*fds));
	size_t i;
	int r;

	if (!fds)
		return err_oom(e);
	for (i = 0; i < p->n; i++)
		fds[i] = pidfd_open(p->v[i], 0);
	r = cg_tree_pids(list_dir(cg), &again, e);
	for (i = 0; r == 0 && i < p->n; i++) {
		if (fds[i] >= 0 && has_pid(&again, p->v[i]))
			(void)pidfd_signal(fds[i], SIGKILL);
		else
			fd_close(&fds[i]);
	}
	/* Signalled first, thawed then: a frozen process dies without running one more instruction of its own. */
	if (r == 0 && cg_v1_dir(cg, "freezer"))
		(void)cg_write(cg_v1_dir(cg, "freezer")->path, "freezer.state", "THAWED");
	for (i = 0; i < p->n; i++) {
		if (fds[i] >= 0 && r == 0 && pidfd_wait_exit(fds[i], left_ms(end)) < 0)
			r = err_set(e, ETIMEDOUT, "cgroup '%s': process %d does not end, though it was killed",
				    list_dir(cg), (int)p->v[i]);
		fd_close(&fds[i]);
	}
	return r;
}

int cgroup_kill(const struct confine_cgroup *cg, struct arena *a, int timeout_ms, struct err *e)
{
	uint64_t end = clock_monotonic_ms() + (uint64_t)(timeout_ms < 0 ? 0 : timeout_ms);
	struct cg_pids p = {.a = a};
	int r;

	if (unused(cg))
		return 0;
	r = check_dirs(cg, e);
	if (r < 0)
		return r;
	if (cg->version == 2 && cg_write(cg->dirs.v[0].path, "cgroup.kill", "1") == 0) {
		r = cg_v2_wait(cg->dirs.v[0].path, "populated", '0', timeout_ms);
		return r == 0 ? 0
			      : err_set(e, -r,
					"cgroup '%s': processes in it do not end, though they were killed: %s",
					cg->dirs.v[0].path, strerror(-r));
	}
	for (;;) {
		r = cg_tree_pids(list_dir(cg), &p, e);
		if (r < 0 || p.n == 0)
			return r;
		if (left_ms(end) == 0)
			return err_set(e, ETIMEDOUT,
				       "cgroup '%s': new processes appear in it faster than they are killed",
				       list_dir(cg));
		r = kill_listed(cg, &p, end, e);
		if (r < 0)
			return r;
	}
}

int cgroup_freeze(const struct confine_cgroup *cg, bool frozen, int timeout_ms, struct err *e)
{
	if (unused(cg))
		return err_set(e, ENOTSUP, "the container has no cgroup: it cannot be paused or resumed");
	return cg->version == 1 ? cg_v1_freeze(cg, frozen, timeout_ms, e)
				: cg_v2_freeze(cg, frozen, timeout_ms, e);
}

int cgroup_frozen(const struct confine_cgroup *cg, bool *ret, struct err *e)
{
	const struct cgroup_dir *d = NULL;
	char text[32];
	ssize_t n = -ENOENT;

	if (!unused(cg))
		d = cg->version == 1 ? cg_v1_dir(cg, "freezer") : &cg->dirs.v[0];
	if (d)
		n = cg_read(d->path, cg->version == 1 ? "freezer.state" : "cgroup.freeze", text, sizeof(text));
	if (n < 0 && n != -ENOENT && n != -ENODEV)
		return err_set(e, (int)-n, "cgroup '%s': cannot tell whether it is frozen: %s", d->path,
			       strerror((int)-n));
	*ret = n > 0 && strcmp(text, cg->version == 1 ? "THAWED" : "0") != 0;
	return 0;
}
