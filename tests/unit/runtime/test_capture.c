/* SPDX-License-Identifier: Apache-2.0 */
/* Another program's output comes back whole; its failure, its flood and its absence are errors. */
#include "runtime/capture.h"

#include <errno.h>

#include "unit.h"

static int sh(const char *script, struct arena *a, struct bytes *ret, struct err *e)
{
	const char *v[] = {"sh", "-c", script, NULL};
	const struct strs argv = {v, 3};

	return capture_output("/bin/sh", &argv, a, ret, e);
}

static void outputs(void **state)
{
	struct arena a = {0};
	struct bytes out = {0};
	struct err e = {0};

	unit_needs_call(clone3);
	(void)state;
	assert_ok(sh("printf 'a\\nb'; echo no >&2; cat", &a, &out, &e), e);
	assert_int_equal(out.n, 3);
	assert_memory_equal(out.p, "a\nb", 4);
	assert_ok(sh("head -c 1000000 /dev/zero", &a, &out, &e), e);
	assert_int_equal(out.n, 1000000);
	assert_ok(sh("for i in 0 1 2 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$i ] && printf $i; done; :", &a, &out,
		     &e),
		  e);
	assert_memory_equal(out.p, "012", 4);
	arena_release(&a);
}

static void failures(void **state)
{
	const char *v[] = {"x", NULL};
	const struct strs argv = {v, 1};
	struct arena a = {0};
	struct bytes out = {0};
	struct err e = {0};

	unit_needs_call(clone3);
	(void)state;
	assert_fails(sh("echo x; exit 3", &a, &out, &e), e, EIO, "'/bin/sh' failed with status 3");
	assert_fails(sh("kill -9 $$", &a, &out, &e), e, EIO, "status 137");
	assert_fails(capture_output("/nonexistent", &argv, &a, &out, &e), e, EIO, "status 127");
	assert_fails(sh("exec head -c 20000000 /dev/zero", &a, &out, &e), e, EFBIG, "more than");
	assert_null(out.p);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outputs),
		cmocka_unit_test(failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
