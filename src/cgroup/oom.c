/* SPDX-License-Identifier: Apache-2.0 */
/* Out of memory: v1 signals an eventfd, v2 changes a file that can be watched. */
#include "cgroup/oom.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "common/mountinfo.h"
#include "common/str.h"

#define PATH_BYTES 4096

void cgroup_oom_done(struct cgroup_oom *w)
{
	fd_close(&w->fd);
	fd_close(&w->events);
}

static int open_in(const char *dir, const char *file, int flags, struct err *e)
{
	char path[PATH_BYTES];
	int n = snprintf(path, sizeof(path), "%s/%s", dir, file), fd;

	if (n < 0 || (size_t)n >= sizeof(path))
		return err_set(e, ENAMETOOLONG, "cgroup path is too long: '%.64s...'", dir);
	fd = open(path, flags | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? err_sys(e, "cannot open '%s'", path) : fd;
}

/* "<eventfd> <descriptor of the file>" */
static int register_v1(const char *dir, struct cgroup_oom *w, struct err *e)
{
	_cleanup_fd_ int control = -1;
	char line[32];
	int r;

	w->events = open_in(dir, "memory.oom_control", O_RDONLY, e);
	if (w->events < 0)
		return w->events;
	control = open_in(dir, "cgroup.event_control", O_WRONLY, e);
	if (control < 0)
		return control;
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->fd < 0)
		return err_sys(e, "cannot make an event descriptor");
	snprintf(line, sizeof(line), "%d %d", w->fd, w->events);
	r = write_all(control, line, strlen(line));
	return r < 0 ? err_set(e, -r, "cgroup '%s': cannot be told of its memory running out: %s", dir,
			       strerror(-r))
		     : 0;
}

/* How often memory.events has "oom_kill". The group's own death shows as -ENODEV. */
static int count_kills(int fd, uint64_t *ret)
{
	char text[512], *line, *next;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	for (line = text; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (str_starts(line, "oom_kill "))
			(void)str_u64(line + strlen("oom_kill "), 0, UINT64_MAX, ret);
	}
	return 0;
}

static int register_v2(const char *dir, struct cgroup_oom *w, struct err *e)
{
	char path[PATH_BYTES];
	int r;

	w->events = open_in(dir, "memory.events", O_RDONLY, e);
	if (w->events < 0)
		return w->events;
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd < 0)
		return err_sys(e, "cannot make an inotify descriptor");
	snprintf(path, sizeof(path), "%s/memory.events", dir);
	if (inotify_add_watch(w->fd, path, IN_MODIFY) < 0)
		return err_sys(e, "cannot watch '%s'", path);
	r = count_kills(w->events, &w->seen);
	return r < 0 ? err_set(e, -r, "cannot read '%s'", path) : 0;
}

static const char *memory_dir(const struct cgroup_place *at)
{
	for (size_t i = 0; i < at->dirs.n; i++) {
		if (at->version == 2 || mount_option_has(at->dirs.v[i].names, "memory"))
			return at->dirs.v[i].path;
	}
	return NULL;
}

int cgroup_oom_watch(const struct cgroup_place *at, struct cgroup_oom *ret, struct err *e)
{
	__attribute__((cleanup(cgroup_oom_done))) struct cgroup_oom w = CGROUP_OOM_NULL;
	const char *dir = memory_dir(at);
	int r;

	if (!dir)
		return err_set(e, ENOTSUP, "there is no cgroup that limits memory");
	w.version = at->version;
	r = at->version == 2 ? register_v2(dir, &w, e) : register_v1(dir, &w, e);
	if (r < 0)
		return r;
	*ret = w;
	w = CGROUP_OOM_NULL;
	return 0;
}

/* v1 also signals when the group is removed; then its files cannot be read any more. */
static int read_v1(struct cgroup_oom *w, bool *ret_happened)
{
	uint64_t count = 0;
	char text[64];

	*ret_happened = false;
	if (read(w->fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return -errno;
	if (pread(w->events, text, sizeof(text), 0) < 0)
		return -errno;
	*ret_happened = count > 0;
	return 0;
}

int cgroup_oom_read(struct cgroup_oom *w, bool *ret_happened)
{
	_Alignas(struct inotify_event) char buf[1024];
	uint64_t now = w->seen;
	int r;

	if (w->version == 1)
		return read_v1(w, ret_happened);
	while (read(w->fd, buf, sizeof(buf)) > 0)
		;
	r = count_kills(w->events, &now);
	if (r < 0)
		return r;
	*ret_happened = now > w->seen;
	w->seen = now;
	return 0;
}
