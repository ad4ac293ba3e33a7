/* SPDX-License-Identifier: Apache-2.0 */
/* The end: each role ends what is its own, in order, tells the status, and only a machine is reset. */
/* wrap: kill sync reboot umnt_take_all_away uconsole_drain open */
#include "urunit/power.h"

#include <fcntl.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "unit.h"

static int report[2]; /* what the wrapped calls say, out of the child that ends */

static void say(const char *s)
{
	assert_int_equal(write(report[1], s, strlen(s)), strlen(s));
}

int __wrap_kill(pid_t pid, int signo);
void __wrap_sync(void);
int __wrap_reboot(int how);
void __wrap_umnt_take_all_away(void);
void __wrap_uconsole_drain(unsigned timeout_s);
int __wrap_open(const char *path, int flags, ...);
int __real_open(const char *path, int flags, ...);

int __wrap_kill(pid_t pid, int signo)
{
	say(pid == -1 && signo == SIGKILL ? "kill " : "kill? ");
	return 0;
}

void __wrap_sync(void)
{
	say("sync ");
}

int __wrap_reboot(int how)
{
	say(how == RB_AUTOBOOT ? "reset " : how == RB_POWER_OFF ? "off " : "reboot? ");
	return -1;
}

void __wrap_umnt_take_all_away(void)
{
	say("umount ");
}

void __wrap_uconsole_drain(unsigned timeout_s)
{
	say(timeout_s > 0 && timeout_s <= 10 ? "drain " : "drain? ");
}

/* The kernel's console level is not ours to change here. */
int __wrap_open(const char *path, int flags, ...)
{
	if (strncmp(path, "/proc/sys/", 10) != 0)
		return __real_open(path, flags, 0);
	say("silence ");
	return -1;
}

static void ends_by(enum urole role, struct uend end, bool off, int want_status, const char *want_calls)
{
	char calls[256] = "";
	uint8_t frame[16];
	int ctl[2], status = 0;
	pid_t pid;

	assert_int_equal(pipe(report), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ctl), 0);
	pid = fork();
	if (pid == 0) {
		struct uport port = {.fd = ctl[0]};

		close(2);
		upower_off(role, &port, end, off);
	}
	close(report[1]);
	close(ctl[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), want_status);
	for (size_t n = 0; n < sizeof(calls) - 1;) {
		ssize_t r = read(report[0], calls + n, sizeof(calls) - 1 - n);

		if (r <= 0)
			break;
		n += (size_t)r;
	}
	assert_string_equal(calls, want_calls);
	assert_int_equal(read(ctl[1], frame, sizeof(frame)), 6);
	assert_memory_equal(frame, "\xc7\2\2\0", 4);
	assert_int_equal(frame[4], end.kind);
	assert_int_equal(frame[5], end.value);
	close(report[0]);
	close(ctl[1]);
}

static void ends(enum urole role, struct uend end, int want_status, const char *want_calls)
{
	ends_by(role, end, false, want_status, want_calls);
}

/* Where the monitor would start it again after a reset. */
static void a_machine_is_switched_off(void **state)
{
	(void)state;
	ends_by(UROLE_MACHINE, (struct uend){CTL_EXITED, 7}, true, 7, "kill sync umount drain silence off ");
	ends_by(UROLE_NAMESPACE, (struct uend){CTL_EXITED, 7}, true, 7, "kill ");
}

static void a_machine_is_cleaned_and_reset(void **state)
{
	(void)state;
	ends(UROLE_MACHINE, (struct uend){CTL_EXITED, 7}, 7, "kill sync umount drain silence reset ");
}

static void a_namespace_only_loses_its_processes(void **state)
{
	(void)state;
	ends(UROLE_NAMESPACE, (struct uend){CTL_SIGNALED, 15}, 143, "kill ");
}

static void a_process_touches_nothing(void **state)
{
	(void)state;
	ends(UROLE_PROCESS, (struct uend){CTL_EXITED, 0}, 0, "");
}

static void statuses_are_those_of_a_shell(void **state)
{
	(void)state;
	assert_int_equal(upower_status((struct uend){CTL_EXITED, 255}), 255);
	assert_int_equal(upower_status((struct uend){CTL_SIGNALED, 9}), 137);
	assert_int_equal(upower_status((struct uend){CTL_SIGNALED, 64}), 192);
}

static void a_test_is_a_process(void **state)
{
	(void)state;
	assert_int_not_equal(getpid(), 1);
	assert_int_equal(upower_role(), UROLE_PROCESS);
}

/* Without the replacements this program would end the machine it is tested on. Harmless calls tell. */
static int the_replacements_are_there(void **state)
{
	char said[32] = "";

	(void)state;
	if (pipe(report) < 0)
		return -1;
	kill(-1, 0);
	reboot(0);
	close(report[1]);
	if (read(report[0], said, sizeof(said) - 1) < 0 || strcmp(said, "kill? reboot? ") != 0)
		return -1;
	close(report[0]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_is_cleaned_and_reset),
		cmocka_unit_test(a_machine_is_switched_off),
		cmocka_unit_test(a_namespace_only_loses_its_processes),
		cmocka_unit_test(a_process_touches_nothing),
		cmocka_unit_test(statuses_are_those_of_a_shell),
		cmocka_unit_test(a_test_is_a_process),
	};

	return cmocka_run_group_tests(tests, the_replacements_are_there, NULL);
}
