/* SPDX-License-Identifier: Apache-2.0 */
/* A gRPC server for the tests of the client: nghttp2's own server session, with answers chosen by the call's path. It
 * pads its frames and splits long headers, and its bytes are taken in pieces of any size. */
#ifndef URUNC_TESTS_GRPC_SERVER_H
#define URUNC_TESTS_GRPC_SERVER_H

#include <nghttp2/nghttp2.h>

#include "unit.h"

#define HUGE_BYTES (15u << 20)

struct server {
	nghttp2_session *session;
	int32_t stream;
	char path[128], timeout[32], extra[64];
	uint8_t *request; /* prefixes and messages as they came */
	size_t request_n, request_cap;
	uint8_t *body; /* of the answer */
	size_t body_n, body_at;
	bool padded, half_trailers;
	unsigned cancelled, calls;
	/* Instead of the answers below: makes the body (server_body) of the answer to path and request, or names a status. */
	void (*handle)(struct server *s);
	void *arg;
	const char *code, *message;
};

static inline bool server_is(const struct server *s, const char *path)
{
	return strcmp(s->path, path) == 0;
}

static inline nghttp2_nv server_nv(const char *name, const char *value)
{
	return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name),
			    strlen(value), 0};
}

static inline void server_body(struct server *s, const void *message, size_t n)
{
	s->body = realloc(s->body, s->body_n + n + 5);
	s->body[s->body_n] = 0;
	for (int i = 0; i < 4; i++)
		s->body[s->body_n + 1 + (size_t)i] = (uint8_t)(n >> (24 - 8 * i));
	if (message)
		memcpy(s->body + s->body_n + 5, message, n);
	else
		memset(s->body + s->body_n + 5, 'h', n);
	s->body_n += n + 5;
}

static inline ssize_t server_read(nghttp2_session *session, int32_t stream, uint8_t *buf, size_t room,
				  uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct server *s = arg;
	const nghttp2_nv ok[] = {server_nv("grpc-status", s->code ? s->code : "0"),
				 server_nv("grpc-message", s->message ? s->message : "")};
	const nghttp2_nv bad[] = {
		server_nv("grpc-status", "2"),
		server_nv("grpc-message", "line one%0Aline two: 100%25, caf%C3%A9, 5% of %zz"),
		server_nv("grpc-status-details-bin", "CAISBGJvb20"),
	};
	size_t n = s->body_n - s->body_at < room ? s->body_n - s->body_at : room;

	(void)source;
	memcpy(buf, s->body + s->body_at, n);
	s->body_at += n;
	if (s->body_at == s->body_n) {
		*flags |= NGHTTP2_DATA_FLAG_EOF;
		if (!server_is(s, "/t/NoStatus")) {
			*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
			if (server_is(s, "/t/FailLate"))
				nghttp2_submit_trailer(session, stream, bad, 3);
			else
				nghttp2_submit_trailer(session, stream, ok, s->code ? 2 : 1);
		}
	}
	return (ssize_t)n;
}

static inline void server_answer(struct server *s)
{
	const nghttp2_data_provider body = {.read_callback = server_read};
	static char wide[60000]; /* needs four frames */
	const nghttp2_nv usual[] = {server_nv(":status", "200"),
				    server_nv("content-type", "application/grpc+proto"),
				    server_nv("x-wide", wide)};
	const nghttp2_nv refused[] = {server_nv(":status", "200"),
				      server_nv("content-type", "application/grpc"),
				      server_nv("grpc-status", "5"),
				      server_nv("grpc-message", "no such thing")};
	const nghttp2_nv page[] = {server_nv(":status", "404"), server_nv("content-type", "text/html")};

	s->calls++;
	s->body_n = s->body_at = 0;
	memset(wide, 'w', sizeof(wide) - 1);
	if (s->handle) {
		s->code = s->message = NULL;
		s->handle(s);
		nghttp2_submit_response(s->session, s->stream, usual, 2, &body);
		return;
	}
	if (server_is(s, "/t/Silent"))
		return;
	if (server_is(s, "/t/Die"))
		_exit(0);
	if (server_is(s, "/t/Fail")) {
		nghttp2_submit_response(s->session, s->stream, refused, 4, NULL);
		return;
	}
	if (server_is(s, "/t/Page")) {
		server_body(s, "<html>", 6);
		nghttp2_submit_response(s->session, s->stream, page, 2, &body);
		return;
	}
	if (server_is(s, "/t/Reset")) {
		nghttp2_submit_rst_stream(s->session, 0, s->stream, NGHTTP2_ENHANCE_YOUR_CALM);
		return;
	}
	if (server_is(s, "/t/Goaway"))
		nghttp2_submit_goaway(s->session, 0, s->stream, NGHTTP2_NO_ERROR, NULL, 0);
	if (server_is(s, "/t/GoawayBefore")) {
		nghttp2_submit_goaway(s->session, 0, 0, NGHTTP2_NO_ERROR, NULL, 0);
		return;
	}
	if (server_is(s, "/t/Huge")) {
		server_body(s, NULL, HUGE_BYTES);
	} else if (server_is(s, "/t/TooBig")) {
		server_body(s, NULL, (16u << 20) + 1);
	} else if (server_is(s, "/t/Compressed")) {
		server_body(s, "x", 1);
		s->body[0] = 1;
	} else if (server_is(s, "/t/Two")) {
		server_body(s, "one", 3);
		server_body(s, "", 0);
		server_body(s, "three", 5);
	} else if (server_is(s, "/t/Cut")) {
		server_body(s, "whole", 5);
		s->body_n -= 2;
	} else if (!server_is(s, "/t/Nothing")) {
		/* an echo, messages and prefixes as they came */
		s->body = realloc(s->body, s->request_n);
		memcpy(s->body, s->request, s->request_n);
		s->body_n = s->request_n;
	}
	nghttp2_submit_response(s->session, s->stream, usual, server_is(s, "/t/Wide") ? 3 : 2, &body);
}

static inline int server_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
				size_t nn, const uint8_t *value, size_t vn, uint8_t flags, void *arg)
{
	struct server *s = arg;

	(void)session;
	(void)flags;
	(void)vn;
	if (s->stream != frame->hd.stream_id) {
		s->stream = frame->hd.stream_id;
		s->request_n = 0;
		s->timeout[0] = s->extra[0] = '\0';
	}
	if (nn == 5 && memcmp(name, ":path", 5) == 0)
		snprintf(s->path, sizeof(s->path), "%s", (const char *)value);
	if (nn == 12 && memcmp(name, "grpc-timeout", 12) == 0)
		snprintf(s->timeout, sizeof(s->timeout), "%s", (const char *)value);
	if (nn == 20 && memcmp(name, "containerd-namespace", 20) == 0)
		snprintf(s->extra, sizeof(s->extra), "%s", (const char *)value);
	return 0;
}

static inline int server_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *p,
			      size_t n, void *arg)
{
	struct server *s = arg;

	(void)session;
	(void)flags;
	(void)stream;
	if (s->request_n + n > s->request_cap) {
		s->request_cap = (s->request_n + n) * 2;
		s->request = realloc(s->request, s->request_cap);
	}
	memcpy(s->request + s->request_n, p, n);
	s->request_n += n;
	/* An answer before the question has ended. */
	if (server_is(s, "/t/Early") && s->calls == 0) {
		const nghttp2_nv nv[] = {server_nv(":status", "200"),
					 server_nv("content-type", "application/grpc"),
					 server_nv("grpc-status", "6"), server_nv("grpc-message", "have it")};

		s->calls++;
		nghttp2_submit_response(session, stream, nv, 4, NULL);
	}
	return 0;
}

static inline int server_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct server *s = arg;

	(void)session;
	if ((frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) &&
	    (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		server_answer(s);
	if (frame->hd.type == NGHTTP2_RST_STREAM)
		s->cancelled++;
	return 0;
}

static inline ssize_t server_padding(nghttp2_session *session, const nghttp2_frame *frame, size_t max,
				     void *arg)
{
	const struct server *s = arg;

	(void)session;
	return (ssize_t)(s->padded && frame->hd.length + 37 < max ? frame->hd.length + 37 : frame->hd.length);
}

static inline void server_open(struct server *s)
{
	nghttp2_session_callbacks *calls;

	assert_int_equal(nghttp2_session_callbacks_new(&calls), 0);
	nghttp2_session_callbacks_set_on_header_callback(calls, server_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls, server_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(calls, server_frame);
	nghttp2_session_callbacks_set_select_padding_callback(calls, server_padding);
	assert_int_equal(nghttp2_session_server_new(&s->session, calls, s), 0);
	nghttp2_session_callbacks_del(calls);
	assert_int_equal(nghttp2_submit_settings(s->session, 0, NULL, 0), 0);
}

static inline void server_close(struct server *s)
{
	nghttp2_session_del(s->session);
	free(s->request);
	free(s->body);
	*s = (struct server){0};
}

#endif
