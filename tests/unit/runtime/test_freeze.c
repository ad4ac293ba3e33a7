/* SPDX-License-Identifier: Apache-2.0 */
/* Pausing and resuming: which containers may, and what the cgroup is told. */
#include "runtime/freeze.h"

#include "fake_container.h"
#include "runtime/state.h"

/* wrap: cgroup_freeze cgroup_frozen */
static bool frozen;
static int calls;
int __wrap_cgroup_freeze(const struct confine_cgroup *cg, bool f, int timeout_ms, struct err *e);
int __wrap_cgroup_freeze(const struct confine_cgroup *cg, bool f, int timeout_ms, struct err *e)
{
	(void)cg;
	(void)timeout_ms;
	(void)e;
	frozen = f;
	calls++;
	return 0;
}
int __wrap_cgroup_frozen(const struct confine_cgroup *cg, bool *ret, struct err *e);
int __wrap_cgroup_frozen(const struct confine_cgroup *cg, bool *ret, struct err *e)
{
	(void)cg;
	(void)e;
	*ret = frozen;
	return 0;
}

static int setup(void **state)
{
	frozen = false;
	calls = 0;
	return fake_setup(state);
}

static void there_and_back(void **state)
{
	struct fake *f = *state;
	struct strbuf out = STRBUF(&f->arena);
	pid_t pid = fake_process();
	struct err e = {0};

	f->head.cgroup.version = 1;
	fake_make(f, "c1", pid);
	assert_fails(runtime_pause(&f->rt, "c1", &e), e, EINVAL, "container not running"); /* being created */
	fake_note(f, "c1", "created", NULL);
	assert_fails(runtime_resume(&f->rt, "c1", &e), e, EINVAL, "container not paused");
	assert_ok(runtime_pause(&f->rt, "c1", &e), e);
	assert_true(frozen);
	assert_fails(runtime_pause(&f->rt, "c1", &e), e, EINVAL, "container not running");
	assert_ok(runtime_state(&f->rt, "c1", &out, &e), e);
	assert_non_null(strstr(out.p, "\"status\": \"paused\""));
	assert_ok(runtime_resume(&f->rt, "c1", &e), e);
	assert_false(frozen);
	fake_reap(pid);
	assert_fails(runtime_pause(&f->rt, "c1", &e), e, EINVAL, "container not running");
	assert_int_equal(calls, 2);
	assert_fails(runtime_pause(&f->rt, "c2", &e), e, ENOENT, "container does not exist");
}

static void without_cgroup(void **state)
{
	struct fake *f = *state;
	pid_t pid = fake_process();
	struct err e = {0};

	fake_make(f, "c1", pid);
	fake_note(f, "c1", "created", NULL);
	assert_fails(runtime_pause(&f->rt, "c1", &e), e, ENOTSUP, "it has no cgroup");
	assert_int_equal(calls, 0);
	fake_reap(pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(there_and_back, setup, fake_teardown),
		cmocka_unit_test_setup_teardown(without_cgroup, setup, fake_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
