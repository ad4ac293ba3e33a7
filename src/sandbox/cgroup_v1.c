/* SPDX-License-Identifier: Apache-2.0 */
/* Control groups v1: one directory in each of several hierarchies (a hybrid host's cgroup2 mount may be among them). */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/str.h"
#include "sandbox/cgroup_internal.h"

const struct cgroup_dir *cg_v1_dir(const struct confine_cgroup *cg, const char *controller)
{
	size_t i;

	for (i = 0; i < cg->dirs.n; i++) {
		if (cg_has_word(cg->dirs.v[i].names, controller, ","))
			return &cg->dirs.v[i];
	}
	return NULL;
}

/* A new cpuset directory is empty, and no process may enter it: takes the value of the nearest parent that has one. */
static int cpuset_inherit(const char *path, size_t mount_len, const char *file)
{
	char parent[CG_PATH_BYTES], text[CG_TEXT_BYTES * 4];
	char *slash;
	ssize_t n;
	int r;

	memcpy(parent, path, strlen(path) + 1);
	slash = strrchr(parent, '/');
	if (!slash || (size_t)(slash - parent) < mount_len)
		return 0;
	*slash = '\0';
	n = cg_read(parent, file, text, sizeof(text));
	if (n == 0) {
		r = cpuset_inherit(parent, mount_len, file);
		if (r < 0)
			return r;
		n = cg_read(parent, file, text, sizeof(text));
	}
	if (n < 0)
		return (int)n;
	return cg_write(path, file, text);
}

static int cpuset_prepare(const struct cgroup_dir *d, bool fresh, struct err *e)
{
	static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};
	char text[CG_TEXT_BYTES];
	size_t i;
	int r;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (!fresh && cg_read(d->path, files[i], text, sizeof(text)) > 0)
			continue;
		r = cpuset_inherit(d->path, strlen(d->mountpoint), files[i]);
		if (r < 0)
			return err_set(e, -r, "cgroup '%s': cannot take over %s from its parent: %s", d->path,
				       files[i], strerror(-r));
	}
	return 0;
}

static const struct cgroup_setting *setting_of(const struct confine_cgroup *cg, const char *file)
{
	size_t i;

	for (i = 0; i < cg->settings.n; i++) {
		if (strcmp(cg->settings.v[i].file, file) == 0)
			return &cg->settings.v[i];
	}
	return NULL;
}

int cg_v1_set(const struct confine_cgroup *cg, const struct cgroup_setting *s, struct err *e)
{
	const char *controller = s->controller ? s->controller : "";
	const struct cgroup_dir *d = cg_v1_dir(cg, controller);
	const struct cgroup_setting *swap;
	int r;

	if (!d && s->optional)
		return 0;
	if (!d)
		return err_set(e, ENOENT,
			       "cgroup controller '%s' is not mounted, but %s = %s needs it: mount it or leave that "
			       "limit out of linux.resources",
			       controller, s->file, s->value);
	r = cg_write(d->path, s->file, s->value);
	/* memory + swap may never be below memory: a group that existed with a smaller pair must grow the sum first. */
	if (r == -EINVAL && strcmp(s->file, "memory.limit_in_bytes") == 0 &&
	    (swap = setting_of(cg, "memory.memsw.limit_in_bytes")) != NULL &&
	    cg_write(d->path, swap->file, swap->value) == 0)
		r = cg_write(d->path, s->file, s->value);
	if (r < 0 && !s->optional)
		return err_set(e, -r, "cgroup '%s': cannot write '%s' to %s: %s", d->path, s->value, s->file,
			       strerror(-r));
	return 0;
}

static void number_text(char *buf, size_t n, int64_t number)
{
	if (number < 0)
		snprintf(buf, n, "*");
	else
		snprintf(buf, n, "%lld", (long long)number);
}

static bool overlap(const struct device_rule *a, const struct device_rule *b)
{
	const char ta = a->type && a->type[0] ? a->type[0] : 'a',
		   tb = b->type && b->type[0] ? b->type[0] : 'a';

	return (ta == 'a' || tb == 'a' || ta == tb) &&
	       (a->major < 0 || b->major < 0 || a->major == b->major) &&
	       (a->minor < 0 || b->minor < 0 || a->minor == b->minor);
}

/* v1 keeps a list of exceptions and takes one out only if it is the very same: a hole in a wider one would be accepted
 * by the kernel and not made. */
static int check_no_hole(const struct confine_cgroup *cg, size_t index, struct err *e)
{
	const struct device_rule *deny = &cg->devices.v[index], *allow;
	size_t i;

	for (i = 0; i < index && !deny->allow; i++) {
		allow = &cg->devices.v[i];
		if (allow->allow && overlap(allow, deny) &&
		    (allow->major != deny->major || allow->minor != deny->minor ||
		     !streq(allow->type, deny->type)))
			return err_set(e, EINVAL,
				       "linux.resources.devices: cgroup v1 cannot deny %s %lld:%lld out of the wider rule "
				       "that allows %s %lld:%lld: list what is allowed instead (-1 is any)",
				       deny->type ? deny->type : "a", (long long)deny->major,
				       (long long)deny->minor, allow->type ? allow->type : "a",
				       (long long)allow->major, (long long)allow->minor);
	}
	return 0;
}

/* The file stays open in *fd, for the next rule. */
static int write_rule(const struct cgroup_dir *d, const char *file, int *fd, const char *rule)
{
	int r = *fd >= 0 ? *fd : cg_open(d->path, file, O_WRONLY);

	if (r < 0)
		return r;
	*fd = r;
	return cg_put(r, rule);
}

static int write_devices(const struct confine_cgroup *cg, struct err *e)
{
	const struct cgroup_dir *d = cg_v1_dir(cg, "devices");
	char rule[80], major[24], minor[24];
	_cleanup_fd_ int allow = -1, deny = -1;
	size_t i;
	int r;

	if (!d)
		return err_set(
			e, ENOENT,
			"cgroup controller 'devices' is not mounted, but linux.resources.devices needs it");
	r = write_rule(d, "devices.deny", &deny, "a");
	if (r < 0)
		return err_set(e, -r, "cgroup '%s': cannot deny all devices: %s", d->path, strerror(-r));
	for (i = 0; i < cg->devices.n; i++) {
		const struct device_rule *v = &cg->devices.v[i];
		char type = v->type && v->type[0] ? v->type[0] : 'a';

		r = check_no_hole(cg, i, e);
		if (r < 0)
			return r;
		number_text(major, sizeof(major), v->major);
		number_text(minor, sizeof(minor), v->minor);
		snprintf(rule, sizeof(rule), "%c %s:%s %.8s", type == 'u' ? 'c' : type, major, minor,
			 v->access ? v->access : "rwm");
		r = v->allow ? write_rule(d, "devices.allow", &allow, rule)
			     : write_rule(d, "devices.deny", &deny, rule);
		if (r < 0)
			return err_set(e, -r, "cgroup '%s': device rule '%s %s' is refused: %s", d->path,
				       v->allow ? "allow" : "deny", rule, strerror(-r));
	}
	return 0;
}

int cg_v1_configure(const struct confine_cgroup *cg, bool fresh, struct err *e)
{
	const struct cgroup_dir *cpuset = cg_v1_dir(cg, "cpuset");
	size_t i;
	int r;

	if (cpuset) {
		r = cpuset_prepare(cpuset, fresh, e);
		if (r < 0)
			return r;
	}
	for (i = 0; i < cg->settings.n; i++) {
		r = cg_v1_set(cg, &cg->settings.v[i], e);
		if (r < 0)
			return r;
	}
	return cg->devices.n ? write_devices(cg, e) : 0;
}

int cg_v1_attach(const struct confine_cgroup *cg, pid_t pid, struct err *e)
{
	const char *file = pid ? "cgroup.procs" : "tasks";
	char text[16];
	size_t i;
	int r;

	snprintf(text, sizeof(text), "%d", (int)pid);
	for (i = 0; i < cg->dirs.n; i++) {
		const char *path = cg->dirs.v[i].path;

		r = cg_write(path, file, text);
		if (r == -ENOENT && pid == 0) /* the cgroup2 mount of a hybrid host */
			r = cg_write(path, "cgroup.procs", text);
		if (r < 0)
			return err_set(e, -r, "cgroup '%s': cannot move process %d in: %s", path, (int)pid,
				       strerror(-r));
	}
	return 0;
}

/*
 * freezer.state tells no one when it changes (it cannot be polled, and no notification exists in v1). Reading it
 * makes the kernel look again, so it is read, giving the processor away in between, until the deadline.
 */
static int wait_state(const char *dir, const char *want, int timeout_ms)
{
	uint64_t end = clock_monotonic_ms() + (uint64_t)(timeout_ms < 0 ? 0 : timeout_ms);
	char state[32];
	ssize_t n;

	for (;;) {
		n = cg_read(dir, "freezer.state", state, sizeof(state));
		if (n < 0)
			return (int)n;
		if (strcmp(state, want) == 0)
			return 0;
		if (clock_monotonic_ms() >= end)
			return -ETIMEDOUT;
		sched_yield();
	}
}

int cg_v1_freeze(const struct confine_cgroup *cg, bool frozen, int timeout_ms, struct err *e)
{
	const struct cgroup_dir *d = cg_v1_dir(cg, "freezer");
	const char *word = frozen ? "FROZEN" : "THAWED";
	int r;

	if (!d)
		return err_set(e, ENOTSUP,
			       "cgroup controller 'freezer' is not mounted: it is needed to pause and resume");
	r = cg_write(d->path, "freezer.state", word);
	if (r == 0)
		r = wait_state(d->path, word, timeout_ms);
	if (r == -ETIMEDOUT && frozen)
		(void)cg_write(d->path, "freezer.state", "THAWED");
	if (r < 0)
		return err_set(e, -r, "cgroup '%s': not %s: %s", d->path, frozen ? "frozen" : "thawed",
			       strerror(-r));
	return 0;
}
