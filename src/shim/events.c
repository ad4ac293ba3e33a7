/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of events and its two ways out: containerd's ttrpc socket, or its program. */
#include "shim/events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "proto/shim/events.pb-c.h"
#include "shim/call.h"
#include "shim/events_out.h"
#include "shim/pb.h"
#include "shim/shim.h"
#include "proto/shim/ttrpc.pb-c.h"

#define ANSWER_MS 5000
#define RETRY_FIRST_MS 100
#define RETRY_MOST_MS 1000

static void next_event(struct publisher *p);

void publisher_init(struct publisher *p, struct shim *s, const char *address, const char *program)
{
	*p = (struct publisher){.s = s, .program = program, .w = WATCH_NULL};
	p->end = &p->head;
	if (address && str_starts(address, "unix://"))
		address += strlen("unix://");
	if (address && *address)
		p->address = address;
}

bool publisher_is_empty(const struct publisher *p)
{
	return !p->head;
}

static void disconnect(struct publisher *p)
{
	int fd = p->w.fd;

	watch_remove(&p->w);
	fd_close(&fd);
	frame_reader_done(&p->in);
	free(p->unsent);
	p->unsent = NULL;
	p->stream = 0;
}

void publisher_done(struct publisher *p)
{
	disconnect(p);
	timer_clear(&p->timer);
	while (p->head) {
		struct event *ev = p->head;

		p->head = ev->next;
		free(ev);
	}
}

/* The head has been taken, or nobody will ever take it. */
static void drop_head(struct publisher *p)
{
	struct event *ev = p->head;

	p->head = ev->next;
	if (!p->head)
		p->end = &p->head;
	p->n--;
	p->bytes -= ev->n;
	free(ev);
	p->failures = 0;
	timer_clear(&p->timer);
	if (p->head)
		next_event(p);
	else if (p->s->leaving)
		p->s->loop.stop = true;
}

static void retry(struct timer *t)
{
	struct publisher *p = (struct publisher *)((char *)t - offsetof(struct publisher, timer));

	next_event(p);
}

/* The head stays where it is: later ones must not overtake it. */
static void failed(struct publisher *p, const char *why)
{
	uint64_t wait = (uint64_t)RETRY_FIRST_MS << (p->failures < 4 ? p->failures : 4);

	if (p->failures++ == 0)
		log_msg(LOG_LVL_INFO, "event %s is sent again later: %s", p->head->topic, why);
	disconnect(p);
	timer_set(&p->timer, &p->s->loop, wait < RETRY_MOST_MS ? wait : RETRY_MOST_MS, retry);
}

static void no_answer(struct timer *t)
{
	failed((struct publisher *)((char *)t - offsetof(struct publisher, timer)), "no answer in time");
}

static bool flush(struct publisher *p)
{
	while (p->unsent && p->unsent_at < p->unsent_n) {
		ssize_t n = send(p->w.fd, p->unsent + p->unsent_at, p->unsent_n - p->unsent_at,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			watch_change(&p->w, EPOLLIN | EPOLLOUT);
			return true;
		}
		if (n < 0)
			return false;
		p->unsent_at += (size_t)n;
	}
	free(p->unsent);
	p->unsent = NULL;
	watch_change(&p->w, EPOLLIN);
	return true;
}

/* A containerd that is on its way up or down, or very busy, will take it later; one that finds it wrong never will. */
static bool is_only_for_now(int32_t code)
{
	return code == CODE_UNAVAILABLE || code == CODE_CANCELED || code == CODE_DEADLINE;
}

static void answered(struct publisher *p, const struct frame *f)
{
	struct arena a = {0};
	const Pb__Response *r;

	if (f->type != FRAME_RESPONSE || f->stream != p->stream || !p->head)
		return;
	/* By a peer that makes answers up: nothing on this connection can be believed. */
	if (p->unsent) {
		failed(p, "answered before it was sent");
		return;
	}
	r = message_read(&pb__response__descriptor, f->p, f->n, &a);
	if (r && r->status && is_only_for_now(r->status->code)) {
		failed(p, r->status->message);
	} else {
		if (r && r->status && r->status->code)
			log_warn("containerd refuses event %s: %s", p->head->topic, r->status->message);
		p->stream += 2;
		drop_head(p);
	}
	arena_release(&a);
}

static void ready(struct watch *w, uint32_t events)
{
	struct publisher *p = (struct publisher *)((char *)w - offsetof(struct publisher, w));
	struct frame f;
	uint8_t *at;
	size_t space;
	ssize_t n;

	if (events & EPOLLOUT && !flush(p)) {
		failed(p, "the connection broke");
		return;
	}
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	space = frame_reader_space(&p->in, &at);
	n = space ? recv(w->fd, at, space, MSG_DONTWAIT) : 0;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 && p->head && p->stream) {
		failed(p, "the connection was closed");
		return;
	}
	if (n <= 0) {
		disconnect(p);
		return;
	}
	frame_reader_add(&p->in, (size_t)n);
	if (frame_reader_next(&p->in, &f)) {
		struct frame_reader whole = p->in;

		p->in = (struct frame_reader){0};
		answered(p, &f);
		frame_reader_done(&whole);
	}
}

static int connect_to(struct publisher *p, struct err *e)
{
	_cleanup_fd_ int fd = -1;
	int r = fd_connect(p->address, 0, &fd, e);

	if (r < 0)
		return r;
	r = watch_add(&p->w, &p->s->loop, fd, EPOLLIN, ready, e);
	if (r < 0)
		return r;
	fd_steal(&fd);
	p->stream = 1;
	return 0;
}

/* The head as a frame, in p->unsent. */
static bool make_request(struct publisher *p)
{
	struct arena a = {0};
	struct bytes b = {0};
	bool ok = events_request(p->head, p->s->ns, (int64_t)ANSWER_MS * 1000000, &a, &b);

	if (ok)
		p->unsent = malloc(FRAME_HEADER_BYTES + b.n);
	if (p->unsent) {
		frame_header_put(p->unsent, (uint32_t)b.n, p->stream, FRAME_REQUEST, 0);
		memcpy(p->unsent + FRAME_HEADER_BYTES, b.p, b.n);
		p->unsent_n = FRAME_HEADER_BYTES + b.n;
		p->unsent_at = 0;
	}
	arena_release(&a);
	return p->unsent;
}

static void by_socket(struct publisher *p)
{
	struct err e = {0};

	if (p->w.fd < 0 && connect_to(p, &e) < 0) {
		failed(p, e.msg);
		return;
	}
	if (!make_request(p) || !flush(p)) {
		failed(p, "out of memory, or the connection broke");
		return;
	}
	timer_set(&p->timer, &p->s->loop, ANSWER_MS, no_answer);
}

static void program_ended(struct job *j, int wait_status)
{
	struct publisher *p = j->owner;

	p->running = false;
	if (wait_status == 0)
		drop_head(p);
	else
		failed(p, "the program that publishes events failed");
}

static void by_program(struct publisher *p)
{
	struct err e = {0};

	if (events_run_program(p, program_ended, &e) < 0)
		failed(p, e.msg);
	else
		p->running = true;
}

static void next_event(struct publisher *p)
{
	if (!p->head || p->unsent || p->running)
		return;
	if (p->address)
		by_socket(p);
	else
		by_program(p);
}

static struct event *make_event(const char *topic, const char *type_url, const void *message)
{
	size_t n = protobuf_c_message_get_packed_size(message);
	struct event *ev = malloc(sizeof(*ev) + n);
	struct timespec now;

	if (!ev)
		return NULL;
	clock_gettime(CLOCK_REALTIME, &now);
	*ev = (struct event){.topic = topic,
			     .type_url = type_url,
			     .n = n,
			     .seconds = now.tv_sec,
			     .nanos = (int32_t)now.tv_nsec};
	protobuf_c_message_pack(message, ev->message);
	return ev;
}

void publish(struct shim *s, const char *topic, const char *type_url, const void *message)
{
	struct publisher *p = &s->publisher;
	struct event *ev = NULL;
	bool first = !p->head;

	if (p->n < EVENTS_MAX && p->bytes < EVENTS_MAX_BYTES)
		ev = make_event(topic, type_url, message);
	if (!ev) {
		log_warn("event %s is lost: %u wait already, and nobody takes them", topic, p->n);
		return;
	}
	*p->end = ev;
	p->end = &ev->next;
	p->n++;
	p->bytes += ev->n;
	if (first)
		next_event(p);
}
