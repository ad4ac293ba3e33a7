/* SPDX-License-Identifier: Apache-2.0 */
/* The list of files: no place in the box twice, links resolved, a limit. */
#include "gather/fileset.h"

#include "gather/scratch.h"

static void names_once(void **state)
{
	struct scratch *s = *state;
	struct name_set set = {0};

	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 1000; i++)
			assert_int_equal(name_set_add(&set, arena_printf(&s->a, "lib%d.so", i), &s->a),
					 round == 0);
	assert_int_equal(set.n, 1000);
	assert_int_equal(name_set_add(&set, "", &s->a), 1);
	assert_int_equal(name_set_add(&set, "", &s->a), 0);
}

static void first_one_stays(void **state)
{
	struct scratch *s = *state;
	struct file_list l = {0};

	assert_ok(file_list_add(&l, -1, "/host/a", "/box", false, &s->a, &s->e), s->e);
	assert_ok(file_list_add(&l, -1, "/host/b", "/box", true, &s->a, &s->e), s->e);
	assert_ok(file_list_add(&l, -1, "/host/a", "/box2", true, &s->a, &s->e), s->e);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.v[0].path, "/host/a");
	assert_false(l.v[0].optional);
	assert_string_equal(l.v[1].box, "/box2");
	assert_true(l.v[1].optional);
}

static void links_are_resolved(void **state)
{
	struct scratch *s = *state;
	const char *real = scratch_text(s, "lib.so.1.2.3", "x"), *link = scratch_path(s, "lib.so.1");
	struct file_list l = {0};
	int fd;

	assert_int_equal(symlink("lib.so.1.2.3", link), 0);
	fd = open(link, O_RDONLY | O_CLOEXEC);
	assert_ok(file_list_add(&l, fd, link, link, false, &s->a, &s->e), s->e);
	close(fd);
	assert_string_equal(l.v[0].path, real);
	assert_string_equal(l.v[0].box, link);
}

static void limit(void **state)
{
	struct scratch *s = *state;
	struct file_list l = {0};

	for (unsigned i = 0; i < FILE_LIST_MAX; i++)
		assert_ok(file_list_add(&l, -1, "/f", arena_printf(&s->a, "/%u", i), false, &s->a, &s->e),
			  s->e);
	assert_fails(file_list_add(&l, -1, "/f", "/more", false, &s->a, &s->e), s->e, E2BIG, "1024 files");
	assert_int_equal(l.n, FILE_LIST_MAX);
	assert_string_equal(l.v[FILE_LIST_MAX - 1].box, "/1023");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(names_once),
		scratch_test(first_one_stays),
		scratch_test(links_are_resolved),
		scratch_test(limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
