/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines: they end a blocking call, and leave no trace. */
#include "urunit/deadline.h"

#include <errno.h>
#include <sys/time.h>

#include "unit.h"

static void a_blocking_call_ends_in_time(void **state)
{
	struct udeadline d;
	int fd[2];
	char c;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	udeadline_start(&d, 1);
	assert_int_equal(read(fd[0], &c, 1), -1);
	assert_int_equal(errno, EINTR);
	udeadline_stop(&d);
	close(fd[0]);
	close(fd[1]);
}

static void mask_timer_and_handler_are_as_before(void **state)
{
	struct sigaction before, during, after;
	struct itimerval t;
	struct udeadline d;
	sigset_t mask;

	(void)state;
	sigemptyset(&mask);
	sigaddset(&mask, SIGALRM);
	sigaddset(&mask, SIGUSR1);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaction(SIGALRM, NULL, &before);
	udeadline_start(&d, 100);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	assert_false(sigismember(&mask, SIGALRM));
	assert_true(sigismember(&mask, SIGUSR1));
	sigaction(SIGALRM, NULL, &during);
	assert_ptr_not_equal(during.sa_handler, before.sa_handler);
	udeadline_stop(&d);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	assert_true(sigismember(&mask, SIGALRM));
	sigaction(SIGALRM, NULL, &after);
	assert_ptr_equal(after.sa_handler, before.sa_handler);
	getitimer(ITIMER_REAL, &t);
	assert_int_equal(t.it_value.tv_sec + t.it_value.tv_usec, 0);
	sigemptyset(&mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_blocking_call_ends_in_time),
		cmocka_unit_test(mask_timer_and_handler_are_as_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
