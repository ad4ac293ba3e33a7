/* SPDX-License-Identifier: Apache-2.0 */
/* What mountinfo shows of a mount is what mounting it again asks for. */
#include "storage/options.h"

#include <linux/mount.h>

#include "unit.h"

static void words_of_mountinfo(void **state)
{
	struct mount_words w;
	struct err e = {0};

	(void)state;
	assert_ok(mount_words("rw,nosuid,nodev,relatime", "rw,seclabel,errors=remount-ro,stripe=4", &w, &e),
		  e);
	assert_int_equal(w.flags, MS_NOSUID | MS_NODEV | MS_RELATIME);
	assert_int_equal(w.rebind, 0);
	assert_string_equal(w.data, "errors=remount-ro,stripe=4");
	assert_ok(mount_words("ro,noexec,noatime,nodiratime", "rw,sync,dirsync,lazytime", &w, &e), e);
	assert_int_equal(w.flags,
			 MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_SYNCHRONOUS | MS_DIRSYNC | MS_LAZYTIME);
	assert_int_equal(w.rebind, MS_RDONLY);
	assert_string_equal(w.data, "");
	assert_ok(mount_words("ro,relatime,nosymfollow", "ro", &w, &e), e);
	assert_int_equal(w.flags, MS_RDONLY | MS_RELATIME | MS_NOSYMFOLLOW);
	assert_int_equal(w.rebind, 0);
	assert_ok(mount_words("rw", "rw,mand", &w, &e), e);
	assert_int_equal(w.flags, MS_STRICTATIME | MS_MANDLOCK);
	assert_ok(mount_words(NULL, NULL, &w, &e), e);
	assert_int_equal(w.flags, MS_STRICTATIME);
}

static void too_long(void **state)
{
	struct mount_words w = {.flags = 42};
	char many[2048];
	struct err e = {0};

	(void)state;
	memset(many, 'x', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	assert_fails(mount_words("rw", many, &w, &e), e, E2BIG, "longer than 1024 bytes");
	assert_int_equal(w.flags, 42);
	many[1022] = '\0';
	assert_ok(mount_words("rw", many, &w, &e), e);
	assert_int_equal(strlen(w.data), 1022);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_mountinfo),
		cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
