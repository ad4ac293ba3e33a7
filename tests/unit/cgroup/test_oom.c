/* SPDX-License-Identifier: Apache-2.0 */
/* Shortages of memory, on plain files that play a group: v2's file is watched as the kernel's would be, and of v1 the
 * registration is seen. Real groups: tests/cli/update.bats. */
#include "cgroup/oom.h"

#include <poll.h>

#include "gather/scratch.h"

static bool readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void version_2(void **state)
{
	struct scratch *s = *state;
	struct cgroup_dir d = {"", s->dir, s->dir};
	struct cgroup_place at = {2, {&d, 1}};
	struct cgroup_oom w;
	bool happened = true;

	assert_fails(cgroup_oom_watch(&at, &w, &s->e), s->e, ENOENT, "memory.events");
	scratch_text(s, "memory.events", "low 0\noom 4\noom_kill 3\noom_group_kill 0\n");
	assert_ok(cgroup_oom_watch(&at, &w, &s->e), s->e);
	assert_false(readable(w.fd));
	assert_int_equal(cgroup_oom_read(&w, &happened), 0);
	assert_false(happened); /* what was before does not count */
	scratch_text(s, "memory.events", "low 1\noom 5\noom_kill 3\noom_group_kill 0\n");
	assert_true(readable(w.fd));
	assert_int_equal(cgroup_oom_read(&w, &happened), 0);
	assert_false(happened);
	assert_false(readable(w.fd));
	scratch_text(s, "memory.events", "low 1\noom 5\noom_kill 4\noom_group_kill 0\n");
	assert_int_equal(cgroup_oom_read(&w, &happened), 0);
	assert_true(happened);
	assert_int_equal(cgroup_oom_read(&w, &happened), 0);
	assert_false(happened);
	cgroup_oom_done(&w);
	assert_int_equal(w.fd, -1);
}

static void version_1(void **state)
{
	struct scratch *s = *state;
	struct cgroup_dir d[] = {{"cpu,memoryx", "/none", "/none"}, {"cpu,memory", s->dir, s->dir}};
	struct cgroup_place at = {1, {d, 1}};
	struct cgroup_oom w;
	uint64_t one = 1;
	int efd = -1, control = -1;
	bool happened = true;
	char text[32] = "";

	assert_fails(cgroup_oom_watch(&at, &w, &s->e), s->e, ENOTSUP, "no cgroup that limits memory");
	at.dirs.n = 2;
	scratch_text(s, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n");
	assert_fails(cgroup_oom_watch(&at, &w, &s->e), s->e, ENOENT, "cgroup.event_control");
	scratch_text(s, "cgroup.event_control", "");
	assert_ok(cgroup_oom_watch(&at, &w, &s->e), s->e);
	control = openat(s->fd, "cgroup.event_control", O_RDONLY | O_CLOEXEC);
	assert_true(read(control, text, sizeof(text) - 1) > 0);
	close(control);
	assert_int_equal(sscanf(text, "%d %d", &efd, &control), 2);
	assert_int_equal(efd, w.fd);
	assert_int_equal(control, w.events);
	assert_int_equal(cgroup_oom_read(&w, &happened), 0);
	assert_false(happened);
	assert_int_equal(write(w.fd, &one, sizeof(one)), sizeof(one)); /* as the kernel does */
	assert_true(readable(w.fd));
	assert_int_equal(cgroup_oom_read(&w, &happened), 0);
	assert_true(happened);
	cgroup_oom_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(version_2),
		scratch_test(version_1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
