/* SPDX-License-Identifier: Apache-2.0 */
/* Writable file systems that e2fsck finds nothing wrong with, and that cost next to nothing. */
#include "image/ext4.h"

#include "grove.h"

static int make(struct grove *g, uint64_t bytes, struct stat *ret)
{
	int fd = openat(g->fd, "fs", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), r;

	assert_true(fd >= 0);
	r = ext4_make(fd, bytes, &g->e);
	assert_int_equal(fstat(fd, ret), 0);
	close(fd);
	return r;
}

static void clean_and_cheap(void **state)
{
	static const uint64_t sizes[] = {EXT4_LEAST_BYTES, (100ull << 20) + 5000, 8ull << 30, 200ull << 30};
	struct grove *g = *state;
	struct stat st;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_ok(make(g, sizes[i], &st), g->e);
		assert_int_equal(st.st_size, sizes[i] / 4096 * 4096);
		assert_true((uint64_t)st.st_blocks * 512 < (1u << 20) + sizes[i] / 4000);
		if (unit_programs_are_native())
			assert_int_equal(
				grove_run("/sbin/e2fsck -fn '%s/fs' >'%s/fsck' 2>&1 || { cat '%s/fsck' >&2; exit 1; }",
					  g->dir, g->top, g->top),
				0);
	}
}

/* A kernel that mounts it finds every inode table initialised. */
static void nothing_is_left_to_initialise(void **state)
{
	struct grove *g = *state;
	struct stat st;

	if (!unit_programs_are_native())
		return;
	assert_ok(make(g, 1u << 30, &st), g->e);
	assert_int_equal(grove_run("/sbin/dumpe2fs '%s/fs' 2>/dev/null >'%s/dump'", g->dir, g->top), 0);
	assert_int_equal(grove_run("test $(grep -c '^Group ' '%s/dump') = $(grep -c 'ITABLE_ZEROED' '%s/dump')",
				   g->top, g->top),
			 0);
	assert_int_equal(grove_run("grep -q 'has_journal.*extent' '%s/dump'", g->top), 0);
}

static void no_two_are_alike(void **state)
{
	struct grove *g = *state;
	unsigned char one[16], two[16];
	struct stat st;
	int fd;

	for (int i = 0; i < 2; i++) {
		assert_ok(make(g, EXT4_LEAST_BYTES, &st), g->e);
		fd = openat(g->fd, "fs", O_RDONLY | O_CLOEXEC);
		assert_int_equal(pread(fd, i ? two : one, 16, 1024 + 0x68), 16);
		close(fd);
	}
	assert_memory_not_equal(one, two, 16);
}

static void sizes_are_bounded(void **state)
{
	struct grove *g = *state;
	struct stat st;

	assert_fails(make(g, EXT4_LEAST_BYTES - 1, &st), g->e, EINVAL, "16777216");
	assert_fails(make(g, EXT4_MOST_BYTES + 1, &st), g->e, EINVAL, "allowed");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, grove_setup, grove_teardown)
	const struct CMUnitTest tests[] = {
		T(clean_and_cheap),
		T(nothing_is_left_to_initialise),
		T(no_two_are_alike),
		T(sizes_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
