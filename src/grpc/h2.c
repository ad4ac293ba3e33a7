/* SPDX-License-Identifier: Apache-2.0 */
/* The client's end of an HTTP/2 connection with gRPC calls on it, as bytes in and bytes out. */
#include "grpc/h2.h"

#include <errno.h>
#include <inttypes.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grpc/status.h"

#define PREFIX_BYTES 5 /* before each message: compressed or not, and its length */
#define FRAME_HEAD_BYTES 9
#define WINDOW_BYTES (1 << 20)
#define HEADERS_SENT_MAX 16

struct text {
	char *p;
	size_t n;
};

struct h2 {
	nghttp2_session *session;
	char *authority;
	const struct grpc_call *call; /* NULL: none */
	int32_t stream;
	bool over;   /* the answer is there, or none will come */
	bool closed; /* nothing more can be said either */
	bool going;  /* the server takes no more calls */
	uint32_t reset;
	struct err fail; /* what ended the call from this side */

	/* the message that goes out, and how much of prefix and message has gone */
	uint8_t out_prefix[PREFIX_BYTES];
	struct bytes out;
	size_t out_at;
	bool out_some;

	/* the answer so far */
	int http_status, grpc_code;
	bool is_grpc;
	size_t header_bytes;
	struct text message, details;

	/* where in a frame what comes in is: so much of its head, so much of its rest to come */
	uint8_t head[FRAME_HEAD_BYTES];
	size_t head_n, rest_n;

	/* the message that comes in, prefix and all; the buffer stays for the next ones */
	uint8_t *in;
	size_t in_n, in_cap, in_want;
};

/* --- what goes out --- */

static int next_message(struct h2 *h, struct err *e)
{
	uint32_t n;
	int r = h->call->next(h->call->arg, &h->out, e);

	h->out_some = r > 0;
	h->out_at = 0;
	if (r <= 0)
		return r;
	if (h->out.n > GRPC_MESSAGE_MAX_BYTES)
		return err_set(e, EMSGSIZE, "a message of %zu bytes, at most %u can be sent", h->out.n,
			       GRPC_MESSAGE_MAX_BYTES);
	n = (uint32_t)h->out.n;
	h->out_prefix[0] = 0;
	for (int i = 0; i < 4; i++)
		h->out_prefix[1 + i] = (uint8_t)(n >> (24 - 8 * i));
	return 1;
}

static size_t copy_out(struct h2 *h, uint8_t *buf, size_t room)
{
	size_t done = 0;

	if (h->out_at < PREFIX_BYTES) {
		done = PREFIX_BYTES - h->out_at < room ? PREFIX_BYTES - h->out_at : room;
		memcpy(buf, h->out_prefix + h->out_at, done);
		h->out_at += done;
	}
	if (h->out_at >= PREFIX_BYTES && h->out.n > 0) {
		size_t at = h->out_at - PREFIX_BYTES;
		size_t n = h->out.n - at < room - done ? h->out.n - at : room - done;

		memcpy(buf + done, (const uint8_t *)h->out.p + at, n);
		h->out_at += n;
		done += n;
	}
	return done;
}

static ssize_t on_read(nghttp2_session *session, int32_t stream, uint8_t *buf, size_t room, uint32_t *flags,
		       nghttp2_data_source *source, void *arg)
{
	struct h2 *h = arg;
	size_t done = 0;

	(void)session;
	(void)source;
	if (!h->call || stream != h->stream)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	while (done < room) {
		if (!h->out_some || h->out_at == PREFIX_BYTES + h->out.n) {
			if (next_message(h, &h->fail) < 0)
				return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
			if (!h->out_some) {
				*flags |= NGHTTP2_DATA_FLAG_EOF;
				break;
			}
		}
		done += copy_out(h, buf + done, room - done);
	}
	return (ssize_t)done;
}

/* --- what comes in --- */

static bool is(const char *want, const uint8_t *s, size_t n)
{
	return strlen(want) == n && memcmp(want, s, n) == 0;
}

static int keep(struct text *t, const uint8_t *s, size_t n)
{
	free(t->p);
	t->n = 0;
	t->p = malloc(n + 1);
	if (!t->p)
		return -1;
	memcpy(t->p, s, n);
	t->p[n] = '\0';
	t->n = n;
	return 0;
}

static int number(const uint8_t *s, size_t n)
{
	char text[8];
	uint64_t v;

	if (n >= sizeof(text))
		return -1;
	memcpy(text, s, n);
	text[n] = '\0';
	return str_u64(text, 0, 999, &v) ? (int)v : -1;
}

static int take_header(struct h2 *h, const uint8_t *name, size_t nn, const uint8_t *value, size_t vn)
{
	static const char grpc[] = "application/grpc";

	if (is(":status", name, nn))
		h->http_status = number(value, vn);
	else if (is("content-type", name, nn))
		h->is_grpc = vn >= sizeof(grpc) - 1 && memcmp(value, grpc, sizeof(grpc) - 1) == 0;
	else if (is("grpc-status", name, nn))
		h->grpc_code = number(value, vn);
	else if (is("grpc-message", name, nn))
		return keep(&h->message, value, vn);
	else if (is("grpc-status-details-bin", name, nn))
		return keep(&h->details, value, vn);
	return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t nn,
		     const uint8_t *value, size_t vn, uint8_t flags, void *arg)
{
	struct h2 *h = arg;

	(void)session;
	(void)flags;
	if (!h->call || frame->hd.stream_id != h->stream || h->fail.code)
		return 0;
	h->header_bytes += nn + vn;
	if (h->header_bytes > H2_HEADERS_MAX_BYTES)
		err_set(&h->fail, EMSGSIZE, "the server's headers have more than %u bytes",
			H2_HEADERS_MAX_BYTES);
	else if (take_header(h, name, nn, value, vn) < 0)
		err_oom(&h->fail);
	return h->fail.code ? NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE : 0;
}

/* Room for n bytes; grows with what has come, never by what the other side says will come. */
static int in_reserve(struct h2 *h, size_t n, struct err *e)
{
	size_t cap = h->in_cap ? h->in_cap : 4096;
	uint8_t *p;

	while (cap < n)
		cap *= 2;
	if (cap == h->in_cap)
		return 0;
	p = realloc(h->in, cap);
	if (!p)
		return err_oom(e);
	h->in = p;
	h->in_cap = cap;
	return 0;
}

static int read_prefix(struct h2 *h, struct err *e)
{
	uint32_t n = 0;

	for (int i = 1; i < PREFIX_BYTES; i++)
		n = n << 8 | h->in[i];
	if (h->in[0] != 0)
		return err_set(e, EPROTO, "the server sent a compressed message, which was not asked for");
	if (n > GRPC_MESSAGE_MAX_BYTES)
		return err_set(e, EMSGSIZE,
			       "the server sends a message of %" PRIu32 " bytes, at most %u are taken", n,
			       GRPC_MESSAGE_MAX_BYTES);
	h->in_want = PREFIX_BYTES + (size_t)n;
	return 0;
}

static int take_data(struct h2 *h, const uint8_t *p, size_t n, struct err *e)
{
	while (n > 0) {
		size_t part = h->in_want - h->in_n < n ? h->in_want - h->in_n : n;
		int r = in_reserve(h, h->in_n + part, e);

		if (r < 0)
			return r;
		memcpy(h->in + h->in_n, p, part);
		h->in_n += part;
		p += part;
		n -= part;
		if (h->in_n == PREFIX_BYTES && h->in_want == PREFIX_BYTES) {
			r = read_prefix(h, e);
			if (r < 0)
				return r;
		}
		if (h->in_n == h->in_want) {
			struct bytes message = {h->in + PREFIX_BYTES, h->in_n - PREFIX_BYTES};

			h->in_n = 0;
			h->in_want = PREFIX_BYTES;
			r = h->call->got(h->call->arg, message, e);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *p, size_t n,
		   void *arg)
{
	struct h2 *h = arg;

	(void)flags;
	if (!h->call || stream != h->stream || h->fail.code || h->http_status != 200 || !h->is_grpc)
		return 0;
	if (take_data(h, p, n, &h->fail) < 0) {
		/* got may have left e alone */
		if (!h->fail.code)
			err_set(&h->fail, ECANCELED, "given up");
		if (nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL) != 0)
			return NGHTTP2_ERR_CALLBACK_FAILURE;
	}
	return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t code, void *arg)
{
	struct h2 *h = arg;

	(void)session;
	if (h->call && stream == h->stream) {
		h->over = h->closed = true;
		h->reset = code;
	}
	return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h = arg;

	(void)session;
	if (frame->hd.type == NGHTTP2_GOAWAY)
		h->going = true;
	/* A server may answer without having read all of the request. */
	if (h->call && frame->hd.stream_id == h->stream && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) &&
	    (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA))
		h->over = true;
	return 0;
}

/* --- the connection --- */

static int nghttp2_fail(int code, const char *what, struct err *e)
{
	if (code == NGHTTP2_ERR_NOMEM)
		return err_oom(e);
	return err_set(e, EPROTO, "%s: %s", what, nghttp2_strerror(code));
}

static int make_session(struct h2 *h)
{
	static const nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
		{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_BYTES},
		{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, H2_HEADERS_MAX_BYTES},
	};
	nghttp2_session_callbacks *calls;
	int r = nghttp2_session_callbacks_new(&calls);

	if (r != 0)
		return r;
	nghttp2_session_callbacks_set_on_header_callback(calls, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(calls, on_close);
	nghttp2_session_callbacks_set_on_frame_recv_callback(calls, on_frame);
	r = nghttp2_session_client_new(&h->session, calls, h);
	nghttp2_session_callbacks_del(calls);
	if (r != 0)
		return r;
	r = nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, settings,
				    sizeof(settings) / sizeof(settings[0]));
	if (r != 0)
		return r;
	return nghttp2_session_set_local_window_size(h->session, NGHTTP2_FLAG_NONE, 0, 4 * WINDOW_BYTES);
}

void h2_free(struct h2 *h)
{
	if (!h)
		return;
	nghttp2_session_del(h->session);
	free(h->authority);
	free(h->message.p);
	free(h->details.p);
	free(h->in);
	free(h);
}

int h2_new(const char *authority, struct h2 **ret, struct err *e)
{
	struct h2 *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return err_oom(e);
	h->authority = strdup(authority);
	r = h->authority ? make_session(h) : NGHTTP2_ERR_NOMEM;
	if (r != 0) {
		h2_free(h);
		return nghttp2_fail(r, "HTTP/2", e);
	}
	*ret = h;
	return 0;
}

/* --- a call --- */

static nghttp2_nv pair(const char *name, const char *value)
{
	return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name),
			    strlen(value), NGHTTP2_NV_FLAG_NONE};
}

int h2_begin(struct h2 *h, const struct grpc_call *call, struct err *e)
{
	const nghttp2_data_provider body = {.read_callback = on_read};
	nghttp2_nv nv[HEADERS_SENT_MAX];
	char timeout[32];
	size_t n = 0;
	int32_t stream;

	if (h->going || !nghttp2_session_want_read(h->session))
		return err_set(e, EPIPE, "the server takes no more calls on this connection");
	nv[n++] = pair(":method", "POST");
	nv[n++] = pair(":scheme", "http");
	nv[n++] = pair(":path", call->path);
	nv[n++] = pair(":authority", h->authority);
	nv[n++] = pair("content-type", "application/grpc");
	nv[n++] = pair("user-agent", "urunc/" URUNC_VERSION);
	nv[n++] = pair("te", "trailers");
	/* At most eight digits are allowed. */
	if (call->timeout_ms && call->timeout_ms < 100000000) {
		snprintf(timeout, sizeof(timeout), "%" PRIu64 "m", call->timeout_ms);
		nv[n++] = pair("grpc-timeout", timeout);
	}
	if (call->nheaders > HEADERS_SENT_MAX - n)
		return err_set(e, E2BIG, "%zu headers, at most %zu can be sent", call->nheaders,
			       HEADERS_SENT_MAX - n);
	for (size_t i = 0; i < call->nheaders; i++)
		nv[n++] = pair(call->headers[i].name, call->headers[i].value);
	stream = nghttp2_submit_request(h->session, NULL, nv, n, &body, NULL);
	if (stream < 0)
		return nghttp2_fail(stream, "cannot begin the call", e);

	h->call = call;
	h->stream = stream;
	h->over = h->closed = false;
	h->reset = 0;
	h->fail = (struct err){0};
	h->out_some = false;
	h->http_status = h->grpc_code = -1;
	h->is_grpc = false;
	h->header_bytes = 0;
	h->message.n = h->details.n = 0;
	h->in_n = 0;
	h->in_want = PREFIX_BYTES;
	return 0;
}

static int give(struct h2 *h, const uint8_t *p, size_t n, struct err *e)
{
	ssize_t r = nghttp2_session_mem_recv(h->session, p, n);

	return r < 0 ? nghttp2_fail((int)r, "what the server says is no HTTP/2", e) : 0;
}

/* nghttp2 gets the head of each frame in one piece: it counts each piece of a CONTINUATION's for a frame of its own, and takes
 * eight of them for an attack. */
int h2_feed(struct h2 *h, const void *bytes, size_t n, struct err *e)
{
	const uint8_t *p = bytes;
	int r = 0;

	while (n > 0 && r == 0) {
		size_t want = h->rest_n ? h->rest_n : FRAME_HEAD_BYTES - h->head_n;
		size_t part = n < want ? n : want;

		if (h->rest_n) {
			r = give(h, p, part, e);
			h->rest_n -= part;
		} else {
			memcpy(h->head + h->head_n, p, part);
			h->head_n += part;
		}
		p += part;
		n -= part;
		if (r == 0 && h->head_n == FRAME_HEAD_BYTES) {
			r = give(h, h->head, FRAME_HEAD_BYTES, e);
			h->rest_n = (size_t)h->head[0] << 16 | (size_t)h->head[1] << 8 | h->head[2];
			h->head_n = 0;
		}
	}
	return r;
}

int h2_pull(struct h2 *h, const void **ret, size_t *ret_n, struct err *e)
{
	const uint8_t *p = NULL;
	ssize_t r = nghttp2_session_mem_send(h->session, &p);

	if (r < 0)
		return nghttp2_fail((int)r, "HTTP/2", e);
	*ret = p;
	*ret_n = (size_t)r;
	return 0;
}

bool h2_over(const struct h2 *h)
{
	/* After a breach of the protocol the session wants nothing more, and closes no stream. */
	return h->over || !nghttp2_session_want_read(h->session);
}

static int verdict(const struct h2 *h, struct err *e)
{
	if (h->fail.code)
		return err_set(e, h->fail.code, "%s", h->fail.msg);
	if (!h->over)
		return err_set(e, EPROTO, "the server broke the rules of HTTP/2");
	if (h->http_status < 0 || (h->reset && h->grpc_code < 0))
		return err_set(e, ECONNRESET, "the server broke the call off: %s",
			       nghttp2_http2_strerror(h->reset));
	if (h->http_status != 200)
		return err_set(e, EPROTO, "the server answered with HTTP status %d, not 200", h->http_status);
	if (!h->is_grpc)
		return err_set(e, EPROTO, "the server's answer is no gRPC");
	if (h->grpc_code < 0)
		return err_set(e, EPROTO, "the server's answer has no status");
	if (h->grpc_code == GRPC_OK && h->in_n > 0)
		return err_set(e, EPROTO, "the server's answer ends in the middle of a message");
	return 0;
}

/* Says that nothing of the call is wanted any more. */
static int cancel(struct h2 *h, struct err *e)
{
	int r = h->closed
			? 0
			: nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, h->stream, NGHTTP2_CANCEL);

	return r != 0 ? nghttp2_fail(r, "cannot cancel the call", e) : 0;
}

int h2_end(struct h2 *h, struct arena *a, struct grpc_status *ret, struct err *e)
{
	const bool over = h2_over(h);
	const char *message;
	int r;

	h->call = NULL;
	r = cancel(h, e);
	if (r == 0)
		r = over ? verdict(h, e) : err_set(e, ECANCELED, "cancelled");
	if (r < 0)
		return r;
	message = grpc_message_decode(a, h->message.n ? h->message.p : "", h->message.n);
	if (!message)
		return err_oom(e);
	*ret = (struct grpc_status){h->grpc_code, message, {0}};
	if (h->details.n)
		ret->details = grpc_binary_decode(a, h->details.p, h->details.n);
	return 0;
}
