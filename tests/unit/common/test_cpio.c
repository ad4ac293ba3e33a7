/* SPDX-License-Identifier: Apache-2.0 */
/* The newc archive, byte by byte, and unpacked by the system's cpio where there is one. */
#include "common/cpio.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "common/io.h"
#include "unit.h"

static void a_member_is_laid_out_as_the_kernel_reads_it(void **state)
{
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	uint32_t ino = 0;

	(void)state;
	cpio_add(&b, &ino, "a/b", 0100644, 1, 0xfffffffe, "hello", 5);
	assert_int_equal(ino, 1);
	assert_false(b.oom);
	assert_int_equal(b.len, 110 + 4 + 2 + 8); /* header, name, up to a multiple of 4, data likewise */
	assert_memory_equal(b.p,
			    "070701"
			    "00000001"
			    "000081a4"
			    "00000001"
			    "fffffffe"
			    "00000001"
			    "00000000"
			    "00000005"
			    "00000000"
			    "00000000"
			    "00000000"
			    "00000000"
			    "00000004"
			    "00000000"
			    "a/b\0",
			    114);
	assert_memory_equal(b.p + 114, "\0\0hello\0\0\0", 10);
	arena_release(&a);
}

static void every_member_begins_at_a_multiple_of_4(void **state)
{
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	uint32_t ino = 0;
	char name[16] = "";

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		name[i] = 'n';
		cpio_add(&b, &ino, name, 0100600, 0, 0, "0123456789ab", i);
		assert_int_equal(b.len % 4, 0);
	}
	cpio_add(&b, &ino, "dir", 040755, 0, 0, NULL, 0);
	assert_memory_equal(b.p + b.len - 116 + 38, "00000002", 8); /* a directory has two links */
	cpio_trailer(&b);
	assert_int_equal(b.len % 4, 0);
	assert_memory_equal(b.p + b.len - 14, "TRAILER!!!\0", 11);
	assert_int_equal(ino, 13);
	arena_release(&a);
}

static void too_large_a_file_fails_visibly(void **state)
{
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	uint32_t ino = 0;

	(void)state;
	cpio_add(&b, &ino, "x", 0100644, 0, 0, "", (size_t)UINT32_MAX + 1);
	assert_true(b.oom);
	arena_release(&a);
}

static void the_systems_cpio_unpacks_it(void **state)
{
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	struct err e = {0};
	uint32_t ino = 0;
	char dir[256], cmd[1024], target[16] = {0};
	struct bytes text;
	struct stat st;
	int dirfd;

	(void)state;
	if (system("command -v cpio >/dev/null 2>&1") != 0)
		skip();
	unit_tmpdir(dir);
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cpio_add(&b, &ino, "d", 040755, 0, 0, NULL, 0);
	cpio_add(&b, &ino, "d/f", 0100754, 0, 0, "contents\n", 9);
	cpio_add(&b, &ino, "l", 0120777, 0, 0, "d/f", 3);
	cpio_trailer(&b);
	assert_ok(file_write(dirfd, "archive", O_CREAT, b.p, b.len, &e), e);
	snprintf(cmd, sizeof(cmd), "cd '%s' && cpio -i --quiet --no-preserve-owner <archive", dir);
	assert_int_equal(system(cmd), 0);
	assert_ok(file_read(dirfd, "d/f", 100, &a, &text, &e), e);
	assert_string_equal(text.p, "contents\n");
	assert_int_equal(fstatat(dirfd, "d/f", &st, 0), 0);
	assert_int_equal(st.st_mode, 0100754);
	assert_int_equal(readlinkat(dirfd, "l", target, sizeof(target)), 3);
	assert_string_equal(target, "d/f");
	close(dirfd);
	unit_rmdir(dir);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_member_is_laid_out_as_the_kernel_reads_it),
		cmocka_unit_test(every_member_begins_at_a_multiple_of_4),
		cmocka_unit_test(too_large_a_file_fails_visibly),
		cmocka_unit_test(the_systems_cpio_unpacks_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
