/* SPDX-License-Identifier: Apache-2.0 */
/* OOM notifications of control groups, v1 and v2. */
#include "shim/oom.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "cgroup/place.h"
#include "common/fd.h"
#include "common/io.h"
#include "common/log.h"
#include "shim/announce.h"
#include "shim/groups.h"
#include "shim/shim.h"
#include "shim/task.h"

void oom_init(struct oom *o)
{
	*o = (struct oom){.w = WATCH_NULL, .control = -1};
}

void oom_done(struct oom *o)
{
	int fd = o->w.fd;

	watch_remove(&o->w);
	fd_close(&fd);
	fd_close(&o->control);
	oom_init(o);
}

/* The counter oom_kill, which both versions have; 0 when the group is gone. */
static uint64_t count_kills(const struct oom *o)
{
	char text[512];
	const char *at;
	ssize_t n = pread(o->control, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	at = strstr(text, "oom_kill ");
	return at ? strtoull(at + strlen("oom_kill "), NULL, 10) : 0;
}

/* v1 also wakes when the group is removed, and both wake for other changes: the counter tells. */
static void look(struct task *t)
{
	uint64_t kills = count_kills(&t->oom);

	if (kills <= t->oom.kills)
		return;
	t->oom.kills = kills;
	announce_oom(t);
}

static void woken(struct watch *w, uint32_t events)
{
	struct task *t = (struct task *)((char *)w - offsetof(struct oom, w) - offsetof(struct task, oom));
	char buf[sizeof(struct inotify_event) + 256];

	(void)events;
	if (read(w->fd, buf, sizeof(buf)) <= 0)
		watch_pause(w);
	look(t);
}

static int watch_v1(const char *dir, int control, int *ret)
{
	_cleanup_fd_ int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct err e = {0};
	char path[4096], line[32];
	int n = snprintf(path, sizeof(path), "%s/cgroup.event_control", dir);

	if (fd < 0 || n < 0 || (size_t)n >= sizeof(path))
		return -1;
	snprintf(line, sizeof(line), "%d %d", fd, control);
	if (file_write(AT_FDCWD, path, 0, line, strlen(line), &e) < 0)
		return -1;
	*ret = fd_steal(&fd);
	return 0;
}

static int watch_v2(const char *path, int *ret)
{
	_cleanup_fd_ int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0 || inotify_add_watch(fd, path, IN_MODIFY) < 0)
		return -1;
	*ret = fd_steal(&fd);
	return 0;
}

void oom_watch(struct task *t)
{
	const struct cgroup_dir *d = groups_dir(t, "memory");
	struct oom *o = &t->oom;
	struct err e = {0};
	char path[4096];
	int fd = -1, n, r;

	if (!d)
		return;
	o->is_v2 = t->groups.version == 2;
	n = snprintf(path, sizeof(path), "%s/%s", d->path, o->is_v2 ? "memory.events" : "memory.oom_control");
	if (n < 0 || (size_t)n >= sizeof(path))
		return;
	o->control = open(path, O_RDONLY | O_CLOEXEC);
	if (o->control < 0)
		return;
	o->kills = count_kills(o);
	r = o->is_v2 ? watch_v2(path, &fd) : watch_v1(d->path, o->control, &fd);
	if (r == 0)
		r = watch_add(&o->w, &t->s->loop, fd, EPOLLIN, woken, &e);
	if (r < 0) {
		log_warn("%s: the end of its memory will be noticed late", t->id);
		fd_close(&fd);
	}
}

void oom_last_look(struct task *t)
{
	if (t->oom.control >= 0)
		look(t);
	oom_done(&t->oom);
}
