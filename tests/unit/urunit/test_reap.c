/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of process 1: signals and orders reach the application, everything is reaped, its end is known. */
#include "urunit/reap.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "unit.h"

static struct uport port;
static int signal_fd, host;
static sigset_t before;

static int setup(void **state)
{
	int fd[2];

	(void)state;
	sigprocmask(SIG_SETMASK, NULL, &before);
	signal_fd = ureap_signals();
	if (signal_fd < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd) < 0)
		return -1;
	port = (struct uport){.fd = fd[0]};
	host = fd[1];
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(signal_fd);
	close(host);
	if (port.fd >= 0)
		close(port.fd);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return 0;
}

/* A child that waits for signals: it ends with the number of the first of set, and ignores nothing. */
static pid_t echo(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		sigset_t set;
		int signo = 0;

		sigfillset(&set);
		sigprocmask(SIG_SETMASK, &set, NULL);
		sigwait(&set, &signo);
		_exit(signo);
	}
	return pid;
}

static void exits(pid_t app, bool machine, int kind, int value)
{
	struct uend end = ureap_run(app, signal_fd, &port, machine);

	assert_int_equal(end.kind, kind);
	assert_int_equal(end.value, value);
	assert_int_equal(waitpid(app, NULL, WNOHANG), -1);
}

static void wait_statuses_are_decoded(void **state)
{
	(void)state;
	assert_int_equal(ureap_end(7 << 8).kind, CTL_EXITED);
	assert_int_equal(ureap_end(7 << 8).value, 7);
	assert_int_equal(ureap_end(9).kind, CTL_SIGNALED);
	assert_int_equal(ureap_end(9).value, 9);
	assert_int_equal(ureap_end(11 | 0x80).value, 11);
	assert_int_equal(ureap_end(255 << 8).value, 255);
}

static void an_order_is_delivered_as_a_signal(void **state)
{
	(void)state;
	pid_t app = echo();

	assert_int_equal(write(host, "\xc7\x10\1\0\x0c", 5), 5);
	exits(app, true, CTL_EXITED, 12);
}

static void a_death_by_signal_is_known(void **state)
{
	(void)state;
	pid_t app = echo();

	assert_int_equal(write(host, "\xc7\x10\1\0\x09", 5), 5);
	exits(app, true, CTL_SIGNALED, 9);
}

static void our_own_signals_are_passed_on(void **state)
{
	static const int pairs[][3] = {{SIGTERM, true, SIGTERM}, {SIGUSR2, true, SIGUSR2},
				       {SIGHUP, true, SIGHUP},   {SIGINT, true, SIGTERM},
				       {SIGPWR, true, SIGTERM},  {SIGINT, false, SIGINT},
				       {SIGPWR, false, SIGPWR},  {SIGQUIT, false, SIGQUIT}};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		pid_t app = echo();

		kill(getpid(), pairs[i][0]);
		exits(app, pairs[i][1], CTL_EXITED, pairs[i][2]);
	}
}

/* Without signalfd and epoll, as in a kernel that is made for one program. */
static void a_small_kernel_will_do(void **state)
{
	int fd = signal_fd;
	pid_t app = echo();

	(void)state;
	signal_fd = -1;
	kill(getpid(), SIGUSR2);
	exits(app, true, CTL_EXITED, SIGUSR2);
	app = echo();
	assert_int_equal(write(host, "\xc7\x10\1\0\x0c", 5), 5);
	exits(app, true, CTL_EXITED, 12);
	/* An order that comes while it waits; the child writes it, and is reaped on the way. */
	app = echo();
	if (fork() == 0)
		_exit(write(host, "\xc7\x10\1\0\x0a", 5) == 5 ? 0 : 1);
	exits(app, true, CTL_EXITED, 10);
	/* It has ended before anybody looked. */
	app = fork();
	if (app == 0)
		_exit(5);
	siginfo_t si;
	assert_int_equal(waitid(P_PID, (id_t)app, &si, WEXITED | WNOWAIT), 0);
	exits(app, false, CTL_EXITED, 5);
	signal_fd = fd;
	/* One may be left that is of no more use. */
	signal(SIGIO, SIG_IGN);
}

static void some_signals_mean_nothing(void **state)
{
	static const int none[] = {SIGCHLD, SIGALRM, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_int_equal(ureap_translate(none[i], true), 0);
		assert_int_equal(ureap_translate(none[i], false), 0);
	}
}

static void others_are_reaped_while_it_runs(void **state)
{
	pid_t other[20], app;

	(void)state;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	app = echo();
	for (int i = 0; i < 20; i++) {
		other[i] = fork();
		if (other[i] == 0) {
			/* an orphan for its grandparent, too */
			if (fork() == 0)
				_exit(3);
			_exit(4);
		}
	}
	for (int i = 0; i < 20; i++) {
		siginfo_t si;

		assert_int_equal(waitid(P_PID, (id_t)other[i], &si, WEXITED | WNOWAIT), 0);
	}
	kill(getpid(), SIGUSR1);
	exits(app, true, CTL_EXITED, SIGUSR1);
	/* Orphans that were still on their way are the business of whoever ends the machine. */
	while (waitpid(-1, NULL, 0) > 0)
		;
	for (int i = 0; i < 20; i++)
		assert_int_equal(waitpid(other[i], NULL, WNOHANG), -1);
}

static void one_that_ended_before_is_noticed(void **state)
{
	(void)state;
	pid_t app = fork();
	siginfo_t si;

	if (app == 0)
		_exit(5);
	assert_int_equal(waitid(P_PID, (id_t)app, &si, WEXITED | WNOWAIT), 0);
	exits(app, true, CTL_EXITED, 5);
}

static void it_works_without_a_channel_and_after_the_host_hung_up(void **state)
{
	pid_t app = echo();

	(void)state;
	shutdown(host, SHUT_RDWR);
	kill(getpid(), SIGTERM);
	exits(app, true, CTL_EXITED, SIGTERM);
	close(port.fd);
	port.fd = -1;
	app = echo();
	kill(getpid(), SIGTERM);
	exits(app, true, CTL_EXITED, SIGTERM);
}

static void queued_frames_leave_when_the_host_takes_them(void **state)
{
	static char junk[1 << 16];
	pid_t reader, app;
	int status = 0;

	(void)state;
	/* More than fits, so that READY has to wait; a host process then takes it all and orders the end. */
	while (write(port.fd, junk, sizeof(junk)) > 0)
		;
	uport_send(&port, CTL_READY, "\1", 1);
	assert_int_equal(port.nout, 5);
	app = echo();
	reader = fork();
	if (reader == 0) {
		char tail[5] = "", c;

		close(port.fd);
		fcntl(host, F_SETFL, 0);
		while (memcmp(tail, "\xc7\1\1\0\1", 5) != 0 && read(host, &c, 1) == 1) {
			memmove(tail, tail + 1, 4);
			tail[4] = c;
		}
		_exit(write(host, "\xc7\x10\1\0\x0a", 5) == 5 ? 0 : 1);
	}
	exits(app, true, CTL_EXITED, 10);
	assert_int_equal(port.nout, 0);
	waitpid(reader, &status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wait_statuses_are_decoded),
		cmocka_unit_test_setup_teardown(a_small_kernel_will_do, setup, teardown),
		cmocka_unit_test(some_signals_mean_nothing),
		cmocka_unit_test_setup_teardown(an_order_is_delivered_as_a_signal, setup, teardown),
		cmocka_unit_test_setup_teardown(a_death_by_signal_is_known, setup, teardown),
		cmocka_unit_test_setup_teardown(our_own_signals_are_passed_on, setup, teardown),
		cmocka_unit_test_setup_teardown(others_are_reaped_while_it_runs, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_ended_before_is_noticed, setup, teardown),
		cmocka_unit_test_setup_teardown(it_works_without_a_channel_and_after_the_host_hung_up, setup,
						teardown),
		cmocka_unit_test_setup_teardown(queued_frames_leave_when_the_host_takes_them, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
