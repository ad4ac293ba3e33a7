/* SPDX-License-Identifier: Apache-2.0 */
/* A file written in big pieces. */
#include "image/out.h"

#include "grove.h"

static int make(struct grove *g)
{
	int fd = openat(g->fd, "out", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	return fd;
}

static void pieces_become_one(void **state)
{
	struct grove *g = *state;
	struct out *o = calloc(1, sizeof(*o));
	char *want = calloc(1, 300000), *got = calloc(1, 300000);
	size_t n = 0;

	o->fd = make(g);
	for (size_t i = 0; n + i < 150000; n += i, i = i * 3 + 1) {
		memset(want + n, 'a' + (char)(i % 26), i);
		assert_ok(out_put(o, want + n, i, &g->e), g->e);
	}
	assert_ok(out_align(o, 4096, &g->e), g->e);
	assert_ok(out_zero_to(o, o->at + 70000, &g->e), g->e);
	assert_ok(out_flush(o, &g->e), g->e);
	assert_int_equal(o->at, (n + 4095) / 4096 * 4096 + 70000);
	assert_int_equal(pread(o->fd, got, 300000, 0), o->at);
	assert_memory_equal(got, want, o->at);
	assert_fails(out_zero_to(o, 1, &g->e), g->e, ERANGE, "overlap");
	close(o->fd);
	free(o);
	free(want);
	free(got);
}

static void a_file_that_shrinks_is_an_error(void **state)
{
	struct grove *g = *state;
	struct out *o = calloc(1, sizeof(*o));
	char got[100], want[100];
	int in;

	grow_file(g, "in", 100, 0600);
	in = openat(g->fd, "in", O_RDONLY | O_CLOEXEC);
	o->fd = make(g);
	assert_ok(out_copy(o, in, 10, 90, &g->e), g->e);
	assert_ok(out_flush(o, &g->e), g->e);
	assert_int_equal(pread(o->fd, got, 100, 0), 90);
	assert_int_equal(pread(in, want, 100, 10), 90);
	assert_memory_equal(got, want, 90);
	assert_fails(out_copy(o, in, 10, 91, &g->e), g->e, EAGAIN, "shorter");
	close(in);
	close(o->fd);
	free(o);
}

static void a_full_disk_is_told(void **state)
{
	struct grove *g = *state;
	struct out *o = calloc(1, sizeof(*o));

	o->fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_ok(out_put(o, "x", 1, &g->e), g->e);
	assert_fails(out_flush(o, &g->e), g->e, ENOSPC, "cannot write");
	close(o->fd);
	free(o);
}

/* What is no data costs no disk, and reads the same. */
static void holes_stay_holes(void **state)
{
	struct grove *g = *state;
	const off_t size = 64 << 20;
	struct out *o = calloc(1, sizeof(*o));
	int in = openat(g->fd, "sparse", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char got[8] = "";
	struct stat st;

	assert_int_equal(ftruncate(in, size), 0);
	assert_int_equal(pwrite(in, "middle", 6, 32 << 20), 6);
	o->fd = make(g);
	assert_ok(out_put(o, "begin", 5, &g->e), g->e);
	assert_ok(out_copy(o, in, 0, (uint64_t)size, &g->e), g->e);
	assert_ok(out_flush(o, &g->e), g->e);
	assert_int_equal(o->at, size + 5);
	assert_int_equal(fstat(o->fd, &st), 0);
	assert_int_equal(st.st_size, size + 5);
	assert_true(st.st_blocks * 512 < 1 << 20);
	assert_int_equal(pread(o->fd, got, 5, 0), 5);
	assert_string_equal(got, "begin");
	assert_int_equal(pread(o->fd, got, 6, (32 << 20) + 5), 6);
	assert_string_equal(got, "middle");
	assert_fails(out_copy(o, in, 0, (uint64_t)size + 1, &g->e), g->e, EAGAIN, "shorter");
	close(in);
	close(o->fd);
	free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pieces_become_one, grove_setup, grove_teardown),
		cmocka_unit_test_setup_teardown(a_file_that_shrinks_is_an_error, grove_setup, grove_teardown),
		cmocka_unit_test_setup_teardown(holes_stay_holes, grove_setup, grove_teardown),
		cmocka_unit_test_setup_teardown(a_full_disk_is_told, grove_setup, grove_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
