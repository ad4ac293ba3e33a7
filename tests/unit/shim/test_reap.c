/* SPDX-License-Identifier: Apache-2.0 */
/* Ends that come before anybody knows whose they are. Everything else: tests/shim/test_task.py, a thousand short lives. */
#include "unit.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "shim/shim.h"

static struct shim shim;

static int setup(void **state)
{
	(void)state;
	shim = (struct shim){0};
	return 0;
}

static pid_t child_that_exits(int status)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(status);
	assert_true(pid > 0);
	return pid;
}

/* It has ended, and is not collected. */
static pid_t zombie(int status)
{
	pid_t pid = child_that_exits(status);
	siginfo_t info;

	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	return pid;
}

static pid_t child_that_stays(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	assert_true(pid > 0);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void an_early_end_is_taken_once(void **state)
{
	struct reaped x = {0};
	pid_t pid;

	(void)state;
	reap_birth(&shim);
	pid = zombie(7);
	reap_all(&shim);
	assert_true(reap_take(&shim, pid, &x));
	assert_int_equal(x.pid, pid);
	assert_int_equal(x.status, 7);
	assert_int_equal(shim.reaper.nearly, 0);
	reap_born(&shim);
}

static void who_runs_or_is_not_collected_has_not_ended(void **state)
{
	struct reaped x = {0};
	pid_t runs = child_that_stays(), ended = zombie(3);

	(void)state;
	assert_false(reap_take(&shim, runs, &x));
	assert_false(reap_take(&shim, ended, &x));
	end(runs);
	assert_int_equal(waitpid(ended, NULL, 0), ended);
}

/* Its number was another's, whose end is still remembered. */
static void an_old_end_of_the_same_number_is_nobodys(void **state)
{
	struct reaped x = {0};
	pid_t runs = child_that_stays();

	(void)state;
	reap_birth(&shim);
	shim.reaper.early[0] = (struct reaped){.pid = runs, .status = 9};
	shim.reaper.early[1] = (struct reaped){.pid = 1, .status = 8};
	shim.reaper.nearly = 2;
	assert_false(reap_take(&shim, runs, &x));
	assert_int_equal(shim.reaper.nearly, 1);
	assert_int_equal(shim.reaper.early[0].pid, 1);
	reap_born(&shim);
	end(runs);
}

static void of_two_ends_of_a_number_the_newer_counts(void **state)
{
	struct reaped x = {0};
	pid_t pid;

	(void)state;
	reap_birth(&shim);
	pid = zombie(4);
	shim.reaper.early[0] = (struct reaped){.pid = pid, .status = 9};
	shim.reaper.nearly = 1;
	reap_all(&shim);
	assert_true(reap_take(&shim, pid, &x));
	assert_int_equal(x.status, 4);
	assert_int_equal(shim.reaper.nearly, 0);
	reap_born(&shim);
}

/* More than are remembered: an end whose status was forgotten is still an end. */
static void an_end_that_was_forgotten_is_told(void **state)
{
	struct reaped x = {0};
	pid_t first;

	(void)state;
	reap_birth(&shim);
	first = zombie(5);
	reap_all(&shim);
	for (int i = 0; i < REAP_EARLY; i++) {
		zombie(0);
		reap_all(&shim);
	}
	assert_true(reap_take(&shim, first, &x));
	assert_int_equal(x.pid, first);
	assert_int_equal(x.status, REAP_UNKNOWN);
	assert_true(x.when.tv_sec > 0);
	reap_born(&shim);
	assert_int_equal(shim.reaper.nearly, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_early_end_is_taken_once, setup),
		cmocka_unit_test_setup(who_runs_or_is_not_collected_has_not_ended, setup),
		cmocka_unit_test_setup(an_old_end_of_the_same_number_is_nobodys, setup),
		cmocka_unit_test_setup(of_two_ends_of_a_number_the_newer_counts, setup),
		cmocka_unit_test_setup(an_end_that_was_forgotten_is_told, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
