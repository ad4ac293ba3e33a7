/* SPDX-License-Identifier: Apache-2.0 */
/* Setting the shim up, and its end. */
#include "shim/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "proto/shim/task.pb-c.h"
#include "runtime/spawn.h"
#include "shim/call.h"
#include "shim/conn.h"
#include "shim/methods.h"
#include "shim/shim.h"
#include "shim/task.h"

/* How long events may still be on their way when all is over. */
#define LINGER_MS 5000

static void lingered(struct timer *t)
{
	struct shim *s = (struct shim *)((char *)t - offsetof(struct shim, linger));

	log_warn("the shim ends although events are not delivered");
	s->loop.stop = true;
}

void shim_leave(struct shim *s)
{
	s->leaving = true;
	/* From now on a `start` of the same name makes a new shim. */
	unlink(s->socket_path);
	timer_set(&s->linger, &s->loop, publisher_is_empty(&s->publisher) ? 0 : LINGER_MS, lingered);
	if (publisher_is_empty(&s->publisher))
		s->loop.stop = true;
}

/* A container that exists is deleted by somebody, who asks again then. */
static bool only_creating(const struct shim *s)
{
	for (const struct task *t = s->tasks; t; t = t->next)
		if (t->init.state != PROC_CREATING)
			return false;
	return true;
}

void rpc_shutdown(struct call *c)
{
	struct shim *s = c->s;

	call_reply(c, NULL);
	/* Others of the pod are still here. */
	if (!s->tasks && !s->leaving)
		shim_leave(s);
	else
		s->unwanted = only_creating(s);
}

static void got_signal(struct watch *w, uint32_t events)
{
	struct shim *s = (struct shim *)((char *)w - offsetof(struct shim, signals));
	struct signalfd_siginfo info;
	bool asked_to_end = false;

	(void)events;
	while (read(w->fd, &info, sizeof(info)) == sizeof(info))
		asked_to_end |= info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT;
	reap_all(s);
	if (asked_to_end && !s->leaving)
		shim_leave(s);
}

/* Log lines go to containerd's own log, by a fifo in the bundle. Opened for reading, too, so that it can neither block us
 * nor break when nobody reads. */
static void open_log(bool debug)
{
	int hold = open("log", O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct err ignored = {0};

	if (hold < 0 || log_open("/dev/null", false, debug ? LOG_LVL_DEBUG : LOG_LVL_INFO, &ignored) < 0)
		return;
	if (dup3(hold, log_fd(), O_CLOEXEC) < 0)
		log_set_level(LOG_LVL_ERROR);
	fd_close(&hold);
}

static int use_null(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= 2; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			return -1;
	fd_close(&null);
	return 0;
}

/* Our own process, before anything is served. */
static void settle(const struct daemon_setup *setup)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_NAME, "urunc-shim");
	setpgid(0, 0);
	umask(022);
	/* The engine's own business with systemd is not the containers'. */
	unsetenv("NOTIFY_SOCKET");
	/* Few pages, given back at once: there may be hundreds of us. */
	mallopt(M_MMAP_THRESHOLD, 64 << 10);
	mallopt(M_TRIM_THRESHOLD, 64 << 10);
	mallopt(M_TOP_PAD, 4 << 10);
	open_log(setup->debug);
}

static int serve(struct shim *s, const struct daemon_setup *setup, struct err *e)
{
	int signals, r = loop_init(&s->loop, e);

	if (r < 0)
		return r;
	spawn_block_signals();
	signals = spawn_signalfd();
	if (signals < 0)
		return err_sys(e, "cannot wait for signals");
	r = watch_add(&s->signals, &s->loop, signals, EPOLLIN, got_signal, e);
	if (r == 0)
		r = conn_listen(s, setup->listener, e);
	return r < 0 ? r : loop_run(&s->loop, e);
}

_Noreturn void daemon_main(const struct daemon_setup *setup)
{
	static struct shim shim;
	struct err e = {0};
	int r;

	/* Before all else: containerd waits for the end of our standard streams, and of whatever it let slip besides. */
	if (use_null() < 0)
		_exit(1);
	spawn_close_others(&setup->listener, 1);
	settle(setup);
	shim.ns = setup->ns;
	shim.grpc_address = setup->grpc_address;
	shim.socket_path = setup->socket_path;
	publisher_init(&shim.publisher, &shim, setup->ttrpc_address, setup->publish_binary);
	r = serve(&shim, setup, &e);
	if (r < 0)
		log_msg(LOG_LVL_ERROR, "the shim ends: %s", e.msg);
	/* Who is leaving has removed it already: by now that name may be another shim's. */
	if (!shim.leaving)
		unlink(shim.socket_path);
	_exit(r < 0);
}
