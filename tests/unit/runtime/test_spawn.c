/* SPDX-License-Identifier: Apache-2.0 */
/* Children: identity, exit codes, clean signals and descriptors. */
#include "runtime/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "unit.h"

static void a_child_and_its_end(void **state)
{
	int pidfd = -1, status;
	struct pollfd p;
	pid_t pid;

	(void)state;
	unit_needs_call(clone3);
	pid = spawn_clone(0, -1, &pidfd);
	if (pid == 0)
		_exit(7);
	assert_true(pid > 0);
	assert_int_equal(fcntl(pidfd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	p = (struct pollfd){.fd = pidfd, .events = POLLIN};
	assert_int_equal(poll(&p, 1, 10000), 1);
	status = spawn_reap(pid);
	assert_int_equal(spawn_exit_code(status), 7);
	assert_int_equal(spawn_reap(pid), -ECHILD);
	close(pidfd);
	pid = spawn_clone(0, -1, NULL);
	if (pid == 0) {
		raise(SIGKILL);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(spawn_exit_code(spawn_reap(pid)), 128 + SIGKILL);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void only_the_kept_stay_open(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		const int keep[] = {200, -1, 20, 21, 5};

		for (int fd = 3; fd < 256; fd++)
			if (!is_open(fd) && dup2(0, fd) != fd)
				_exit(1);
		spawn_close_others(keep, 5);
		for (int fd = 0; fd < 300; fd++)
			if (is_open(fd) != (fd < 3 || fd == 5 || fd == 20 || fd == 21 || fd == 200))
				_exit(2);
		spawn_close_others(NULL, 0);
		for (int fd = 0; fd < 300; fd++)
			if (is_open(fd) != (fd < 3))
				_exit(3);
		_exit(0);
	}
	assert_int_equal(spawn_exit_code(spawn_reap(pid)), 0);
}

static void signals_are_reset(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		struct sigaction act = {.sa_handler = SIG_IGN};
		sigset_t all, now;

		for (int s = 1; s < NSIG; s++)
			sigaction(s, &act, NULL);
		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
		spawn_reset_signals(1ull << (SIGHUP - 1));
		if (sigaction(SIGHUP, NULL, &act) < 0 || act.sa_handler != SIG_DFL)
			_exit(3);
		if (sigaction(SIGINT, NULL, &act) < 0 || act.sa_handler != SIG_IGN)
			_exit(4);
		sigprocmask(SIG_BLOCK, &all, NULL);
		spawn_reset_signals(SPAWN_ALL_SIGNALS);
		for (int s = 1; s < NSIG; s++)
			if (sigaction(s, NULL, &act) == 0 && act.sa_handler != SIG_DFL)
				_exit(1);
		sigprocmask(SIG_SETMASK, NULL, &now);
		for (int s = 1; s < NSIG; s++)
			if (sigismember(&now, s) == 1)
				_exit(2);
		_exit(0);
	}
	assert_int_equal(spawn_exit_code(spawn_reap(pid)), 0);
}

static void a_child_without_its_parent_ends(void **state)
{
	pid_t self = getpid(), pid;
	int sig = 0;

	(void)state;
	pid = fork();
	if (pid == 0) {
		spawn_die_with(self);
		prctl(PR_GET_PDEATHSIG, &sig);
		_exit(sig);
	}
	assert_int_equal(spawn_exit_code(spawn_reap(pid)), SIGKILL);
	pid = fork();
	if (pid == 0) {
		spawn_die_with(self + 1); /* as if ours had died and another adopted us */
		_exit(0);
	}
	assert_int_equal(spawn_exit_code(spawn_reap(pid)), 127);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_and_its_end),
		cmocka_unit_test(only_the_kept_stay_open),
		cmocka_unit_test(signals_are_reset),
		cmocka_unit_test(a_child_without_its_parent_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
