/* SPDX-License-Identifier: Apache-2.0 */
/* A signal ends the waiting for a silent process, not ours, and is passed on when all is undone. */
#include "runtime/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "runtime/child.h"
#include "runtime/gate.h"
#include "runtime/spawn.h"
#include "unit.h"

static int pair[2];

static int setup(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_ok(interrupt_arm(&e), e);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	interrupt_forget();
	close(pair[0]);
	close(pair[1]);
	return 0;
}

static void every_wait_ends(void **state)
{
	struct err e = {0};

	(void)state;
	raise(SIGTERM);
	assert_fails(sync_expect(pair[0], SYNC_GATE, &e), e, EINTR, "interrupted by signal 15");
	raise(SIGHUP);
	assert_fails(gate_read_answer(pair[0], &e), e, EINTR, "interrupted by signal 1");
	assert_ok(interrupt_check(&e), e); /* it is taken */
}

static void without_a_signal_nothing_changes(void **state)
{
	struct err e = {0};

	(void)state;
	assert_ok(interrupt_check(&e), e);
	assert_ok(sync_send(pair[1], SYNC_GATE, "", &e), e);
	assert_ok(sync_expect(pair[0], SYNC_GATE, &e), e);
}

static void what_is_ignored_stays_so(void **state)
{
	struct err e = {0};

	(void)state;
	interrupt_forget();
	signal(SIGHUP, SIG_IGN);
	assert_ok(interrupt_arm(&e), e);
	raise(SIGHUP);
	assert_ok(interrupt_check(&e), e);
	signal(SIGHUP, SIG_DFL);
}

/* In a child, which says how it ended. */
static int finished_after(int signo)
{
	struct err e = {0};
	pid_t pid = fork();

	if (pid == 0) {
		if (signo)
			raise(signo);
		if ((interrupt_check(&e) < 0) != (signo != 0))
			_exit(1);
		interrupt_finish();
		_exit(2);
	}
	return spawn_exit_code(spawn_reap(pid));
}

static void the_end_is_as_without_us(void **state)
{
	(void)state;
	assert_int_equal(finished_after(SIGINT), 128 + SIGINT);
	assert_int_equal(finished_after(0), 2);
}

static void a_child_forgets(void **state)
{
	sigset_t now;

	(void)state;
	sigprocmask(SIG_SETMASK, NULL, &now);
	assert_true(sigismember(&now, SIGTERM));
	interrupt_forget();
	sigprocmask(SIG_SETMASK, NULL, &now);
	assert_false(sigismember(&now, SIGTERM));
	assert_int_equal(interrupt_fd(), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_wait_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_signal_nothing_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_ignored_stays_so, setup, teardown),
		cmocka_unit_test_setup_teardown(the_end_is_as_without_us, setup, teardown),
		cmocka_unit_test_setup_teardown(a_child_forgets, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
