/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and their answers. */
#include "shim/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/utf8.h"
#include "shim/conn.h"
#include "shim/methods.h"
#include "shim/pb.h"
#include "shim/shim.h"
#include "proto/shim/ttrpc.pb-c.h"

static struct call *of_deadline(struct timer *t)
{
	return (struct call *)((char *)t - offsetof(struct call, deadline));
}

static void send_response(struct conn *conn, uint32_t stream, const Pb__Response *response, struct arena *a)
{
	struct bytes b = {0};

	if (!message_write(response, a, &b)) {
		conn_give_up(conn);
		return;
	}
	conn_send(conn, stream, FRAME_RESPONSE, b.p, b.n);
}

/* What a program printed, or a text that was cut, may be no text: Go would throw the whole answer away. */
static const char *as_text(const char *s, struct arena *a)
{
	size_t n = strlen(s);
	char *copy;

	if (str_is_utf8(s, n))
		return s;
	copy = arena_strdup(a, s);
	for (size_t i = 0; copy && i < n;) {
		size_t len = utf8_seq(copy + i, n - i);

		if (!len)
			copy[i] = '?';
		i += len ? len : 1;
	}
	return copy ? copy : "out of memory";
}

static void send_status(struct conn *conn, uint32_t stream, enum code code, const char *text, struct arena *a)
{
	Pb__Status status = PB__STATUS__INIT;
	Pb__Response response = PB__RESPONSE__INIT;

	status.code = (int32_t)code;
	status.message = (char *)(uintptr_t)as_text(text, a);
	response.status = &status;
	send_response(conn, stream, &response, a);
}

static void end(struct call *c)
{
	for (struct call **p = &c->s->calls; *p; p = &(*p)->next)
		if (*p == c) {
			*p = c->next;
			break;
		}
	timer_clear(&c->deadline);
	if (c->conn)
		c->conn->in_flight--;
	arena_release(&c->a);
	free(c);
}

void call_reply(struct call *c, const void *message)
{
	Pb__Response response = PB__RESPONSE__INIT;
	struct bytes b = {0};

	if (!c->conn || c->answered) {
		end(c);
		return;
	}
	if (message && !message_write(message, &c->a, &b)) {
		call_fail(c, CODE_EXHAUSTED, "out of memory");
		return;
	}
	if (b.n > FRAME_MAX_BYTES - 64) {
		call_fail(c, CODE_EXHAUSTED, "the answer of %zu bytes is longer than a message may be", b.n);
		return;
	}
	response.payload = (ProtobufCBinaryData){b.n, (uint8_t *)(uintptr_t)b.p};
	send_response(c->conn, c->stream, &response, &c->a);
	end(c);
}

void call_fail(struct call *c, enum code code, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	if (c->conn && !c->answered)
		send_status(c->conn, c->stream, code, text, &c->a);
	end(c);
}

/* Nobody waits for the answer any more; whoever only waited goes, what works goes on. */
static void time_is_over(struct timer *t)
{
	struct call *c = of_deadline(t);

	if (c->drop) {
		c->drop(c);
		call_fail(c, CODE_DEADLINE, "context deadline exceeded");
		return;
	}
	if (c->conn)
		send_status(c->conn, c->stream, CODE_DEADLINE, "context deadline exceeded", &c->a);
	c->answered = true;
}

void call_forget_conn(struct conn *conn)
{
	struct call *next;

	for (struct call *c = conn->s->calls; c; c = next) {
		next = c->next;
		if (c->conn != conn)
			continue;
		c->conn = NULL;
		if (c->drop) {
			c->drop(c);
			end(c);
		}
	}
}

static void refuse(struct conn *conn, uint32_t stream, enum code code, const char *text)
{
	struct arena a = {0};

	send_status(conn, stream, code, text, &a);
	arena_release(&a);
}

/* Finds out what is wanted; NULL when the peer has been told what is wrong. */
static const struct method *understand(struct call *c, const struct frame *f)
{
	Pb__Request *r = message_read(&pb__request__descriptor, f->p, f->n, &c->a);
	const struct method *m;
	char text[256];

	if (!r) {
		refuse(c->conn, c->stream, CODE_INVALID, "the request cannot be decoded");
		return NULL;
	}
	m = method_find(r->service, r->method);
	if (!m) {
		snprintf(text, sizeof(text), "/%.100s/%.100s: this method is not known", r->service,
			 r->method);
		refuse(c->conn, c->stream, CODE_UNIMPLEMENTED, text);
		return NULL;
	}
	c->req = message_read(m->request, r->payload.data, r->payload.len, &c->a);
	if (!c->req) {
		snprintf(text, sizeof(text), "%s: the message cannot be decoded", m->name);
		refuse(c->conn, c->stream, CODE_INVALID, text);
		return NULL;
	}
	if (r->timeout_nano > 0)
		timer_set(&c->deadline, &c->s->loop, (uint64_t)r->timeout_nano / 1000000 + 1, time_is_over);
	return m;
}

static void request(struct conn *conn, const struct frame *f)
{
	struct call *c;

	if (conn->in_flight >= CONN_IN_FLIGHT_MAX) {
		refuse(conn, f->stream, CODE_EXHAUSTED, "too many requests wait for an answer");
		return;
	}
	c = calloc(1, sizeof(*c));
	if (!c) {
		refuse(conn, f->stream, CODE_EXHAUSTED, "out of memory");
		return;
	}
	*c = (struct call){.s = conn->s, .conn = conn, .stream = f->stream, .next = conn->s->calls};
	conn->s->calls = c;
	conn->in_flight++;
	c->method = understand(c, f);
	if (c->method)
		c->method->run(c);
	else
		end(c);
}

void call_frame(struct conn *conn, const struct frame *f)
{
	if (f->type == FRAME_DATA) {
		refuse(conn, f->stream, CODE_INVALID, "there is no such stream");
		return;
	}
	if (f->type != FRAME_REQUEST)
		return;
	if (f->stream % 2 == 0) {
		refuse(conn, f->stream, CODE_INVALID, "the number of a request's stream must be odd");
		return;
	}
	if (f->stream <= conn->last_stream) {
		refuse(conn, f->stream, CODE_INVALID, "this stream's number was used before");
		return;
	}
	conn->last_stream = f->stream;
	if (f->too_long) {
		refuse(conn, f->stream, CODE_EXHAUSTED, "the message is longer than 4194304 bytes");
		return;
	}
	request(conn, f);
}
