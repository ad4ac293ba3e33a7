/* SPDX-License-Identifier: Apache-2.0 */
/* Process identity: number and start time together, zombies and strangers refused. */
#include "common/proc.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "common/fd.h"
#include "unit.h"

/* A child that waits for a signal, with an awkward name; it is there and named when this returns. */
static pid_t spawn(const char *name)
{
	int p[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe(p), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_NAME, name);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (write(p[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	assert_int_equal(read(p[0], &c, 1), 1);
	close(p[0]);
	close(p[1]);
	return pid;
}

static void reap(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void stat_is_read_past_any_name(void **state)
{
	static const char *const names[] = {"plain", "a b", ") R 1 2", "(((", "x) S 77 (", "\n) Z 1"};
	struct err e = {0};

	(void)state;
	signal(SIGUSR2, SIG_IGN);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		pid_t pid = spawn(names[i]);
		struct proc_stat st = {0};

		assert_ok(proc_stat_read(pid, &st, &e), e);
		assert_int_equal(st.ppid, getpid());
		assert_true(st.state == 'S' || st.state == 'R' || st.state == 'D');
		assert_true(st.start_time > 0);
		assert_true(st.ignored & 1u << (SIGUSR2 - 1));
		assert_false(st.ignored & 1u << (SIGUSR1 - 1));
		reap(pid);
		assert_fails(proc_stat_read(pid, &st, &e), e, ESRCH, "does not exist");
	}
	signal(SIGUSR2, SIG_DFL);
	assert_fails(proc_stat_read(0, &(struct proc_stat){0}, &e), e, ESRCH, "process 0");
	assert_fails(proc_stat_read(-1, &(struct proc_stat){0}, &e), e, ESRCH, "process -1");
}

static void the_right_process_opens(void **state)
{
	pid_t pid = spawn("child");
	struct proc_stat st;
	struct err e = {0};
	int fd = -1, status;

	(void)state;
	assert_ok(proc_stat_read(pid, &st, &e), e);
	assert_ok(proc_open_checked(pid, st.start_time, &fd, &e), e);
	assert_int_equal(pidfd_signal(fd, 0), 0);
	assert_int_equal(pidfd_wait_exit(fd, 0), -ETIMEDOUT);
	assert_int_equal(pidfd_signal(fd, SIGTERM), 0);
	assert_int_equal(pidfd_wait_exit(fd, -1), 0); /* a zombie has ended */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	assert_int_equal(pidfd_signal(fd, 0), -ESRCH);
	assert_int_equal(pidfd_wait_exit(fd, 1000), 0);
	fd_close(&fd);
}

static void zombies_and_strangers_do_not(void **state)
{
	pid_t pid = spawn("child");
	struct proc_stat st;
	struct err e = {0};
	siginfo_t si;
	int fd = -1;

	(void)state;
	assert_ok(proc_stat_read(pid, &st, &e), e);
	assert_fails(proc_open_checked(pid, st.start_time + 1, &fd, &e), e, ESRCH, "another process");
	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
	assert_fails(proc_open_checked(pid, st.start_time, &fd, &e), e, ESRCH, "has ended");
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_fails(proc_open_checked(pid, st.start_time, &fd, &e), e, ESRCH, "does not exist");
	assert_fails(proc_open_checked(-1, 1, &fd, &e), e, ESRCH, "does not exist");
	assert_int_equal(fd, -1);
}

static void on_alarm(int signo)
{
	(void)signo;
}

static void waiting_goes_on_after_a_signal(void **state)
{
	pid_t pid = spawn("child");
	struct sigaction sa = {.sa_handler = on_alarm};
	struct proc_stat st;
	struct err e = {0};
	uint64_t start;
	int fd = -1;

	(void)state;
	assert_ok(proc_stat_read(pid, &st, &e), e);
	assert_ok(proc_open_checked(pid, st.start_time, &fd, &e), e);
	sigaction(SIGALRM, &sa, NULL);
	ualarm(10000, 10000);
	start = clock_monotonic_ms();
	assert_int_equal(pidfd_wait_exit(fd, 100), -ETIMEDOUT);
	assert_true(clock_monotonic_ms() - start >= 95);
	ualarm(0, 0);
	signal(SIGALRM, SIG_DFL);
	reap(pid);
	fd_close(&fd);
	assert_int_equal(pidfd_wait_exit(9999, 0), -EBADF);
}

static void boot_id(void **state)
{
	char id[BOOT_ID_BYTES], again[BOOT_ID_BYTES];
	struct err e = {0};

	(void)state;
	assert_ok(boot_id_read(id, &e), e);
	assert_int_equal(strlen(id), 36);
	assert_int_equal(id[8], '-');
	assert_ok(boot_id_read(again, &e), e);
	assert_string_equal(id, again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stat_is_read_past_any_name),
		cmocka_unit_test(the_right_process_opens),
		cmocka_unit_test(zombies_and_strangers_do_not),
		cmocka_unit_test(waiting_goes_on_after_a_signal),
		cmocka_unit_test(boot_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
