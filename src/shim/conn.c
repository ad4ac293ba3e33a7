/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of ttrpc connections. */
#include "shim/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "shim/call.h"
#include "shim/shim.h"

#define DEAF_MS 1000

static struct conn *of_watch(struct watch *w)
{
	return (struct conn *)((char *)w - offsetof(struct conn, w));
}

void conn_close(struct conn *c)
{
	int fd = c->w.fd;

	call_forget_conn(c);
	watch_remove(&c->w);
	fd_close(&fd);
	frame_reader_done(&c->in);
	while (c->out) {
		struct outgoing *o = c->out;

		c->out = o->next;
		free(o);
	}
	for (struct conn **p = &c->s->conns; *p; p = &(*p)->next)
		if (*p == c) {
			*p = c->next;
			break;
		}
	c->s->nconns--;
	free(c);
}

static void update_interest(struct conn *c)
{
	uint32_t events = c->out_bytes < CONN_OUT_MAX ? EPOLLIN | EPOLLRDHUP : 0;

	watch_change(&c->w, c->out ? events | EPOLLOUT : events);
}

/* false: the peer is gone. */
static bool flush(struct conn *c)
{
	while (c->out) {
		struct outgoing *o = c->out;
		ssize_t n = send(c->w.fd, o->bytes + o->sent, o->n - o->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		o->sent += (size_t)n;
		c->out_bytes -= (size_t)n;
		if (o->sent < o->n)
			continue;
		c->out = o->next;
		if (!c->out)
			c->out_end = &c->out;
		free(o);
	}
	return true;
}

void conn_give_up(struct conn *c)
{
	shutdown(c->w.fd, SHUT_RDWR);
}

void conn_send(struct conn *c, uint32_t stream, uint8_t type, const void *p, size_t n)
{
	struct outgoing *o = malloc(sizeof(*o) + FRAME_HEADER_BYTES + n);

	if (!o) {
		conn_give_up(c);
		return;
	}
	*o = (struct outgoing){.n = FRAME_HEADER_BYTES + n};
	frame_header_put(o->bytes, (uint32_t)n, stream, type, 0);
	if (n)
		memcpy(o->bytes + FRAME_HEADER_BYTES, p, n);
	*c->out_end = o;
	c->out_end = &o->next;
	c->out_bytes += o->n;
	/* A peer that is gone is noticed by the loop, at a place where it may be freed. */
	if (flush(c) && (c->out || c->out_bytes))
		update_interest(c);
}

/* false: the peer is gone. */
static bool receive(struct conn *c)
{
	struct frame f;
	uint8_t *p;
	size_t space = frame_reader_space(&c->in, &p);
	ssize_t n;

	if (space == 0)
		return false;
	do
		n = recv(c->w.fd, p, space, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN;
	if (n == 0)
		return false;
	frame_reader_add(&c->in, (size_t)n);
	if (frame_reader_next(&c->in, &f)) {
		call_frame(c, &f);
		frame_reader_done(&c->in);
	}
	return true;
}

static void ready(struct watch *w, uint32_t events)
{
	struct conn *c = of_watch(w);

	if ((events & EPOLLOUT && !flush(c)) ||
	    (events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP) && !receive(c))) {
		conn_close(c);
		return;
	}
	update_interest(c);
}

/* Only who we are ourselves may command: root on a host, the user of a rootless engine. */
static bool is_same_user(int fd)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 && peer.uid == geteuid() &&
	       peer.gid == getegid();
}

static void listen_again(struct timer *t)
{
	struct shim *s = (struct shim *)((char *)t - offsetof(struct shim, deaf));

	watch_change(&s->listener, EPOLLIN);
}

/* What cannot be accepted stays in the queue, and would be told of again and again. */
static void stop_listening(struct shim *s)
{
	log_warn("new connections have to wait: %s", strerrordesc_np(errno));
	watch_pause(&s->listener);
	timer_set(&s->deaf, &s->loop, DEAF_MS, listen_again);
}

static void accept_one(struct watch *w, uint32_t events)
{
	struct shim *s = (struct shim *)((char *)w - offsetof(struct shim, listener));
	_cleanup_fd_ int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct err e = {0};
	struct conn *c;

	(void)events;
	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS))
		stop_listening(s);
	if (fd < 0 || !is_same_user(fd))
		return;
	if (s->nconns >= CONN_MAX) {
		log_warn("more than %d connections: one was refused", CONN_MAX);
		return;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		return;
	c->s = s;
	c->out_end = &c->out;
	if (watch_add(&c->w, &s->loop, fd, EPOLLIN | EPOLLRDHUP, ready, &e) < 0) {
		log_warn("connection: %s", e.msg);
		free(c);
		return;
	}
	fd_steal(&fd);
	c->next = s->conns;
	s->conns = c;
	s->nconns++;
}

int conn_listen(struct shim *s, int fd, struct err *e)
{
	return watch_add(&s->listener, &s->loop, fd, EPOLLIN, accept_one, e);
}
