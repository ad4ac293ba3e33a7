/* SPDX-License-Identifier: Apache-2.0 */
/* Every entry once, none through a link, an end where the visit or the depth says so. */
#include "common/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "unit.h"

struct world {
	char dir[256], seen[4096];
	unsigned left; /* entries until the visit has enough */
	int answer;    /* what it returns then */
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	unit_tmpdir(w->dir);
	w->left = 1000;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	unit_rmdir(w->dir);
	free(w);
	return 0;
}

static int note(const struct walk_entry *entry, void *arg, struct err *e)
{
	struct world *w = arg;

	if (w->left-- == 0)
		return w->answer < 0 ? err_set(e, -w->answer, "the visit's own words") : w->answer;
	snprintf(w->seen + strlen(w->seen), sizeof(w->seen) - strlen(w->seen), "%c%s;",
		 S_ISDIR(entry->st->st_mode)   ? 'd'
		 : S_ISLNK(entry->st->st_mode) ? 'l'
					       : 'f',
		 entry->path);
	return 0;
}

static int walk(struct world *w, struct err *e)
{
	int fd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	*e = (struct err){0};
	r = walk_tree(fd, "label", note, w, e);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC); /* it stays open */
	close(fd);
	return r;
}

static void make(const struct world *w, const char *name, const char *target)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	if (target)
		assert_int_equal(symlink(target, path), 0);
	else
		assert_int_equal(mkdir(path, 0755), 0);
}

static void links_are_entries_and_no_ways(void **state)
{
	struct world *w = *state;
	struct err e;

	make(w, "a", NULL);
	make(w, "a/up", "..");
	make(w, "a/b", NULL);
	make(w, "a/b/none", "/no/such");
	assert_ok(walk(w, &e), e);
	assert_int_equal(strncmp(w->seen, "d;da;", 5), 0);
	assert_int_equal(strlen(w->seen), strlen("d;da;la/up;da/b;la/b/none;"));
	assert_non_null(strstr(w->seen, "la/up;"));
	assert_non_null(strstr(w->seen, "da/b;"));
	assert_true(strstr(w->seen, "la/b/none;") > strstr(w->seen, "da/b;"));
}

static void the_visit_ends_it(void **state)
{
	struct world *w = *state;
	struct err e;

	make(w, "a", NULL);
	make(w, "b", NULL);
	w->left = 2;
	w->answer = 1;
	assert_int_equal(walk(w, &e), 1);
	w->left = 0;
	w->answer = -EFBIG;
	assert_fails(walk(w, &e), e, EFBIG, "the visit's own words");
}

static void depth_has_an_end(void **state)
{
	struct world *w = *state;
	char name[2 * WALK_DEPTH_MAX + 4] = "d";
	struct err e;

	for (int i = 0; i < WALK_DEPTH_MAX; i++) {
		make(w, name, NULL);
		strcat(name, "/d");
	}
	assert_ok(walk(w, &e), e);
	make(w, name, NULL);
	assert_fails(walk(w, &e), e, ELOOP, "lies deeper than 64 directories");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(links_are_entries_and_no_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(the_visit_ends_it, setup, teardown),
		cmocka_unit_test_setup_teardown(depth_has_an_end, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
