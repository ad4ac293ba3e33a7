/* SPDX-License-Identifier: Apache-2.0 */
/* Firmware and modules of a monitor: order of the search, names in the box, what is missing. */
#include "gather/datafiles.h"

#include <stdalign.h>

#include "gather/elf_make.h"
#include "gather/scratch.h"

struct found {
	struct file_list files;
	struct closure c;
};

static int add(struct scratch *s, struct found *f, const struct monitor_file *files, const char *data_path)
{
	const struct monitor_ops ops = {.name = "m", .files = files};

	memset(f, 0, sizeof *f);
	f->c = (struct closure){.a = &s->a, .files = &f->files, .machine = ELF_MAKE_HOST, .is64 = true};
	s->e = (struct err){0};
	return datafiles_add(&f->c, &ops, ARCH_X86_64, data_path, &s->e);
}

static void put_module(struct scratch *s, const char *name, const char *needed)
{
	static alignas(16) unsigned char image[ELF_MAKE_BYTES];

	elf_make(&(struct elf_make){.needed = {needed}}, image);
	scratch_put(s, name, image, sizeof image);
}

static void first_directory_counts(void **state)
{
	struct scratch *s = *state;
	const char *const dirs[] = {scratch_path(s, "none"), scratch_path(s, "1"), scratch_path(s, "2"), NULL};
	const struct monitor_file files[] = {{"a.bin", dirs, false, false, 0},
					     {"b.bin", dirs, false, true, 0},
					     {0}};
	struct found f;

	scratch_text(s, "1/a.bin", "1");
	scratch_text(s, "2/a.bin", "2");
	scratch_text(s, "2/b.bin", "2");
	assert_ok(add(s, &f, files, NULL), s->e);
	assert_int_equal(f.files.n, 2);
	assert_string_equal(f.files.v[0].path, scratch_path(s, "1/a.bin"));
	assert_string_equal(f.files.v[0].box, "/fw/a.bin");
	assert_false(f.files.v[0].optional);
	assert_string_equal(f.files.v[1].path, scratch_path(s, "2/b.bin"));
	assert_true(f.files.v[1].optional);
}

static void configured_path_comes_first(void **state)
{
	struct scratch *s = *state;
	const char *const dirs[] = {scratch_path(s, "sys"), NULL};
	const struct monitor_file files[] = {{"bios.bin", dirs, false, false, 0},
					     {"vga.bin", dirs, false, false, 0},
					     {"other.bin", dirs, false, false, 0},
					     {0}};
	struct found f;

	scratch_text(s, "sys/bios.bin", "system");
	scratch_text(s, "sys/vga.bin", "system");
	scratch_text(s, "sys/other.bin", "system");
	scratch_text(s, "data/qemu/bios.bin", "configured");
	scratch_text(s, "data/seabios/vga.bin", "configured");
	assert_ok(add(s, &f, files, scratch_path(s, "data")), s->e);
	assert_string_equal(f.files.v[0].path, scratch_path(s, "data/qemu/bios.bin"));
	assert_string_equal(f.files.v[1].path, scratch_path(s, "data/seabios/vga.bin"));
	assert_string_equal(f.files.v[2].path, scratch_path(s, "sys/other.bin"));
	assert_string_equal(f.files.v[0].box, "/fw/bios.bin");
}

/* Distributions link firmware from one package to another. */
static void links_are_followed(void **state)
{
	struct scratch *s = *state;
	const char *const dirs[] = {scratch_path(s, "qemu"), NULL};
	const struct monitor_file files[] = {{"rom", dirs, false, false, 0},
					     {"dir", dirs, false, true, 0},
					     {0}};
	struct found f;

	scratch_text(s, "seabios/real", "x");
	assert_int_equal(mkdir(scratch_path(s, "qemu"), 0755), 0);
	assert_int_equal(mkdir(scratch_path(s, "qemu/dir"), 0755), 0);
	assert_int_equal(symlink("../seabios/real", scratch_path(s, "qemu/rom")), 0);
	assert_ok(add(s, &f, files, NULL), s->e);
	assert_int_equal(f.files.n, 1); /* a directory is no file */
	assert_string_equal(f.files.v[0].path, scratch_path(s, "seabios/real"));
	assert_string_equal(f.files.v[0].box, "/fw/rom");
}

/* The files of one directory may lie behind a link to it, and more directories are asked than are kept open. */
static void links_to_directories(void **state)
{
	struct scratch *s = *state;
	const char *dirs[12] = {0};
	const struct monitor_file files[] = {{"a", dirs, true, false, 0}, {"b", dirs, false, false, 0}, {0}};
	struct found f;

	for (int i = 0; i < 10; i++)
		dirs[i] = scratch_path(s, arena_printf(&s->a, "d%d", i));
	scratch_text(s, "d9/a", "x");
	scratch_text(s, "d8/b", "x");
	scratch_text(s, "there/b", "x");
	assert_int_equal(symlink("there", dirs[1]), 0);
	assert_int_equal(symlink("gone", scratch_path(s, "there/a")), 0);
	assert_ok(add(s, &f, files, NULL), s->e);
	assert_int_equal(f.files.n, 2);
	assert_string_equal(f.files.v[0].path, scratch_path(s, "d9/a"));
	assert_string_equal(f.files.v[0].box, scratch_path(s, "d9/a"));
	assert_string_equal(f.files.v[1].path, scratch_path(s, "there/b"));
	assert_string_equal(f.files.v[1].box, "/fw/b");
}

static void other_architectures(void **state)
{
	struct scratch *s = *state;
	const char *const dirs[] = {scratch_path(s, "d"), NULL};
	const struct monitor_file files[] = {{"arm", dirs, false, false, 1u << ARCH_AARCH64},
					     {"x86", dirs, false, false, 1u << ARCH_X86_64},
					     {0}};
	struct found f;

	scratch_text(s, "d/arm", "x");
	scratch_text(s, "d/x86", "x");
	assert_ok(add(s, &f, files, NULL), s->e);
	assert_int_equal(f.files.n, 1);
	assert_string_equal(f.files.v[0].box, "/fw/x86");
	assert_int_equal(unlink(scratch_path(s, "d/arm")), 0); /* and is not missed */
	assert_ok(add(s, &f, files, NULL), s->e);
}

static void missing(void **state)
{
	struct scratch *s = *state;
	const char *const dirs[] = {scratch_path(s, "1"), scratch_path(s, "2"), NULL};
	const struct monitor_file optional[] = {{"a.bin", dirs, false, true, 0},
						{"m-*.so", dirs, true, true, 0},
						{0}};
	const struct monitor_file needed[] = {{"a.bin", dirs, false, false, 0}, {0}};
	struct found f;

	assert_ok(add(s, &f, optional, NULL), s->e);
	assert_int_equal(f.files.n, 0);
	assert_ok(add(s, &f, NULL, NULL), s->e);
	assert_int_equal(add(s, &f, needed, NULL), -ENOENT);
	assert_string_equal(s->e.msg, arena_printf(&s->a, "needs its file 'a.bin', which is not in %s, %s",
						   dirs[0], dirs[1]));
}

static void modules_by_pattern(void **state)
{
	struct scratch *s = *state;
	const char *const dirs[] = {scratch_path(s, "none"), scratch_path(s, "mod"), scratch_path(s, "late"),
				    NULL};
	const struct monitor_file files[] = {{"accel-*.so", dirs, true, true, 0}, {0}};
	struct found f;

	put_module(s, "mod/accel-b.so", NULL);
	put_module(s, "mod/accel-a.so", NULL);
	put_module(s, "mod/accel-gone.so", "libgone-urunc.so");
	put_module(s, "mod/audio-a.so", NULL);
	put_module(s, "late/accel-c.so", NULL);
	scratch_text(s, "mod/accel-text.so", "not ELF");
	assert_ok(add(s, &f, files, NULL), s->e);
	/* In the order of names, whatever the directory's; the broken ones are left out. */
	assert_int_equal(f.files.n, 2);
	assert_string_equal(f.files.v[0].path, scratch_path(s, "mod/accel-a.so"));
	assert_string_equal(f.files.v[0].box, f.files.v[0].path);
	assert_string_equal(f.files.v[1].box, scratch_path(s, "mod/accel-b.so"));
}

static void kept_path_without_pattern(void **state)
{
	struct scratch *s = *state;
	const char *const dirs[] = {scratch_path(s, "mod"), NULL};
	const struct monitor_file files[] = {{"x.so", dirs, true, false, 0},
					     {"y.dat", dirs, true, false, 0},
					     {0}};
	struct found f;

	put_module(s, "mod/x.so", NULL);
	scratch_text(s, "mod/y.dat", "y");
	assert_ok(add(s, &f, files, scratch_path(s, "mod")), s->e);
	assert_int_equal(f.files.n, 2);
	assert_string_equal(f.files.v[0].box, scratch_path(s, "mod/x.so"));
	assert_string_equal(f.files.v[1].box, scratch_path(s, "mod/y.dat"));
}

/* A module among the data files brings its libraries like any other. */
static void module_in_the_data_directory(void **state)
{
	struct scratch *s = *state;
	const char *const dirs[] = {scratch_path(s, "mod"), NULL};
	const struct monitor_file files[] = {{"accel-x.so", dirs, false, true, 0}, {0}};
	struct found f;

	unit_needs("programs of this architecture on this machine", unit_programs_are_native());
	put_module(s, "mod/accel-x.so", "libc.so.6");
	assert_ok(add(s, &f, files, NULL), s->e);
	assert_true(f.files.n >= 2);
	assert_non_null(strstr(f.files.v[0].box, "/libc.so.6"));
	assert_string_equal(f.files.v[f.files.n - 1].box, "/fw/accel-x.so");
	assert_string_equal(f.files.v[f.files.n - 1].path, scratch_path(s, "mod/accel-x.so"));
}

static void patterns(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool match;
	} cases[] = {
		{"a*.so", "a.so", true},
		{"a*.so", "abc.so", true},
		{"a*.so", "abc.so.so", true},
		{"a*.so", "b.so", false},
		{"a*.so", "a.so1", false},
		{"*", "", true},
		{"*", "x", true},
		{"", "", true},
		{"", "x", false},
		{"x", "", false},
		{"a*b*c", "aXbYc", true},
		{"a*b*c", "aXcYb", false},
		{"a**", "a", true},
		{"*a*", "bab", true},
		{"?", "x", false},
		{"accel-*", "accel", false},
		{"*aab", "aaaab", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (datafiles_match(cases[i].pattern, cases[i].name) != cases[i].match)
			fail_msg("'%s' and '%s'", cases[i].pattern, cases[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(links_to_directories),         scratch_test(other_architectures),
		scratch_test(first_directory_counts),       scratch_test(configured_path_comes_first),
		scratch_test(links_are_followed),           scratch_test(missing),
		scratch_test(modules_by_pattern),           scratch_test(kept_path_without_pattern),
		scratch_test(module_in_the_data_directory), cmocka_unit_test(patterns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
