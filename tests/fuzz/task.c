/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of the task service on a connection, of every method, to a shim whose containers are a table and whose runtime
 * does not exist: each frame that asks for something is answered, once, and everything is given back in the end. */
/* with: grpc shim cgroup common config runtime/delegate.c runtime/capture.c runtime/owner.c runtime/slim.c proto/shim/cgroups.proto proto/shim/containerd.proto proto/shim/events.proto proto/shim/runtime.proto proto/shim/task.proto proto/shim/ttrpc.proto proto/shim/types.proto */
/* link: -l:libprotobuf-c.a -l:libnghttp2.a -Wl,--wrap=file_write_atomic */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "common/log.h"
#include "fuzz.h"
#include "proto/shim/task.pb-c.h"
#include "proto/shim/ttrpc.pb-c.h"
#include "runtime/owner.h"
#include "runtime/spawn.h"
#include "shim/call.h"
#include "shim/conn.h"
#include "shim/methods.h"
#include "shim/pb.h"
#include "shim/shim.h"
#include "shim/task.h"

static const char *const names[] = {"State",      "Start", "Delete",  "Pids",      "Pause",   "Resume",
				    "Checkpoint", "Kill",  "Exec",    "ResizePty", "CloseIO", "Update",
				    "Wait",       "Stats", "Connect", "Create"};

/* Nothing is started and nothing written: whatever a request asks for fails at that place. */
pid_t spawn_clone(uint64_t flags, int cgroup_fd, int *ret_pidfd)
{
	(void)flags;
	(void)cgroup_fd;
	(void)ret_pidfd;
	errno = EAGAIN;
	return -1;
}
int spawn_reap(pid_t pid)
{
	(void)pid;
	return -ECHILD;
}
int spawn_exit_code(int wait_status)
{
	return wait_status >> 8;
}
void spawn_reset_signals(uint64_t which)
{
	(void)which;
}
void spawn_block_signals(void)
{
}
int spawn_signalfd(void)
{
	return -1;
}
void spawn_die_with(pid_t parent)
{
	(void)parent;
}
void spawn_close_others(const int *keep, size_t n)
{
	(void)keep;
	(void)n;
}
int __wrap_file_write_atomic(int dirfd, const char *name, mode_t mode, const void *p, size_t n, struct err *e);
int __wrap_file_write_atomic(int dirfd, const char *name, mode_t mode, const void *p, size_t n, struct err *e)
{
	(void)dirfd;
	(void)mode;
	(void)p;
	(void)n;
	return err_set(e, ENOSPC, "cannot write '%s'", name);
}

/* A container in one of its states; no process of it exists. */
static struct task *add_task(struct shim *s, const char *id, enum proc_state state, int owner)
{
	struct task *t = task_new(s, id, "/nothere/bundle");
	struct proc *p;

	FUZZ_HOLDS(t);
	t->init.state = state;
	t->init.pid = 1 << 30;
	t->init.reaped = state == PROC_STOPPED;
	t->cli.owner = owner;
	t->cli.root = strdup("/nothere/root");
	t->cli.log = strdup("/nothere/log.json");
	t->cli.binary = strdup("/nothere/runtime");
	p = task_add_exec(t, "e");
	FUZZ_HOLDS(p);
	p->state = PROC_STOPPED;
	p->reaped = true;
	return t;
}

static unsigned count_answers(int fd)
{
	struct frame_reader r = {0};
	unsigned answers = 0;
	struct frame f;
	uint8_t *p;
	size_t space;
	ssize_t n;

	while ((space = frame_reader_space(&r, &p)) > 0 && (n = recv(fd, p, space, MSG_DONTWAIT)) > 0) {
		frame_reader_add(&r, (size_t)n);
		if (!frame_reader_next(&r, &f))
			continue;
		struct arena a = {0};

		FUZZ_HOLDS(f.type == FRAME_RESPONSE);
		FUZZ_HOLDS(f.n == 0 || message_read(&pb__response__descriptor, f.p, f.n, &a));
		arena_release(&a);
		answers++;
	}
	frame_reader_done(&r);
	return answers;
}

static void idle(struct watch *w, uint32_t events)
{
	(void)w;
	(void)events;
}

/* The first byte picks the method (or, from 128 on, takes the rest for a whole request), the second the container that an
 * empty message is completed with. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct shim s;
	struct frame f = {.stream = 1, .type = FRAME_REQUEST};
	Pb__Request request = PB__REQUEST__INIT;
	struct arena a = {0};
	struct bytes b = {0};
	struct err e = {0};
	struct conn *c;
	int fds[2];

	if (size < 2 || (s.ns == NULL && log_open("/dev/null", false, LOG_LVL_DEBUG, &e) < 0))
		return 0;
	memset(&s, 0, sizeof(s));
	FUZZ_HOLDS(loop_init(&s.loop, &e) == 0);
	s.ns = "n";
	s.socket_path = "/nothere/socket";
	publisher_init(&s.publisher, &s, "/nothere/events", "");
	add_task(&s, "a", PROC_CREATED, OWNER_US);
	add_task(&s, "b", PROC_RUNNING, OWNER_RUNC);
	add_task(&s, "c", PROC_STOPPED, OWNER_US);
	FUZZ_HOLDS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
	c = calloc(1, sizeof(*c));
	FUZZ_HOLDS(c);
	c->s = &s;
	c->out_end = &c->out;
	FUZZ_HOLDS(watch_add(&c->w, &s.loop, fds[0], EPOLLIN, idle, &e) == 0);
	s.conns = c;
	s.nconns = 1;
	if (data[0] < 128) {
		request.service = (char *)"containerd.task.v2.Task";
		request.method = (char *)(uintptr_t)names[data[0] % (sizeof(names) / sizeof(names[0]))];
		request.payload = (ProtobufCBinaryData){size - 2, (uint8_t *)(uintptr_t)data + 2};
		FUZZ_HOLDS(message_write(&request, &a, &b));
		f.p = b.p;
		f.n = b.n;
	} else {
		f.p = data + 2;
		f.n = size - 2;
	}
	call_frame(c, &f);
	/* Answered, or waiting for an end or for a child. */
	FUZZ_HOLDS(count_answers(fds[1]) + (s.calls ? 1u : 0u) == 1 || s.leaving);
	conn_close(c);
	while (s.tasks)
		task_free(s.tasks);
	publisher_done(&s.publisher);
	close(fds[1]);
	loop_done(&s.loop);
	arena_release(&a);
	return 0;
}
