/* SPDX-License-Identifier: Apache-2.0 */
/* The state is what the kernel says, not what somebody wrote down. */
#include "runtime/state.h"

#include <sys/prctl.h>

#include "fake_container.h"

static enum status status_of(struct fake *f, const char *id)
{
	_cleanup_container_ struct container c = CONTAINER_NULL;
	struct err e = {0};
	enum status s = 99;

	assert_ok(container_get(&f->rt, id, 0, &c, &e), e);
	assert_ok(status_read(&c, false, &s, &e), e);
	return s;
}

static void a_life(void **state)
{
	struct fake *f = *state;
	pid_t pid = fake_process();

	fake_make(f, "c1", pid);
	assert_int_equal(status_of(f, "c1"), ST_CREATING);
	fake_note(f, "c1", "created", NULL);
	assert_int_equal(status_of(f, "c1"), ST_CREATED);
	fake_note(f, "c1", "starting", NULL);
	fake_note(f, "c1", "started", NULL);
	assert_int_equal(status_of(f, "c1"), ST_RUNNING);
	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
	assert_int_equal(status_of(f, "c1"), ST_STOPPED); /* a zombie */
	fake_reap(pid);
	assert_int_equal(status_of(f, "c1"), ST_STOPPED);
}

/* A process with the name it has at the gate, and one with another name. */
static void a_start_cut_short(void **state)
{
	struct fake *f = *state;
	int ready[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_NAME, COMM_GATE);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	fake_make(f, "gate", pid);
	fake_note(f, "gate", "created", NULL);
	fake_note(f, "gate", "starting", NULL);
	assert_int_equal(status_of(f, "gate"), ST_CREATED);
	fake_reap(pid);
	pid = fake_process();
	fake_make(f, "past", pid);
	fake_note(f, "past", "created", NULL);
	fake_note(f, "past", "starting", NULL);
	assert_int_equal(status_of(f, "past"), ST_RUNNING);
	fake_reap(pid);
	close(ready[0]);
	close(ready[1]);
	assert_true(strlen(COMM_GATE) < 16 && strlen(COMM_RUN) < 16);
}

static void another_process_with_the_number(void **state)
{
	_cleanup_container_ struct container c = CONTAINER_NULL;
	struct fake *f = *state;
	struct err e = {0};
	pid_t pid = fake_process();
	enum status s;
	int fd = -7;

	fake_make(f, "c1", pid);
	fake_note(f, "c1", "created", NULL);
	assert_ok(container_get(&f->rt, "c1", 0, &c, &e), e);
	assert_ok(container_pidfd(&c, &fd, &e), e);
	close(fd);
	c.journal.start_time++;
	assert_ok(status_read(&c, false, &s, &e), e);
	assert_int_equal(s, ST_STOPPED);
	assert_fails(container_pidfd(&c, &fd, &e), e, ESRCH, "another process");
	fake_reap(pid);
}

static void another_boot(void **state)
{
	_cleanup_container_ struct container c = CONTAINER_NULL;
	struct fake *f = *state;
	struct err e = {0};
	pid_t pid = fake_process();
	int fd = -7;

	strcpy(f->boot_id, "00000000-0000-0000-0000-000000000000");
	fake_make(f, "c1", pid);
	fake_note(f, "c1", "created", NULL);
	assert_int_equal(status_of(f, "c1"), ST_STOPPED);
	assert_ok(container_get(&f->rt, "c1", 0, &c, &e), e);
	assert_fails(container_pidfd(&c, &fd, &e), e, ESRCH, "earlier boot");
	assert_int_equal(fd, -7);
	fake_reap(pid);
}

static void without_process_only_the_lock_tells(void **state)
{
	struct container working = CONTAINER_NULL;
	struct fake *f = *state;
	struct err e = {0};
	enum status s;

	fake_make(f, "c1", 0);
	assert_int_equal(status_of(f, "c1"), ST_STOPPED);
	assert_ok(container_get(&f->rt, "c1", 0, &working, &e), e);
	assert_ok(container_lock(working.dirfd, 0, &e), e);
	assert_int_equal(status_of(f, "c1"), ST_CREATING);
	/* The holder of the lock knows that nobody else is creating it. */
	assert_ok(status_read(&working, true, &s, &e), e);
	assert_int_equal(s, ST_STOPPED);
	container_done(&working);
	assert_int_equal(status_of(f, "c1"), ST_STOPPED);
}

static void the_json_is_runc_s(void **state)
{
	struct spec_kv note = {"a", "b\""};
	struct fake *f = *state;
	struct strbuf out = STRBUF(&f->arena);
	struct err e = {0};
	pid_t pid = fake_process();
	char expected[1024];

	f->head.annotations.v = &note;
	f->head.annotations.n = 1;
	fake_make(f, "c1", pid);
	fake_note(f, "c1", "created", NULL);
	assert_ok(runtime_state(&f->rt, "c1", &out, &e), e);
	snprintf(expected, sizeof(expected),
		 "{\n  \"ociVersion\": \"1.0.2\",\n  \"id\": \"c1\",\n  \"pid\": %d,\n  \"status\": \"created\",\n"
		 "  \"bundle\": \"%s\",\n  \"rootfs\": \"/rootfs\",\n  \"created\": \"2023-11-14T22:13:20.123456789Z\",\n"
		 "  \"annotations\": {\n    \"a\": \"b\\\"\"\n  },\n  \"owner\": \"\"\n}",
		 (int)pid, f->dir);
	assert_string_equal(out.p, expected);
	fake_reap(pid);
	out = STRBUF(&f->arena);
	assert_ok(runtime_state(&f->rt, "c1", &out, &e), e);
	assert_non_null(strstr(out.p, "\"pid\": 0,\n  \"status\": \"stopped\""));
	assert_fails(runtime_state(&f->rt, "c2", &out, &e), e, ENOENT, "container does not exist");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_life, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(a_start_cut_short, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(another_process_with_the_number, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(another_boot, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(without_process_only_the_lock_tells, fake_setup,
						fake_teardown),
		cmocka_unit_test_setup_teardown(the_json_is_runc_s, fake_setup, fake_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
