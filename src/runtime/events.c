/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc events`. */
#include "runtime/events.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "cgroup/oom.h"
#include "common/fd.h"
#include "common/io.h"
#include "common/log.h"
#include "runtime/state.h"

struct watch {
	const char *id;
	struct cgroup_place at;
	struct cgroup_oom oom; /* fd -1 where memory is not limited */
	int pidfd, timer;
};

static void watch_done(struct watch *w)
{
	cgroup_oom_done(&w->oom);
	fd_close(&w->pidfd);
	fd_close(&w->timer);
}

static int print(struct strbuf *line, struct err *e)
{
	int r;

	if (line->oom)
		return err_oom(e);
	r = write_all(STDOUT_FILENO, line->p, line->len);
	return r < 0 ? err_set(e, -r, "cannot write to standard output: %s", strerror(-r)) : 0;
}

/* An arena for each line: this may go on for a long time. */
static int print_stats(const struct watch *w, struct err *e)
{
	struct arena a = {0};
	struct strbuf line = STRBUF(&a);
	struct cgroup_stats s;
	int r = cgroup_stats_read(&w->at, &a, &s, e);

	if (r == 0) {
		events_stats_json(w->id, &s, &line);
		r = print(&line, e);
	}
	arena_release(&a);
	return r;
}

static int print_oom(const struct watch *w, struct err *e)
{
	struct arena a = {0};
	struct strbuf line = STRBUF(&a);
	int r;

	events_oom_json(w->id, &line);
	r = print(&line, e);
	arena_release(&a);
	return r;
}

static int start_timer(int64_t interval_ms, int *ret_fd, struct err *e)
{
	const struct timespec every = {.tv_sec = interval_ms / 1000, .tv_nsec = interval_ms % 1000 * 1000000};
	const struct itimerspec when = {.it_interval = every, .it_value = every};
	_cleanup_fd_ int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0 || timerfd_settime(fd, 0, &when, NULL) < 0)
		return err_sys(e, "cannot make a timer of %lld ms", (long long)interval_ms);
	*ret_fd = fd_steal(&fd);
	return 0;
}

/* The last look is after the end: what was killed for lack of memory often takes the container with it. */
static int look_for_oom(struct watch *w, struct err *e)
{
	bool happened = false;
	int r = w->oom.fd < 0 ? -ENODEV : cgroup_oom_read(&w->oom, &happened);

	if (r < 0)
		cgroup_oom_done(&w->oom);
	return happened ? print_oom(w, e) : 0;
}

static int follow(struct watch *w, struct err *e)
{
	for (;;) {
		/* The third is only there to learn that nobody reads any more. */
		struct pollfd p[] = {{.fd = w->pidfd, .events = POLLIN},
				     {.fd = w->timer, .events = POLLIN},
				     {.fd = STDOUT_FILENO},
				     {.fd = w->oom.fd, .events = POLLIN}};
		uint64_t ticks;
		int r;

		if (poll(p, sizeof(p) / sizeof(p[0]), -1) < 0) {
			if (errno == EINTR)
				continue;
			return err_sys(e, "cannot wait for events");
		}
		r = p[3].revents || p[0].revents ? look_for_oom(w, e) : 0;
		if (r < 0 || p[0].revents || p[2].revents & POLLERR)
			return r;
		if (p[1].revents && read(w->timer, &ticks, sizeof(ticks)) > 0) {
			r = print_stats(w, e);
			if (r < 0)
				return r == -ENOENT ? 0 : r;
		}
	}
}

int runtime_events(const struct runtime *rt, const char *id, bool once, int64_t interval_ms, struct err *e)
{
	_cleanup_container_ struct container c = CONTAINER_NULL;
	__attribute__((cleanup(
		watch_done))) struct watch w = {.id = id, .oom = CGROUP_OOM_NULL, .pidfd = -1, .timer = -1};
	struct err no_oom = {0};
	int r;

	r = container_get(rt, id, 0, &c, e);
	if (r < 0)
		return r;
	if (interval_ms <= 0)
		return err_set(e, EINVAL, "duration interval must be greater than 0");
	r = container_pidfd(&c, &w.pidfd, e);
	if (r == -ESRCH)
		return err_set(e, ESRCH, "container with id %s is not running", id);
	if (r < 0)
		return r;
	if (c.head.cgroup.version == 0)
		return err_set(e, ENOTSUP, "container '%s' has no cgroup: nothing is counted for it", id);
	w.at = (struct cgroup_place){.version = c.head.cgroup.version,
				     .dirs = {c.head.cgroup.dirs.v, c.head.cgroup.dirs.n}};
	if (once)
		return print_stats(&w, e);
	if (cgroup_oom_watch(&w.at, &w.oom, &no_oom) < 0)
		log_warn("%s", no_oom.msg);
	r = start_timer(interval_ms, &w.timer, e);
	return r < 0 ? r : follow(&w, e);
}
