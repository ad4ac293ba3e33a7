/* SPDX-License-Identifier: Apache-2.0 */
/* From the launch plan to running virtiofsd, one for each share that has one. */
#include "runtime/shares.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/fd.h"
#include "runtime/gate.h"
#include "runtime/spawn.h"
#include "sandbox/daemon.h"

struct being { /* of one daemon */
	const struct launch_plan *plan;
	const struct confine_daemon *daemon;
	struct arena *arena;
	int answer_fd, from_fd, null_fd;
};

/* One descriptor from our own launcher; EOF when that has failed. */
static int receive_socket(int from, int *ret_fd)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {&byte, 1};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *c;
	ssize_t n;

	do
		n = recvmsg(from, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	c = n == 1 ? CMSG_FIRSTHDR(&m) : NULL;
	if (c == NULL || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(int)))
		return -EPIPE;
	memcpy(ret_fd, CMSG_DATA(c), sizeof(int));
	return 0;
}

static int send_socket(int to, int fd, struct err *e)
{
	char byte = 'S', control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {&byte, 1};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	return sendmsg(to, &m, MSG_NOSIGNAL) == 1 ? 0
						  : err_sys(e, "virtiofsd has ended before it was started");
}

/* Standard input is the monitor's; the other two are the container's, for what the daemon has to say. */
static int arrange_fds(struct being *b, int *socket, struct err *e)
{
	int r;

	b->answer_fd = fcntl(b->answer_fd, F_DUPFD_CLOEXEC, DAEMON_FD + 1);
	*socket = fcntl(*socket, F_DUPFD_CLOEXEC, DAEMON_FD + 1);
	if (b->answer_fd < 0 || *socket < 0)
		return err_sys(e, "cannot arrange virtiofsd's descriptors");
	r = fd_move(b->null_fd, STDIN_FILENO, e);
	if (r == 0)
		r = fd_move(*socket, DAEMON_FD, e);
	spawn_close_others((const int[]){b->answer_fd, DAEMON_FD}, 2);
	return r;
}

/* Whoever must know that nothing of the host is left in our namespace waits for this. */
static bool is_waited_for(const struct launch_plan *p)
{
	return p->claims.n > 0;
}

static int enter(struct being *b, struct err *e)
{
	int r = daemon_enter(b->daemon, b->plan->root_path, b->arena, e);

	if (r == 0 && is_waited_for(b->plan) && send(b->from_fd, "B", 1, MSG_NOSIGNAL) != 1)
		r = err_sys(e, "its launcher has ended");
	return r;
}

static int be_daemon(struct being *b, pid_t launcher, struct err *e)
{
	const struct confine_daemon *d = b->daemon;
	struct strv words = STRV(b->arena);
	char *envp[] = {NULL};
	struct strs argv = {0};
	int socket = -1, r = enter(b, e);

	for (size_t i = 0; i < d->argv.n; i++)
		strv_add(&words, d->argv.v[i]);
	if (r == 0)
		r = strv_done(&words, &argv, e);
	if (r == 0)
		r = daemon_creds(d, e);
	if (r < 0)
		return r;
	/* Again: a change of credentials forgets it. */
	spawn_die_with(launcher);
	if (receive_socket(b->from_fd, &socket) < 0)
		_exit(1); /* whoever failed has said why */
	r = arrange_fds(b, &socket, e);
	if (r < 0)
		return r;
	spawn_reset_signals(SPAWN_ALL_SIGNALS);
	execve(argv.v[0], (char *const *)(uintptr_t)argv.v, envp);
	return err_sys(e, "cannot execute it");
}

static _Noreturn void daemon_main(struct being *b, pid_t launcher)
{
	struct err e = {0};

	spawn_die_with(launcher);
	spawn_close_others((const int[]){b->answer_fd, b->from_fd, b->null_fd}, 3);
	if (be_daemon(b, launcher, &e) < 0)
		err_wrap(&e, "virtiofsd");
	gate_answer(b->answer_fd, GATE_ERROR, e.msg);
	_exit(127);
}

static int begin_one(struct being *b, struct shares *s, struct err *e)
{
	pid_t self = getpid(), pid;
	int pair[2];

	if (s->n == SHARES_MAX)
		return err_set(e, E2BIG, "more than %d shared directories need a virtiofsd", SHARES_MAX);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "cannot make a socket pair for virtiofsd");
	b->from_fd = pair[1];
	pid = spawn_clone(CLONE_NEWNS, -1, NULL);
	if (pid == 0)
		daemon_main(b, self);
	fd_close(&pair[1]);
	if (pid < 0) {
		int r = err_sys(e, "cannot make a process for virtiofsd");

		fd_close(&pair[0]);
		return r;
	}
	s->v[s->n].pid = pid;
	s->v[s->n++].fd = pair[0];
	return 0;
}

int shares_begin(const struct launch_plan *p, int answer_fd, struct arena *a, struct shares *ret,
		 struct err *e)
{
	struct being b = {.plan = p, .arena = a, .answer_fd = answer_fd};
	_cleanup_fd_ int null = -1;
	int r = 0;

	ret->n = 0;
	for (size_t i = 0; r == 0 && i < p->vm.shares.n; i++) {
		b.daemon = p->vm.shares.v[i].daemon;
		if (b.daemon == NULL)
			continue;
		if (b.daemon->argv.n == 0)
			return err_set(e, EINVAL, "the launch plan names no program for a shared directory");
		if (null < 0)
			null = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (null < 0)
			return err_sys(e, "/dev/null");
		b.null_fd = null;
		r = begin_one(&b, ret, e);
	}
	return r;
}

int shares_serve(const struct launch_plan *p, struct shares *s, struct err *e)
{
	size_t k = 0;

	for (size_t i = 0; i < p->vm.shares.n; i++) {
		_cleanup_fd_ int fd = -1;
		int r;

		if (p->vm.shares.v[i].daemon == NULL)
			continue;
		r = daemon_listen(p->vm.shares.v[i].socket, p->creds.uid, p->creds.gid, &fd, e);
		if (r == 0)
			r = send_socket(s->v[k++].fd, fd, e);
		if (r < 0)
			return r;
	}
	return 0;
}

int shares_settle(const struct launch_plan *p, struct shares *s, struct err *e)
{
	for (size_t k = 0; k < s->n; k++) {
		ssize_t n = 1;
		char byte;

		while (is_waited_for(p) && (n = recv(s->v[k].fd, &byte, 1, 0)) < 0 && errno == EINTR)
			;
		fd_close(&s->v[k].fd);
		if (n != 1)
			return err_set(e, EPIPE, "virtiofsd has ended before it was started");
	}
	return 0;
}
