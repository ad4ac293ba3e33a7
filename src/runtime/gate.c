/* SPDX-License-Identifier: Apache-2.0 */
/* The gate: both ends of the conversation between `start` and the waiting container. */
#include "runtime/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "common/log.h"
#include "runtime/interrupt.h"
#include "runtime/timestamps.h"

#define GATE_MAGIC 0x31544147u /* "GAT1" */
#define INLINE_MAX (64u << 10)
#define PLAN_MAX (256u << 20)
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

struct gate_header {
	uint32_t magic;
	uint32_t in_memfd;
	uint64_t plan_bytes;
};

static struct sockaddr_un gate_address(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	memcpy(addr.sun_path, GATE_FILE, sizeof(GATE_FILE));
	return addr;
}

static int gate_socket(int dirfd, int *ret_fd, struct err *e)
{
	int fd;

	/* A name relative to the working directory: the whole path may be longer than sun_path. */
	if (fchdir(dirfd) < 0)
		return err_sys(e, "cannot enter the container's state directory");
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(e, "cannot make the gate's socket");
	*ret_fd = fd;
	return 0;
}

int gate_bind(int dirfd, int *ret_fd, struct err *e)
{
	struct sockaddr_un addr = gate_address();
	_cleanup_fd_ int fd = -1;
	mode_t old;
	int r;

	r = gate_socket(dirfd, &fd, e);
	if (r < 0)
		return r;
	old = umask(0177);
	r = bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? err_sys(e, "cannot bind the gate's socket")
								 : 0;
	umask(old);
	if (r < 0)
		return r;
	*ret_fd = fd_steal(&fd);
	return 0;
}

int gate_listen(int fd)
{
	return listen(fd, 4) < 0 ? -errno : 0;
}

static bool peer_uid_is(int fd, uid_t uid)
{
	struct ucred cred;
	socklen_t n = sizeof(cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) == 0 && n == sizeof(cred) && cred.uid == uid;
}

#define FDS_MAX (2 + GATE_MORE_MAX)

/* Collects the descriptors of one message; more than FDS_MAX are closed at once. Returns how many. */
static size_t take_fds(struct msghdr *msg, int *fds)
{
	size_t n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		size_t count;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (n < FDS_MAX)
				fds[n++] = fd;
			else
				close(fd);
		}
	}
	return n;
}

/* A plan that its sender cannot change any more, or nothing. */
static int read_memfd(int fd, uint64_t bytes, struct arena *a, struct bytes *ret)
{
	struct stat st;
	char *p;

	if (bytes == 0 || bytes > PLAN_MAX || fstat(fd, &st) < 0 || st.st_size < 0 ||
	    (uint64_t)st.st_size != bytes || (fcntl(fd, F_GET_SEALS) & SEALS) != SEALS)
		return -EBADMSG;
	p = arena_alloc(a, bytes);
	if (!p)
		return -ENOMEM;
	for (size_t have = 0; have < bytes;) {
		ssize_t n = pread(fd, p + have, bytes - have, (off_t)have);

		if (n <= 0)
			return -EBADMSG;
		have += (size_t)n;
	}
	*ret = (struct bytes){.p = p, .n = bytes};
	return 0;
}

/* One message from one peer. */
static int receive_message(int conn, struct arena *a, int *fds, size_t *ret_nfds, struct bytes *ret_plan)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE((FDS_MAX + 6) * sizeof(int))];
	} control;
	struct gate_header h;
	struct iovec iov[2] = {{&h, sizeof(h)}, {NULL, INLINE_MAX}};
	struct msghdr msg = {.msg_iov = iov,
			     .msg_iovlen = 2,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};
	size_t n;
	ssize_t got;

	iov[1].iov_base = arena_alloc(a, INLINE_MAX);
	if (!iov[1].iov_base)
		return -ENOMEM;
	do
		got = recvmsg(conn, &msg, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	*ret_nfds = n = take_fds(&msg, fds);
	if (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || (size_t)got < sizeof(h) || h.magic != GATE_MAGIC)
		return -EBADMSG;
	if (h.in_memfd) {
		int r = n >= 2 ? read_memfd(fds[1], h.plan_bytes, a, ret_plan) : -EBADMSG;

		if (r < 0)
			return r;
		close(fds[1]);
		*ret_nfds = --n;
		memmove(fds + 1, fds + 2, (n - 1) * sizeof(*fds));
		return 0;
	}
	if (n < 1 || h.plan_bytes != (size_t)got - sizeof(h))
		return -EBADMSG;
	*ret_plan = (struct bytes){.p = iov[1].iov_base, .n = (size_t)h.plan_bytes};
	return 0;
}

static int receive(int conn, struct arena *a, struct bytes *ret_plan, struct gate_fds *ret_fds)
{
	int fds[FDS_MAX] = {-1};
	size_t n = 0;
	int r = receive_message(conn, a, fds, &n, ret_plan);

	if (r == 0 && n > 1 + GATE_MORE_MAX)
		r = -EBADMSG;
	if (r < 0) {
		for (size_t i = 0; i < n; i++)
			close(fds[i]);
		return r;
	}
	ret_fds->answer = fds[0];
	ret_fds->nmore = n - 1;
	memcpy(ret_fds->more, fds + 1, (n - 1) * sizeof(*fds));
	return 0;
}

int gate_wait(int fd, uid_t uid, struct arena *a, struct bytes *ret_plan, struct gate_fds *ret_fds)
{
	for (;;) {
		_cleanup_fd_ int conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (conn < 0) {
			if (errno == EINTR || errno == ECONNABORTED)
				continue;
			return -errno;
		}
		if (peer_uid_is(conn, uid) && receive(conn, a, ret_plan, ret_fds) == 0)
			return 0;
		/* Waiting on must not let memory grow. */
		arena_release(a);
	}
}

void gate_answer(int answer_fd, char type, const char *text)
{
	char line[ERR_MSG_BYTES + 2];
	size_t n = 0;

	line[n++] = type;
	for (; *text && n < sizeof(line) - 1; text++)
		line[n++] = *text == '\n' ? ' ' : *text;
	line[n++] = '\n';
	/* Nobody listens any more when `start` was killed; the container goes on all the same. */
	if (write_all(answer_fd, line, n) < 0)
		return;
}

/* --- start's half --- */

static int connect_to(int dirfd, pid_t pid, int *ret_fd, struct err *e)
{
	struct sockaddr_un addr = gate_address();
	_cleanup_fd_ int fd = -1;
	struct ucred cred;
	socklen_t n = sizeof(cred);
	int r;

	r = gate_socket(dirfd, &fd, e);
	if (r < 0)
		return r;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_sys(e, "the container does not wait to be started");
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) < 0)
		return err_sys(e, "cannot find out who waits at the gate");
	if (cred.pid != pid)
		return err_set(e, EPERM, "process %d waits at the gate, not the container's init process %d",
			       (int)cred.pid, (int)pid);
	*ret_fd = fd_steal(&fd);
	return 0;
}

static int seal_plan(struct bytes plan, int *ret_fd, struct err *e)
{
	_cleanup_fd_ int fd = memfd_create("plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return err_sys(e, "cannot make a memory file for the launch plan");
	r = write_all(fd, plan.p, plan.n);
	if (r < 0)
		return err_set(e, -r, "cannot write the launch plan into a memory file");
	if (fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		return err_sys(e, "cannot seal the launch plan");
	*ret_fd = fd_steal(&fd);
	return 0;
}

static int err_died(struct err *e)
{
	return err_set(e, EIO, "the container's init process died before the monitor was started");
}

static int send_message(int conn, struct bytes plan, bool in_memfd, const int *fds, size_t nfds, struct err *e)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control = {0};
	struct gate_header h = {.magic = GATE_MAGIC, .in_memfd = in_memfd, .plan_bytes = plan.n};
	struct iovec iov[2] = {{&h, sizeof(h)}, {(void *)(uintptr_t)plan.p, plan.n}};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = in_memfd ? 1 : 2, .msg_control = &control};
	struct cmsghdr *c;
	ssize_t n;

	msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
	memcpy(CMSG_DATA(c), fds, nfds * sizeof(int));
	do
		n = sendmsg(conn, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	/* Whoever waited there turned us away or died, sooner than we could speak. */
	if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
		return err_died(e);
	return n < 0 ? err_sys(e, "cannot hand the launch plan to the container") : 0;
}

int gate_send(int dirfd, pid_t pid, struct bytes plan, const struct gate_fds *fds, struct err *e)
{
	_cleanup_fd_ int conn = -1, memfd = -1;
	int all[FDS_MAX];
	size_t n = 0;
	int r;

	r = connect_to(dirfd, pid, &conn, e);
	if (r < 0)
		return r;
	if (plan.n > INLINE_MAX) {
		r = seal_plan(plan, &memfd, e);
		if (r < 0)
			return r;
	}
	all[n++] = fds->answer;
	if (memfd >= 0)
		all[n++] = memfd;
	for (size_t i = 0; i < fds->nmore; i++)
		all[n++] = fds->more[i];
	return send_message(conn, plan, memfd >= 0, all, n, e);
}

/* Everything up to the end of file; what does not fit is thrown away. Returns the length or -errno. */
static ssize_t read_to_end(int fd, char *buf, size_t size, struct err *e)
{
	size_t len = 0;

	for (;;) {
		char skip[256];
		bool full = len == size;
		ssize_t n = interrupt_wait(fd, e);

		if (n < 0)
			return n;
		n = read(fd, full ? skip : buf + len, full ? sizeof(skip) : size - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "cannot read the container's answer");
		if (n == 0)
			return (ssize_t)len;
		if (!full)
			len += (size_t)n;
	}
}

int gate_read_answer(int answer_fd, struct err *e)
{
	char text[4 * ERR_MSG_BYTES + 1], *next = text;
	ssize_t n = read_to_end(answer_fd, text, sizeof(text) - 1, e);
	bool ready = false;

	if (n < 0)
		return (int)n;
	text[n] = '\0';
	while (*next) {
		char *line = next, *nl = strchr(line, '\n');

		next = nl ? nl + 1 : line + strlen(line);
		if (nl)
			*nl = '\0';
		if (*line == GATE_ERROR)
			return err_set(e, EIO, "%s", line + 1);
		if (*line == GATE_TIMES)
			stamps_take(STAMP_RX_RECEIVED, STAMP_RX_EXEC, line + 1);
		if (*line == GATE_WARNING)
			log_warn("%s", line + 1);
		ready = ready || *line == GATE_READY;
	}
	if (!ready)
		return err_died(e);
	return 0;
}
