/* SPDX-License-Identifier: Apache-2.0 */
/* Splicing and copying streams. */
#include "shim/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/fd.h"

#define SPLICE_BYTES (1u << 20)
/* What a pipe takes as a whole or not at all. */
#define COPY_BYTES 4096u
/* So that one container that never stops cannot keep the shim from its other work. */
#define ROUNDS 16

void pump_init(struct pump *p)
{
	*p = (struct pump){.src = WATCH_NULL, .dst = WATCH_NULL, .hold = -1};
}

static void close_watch(struct watch *w)
{
	int fd = w->fd;

	watch_remove(w);
	fd_close(&fd);
}

void pump_close(struct pump *p)
{
	close_watch(&p->src);
	close_watch(&p->dst);
	fd_close(&p->hold);
	free(p->rest);
	pump_init(p);
}

static void finish(struct pump *p)
{
	void (*ended)(struct pump *) = p->ended;

	close_watch(&p->src);
	close_watch(&p->dst);
	free(p->rest);
	p->rest = NULL;
	p->running = false;
	if (ended)
		ended(p);
}

/* Whether the source has something, or its end. */
static bool has_input(int fd)
{
	struct pollfd f = {.fd = fd, .events = POLLIN};

	return poll(&f, 1, 0) > 0 && f.revents & (POLLIN | POLLHUP | POLLERR);
}

static void wait_for_input(struct pump *p)
{
	watch_change(&p->dst, 0);
	watch_change(&p->src, EPOLLIN);
}

/* A source that has hung up is told of again and again, so it is not watched meanwhile. */
static void wait_for_room(struct pump *p)
{
	watch_pause(&p->src);
	watch_change(&p->dst, EPOLLOUT);
}

/* 1: go on; 0: wait; -1: the end. */
static int splice_once(struct pump *p)
{
	ssize_t n = splice(p->src.fd, NULL, p->dst.fd, NULL, SPLICE_BYTES, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);

	if (n > 0)
		return 1;
	if (n == 0)
		return -1;
	if (errno == EINTR)
		return 1;
	if (errno == EINVAL) {
		p->copy = true;
		return 1;
	}
	if (errno != EAGAIN)
		return -1;
	if (has_input(p->src.fd))
		wait_for_room(p);
	else
		wait_for_input(p);
	return 0;
}

static int write_rest(struct pump *p)
{
	while (p->rest_at < p->rest_n) {
		ssize_t n = write(p->dst.fd, p->rest + p->rest_at, p->rest_n - p->rest_at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			wait_for_room(p);
			return 0;
		}
		if (n < 0)
			return -1;
		p->rest_at += (size_t)n;
	}
	free(p->rest);
	p->rest = NULL;
	return 1;
}

/* Keeps the part which the destination did not take. */
static int keep_rest(struct pump *p, const uint8_t *buf, size_t n)
{
	p->rest = malloc(n);
	if (!p->rest)
		return -1;
	memcpy(p->rest, buf, n);
	p->rest_n = n;
	p->rest_at = 0;
	return write_rest(p);
}

static int copy_once(struct pump *p)
{
	uint8_t buf[COPY_BYTES];
	ssize_t n;

	if (p->rest)
		return write_rest(p);
	n = read(p->src.fd, buf, sizeof(buf));
	if (n > 0)
		return keep_rest(p, buf, (size_t)n);
	if (n < 0 && errno == EINTR)
		return 1;
	if (n < 0 && errno == EAGAIN) {
		wait_for_input(p);
		return 0;
	}
	/* A terminal whose other side is closed everywhere says EIO: its end. */
	return -1;
}

static void move(struct pump *p)
{
	for (int i = 0; i < ROUNDS; i++) {
		int r = p->copy ? copy_once(p) : splice_once(p);

		if (r == 0)
			return;
		if (r < 0) {
			finish(p);
			return;
		}
	}
	/* More another time; level-triggered, so that comes at once. */
	wait_for_input(p);
}

static void src_ready(struct watch *w, uint32_t events)
{
	(void)events;
	move((struct pump *)((char *)w - offsetof(struct pump, src)));
}

static void dst_ready(struct watch *w, uint32_t events)
{
	struct pump *p = (struct pump *)((char *)w - offsetof(struct pump, dst));

	/* Nobody reads, and nobody will. */
	if (events & (EPOLLERR | EPOLLHUP)) {
		finish(p);
		return;
	}
	move(p);
}

int pump_start(struct pump *p, struct loop *l, int src, int dst, int hold, bool copy,
	       void (*ended)(struct pump *), struct err *e)
{
	int r;

	p->hold = hold;
	p->copy = copy;
	p->ended = ended;
	p->running = true;
	r = watch_add(&p->src, l, src, EPOLLIN, src_ready, e);
	p->src.fd = src;
	if (r == 0)
		r = watch_add(&p->dst, l, dst, 0, dst_ready, e);
	p->dst.fd = dst;
	/* Regular files always have room. */
	return r == -EPERM ? 0 : r;
}
