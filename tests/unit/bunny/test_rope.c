/* SPDX-License-Identifier: Apache-2.0 */
/* Ropes: measured, digested and written alike; files that change are noticed. */
#include "bunny/rope.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "unit.h"

static struct arena a;

static int clean(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static void every_kind_of_piece(void **state)
{
	int in = memfd_create("in", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC);
	struct rope inner = ROPE(&a), r = ROPE(&a);
	struct digest digest, same = digest_of("0123\0\0\0\0bcd<inner>", 18);
	struct err e = {0};
	char got[32] = {0};

	(void)state;
	assert_int_equal(write(in, "abcde", 5), 5);
	rope_bytes(&inner, "<inner>", 7);
	rope_bytes(&r, "0123", 4);
	rope_align(&r, 8);
	rope_add(&r, piece_fd(in, 1, 3));
	rope_add(&r, piece_rope(&inner));
	assert_int_equal(r.bytes, 18);
	assert_ok(rope_write(&r, &(struct rope_out){.fd = out}, &e), e);
	assert_int_equal(pread(out, got, sizeof(got), 0), 18);
	assert_memory_equal(got, "0123\0\0\0\0bcd<inner>", 18);
	assert_ok(rope_digest(&r, &digest, &e), e);
	assert_true(digest_eq(&digest, &same));
	close(in);
	close(out);
}

static void a_file_that_changes_is_noticed(void **state)
{
	char dir[] = "/tmp/rope.XXXXXX", path[64];
	struct rope r = ROPE(&a);
	struct digest digest;
	struct err e = {0};
	struct stat st;
	int fd, top;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/f", dir);
	fd = open(path, O_RDWR | O_CREAT, 0644);
	top = open(dir, O_RDONLY | O_DIRECTORY);
	assert_int_equal(write(fd, "hello", 5), 5);
	assert_int_equal(fstat(fd, &st), 0);
	rope_add(&r, piece_file(top, "f", &st));
	assert_ok(rope_digest(&r, &digest, &e), e);
	assert_int_equal(write(fd, "!", 1), 1);
	assert_fails(rope_digest(&r, &digest, &e), e, EAGAIN, "'f' changed");
	unlink(path);
	assert_fails(rope_digest(&r, &digest, &e), e, ENOENT, "'f'");
	rmdir(dir);
	close(fd);
	close(top);
}

static void an_archive_that_ends_early_is_noticed(void **state)
{
	int in = memfd_create("in", MFD_CLOEXEC);
	struct rope r = ROPE(&a);
	struct digest digest;
	struct err e = {0};

	(void)state;
	rope_add(&r, piece_fd(in, 0, 10));
	assert_fails(rope_digest(&r, &digest, &e), e, EAGAIN, "shorter");
	close(in);
}

static void placing_and_reading_one_piece(void **state)
{
	int in = memfd_create("in", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC);
	struct piece p;
	struct bytes b;
	struct err e = {0};
	char got[8] = {0};

	(void)state;
	assert_int_equal(write(in, "abcdef", 6), 6);
	p = piece_fd(in, 2, 3);
	assert_ok(piece_place(&p, out, 4, &e), e);
	assert_int_equal(pread(out, got, 8, 0), 7);
	assert_memory_equal(got, "\0\0\0\0cde", 7);
	assert_ok(piece_read(&p, 3, &a, &b, &e), e);
	assert_memory_equal(b.p, "cde", 3);
	assert_fails(piece_read(&p, 2, &a, &b, &e), e, EFBIG, "3 bytes");
	close(in);
	close(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(every_kind_of_piece, clean),
		cmocka_unit_test_teardown(a_file_that_changes_is_noticed, clean),
		cmocka_unit_test_teardown(an_archive_that_ends_early_is_noticed, clean),
		cmocka_unit_test_teardown(placing_and_reading_one_piece, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
