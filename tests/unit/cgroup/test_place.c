/* SPDX-License-Identifier: Apache-2.0 */
/* The groups of a process of this machine. */
#include "cgroup/place.h"

#include <sys/stat.h>

#include "gather/scratch.h"

static void of_a_process(void **state)
{
	struct scratch *s = *state;
	struct cgroup_place p;
	struct stat st;

	assert_ok(cgroup_place_of(getpid(), &s->a, &p, &s->e), s->e);
	assert_in_range(p.version, 0, 2);
	assert_true(p.version == 0 || p.dirs.n > 0);
	assert_true(p.version != 2 || p.dirs.n == 1);
	for (size_t i = 0; i < p.dirs.n; i++) {
		assert_ok(stat(p.dirs.v[i].path, &st), s->e);
		assert_true(S_ISDIR(st.st_mode));
		assert_true(str_starts(p.dirs.v[i].path, p.dirs.v[i].mountpoint));
	}
}

static void of_no_process(void **state)
{
	struct scratch *s = *state;
	struct cgroup_place p;

	assert_fails(cgroup_place_of(0x7ffffff0, &s->a, &p, &s->e), s->e, ESRCH,
		     "process 2147483632 does not exist");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(of_a_process),
		scratch_test(of_no_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
