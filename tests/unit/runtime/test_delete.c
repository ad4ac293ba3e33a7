/* SPDX-License-Identifier: Apache-2.0 */
/* Deleting: who may go, what goes, and that a second time is fine. */
#include "runtime/delete.h"

#include "common/log.h"
#include "fake_container.h"

/* wrap: cgroup_remove cgroup_kill */
static int busy_times, kills, removals;
static const char *killed; /* the first directory of the group */
int __wrap_cgroup_remove(const char *path, struct err *e);
int __wrap_cgroup_remove(const char *path, struct err *e)
{
	removals++;
	return busy_times-- > 0 ? err_set(e, EBUSY, "'%s' is in use", path) : 0;
}
int __wrap_cgroup_kill(const struct confine_cgroup *cg, struct arena *a, int timeout_ms, struct err *e);
int __wrap_cgroup_kill(const struct confine_cgroup *cg, struct arena *a, int timeout_ms, struct err *e)
{
	killed = cg->dirs.n ? cg->dirs.v[0].path : "";
	(void)a;
	(void)timeout_ms;
	(void)e;
	kills++;
	return 0;
}

static int setup(void **state)
{
	busy_times = kills = removals = 0;
	killed = NULL;
	return fake_setup(state);
}

static void missing_ones(void **state)
{
	struct fake *f = *state;
	struct err e = {0};

	assert_fails(runtime_delete(&f->rt, "c1", false, &e), e, ENOENT, "container does not exist");
	assert_ok(runtime_delete(&f->rt, "c1", true, &e), e);
	assert_fails(runtime_delete(&f->rt, "..", true, &e), e, EINVAL, "invalid container ID");
	fake_dir(f, "left");
	fake_file(f, "left/.plan.77", "ha");
	assert_fails(runtime_delete(&f->rt, "left", false, &e), e, ENOENT, "container does not exist");
	assert_false(fake_has(f, "left"));
	fake_dir(f, "left");
	assert_ok(runtime_delete(&f->rt, "left", true, &e), e);
	assert_false(fake_has(f, "left"));
	fake_dir(f, "runc");
	fake_file(f, "runc/state.json", "{}");
	assert_fails(runtime_delete(&f->rt, "runc", true, &e), e, EREMOTE, "another runtime");
	assert_true(fake_has(f, "runc/state.json"));
}

static void a_stopped_one(void **state)
{
	struct fake *f = *state;
	pid_t pid = fake_process();
	struct err e = {0};

	fake_make(f, "c1", pid);
	fake_note(f, "c1", "cgroup", "/x/");
	fake_note(f, "c1", "cgroup", "/x/c1");
	fake_reap(pid);
	assert_ok(runtime_delete(&f->rt, "c1", false, &e), e);
	assert_int_equal(removals, 2);
	assert_int_equal(kills, 0);
	assert_false(fake_has(f, "c1"));
	assert_ok(runtime_delete(&f->rt, "c1", true, &e), e);
}

static void a_running_one_needs_force(void **state)
{
	struct fake *f = *state;
	pid_t pid = fake_process();
	struct err e = {0};

	fake_make(f, "c1", pid);
	fake_note(f, "c1", "created", NULL);
	fake_note(f, "c1", "starting", NULL);
	fake_note(f, "c1", "started", NULL);
	assert_fails(runtime_delete(&f->rt, "c1", false, &e), e, EBUSY,
		     "cannot delete container c1 that is not stopped: running");
	assert_true(fake_has(f, "c1/plan"));
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	assert_ok(runtime_delete(&f->rt, "c1", true, &e), e);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), pid);
	assert_false(fake_has(f, "c1"));
}

/* As with runc. */
static void a_created_one_goes_without(void **state)
{
	struct fake *f = *state;
	pid_t pid = fake_process();
	struct err e = {0};

	fake_make(f, "c1", pid);
	fake_note(f, "c1", "created", NULL);
	assert_ok(runtime_delete(&f->rt, "c1", false, &e), e);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), pid);
	assert_false(fake_has(f, "c1"));
}

static void stragglers_in_the_group(void **state)
{
	struct cgroup_dir dir = {.names = "", .mountpoint = "/x", .path = "/x/c1"};
	struct fake *f = *state;
	struct err e = {0};

	f->head.cgroup.version = 1;
	f->head.cgroup.dirs.v = &dir;
	f->head.cgroup.dirs.n = 1;
	fake_make(f, "c1", 0);
	fake_note(f, "c1", "cgroup", "/x/c1");
	busy_times = 1;
	assert_ok(runtime_delete(&f->rt, "c1", false, &e), e);
	assert_int_equal(kills, 1);
	assert_int_equal(removals, 2);
	assert_false(fake_has(f, "c1"));
	/* Not to be removed: the container stays, so that it can be tried again. */
	fake_make(f, "c1", 0);
	fake_note(f, "c1", "cgroup", "/x/c1");
	busy_times = 2;
	assert_fails(runtime_delete(&f->rt, "c1", true, &e), e, EBUSY, "'/x/c1' is in use");
	assert_true(fake_has(f, "c1/plan"));
	assert_ok(runtime_delete(&f->rt, "c1", true, &e), e);
}

/* The group was there before; of ours is only the parent, which is busy. */
static void a_group_that_is_not_ours_is_not_killed(void **state)
{
	struct cgroup_dir dir = {.names = "", .mountpoint = "/x", .path = "/x/c1"};
	struct fake *f = *state;
	struct err e = {0};

	f->head.cgroup.version = 1;
	f->head.cgroup.dirs.v = &dir;
	f->head.cgroup.dirs.n = 1;
	fake_make(f, "c1", 0);
	fake_note(f, "c1", "cgroup", "/y/c1");
	busy_times = 1;
	assert_fails(runtime_delete(&f->rt, "c1", true, &e), e, EBUSY, "'/y/c1' is in use");
	assert_int_equal(kills, 0);
}

/* What has our path now is somebody else's. with_process: whether create came so far as to note one. */
static void of_another_boot(struct fake *f, pid_t pid, bool with_process, bool force)
{
	struct cgroup_dir dir = {.names = "", .mountpoint = "/x", .path = "/x/c1"};
	struct err e = {0};

	f->head.cgroup.version = 1;
	f->head.cgroup.dirs.v = &dir;
	f->head.cgroup.dirs.n = 1;
	strcpy(f->boot_id, "00000000-0000-0000-0000-000000000000");
	fake_make(f, "c1", with_process ? pid : 0);
	if (!with_process)
		fake_note(f, "c1", "boot", f->boot_id);
	fake_note(f, "c1", "cgroup", "/x/c1");
	busy_times = 1;
	assert_ok(runtime_delete(&f->rt, "c1", force, &e), e);
	assert_int_equal(removals, 0);
	assert_int_equal(kills, 0);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	assert_false(fake_has(f, "c1"));
}

static void after_another_boot_only_files_go(void **state)
{
	pid_t pid = fake_process();

	for (int i = 0; i < 4; i++)
		of_another_boot(*state, pid, i & 1, i & 2);
	fake_reap(pid);
}

static void a_bad_line_keeps_nobody_from_going(void **state)
{
	struct fake *f = *state;
	pid_t pid = fake_process();
	struct err e = {0};

	fake_make(f, "c1", pid);
	fake_note(f, "c1", "process", "x");
	fake_note(f, "c1", "cgroup", "/x/c1");
	assert_fails(runtime_delete(&f->rt, "c1", false, &e), e, EBADMSG, "bad line 'process x'");
	assert_ok(log_open("/dev/null", false, LOG_LVL_WARN, NULL), e);
	assert_ok(runtime_delete(&f->rt, "c1", true, &e), e);
	assert_ok(log_open(NULL, false, LOG_LVL_INFO, NULL), e);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), pid); /* the good line before it counted */
	assert_int_equal(removals, 1);
	assert_false(fake_has(f, "c1"));
}

/* The group is only known from the journal. */
static void without_plan_the_journaled_group_is_killed(void **state)
{
	struct fake *f = *state;
	struct err e = {0};

	fake_make(f, "c1", 0);
	fake_note(f, "c1", "cgroup", "/x/");
	fake_note(f, "c1", "cgroup", "/x/c1");
	fake_file(f, "c1/plan", "garbage");
	busy_times = 1;
	assert_ok(log_open("/dev/null", false, LOG_LVL_WARN, NULL), e);
	assert_ok(runtime_delete(&f->rt, "c1", true, &e), e);
	assert_ok(log_open(NULL, false, LOG_LVL_INFO, NULL), e);
	assert_int_equal(kills, 1);
	assert_string_equal(killed, "/x/c1");
	assert_false(fake_has(f, "c1"));
}

static void poststop_comes_last(void **state)
{
	struct fake *f = *state;
	char script[700], path[600];
	const char *args[] = {"hook", "-c", script};
	struct spec_hook hooks[] = {{.path = "/bin/sh", .args = {args, 3}}, {.path = "/bin/false"}};
	struct err e = {0};
	char text[400] = "";
	int fd;

	unit_needs_call(clone3);
	snprintf(path, sizeof(path), "%s/log", f->dir);
	snprintf(script, sizeof(script), "{ ls %s; pwd; cat; } >%s", f->root, path);
	f->head.poststop.v = hooks;
	f->head.poststop.n = 2;
	fake_make(f, "c1", 0);
	assert_ok(runtime_delete(&f->rt, "c1", false, &e), e); /* the second one's failure is only logged */
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	snprintf(script, sizeof(script),
		 "%s\n{\"ociVersion\":\"1.0.2\",\"id\":\"c1\",\"pid\":0,\"status\":\"stopped\",\"bundle\":\"%s\"}",
		 f->dir, f->dir);
	assert_string_equal(text, script);
}

/* A container that pid is creating, or something that looks like it. */
static void created_by(struct fake *f, pid_t pid, uint64_t start_time, const char *boot_id)
{
	char line[128];

	fake_make(f, "c1", 0);
	snprintf(line, sizeof(line), "creator %d %llu %s\n", (int)pid, (unsigned long long)start_time,
		 boot_id);
	fake_file(f, "c1/journal", line);
}

/* Whether force tells it to stop. */
static void only_the_creator_is_told_to_stop(void **state)
{
	struct fake *f = *state;
	struct proc_stat st;
	struct err e = {0};
	int status;
	pid_t pid = fake_process();

	assert_ok(proc_stat_read(pid, &st, &e), e);
	/* Another process has the number now. */
	created_by(f, pid, st.start_time + 1, f->boot_id);
	assert_ok(runtime_delete(&f->rt, "c1", true, &e), e);
	created_by(f, pid, st.start_time, "00000000-0000-0000-0000-000000000000");
	assert_ok(runtime_delete(&f->rt, "c1", true, &e), e);
	/* It has done its work. */
	created_by(f, pid, st.start_time, f->boot_id);
	fake_note(f, "c1", "created", NULL);
	assert_ok(runtime_delete(&f->rt, "c1", true, &e), e);
	created_by(f, pid, st.start_time, f->boot_id);
	assert_ok(runtime_delete(&f->rt, "c1", false, &e), e);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	created_by(f, pid, st.start_time, f->boot_id);
	assert_ok(runtime_delete(&f->rt, "c1", true, &e), e);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
	assert_false(fake_has(f, "c1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(missing_ones, setup, fake_teardown),
		cmocka_unit_test_setup_teardown(a_stopped_one, setup, fake_teardown),
		cmocka_unit_test_setup_teardown(a_running_one_needs_force, setup, fake_teardown),
		cmocka_unit_test_setup_teardown(a_created_one_goes_without, setup, fake_teardown),
		cmocka_unit_test_setup_teardown(stragglers_in_the_group, setup, fake_teardown),
		cmocka_unit_test_setup_teardown(a_group_that_is_not_ours_is_not_killed, setup, fake_teardown),
		cmocka_unit_test_setup_teardown(after_another_boot_only_files_go, setup, fake_teardown),
		cmocka_unit_test_setup_teardown(a_bad_line_keeps_nobody_from_going, setup, fake_teardown),
		cmocka_unit_test_setup_teardown(without_plan_the_journaled_group_is_killed, setup,
						fake_teardown),
		cmocka_unit_test_setup_teardown(only_the_creator_is_told_to_stop, setup, fake_teardown),
		cmocka_unit_test_setup_teardown(poststop_comes_last, setup, fake_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
