/* SPDX-License-Identifier: Apache-2.0 */
/* The client's bytes against a real HTTP/2 server's, in pieces of every size, and against a server that breaks rules. */
#include "grpc/h2.h"

#include "server.h"

static const size_t pieces[] = {1, 2, 3, 7, 1000, 70000};
#define NPIECES (sizeof(pieces) / sizeof(pieces[0]))

/* Messages that go out, and those that came back. */
struct talk {
	struct bytes out[4];
	size_t nout, sent;
	char *in[8];
	size_t in_n[8], nin;
	int refuse; /* the message whose receipt is an error, from 1 */
};

static int give(void *arg, struct bytes *ret, struct err *e)
{
	struct talk *t = arg;

	(void)e;
	if (t->sent == t->nout)
		return 0;
	*ret = t->out[t->sent++];
	return 1;
}

static int take(void *arg, struct bytes m, struct err *e)
{
	struct talk *t = arg;

	assert_true(t->nin < 8);
	t->in[t->nin] = malloc(m.n + 1);
	memcpy(t->in[t->nin], m.p, m.n);
	t->in[t->nin][m.n] = '\0';
	t->in_n[t->nin++] = m.n;
	return (int)t->nin == t->refuse ? err_set(e, ENOTUNIQ, "enough of this") : 0;
}

static void talk_done(struct talk *t)
{
	for (size_t i = 0; i < t->nin; i++)
		free(t->in[i]);
	*t = (struct talk){0};
}

/* Carries bytes between the two until neither has any, or the call is over. */
static int shuttle(struct h2 *h, struct server *s, size_t piece, struct err *e)
{
	for (;;) {
		const void *p;
		const uint8_t *q;
		size_t n;
		ssize_t m;
		int r = h2_pull(h, &p, &n, e);

		if (r < 0)
			return r;
		for (size_t at = 0; at < n; at += piece)
			assert_true(nghttp2_session_mem_recv(s->session, (const uint8_t *)p + at,
							     n - at < piece ? n - at : piece) >= 0);
		m = nghttp2_session_mem_send(s->session, &q);
		assert_true(m >= 0);
		for (size_t at = 0; at < (size_t)m; at += piece) {
			r = h2_feed(h, q + at, (size_t)m - at < piece ? (size_t)m - at : piece, e);
			if (r < 0)
				return r;
		}
		if (n == 0 && m == 0)
			return 0;
	}
}

static void meet(struct server *s, struct h2 **ret_h)
{
	struct err e = {0};

	server_open(s);
	assert_ok(h2_new("localhost", ret_h, &e), e);
}

static void part(struct server *s, struct h2 *h)
{
	h2_free(h);
	server_close(s);
}

static int call(struct h2 *h, struct server *s, const char *path, size_t piece, struct talk *t,
		struct arena *a, struct grpc_status *ret, struct err *e)
{
	const struct grpc_header ns = {"containerd-namespace", "k8s.io"};
	const struct grpc_call c = {.path = path,
				    .headers = &ns,
				    .nheaders = 1,
				    .next = give,
				    .got = take,
				    .arg = t,
				    .timeout_ms = 15000};
	int r = h2_begin(h, &c, e);

	if (r == 0)
		r = shuttle(h, s, piece, e);
	return r < 0 ? r : h2_end(h, a, ret, e);
}

static void a_message_there_and_one_back(void **state)
{
	struct arena a = {0};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < NPIECES; i++) {
		for (int padded = 0; padded < 2; padded++) {
			struct server s = {.padded = padded};
			struct grpc_status status;
			struct h2 *h;

			meet(&s, &h);
			/* Several calls on one connection, with the header table growing. */
			for (int n = 0; n < 5; n++) {
				struct talk t = {.out = {{"hello", 5}}, .nout = 1};
				const char *path = n % 2 ? "/t/Echo" : "/t/Wide";

				assert_ok(call(h, &s, path, pieces[i], &t, &a, &status, &e), e);
				assert_int_equal(status.code, 0);
				assert_string_equal(status.message, "");
				assert_int_equal(t.nin, 1);
				assert_string_equal(t.in[0], "hello");
				assert_string_equal(s.timeout, "15000m");
				assert_string_equal(s.extra, "k8s.io");
				talk_done(&t);
			}
			assert_int_equal(s.cancelled, 0);
			part(&s, h);
		}
	}
	arena_release(&a);
}

static void many_messages_and_empty_ones(void **state)
{
	struct talk t = {.out = {{"a", 1}, {"", 0}, {"ccc", 3}}, .nout = 3};
	struct grpc_status status;
	struct server s = {0};
	struct arena a = {0};
	struct err e = {0};
	struct h2 *h;

	(void)state;
	meet(&s, &h);
	assert_ok(call(h, &s, "/t/Echo", 3, &t, &a, &status, &e), e);
	assert_int_equal(t.nin, 3);
	assert_string_equal(t.in[0], "a");
	assert_int_equal(t.in_n[1], 0);
	assert_string_equal(t.in[2], "ccc");
	talk_done(&t);
	assert_ok(call(h, &s, "/t/Two", 3, &t, &a, &status, &e), e);
	assert_int_equal(t.nin, 3);
	assert_string_equal(t.in[2], "three");
	talk_done(&t);
	assert_ok(call(h, &s, "/t/Nothing", 3, &t, &a, &status, &e), e);
	assert_int_equal(t.nin, 0);
	part(&s, h);
	arena_release(&a);
}

/* Larger than every window, both ways: it only comes through when both sides say how much they have read. */
static void flow_control(void **state)
{
	char *big = malloc(HUGE_BYTES);
	struct talk t = {.out = {{big, HUGE_BYTES}}, .nout = 1};
	struct grpc_status status;
	struct server s = {0};
	struct arena a = {0};
	struct err e = {0};
	struct h2 *h;

	(void)state;
	for (size_t i = 0; i < HUGE_BYTES; i++)
		big[i] = (char)(i * 7 + i / 1000);
	meet(&s, &h);
	assert_ok(call(h, &s, "/t/Echo", 70000, &t, &a, &status, &e), e);
	assert_int_equal(t.nin, 1);
	assert_int_equal(t.in_n[0], HUGE_BYTES);
	assert_memory_equal(t.in[0], big, HUGE_BYTES);
	talk_done(&t);
	assert_ok(call(h, &s, "/t/Huge", 4096, &t, &a, &status, &e), e);
	assert_int_equal(t.in_n[0], HUGE_BYTES);
	talk_done(&t);
	part(&s, h);
	free(big);
	arena_release(&a);
}

static void the_servers_own_refusals_are_a_status(void **state)
{
	struct talk t = {.out = {{"q", 1}}, .nout = 1};
	struct grpc_status status;
	struct server s = {0};
	struct arena a = {0};
	struct err e = {0};
	struct h2 *h;

	(void)state;
	meet(&s, &h);
	assert_ok(call(h, &s, "/t/Fail", 5, &t, &a, &status, &e), e);
	assert_int_equal(status.code, GRPC_NOT_FOUND);
	assert_string_equal(status.message, "no such thing");
	assert_int_equal(status.details.n, 0);
	/* in the trailers, after a message */
	t.sent = 0;
	assert_ok(call(h, &s, "/t/FailLate", 5, &t, &a, &status, &e), e);
	assert_int_equal(status.code, GRPC_UNKNOWN);
	assert_string_equal(status.message, "line one\nline two: 100%, caf\xc3\xa9, 5% of %zz");
	assert_int_equal(status.details.n, 8);
	assert_memory_equal(status.details.p,
			    "\x08\x02\x12\x04"
			    "boom",
			    8);
	assert_int_equal(t.nin, 1);
	talk_done(&t);
	part(&s, h);
	arena_release(&a);
}

/* Before all of the request was sent; the rest of it is not sent. */
static void an_early_answer_ends_the_call(void **state)
{
	char *big = calloc(1, HUGE_BYTES);
	struct talk t = {.out = {{big, HUGE_BYTES}}, .nout = 1};
	const struct grpc_call c = {.path = "/t/Early", .next = give, .got = take, .arg = &t};
	struct grpc_status status;
	struct server s = {0};
	struct arena a = {0};
	struct err e = {0};
	struct h2 *h;

	(void)state;
	meet(&s, &h);
	assert_ok(h2_begin(h, &c, &e), e);
	while (!h2_over(h)) {
		const uint8_t *q;
		const void *p;
		size_t n;
		ssize_t m;

		assert_ok(h2_pull(h, &p, &n, &e), e);
		assert_true(nghttp2_session_mem_recv(s.session, p, n) >= 0);
		m = nghttp2_session_mem_send(s.session, &q);
		assert_true(m >= 0 && n + (size_t)m > 0);
		assert_ok(h2_feed(h, q, (size_t)m, &e), e);
	}
	assert_ok(h2_end(h, &a, &status, &e), e);
	assert_int_equal(status.code, GRPC_ALREADY_EXISTS);
	assert_true(s.request_n < HUGE_BYTES);
	assert_ok(shuttle(h, &s, 100, &e), e);
	assert_int_equal(s.cancelled, 1);
	/* and the connection is good for the next one */
	t = (struct talk){.out = {{"again", 5}}, .nout = 1};
	assert_ok(call(h, &s, "/t/Echo", 100, &t, &a, &status, &e), e);
	assert_string_equal(t.in[0], "again");
	talk_done(&t);
	part(&s, h);
	free(big);
	arena_release(&a);
}

static void what_no_server_should_do(void **state)
{
	static const struct {
		const char *path;
		int error;
		const char *words;
	} cases[] = {
		{"/t/Page", EPROTO, "HTTP status 404"},
		{"/t/Reset", ECONNRESET, "the server broke the call off: ENHANCE_YOUR_CALM"},
		{"/t/TooBig", EMSGSIZE, "a message of 16777217 bytes, at most 16777216 are taken"},
		{"/t/Compressed", EPROTO, "compressed"},
		{"/t/Cut", EPROTO, "in the middle of a message"},
		{"/t/NoStatus", EPROTO, "no status"},
	};
	struct arena a = {0};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct talk t = {.out = {{"q", 1}}, .nout = 1};
		struct grpc_status status;
		struct server s = {0};
		struct h2 *h;

		meet(&s, &h);
		assert_fails(call(h, &s, cases[i].path, 9, &t, &a, &status, &e), e, cases[i].error,
			     cases[i].words);
		talk_done(&t);
		/* One bad answer does not spoil the next. */
		t = (struct talk){.out = {{"again", 5}}, .nout = 1};
		assert_ok(call(h, &s, "/t/Echo", 9, &t, &a, &status, &e), e);
		assert_string_equal(t.in[0], "again");
		talk_done(&t);
		part(&s, h);
	}
	arena_release(&a);
}

static void the_caller_may_give_up(void **state)
{
	struct talk t = {.out = {{"one", 3}, {"two", 3}}, .nout = 2, .refuse = 1};
	struct grpc_status status;
	struct server s = {0};
	struct arena a = {0};
	struct err e = {0};
	struct h2 *h;

	(void)state;
	meet(&s, &h);
	assert_fails(call(h, &s, "/t/Two", 9, &t, &a, &status, &e), e, ENOTUNIQ, "enough of this");
	talk_done(&t);
	/* never answered: what the clock of the layer above does */
	t = (struct talk){.out = {{"q", 1}}, .nout = 1};
	assert_fails(call(h, &s, "/t/Silent", 9, &t, &a, &status, &e), e, ECANCELED, "cancelled");
	assert_ok(shuttle(h, &s, 9, &e), e);
	assert_true(s.cancelled >= 1);
	t = (struct talk){.out = {{"again", 5}}, .nout = 1};
	assert_ok(call(h, &s, "/t/Echo", 9, &t, &a, &status, &e), e);
	talk_done(&t);
	part(&s, h);
	arena_release(&a);
}

static void goaway(void **state)
{
	struct talk t = {.out = {{"q", 1}}, .nout = 1};
	const struct grpc_call c = {.path = "/t/Echo", .next = give, .got = take, .arg = &t};
	struct grpc_status status;
	struct server s = {0};
	struct arena a = {0};
	struct err e = {0};
	struct h2 *h;

	(void)state;
	/* The call that it still wants is answered, the next is not begun. */
	meet(&s, &h);
	assert_ok(call(h, &s, "/t/Goaway", 9, &t, &a, &status, &e), e);
	assert_string_equal(t.in[0], "q");
	talk_done(&t);
	assert_fails(h2_begin(h, &c, &e), e, EPIPE, "takes no more calls");
	part(&s, h);

	/* The call is one of those that it does not want. */
	meet(&s, &h);
	t = (struct talk){.out = {{"q", 1}}, .nout = 1};
	assert_fails(call(h, &s, "/t/GoawayBefore", 9, &t, &a, &status, &e), e, ECONNRESET, "REFUSED_STREAM");
	part(&s, h);
	arena_release(&a);
}

/* A frame's nine bytes. */
#define FRAME(len_, type_, flags_, stream_) 0, 0, (len_), (type_), (flags_), 0, 0, 0, (stream_)

static void bytes_that_are_no_http2(void **state)
{
	static const uint8_t text[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
	/* settings, then DATA before HEADERS */
	static const uint8_t early[] = {FRAME(0, 4, 0, 0), FRAME(1, 0, 0, 1), 'x'};
	/* settings, then CONTINUATION of nothing */
	static const uint8_t lost[] = {FRAME(0, 4, 0, 0), FRAME(1, 9, 4, 1), 0x88};
	/* settings, then HEADERS whose block names entry 70 of an empty table */
	static const uint8_t table[] = {FRAME(0, 4, 0, 0), FRAME(1, 1, 4, 1), 0xc6};
	/* settings, then a push, which was switched off */
	static const uint8_t push[] =
		{FRAME(0, 4, 0, 0), FRAME(0, 4, 1, 0), FRAME(5, 5, 4, 1), 0, 0, 0, 2, 0x88};
	static const struct {
		const uint8_t *p;
		size_t n;
	} cases[] = {{text, sizeof(text) - 1},
		     {early, sizeof(early)},
		     {lost, sizeof(lost)},
		     {table, sizeof(table)},
		     {push, sizeof(push)}};
	struct arena a = {0};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct talk t = {.out = {{"q", 1}}, .nout = 1};
		const struct grpc_call c = {.path = "/t/Echo", .next = give, .got = take, .arg = &t};
		struct grpc_status status;
		const void *p;
		struct h2 *h;
		size_t n;
		int r;

		e = (struct err){0};
		assert_ok(h2_new("localhost", &h, &e), e);
		assert_ok(h2_begin(h, &c, &e), e);
		do {
			assert_ok(h2_pull(h, &p, &n, &e), e);
		} while (n > 0);
		r = h2_feed(h, cases[i].p, cases[i].n, &e);
		while (r == 0 && h2_pull(h, &p, &n, &e) == 0 && n > 0)
			;
		if (r == 0) {
			/* Only the one call may be broken, but it never goes well. */
			assert_true(h2_over(h));
			r = h2_end(h, &a, &status, &e);
		}
		if (r != -EPROTO && r != -ECONNRESET)
			fail_msg("case %zu is %d: %s", i, r, e.msg);
		assert_int_equal(t.nin, 0);
		h2_free(h);
	}
	arena_release(&a);
}

static void limits_of_what_is_sent(void **state)
{
	static const struct grpc_header many[10] = {{"a", "b"}, {"a", "b"}, {"a", "b"}, {"a", "b"},
						    {"a", "b"}, {"a", "b"}, {"a", "b"}, {"a", "b"},
						    {"a", "b"}, {"a", "b"}};
	char *big = calloc(1, GRPC_MESSAGE_MAX_BYTES + 1);
	struct talk t = {.out = {{big, GRPC_MESSAGE_MAX_BYTES + 1}}, .nout = 1};
	const struct grpc_call c =
		{.path = "/t/Echo", .headers = many, .nheaders = 10, .next = give, .got = take, .arg = &t};
	struct grpc_status status;
	struct server s = {0};
	struct arena a = {0};
	struct err e = {0};
	struct h2 *h;

	(void)state;
	meet(&s, &h);
	assert_fails(h2_begin(h, &c, &e), e, E2BIG, "10 headers, at most 9 can be sent");
	assert_fails(call(h, &s, "/t/Echo", 9, &t, &a, &status, &e), e, EMSGSIZE,
		     "a message of 16777217 bytes");
	part(&s, h);
	free(big);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_there_and_one_back),
		cmocka_unit_test(many_messages_and_empty_ones),
		cmocka_unit_test(flow_control),
		cmocka_unit_test(the_servers_own_refusals_are_a_status),
		cmocka_unit_test(an_early_answer_ends_the_call),
		cmocka_unit_test(what_no_server_should_do),
		cmocka_unit_test(the_caller_may_give_up),
		cmocka_unit_test(goaway),
		cmocka_unit_test(bytes_that_are_no_http2),
		cmocka_unit_test(limits_of_what_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
