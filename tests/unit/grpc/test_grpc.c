/* SPDX-License-Identifier: Apache-2.0 */
/* Calls over descriptors: a real server at the other end of a socket or of two pipes, slow, silent or gone. */
#include "grpc/grpc.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "server.h"

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* Serves until the other side closes; a byte at a time when it is slow. */
static _Noreturn void serve(int in, int out, bool slow)
{
	struct server s = {0};
	uint8_t buf[5000];

	server_open(&s);
	for (;;) {
		const uint8_t *p;
		ssize_t n = nghttp2_session_mem_send(s.session, &p);

		for (ssize_t at = 0, m; at < n; at += m) {
			m = write(out, p + at, slow ? 1 : (size_t)(n - at));
			if (m <= 0)
				_exit(0);
		}
		if (n > 0)
			continue;
		n = read(in, buf, slow ? 1 : sizeof(buf));
		if (n <= 0 || nghttp2_session_mem_recv(s.session, buf, (size_t)n) < 0)
			_exit(0);
	}
}

static pid_t start(bool pipes, bool slow, int *ret_in, int *ret_out)
{
	int there[2], back[2];
	pid_t pid;

	if (pipes) {
		assert_int_equal(pipe(there), 0);
		assert_int_equal(pipe(back), 0);
	} else {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, there), 0);
		back[0] = there[1];
		back[1] = there[0];
	}
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(there[1]);
		if (pipes)
			close(back[0]);
		serve(there[0], pipes ? back[1] : there[0], slow);
	}
	close(there[0]);
	if (pipes)
		close(back[1]);
	*ret_out = there[1];
	*ret_in = pipes ? back[0] : there[1];
	return pid;
}

static void stop(pid_t pid, int in, int out)
{
	close(in);
	if (out != in)
		close(out);
	waitpid(pid, NULL, 0);
}

static void calls_over_pipes_and_a_socket(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct grpc_call echo = {.path = "/t/Echo"}, wide = {.path = "/t/Wide"},
				 fail = {.path = "/t/Fail"};
		_cleanup_grpc_ struct grpc_conn *c = NULL;
		struct grpc_status status;
		struct err e = {0};
		struct bytes got;
		int in, out;
		pid_t pid = start(i & 1, i & 2, &in, &out);

		assert_ok(grpc_open(in, out, "localhost", &c, &e), e);
		for (int n = 0; n < 3; n++) {
			assert_ok(grpc_unary(c, n % 2 ? &wide : &echo, (struct bytes){"hello", 5}, &arena,
					     &got, &status, &e),
				  e);
			assert_int_equal(got.n, 5);
			assert_memory_equal(got.p, "hello", 5);
			assert_int_equal(status.code, GRPC_OK);
		}
		assert_fails(grpc_unary(c, &fail, (struct bytes){"q", 1}, &arena, &got, &status, &e), e,
			     ENOENT, "Fail: no such thing");
		assert_int_equal(status.code, GRPC_NOT_FOUND);
		stop(pid, in, out);
	}
}

static void a_large_message_both_ways(void **state)
{
	uint8_t *big = calloc(1, HUGE_BYTES);
	const struct grpc_call echo = {.path = "/t/Echo"};
	struct err e = {0};
	struct bytes got;

	(void)state;
	big[77] = big[HUGE_BYTES - 1] = 7;
	for (int pipes = 0; pipes < 2; pipes++) {
		_cleanup_grpc_ struct grpc_conn *c = NULL;
		int in, out;
		pid_t pid = start(pipes, false, &in, &out);

		assert_ok(grpc_open(in, out, "localhost", &c, &e), e);
		assert_ok(grpc_unary(c, &echo, (struct bytes){big, HUGE_BYTES}, &arena, &got, NULL, &e), e);
		assert_int_equal(got.n, HUGE_BYTES);
		assert_memory_equal(got.p, big, HUGE_BYTES);
		stop(pid, in, out);
	}
	free(big);
}

static void answers_that_are_not_one_message(void **state)
{
	const struct grpc_call two = {.path = "/t/Two"}, none = {.path = "/t/Nothing"},
			       echo = {.path = "/t/Echo"};
	_cleanup_grpc_ struct grpc_conn *c = NULL;
	struct grpc_status status;
	struct err e = {0};
	struct bytes got;
	int in, out;
	pid_t pid = start(false, false, &in, &out);

	(void)state;
	assert_ok(grpc_open(in, out, "localhost", &c, &e), e);
	assert_fails(grpc_unary(c, &two, (struct bytes){"q", 1}, &arena, &got, &status, &e), e, EPROTO,
		     "Two: the server sent a second message");
	assert_int_equal(status.code, GRPC_OK);
	assert_fails(grpc_unary(c, &none, (struct bytes){"q", 1}, &arena, &got, NULL, &e), e, EPROTO,
		     "Nothing: the server's answer has no message");
	assert_ok(grpc_unary(c, &echo, (struct bytes){"q", 1}, &arena, &got, NULL, &e), e);
	stop(pid, in, out);
}

static void a_silent_server_is_not_waited_for(void **state)
{
	const struct grpc_call silent = {.path = "/t/Silent", .timeout_ms = 200},
			       echo = {.path = "/t/Echo", .timeout_ms = 60000};
	_cleanup_grpc_ struct grpc_conn *c = NULL;
	struct err e = {0};
	struct bytes got;
	int in, out;
	pid_t pid = start(true, false, &in, &out);
	uint64_t begin = clock_monotonic_ms();

	(void)state;
	assert_ok(grpc_open(in, out, "localhost", &c, &e), e);
	assert_fails(grpc_unary(c, &silent, (struct bytes){"q", 1}, &arena, &got, NULL, &e), e, ETIMEDOUT,
		     "Silent: no answer within 200 ms");
	assert_true(clock_monotonic_ms() - begin >= 200);
	/* The connection is good for the next call. */
	assert_ok(grpc_unary(c, &echo, (struct bytes){"q", 1}, &arena, &got, NULL, &e), e);
	stop(pid, in, out);
}

static void goes_away(bool pipes)
{
	const struct grpc_call die = {.path = "/t/Die"}, echo = {.path = "/t/Echo"};
	_cleanup_grpc_ struct grpc_conn *c = NULL;
	struct err e = {0};
	struct bytes got;
	int in, out;
	pid_t pid = start(pipes, false, &in, &out);

	assert_ok(grpc_open(in, out, "localhost", &c, &e), e);
	assert_ok(grpc_unary(c, &echo, (struct bytes){"q", 1}, &arena, &got, NULL, &e), e);
	assert_fails(grpc_unary(c, &die, (struct bytes){"q", 1}, &arena, &got, NULL, &e), e, ECONNRESET,
		     "Die: the server closed the connection");
	/* Now writing fails. */
	e = (struct err){0};
	assert_true(grpc_unary(c, &echo, (struct bytes){"q", 1}, &arena, &got, NULL, &e) < 0);
	assert_non_null(strstr(e.msg, "Echo: "));
	stop(pid, in, out);
}

static void a_server_that_goes_away(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	goes_away(true);
	/* Nobody need ignore it for a socket. */
	signal(SIGPIPE, SIG_DFL);
	goes_away(false);
	signal(SIGPIPE, SIG_IGN);
}

static void a_descriptor_that_is_none(void **state)
{
	_cleanup_grpc_ struct grpc_conn *c = NULL;
	struct err e = {0};

	(void)state;
	assert_fails(grpc_open(-1, -1, "localhost", &c, &e), e, EBADF, "descriptor -1");
	assert_null(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_over_pipes_and_a_socket),
		cmocka_unit_test(a_large_message_both_ways),
		cmocka_unit_test(answers_that_are_not_one_message),
		cmocka_unit_test(a_silent_server_is_not_waited_for),
		cmocka_unit_test(a_server_that_goes_away),
		cmocka_unit_test(a_descriptor_that_is_none),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
