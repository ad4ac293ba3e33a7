/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel modules packed for a guest. */
#include "image/modules.h"

#include "grove.h"

static int pack(struct grove *g, const char *one, const char *two)
{
	const char *v[] = {one, two};
	const struct strs files = {v, two ? 2 : 1};
	int fd = openat(AT_FDCWD, arena_printf(&g->a, "%s/out", g->top),
			O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int r = modules_pack(g->fd, &files, fd, &g->a, &g->e);

	close(fd);
	return r;
}

static void grow_modules(struct grove *g)
{
	grow_dir(g, "usr", 0755);
	grow_dir(g, "usr/lib", 0755);
	grow_dir(g, "usr/lib/fs", 0755);
	/* As distributions have it; absolute, and yet it leads nowhere else. */
	assert_int_equal(symlinkat("/usr/lib", g->fd, "lib"), 0);
	grow_file(g, "usr/lib/fs/b.ko", 4097, 0644);
	grow_file(g, "usr/lib/a.ko.xz", 3, 0600);
}

static void in_order_and_flat(void **state)
{
	struct grove *g = *state;

	grow_modules(g);
	assert_ok(pack(g, "/lib/fs/b.ko", "/lib/a.ko.xz"), g->e);
	if (!unit_programs_are_native())
		return;
	assert_int_equal(
		grove_run("mkdir '%s/x' && cd '%s/x' && cpio --quiet -i <../out && "
			  "printf '/.urunc/b.ko\\n/.urunc/a.ko.xz\\n' | cmp - urunit.modules && "
			  "cmp .urunc/b.ko ../tree/usr/lib/fs/b.ko && cmp .urunc/a.ko.xz ../tree/usr/lib/a.ko.xz",
			  g->top, g->top),
		0);
	assert_int_equal(grove_run("test $(($(stat -c %%s '%s/out') %% 4)) = 0", g->top), 0);
}

static void what_is_no_module(void **state)
{
	struct grove *g = *state;

	grow_modules(g);
	assert_int_equal(mkfifoat(g->fd, "fifo.ko", 0600), 0);
	grow_file(g, "two words.ko", 1, 0600);
	assert_true(pack(g, "/fifo.ko", NULL) < 0);
	g->e = (struct err){0};
	assert_fails(pack(g, "/lib/fs/b.ko", "/missing.ko"), g->e, ENOENT, "/missing.ko");
	assert_fails(pack(g, "/two words.ko", NULL), g->e, EINVAL, "two words");
	assert_fails(pack(g, "/lib/", NULL), g->e, EINVAL, "/lib/");
	grow_file(g, "big.ko", 1, 0600);
	assert_int_equal(truncate(arena_printf(&g->a, "%s/big.ko", g->dir), MODULES_MAX_BYTES), 0);
	assert_fails(pack(g, "/big.ko", NULL), g->e, E2BIG, "larger than");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(in_order_and_flat, grove_setup, grove_teardown),
		cmocka_unit_test_setup_teardown(what_is_no_module, grove_setup, grove_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
