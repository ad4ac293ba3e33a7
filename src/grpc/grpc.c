/* SPDX-License-Identifier: Apache-2.0 */
/* A gRPC client: the bytes of src/grpc/h2.c on descriptors, with a clock. */
#include "grpc/grpc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "grpc/h2.h"
#include "grpc/status.h"

#define READ_BYTES (64u << 10)

struct grpc_conn {
	struct h2 *h2;
	int in, out;
	bool out_is_socket;
	const void *pending; /* of h2's; not yet written */
	size_t pending_n;
	uint8_t buf[READ_BYTES];
};

static int make_nonblocking(int fd, struct err *e)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return err_sys(e, "descriptor %d", fd);
	return 0;
}

void grpc_close(struct grpc_conn *c)
{
	if (!c)
		return;
	h2_free(c->h2);
	free(c);
}

void grpc_closep(struct grpc_conn **c)
{
	grpc_close(*c);
	*c = NULL;
}

int grpc_open(int in, int out, const char *authority, struct grpc_conn **ret, struct err *e)
{
	_cleanup_grpc_ struct grpc_conn *c = calloc(1, sizeof(*c));
	struct stat st;
	int r;

	if (!c)
		return err_oom(e);
	c->in = in;
	c->out = out;
	c->out_is_socket = fstat(out, &st) == 0 && S_ISSOCK(st.st_mode);
	r = make_nonblocking(in, e);
	if (r == 0 && out != in)
		r = make_nonblocking(out, e);
	if (r == 0)
		r = h2_new(authority, &c->h2, e);
	if (r < 0)
		return r;
	*ret = c;
	c = NULL;
	return 0;
}

/* Writes as much as the other side takes now. */
static int push(struct grpc_conn *c, struct err *e)
{
	for (;;) {
		ssize_t n;

		if (c->pending_n == 0) {
			int r = h2_pull(c->h2, &c->pending, &c->pending_n, e);

			if (r < 0 || c->pending_n == 0)
				return r;
		}
		/* The end of the other side of a socket is an error and no signal. */
		n = c->out_is_socket ? send(c->out, c->pending, c->pending_n, MSG_NOSIGNAL)
				     : write(c->out, c->pending, c->pending_n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return 0;
		if (n < 0)
			return err_sys(e, "cannot write to the server");
		c->pending = (const uint8_t *)c->pending + n;
		c->pending_n -= (size_t)n;
	}
}

static int take(struct grpc_conn *c, struct err *e)
{
	ssize_t n = read(c->in, c->buf, sizeof(c->buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n < 0)
		return err_sys(e, "cannot read from the server");
	if (n == 0)
		return err_set(e, ECONNRESET, "the server closed the connection");
	return h2_feed(c->h2, c->buf, (size_t)n, e);
}

/* Milliseconds for poll(2), -1 for no limit. */
static int left(uint64_t deadline_ms)
{
	uint64_t now;

	if (!deadline_ms)
		return -1;
	now = clock_monotonic_ms();
	if (now >= deadline_ms)
		return 0;
	return deadline_ms - now > INT_MAX ? INT_MAX : (int)(deadline_ms - now);
}

static int wait_for_more(const struct grpc_conn *c, uint64_t deadline_ms, struct err *e)
{
	struct pollfd fds[2] = {
		{.fd = c->in, .events = POLLIN},
		{.fd = c->pending_n ? c->out : -1, .events = POLLOUT},
	};
	int n = poll(fds, 2, left(deadline_ms));

	if (n < 0 && errno != EINTR)
		return err_sys(e, "cannot wait for the server");
	if (n == 0)
		return -ETIMEDOUT;
	return 0;
}

static int converse(struct grpc_conn *c, uint64_t timeout_ms, struct err *e)
{
	const uint64_t deadline_ms = timeout_ms ? clock_monotonic_ms() + timeout_ms : 0;

	for (;;) {
		int r = push(c, e);

		if (r == 0 && h2_over(c->h2))
			return 0;
		if (r == 0)
			r = wait_for_more(c, deadline_ms, e);
		if (r == -ETIMEDOUT)
			return err_set(e, ETIMEDOUT, "no answer within %llu ms",
				       (unsigned long long)timeout_ms);
		if (r == 0)
			r = take(c, e);
		if (r < 0)
			return r;
	}
}

static const char *method(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int grpc_call(struct grpc_conn *c, const struct grpc_call *call, struct arena *a, struct grpc_status *ret,
	      struct err *e)
{
	struct grpc_status status = {0};
	struct err ending = {0};
	int r, end;

	r = h2_begin(c->h2, call, e);
	if (r < 0)
		return err_wrap(e, "%s", method(call->path));
	r = converse(c, call->timeout_ms, e);
	end = h2_end(c->h2, a, &status, &ending);
	if (r == 0 && end < 0)
		r = err_set(e, ending.code, "%s", ending.msg);
	else if (r == -ETIMEDOUT && push(c, NULL) < 0)
		r = -ETIMEDOUT; /* the server hears of it, or has gone: the failure is the same */
	if (r < 0)
		return err_wrap(e, "%s", method(call->path));
	*ret = status;
	return 0;
}

/* --- one message there, one back --- */

struct unary {
	struct bytes request, reply;
	struct arena *a;
	bool sent, answered;
};

static int unary_next(void *arg, struct bytes *ret, struct err *e)
{
	struct unary *u = arg;

	(void)e;
	if (u->sent)
		return 0;
	u->sent = true;
	*ret = u->request;
	return 1;
}

static int unary_got(void *arg, struct bytes message, struct err *e)
{
	struct unary *u = arg;

	if (u->answered)
		return err_set(e, EPROTO, "the server sent a second message");
	u->answered = true;
	u->reply.p = arena_memdup(u->a, message.p, message.n);
	u->reply.n = message.n;
	return u->reply.p ? 0 : err_oom(e);
}

int grpc_unary(struct grpc_conn *c, const struct grpc_call *call, struct bytes request, struct arena *a,
	       struct bytes *ret, struct grpc_status *ret_status, struct err *e)
{
	struct unary u = {.request = request, .a = a};
	struct grpc_call unary = *call;
	struct grpc_status status = {0};
	int r;

	unary.next = unary_next;
	unary.got = unary_got;
	unary.arg = &u;
	if (ret_status)
		*ret_status = (struct grpc_status){.code = GRPC_OK, .message = ""};
	r = grpc_call(c, &unary, a, &status, e);
	if (r < 0)
		return r;
	if (ret_status)
		*ret_status = status;
	if (status.code != GRPC_OK)
		return err_set(e, grpc_code_errno(status.code), "%s: %s", method(call->path),
			       status.message[0] ? status.message : grpc_code_name(status.code));
	if (!u.answered)
		return err_set(e, EPROTO, "%s: the server's answer has no message", method(call->path));
	*ret = u.reply;
	return 0;
}
