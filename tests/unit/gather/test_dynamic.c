/* SPDX-License-Identifier: Apache-2.0 */
/* The dynamic section: names in order, strings inside their table only. Mutated files are in test_elf.c. */
#include "gather/dynamic.h"

#include <stdalign.h>

#include "gather/elf_make.h"
#include "gather/scratch.h"

static alignas(16) unsigned char image[ELF_MAKE_BYTES];

static int read_dynamic(struct scratch *s, struct elf_dynamic *ret)
{
	int fd = memory_file(image, sizeof image);
	struct elf_file f;
	int r = elf_read(fd, &f);

	if (r == 0)
		r = elf_dynamic_read(&f, &s->a, ret);
	close(fd);
	return r;
}

static Elf64_Dyn *find(int64_t tag)
{
	Elf64_Dyn *d = (Elf64_Dyn *)(image + ELF_MAKE_DYN_AT);

	while (d->d_tag != tag)
		d++;
	return d;
}

static void names_in_order(void **state)
{
	struct scratch *s = *state;
	struct elf_dynamic d;

	for (int i = 0; i < 2; i++) {
		elf_make(&(struct elf_make){.is32 = i,
					    .needed = {"libb.so", "liba.so.1", "libc.so.6"},
					    .rpath = "/r",
					    .runpath = "/x:$ORIGIN/y"},
			 image);
		assert_int_equal(read_dynamic(s, &d), 0);
		assert_int_equal(d.needed.n, 3);
		assert_string_equal(d.needed.v[0], "libb.so");
		assert_string_equal(d.needed.v[1], "liba.so.1");
		assert_string_equal(d.needed.v[2], "libc.so.6");
		assert_string_equal(d.rpath, "/r");
		assert_string_equal(d.runpath, "/x:$ORIGIN/y");
	}
}

/* Longer than what is read at once, and followed by more. */
static void long_text(void **state)
{
	struct scratch *s = *state;
	struct elf_dynamic d;
	char path[2000];

	memset(path, 'p', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	elf_make(&(struct elf_make){.needed = {"a.so"}, .rpath = path, .runpath = "/last"}, image);
	assert_int_equal(read_dynamic(s, &d), 0);
	assert_string_equal(d.needed.v[0], "a.so");
	assert_string_equal(d.rpath, path);
	assert_string_equal(d.runpath, "/last");
}

static void no_section(void **state)
{
	struct scratch *s = *state;
	struct elf_dynamic d = {.rpath = "old"};

	elf_make(&(struct elf_make){0}, image);
	((Elf64_Phdr *)(image + sizeof(Elf64_Ehdr)))[1].p_type = PT_NULL;
	assert_int_equal(read_dynamic(s, &d), 0);
	assert_int_equal(d.needed.n, 0);
	assert_null(d.rpath);
}

static void strings_outside(void **state)
{
	static const uint64_t bad[] = {1000, UINT64_MAX, UINT64_MAX - 100};
	struct scratch *s = *state;
	struct elf_dynamic d;

	for (size_t i = 0; i < 3; i++) {
		elf_make(&(struct elf_make){.needed = {"a.so"}}, image);
		find(DT_NEEDED)->d_un.d_val = bad[i];
		assert_int_equal(read_dynamic(s, &d), -EBADMSG);
		elf_make(&(struct elf_make){.needed = {"a.so"}}, image);
		find(DT_STRTAB)->d_un.d_val = bad[i];
		assert_int_equal(read_dynamic(s, &d), -EBADMSG);
	}
	/* The table's end cuts the last name off. */
	elf_make(&(struct elf_make){.needed = {"a.so"}}, image);
	find(DT_STRSZ)->d_un.d_val = 3;
	assert_int_equal(read_dynamic(s, &d), -EBADMSG);
	/* A table as long as one likes ends with the file. */
	elf_make(&(struct elf_make){.needed = {"a.so"}}, image);
	find(DT_STRSZ)->d_un.d_val = UINT64_MAX;
	find(DT_NEEDED)->d_un.d_val = 1ull << 40;
	assert_int_equal(read_dynamic(s, &d), -EBADMSG);
}

static void huge_section(void **state)
{
	struct scratch *s = *state;
	struct elf_dynamic d;

	elf_make(&(struct elf_make){.needed = {"a.so"}}, image);
	((Elf64_Phdr *)(image + sizeof(Elf64_Ehdr)))[1].p_filesz = 1ull << 63;
	assert_int_equal(read_dynamic(s, &d), -EBADMSG);
}

static int read_interp(struct scratch *s, const char **ret)
{
	int fd = memory_file(image, sizeof image);
	struct elf_file f;
	int r = elf_read(fd, &f);

	if (r == 0)
		r = elf_interpreter(&f, &s->a, ret);
	close(fd);
	return r;
}

static void interpreter(void **state)
{
	Elf64_Phdr *p = (Elf64_Phdr *)(image + sizeof(Elf64_Ehdr)) + 1;
	struct scratch *s = *state;
	const char *interp = "old";

	elf_make(&(struct elf_make){.interp = "/lib64/ld.so"}, image);
	assert_int_equal(read_interp(s, &interp), 0);
	assert_string_equal(interp, "/lib64/ld.so");
	p->p_filesz--; /* the NUL byte is outside */
	assert_int_equal(read_interp(s, &interp), -EBADMSG);
	p->p_filesz = 1 << 20;
	assert_int_equal(read_interp(s, &interp), -EBADMSG);
	elf_make(&(struct elf_make){.interp = "ld.so"}, image);
	assert_int_equal(read_interp(s, &interp), -EBADMSG);
	elf_make(&(struct elf_make){0}, image);
	assert_int_equal(read_interp(s, &interp), 0);
	assert_null(interp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(names_in_order),  scratch_test(long_text),    scratch_test(no_section),
		scratch_test(strings_outside), scratch_test(huge_section), scratch_test(interpreter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
