/* SPDX-License-Identifier: Apache-2.0 */
/* Signals reach exactly the process that was meant. */
#include "runtime/kill.h"

#include "fake_container.h"

static int end_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -1;
}

static void signals_arrive(void **state)
{
	struct fake *f = *state;
	pid_t pid = fake_process();
	struct err e = {0};

	fake_make(f, "c1", pid);
	fake_note(f, "c1", "created", NULL);
	assert_ok(runtime_kill(&f->rt, "c1", 0, false, &e), e);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0); /* still there */
	assert_fails(runtime_kill(&f->rt, "c1", 99, false, &e), e, EINVAL, "unable to signal init");
	assert_ok(runtime_kill(&f->rt, "c1", SIGUSR1, true, &e), e);
	assert_int_equal(end_of(pid), SIGUSR1);
}

static void the_dead_are_left_alone(void **state)
{
	struct fake *f = *state;
	pid_t pid = fake_process(), other = fake_process();
	struct err e = {0};

	fake_make(f, "c1", pid);
	fake_make(f, "none", 0);
	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
	assert_fails(runtime_kill(&f->rt, "c1", SIGKILL, false, &e), e, ESRCH,
		     "container not running"); /* a zombie */
	fake_reap(pid);
	assert_fails(runtime_kill(&f->rt, "c1", 0, false, &e), e, ESRCH, "container not running");
	assert_ok(runtime_kill(&f->rt, "c1", SIGKILL, true, &e), e);
	assert_ok(runtime_kill(&f->rt, "c1", SIGTERM, true, &e), e);
	assert_fails(runtime_kill(&f->rt, "none", SIGTERM, false, &e), e, ESRCH, "container not running");
	assert_fails(runtime_kill(&f->rt, "nope", SIGTERM, true, &e), e, ENOENT, "container does not exist");
	strcpy(f->boot_id, "another");
	fake_make(f, "c2", other);
	assert_fails(runtime_kill(&f->rt, "c2", SIGKILL, false, &e), e, ESRCH, "container not running");
	assert_int_equal(waitpid(other, NULL, WNOHANG), 0);
	fake_reap(other);
}

static void killing_waits_for_the_end(void **state)
{
	_cleanup_container_ struct container c = CONTAINER_NULL;
	struct fake *f = *state;
	pid_t pid = fake_process();
	struct err e = {0};

	fake_make(f, "c1", pid);
	assert_ok(container_get(&f->rt, "c1", 0, &c, &e), e);
	assert_ok(container_kill_init(&c, 5000, &e), e);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), pid); /* no need to wait any more */
	assert_ok(container_kill_init(&c, 5000, &e), e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(signals_arrive, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(the_dead_are_left_alone, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(killing_waits_for_the_end, fake_setup, fake_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
