/* SPDX-License-Identifier: Apache-2.0 */
/* Whose a state directory is. */
#include "unit.h"

#include <fcntl.h>

#include "runtime/owner.h"

static int owner_with(const char *file, bool foreign)
{
	char dir[256], path[512];
	int fd, r;

	unit_tmpdir(dir);
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fclose(fopen(path, "we"));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = foreign ? (int)owner_of_foreign_dir(fd) : (int)owner_of_dir(fd);
	close(fd);
	unit_rmdir(dir);
	return r;
}

static void by_what_it_holds(void **state)
{
	(void)state;
	assert_int_equal(owner_with("plan", false), OWNER_US);
	assert_int_equal(owner_with("plan", true), OWNER_LEFTOVER);
	for (int foreign = 0; foreign < 2; foreign++) {
		assert_int_equal(owner_with("state.json", foreign), OWNER_RUNC);
		assert_int_equal(owner_with("status", foreign), OWNER_CRUN);
		assert_int_equal(owner_with("other", foreign), OWNER_LEFTOVER);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_what_it_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
