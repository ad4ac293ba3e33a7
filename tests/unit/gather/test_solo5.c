/* SPDX-License-Identifier: Apache-2.0 */
/* Notes of Solo5 binaries: what real ones look like, and files made to hurt. */
#include "gather/solo5.h"

#include <errno.h>
#include <stdalign.h>

#include "gather/scratch.h"
#include "gather/solo5_make.h"
#include "unit.h"

static alignas(16) unsigned char image[SOLO5_MAKE_BYTES];
static struct arena arena;
static struct solo5_abi abi;

/* Reads the first n bytes of `image`; what is wrong with them, or NULL. */
static const char *read_part(size_t n)
{
	struct elf_file elf;
	struct err e = {0};
	const char *problem;
	int fd = memory_file(image, n);

	arena_release(&arena);
	assert_int_equal(elf_read(fd, &elf), 0);
	assert_ok(solo5_read(&elf, &arena, &abi, &problem, &e), e);
	close(fd);
	if (problem)
		assert_int_equal(abi.devices.n, 0);
	return problem;
}

static const char *read_all(void)
{
	return read_part(sizeof image);
}

static const struct solo5_make two = {
	.target = 2,
	.entries = 3,
	.device = {{"service", 2}, {"storage", 1}},
};

static void targets_and_devices(void **state)
{
	(void)state;
	solo5_make(&two, image);
	assert_null(read_all());
	assert_int_equal(abi.target, SOLO5_SPT);
	assert_int_equal(abi.version, 2);
	assert_int_equal(abi.devices.n, 2);
	assert_string_equal(abi.devices.v[0].name, "service");
	assert_int_equal(abi.devices.v[0].kind, SOLO5_NET);
	assert_string_equal(abi.devices.v[1].name, "storage");
	assert_int_equal(abi.devices.v[1].kind, SOLO5_BLOCK);
	for (uint32_t target = 1; target <= 6; target++) {
		solo5_make(&(struct solo5_make){.target = target, .entries = 1}, image);
		assert_null(read_all());
		assert_int_equal(abi.target, target);
		assert_int_equal(abi.devices.n, 0);
	}
	arena_release(&arena);
}

static void full_manifest(void **state)
{
	char longest[68];

	(void)state;
	memset(longest, 'n', 67);
	longest[67] = '\0';
	solo5_make(&(struct solo5_make){.target = 1, .entries = 64, .device = {{longest, 2}}}, image);
	assert_null(read_all());
	assert_int_equal(abi.devices.n, 63);
	assert_string_equal(abi.devices.v[0].name, longest);
	assert_string_equal(abi.devices.v[62].name, "d63");
	arena_release(&arena);
}

static void other_files(void **state)
{
	(void)state;
	solo5_make(&(struct solo5_make){.no_abi = true, .no_manifest = true}, image);
	assert_null(read_all());
	assert_int_equal(abi.target, SOLO5_NONE);
	/* Somebody else's notes of the same types, and ours of another type. */
	solo5_make(&two, image);
	memcpy(image + SOLO5_MAKE_ABI_AT + 12, "Solo6", 6);
	memcpy(image + SOLO5_MAKE_MANIFEST_AT + 12, "Solo", 5);
	assert_null(read_all());
	assert_int_equal(abi.target, SOLO5_NONE);
	solo5_make(&two, image);
	solo5_put32(image + SOLO5_MAKE_ABI_AT + 8, 1);
	solo5_put32(image + SOLO5_MAKE_MANIFEST_AT + 8, 1);
	assert_null(read_all());
	assert_int_equal(abi.target, SOLO5_NONE);
	arena_release(&arena);
}

static void half_of_the_notes(void **state)
{
	(void)state;
	solo5_make(&(struct solo5_make){.target = 1, .no_manifest = true}, image);
	assert_string_equal(read_all(), "it has no manifest");
	assert_int_equal(abi.target, SOLO5_HVT);
	solo5_make(&(struct solo5_make){.entries = 1, .no_abi = true}, image);
	assert_non_null(strstr(read_all(), "no ABI note"));
	assert_int_equal(abi.target, SOLO5_NONE);
	arena_release(&arena);
}

/* A byte, number or name of a good file changed: what is said about it. */
static void is_wrong(const char *want)
{
	const char *got = read_all();

	assert_non_null(got);
	assert_string_equal(got, want);
	solo5_make(&two, image);
}

static void hostile_abi(void **state)
{
	unsigned char *note = image + SOLO5_MAKE_ABI_AT;

	(void)state;
	solo5_make(&two, image);
	solo5_put32(note + 20, 0);
	is_wrong("its ABI note names the unknown target 0");
	solo5_put32(note + 20, 7);
	is_wrong("its ABI note names the unknown target 7");
	solo5_put32(note + 20, UINT32_MAX);
	is_wrong("its ABI note names the unknown target 4294967295");
	solo5_put32(note + 4, 7);
	is_wrong("its ABI note is too short");
	solo5_put32(note + 4, 0);
	is_wrong("its ABI note is too short");
	solo5_put32(note + 4, 17); /* more than its segment holds */
	is_wrong("its ABI note has an impossible size (17 bytes)");
	solo5_put32(note + 4, UINT32_MAX);
	solo5_make_phdr(image, SOLO5_MAKE_ABI)->p_filesz = UINT64_MAX;
	is_wrong("its ABI note has an impossible size (4294967295 bytes)");
	arena_release(&arena);
}

static void hostile_manifest(void **state)
{
	unsigned char *note = image + SOLO5_MAKE_MANIFEST_AT;

	(void)state;
	solo5_make(&two, image);
	solo5_put32(note + 24, 2);
	is_wrong("its manifest is of an unknown version");
	solo5_put32(note + 4, 11);
	is_wrong("its manifest is of an unknown version");
	solo5_put32(note + 4, 3);
	is_wrong("its manifest has an impossible size (3 bytes)");
	solo5_put32(note + 4, UINT32_MAX);
	is_wrong("its manifest has an impossible size (4294967295 bytes)");
	solo5_put32(note + 28, UINT32_MAX); /* 2^32 - 1 entries in the room for three */
	is_wrong("its manifest has 4294967295 entries in 320 bytes");
	solo5_put32(note + 28, 0);
	is_wrong("its manifest has 0 entries in 320 bytes");
	/* times 104 that is right when only 32 bits of it are kept */
	solo5_put32(note + 28, (1u << 29) + 3);
	is_wrong("its manifest has 536870915 entries in 320 bytes");
	solo5_put32(note + 28, 2);
	is_wrong("its manifest has 2 entries in 320 bytes");
	solo5_make(&(struct solo5_make){.target = 2, .entries = 65}, image);
	is_wrong("its manifest has an impossible size (6772 bytes)");
	arena_release(&arena);
}

static void hostile_entries(void **state)
{
	(void)state;
	solo5_make(&two, image);
	memset(solo5_make_entry(image, 1), 'x', 68); /* a name without NUL */
	is_wrong("entry 1 of its manifest has a name without end");
	solo5_make_entry(image, 2)[67] = 1; /* behind the name, but the tender looks there */
	is_wrong("entry 2 of its manifest has a name without end");
	solo5_make_entry(image, 1)[0] = '\0';
	is_wrong("entry 1 of its manifest has a name that is not made of A-Z a-z 0-9");
	strcpy((char *)solo5_make_entry(image, 1), "a=/etc/shadow");
	is_wrong("entry 1 of its manifest has a name that is not made of A-Z a-z 0-9");
	strcpy((char *)solo5_make_entry(image, 1), "a\nb");
	is_wrong("entry 1 of its manifest has a name that is not made of A-Z a-z 0-9");
	solo5_put32(solo5_make_entry(image, 2) + 68, 3);
	is_wrong("entry 2 of its manifest has the unknown type 3");
	solo5_put32(solo5_make_entry(image, 2) + 68, 0);
	is_wrong("entry 2 of its manifest has the unknown type 0");
	solo5_make_entry(image, 2)[96] = 1;
	is_wrong("entry 2 of its manifest says that it is attached already");
	solo5_put32(solo5_make_entry(image, 0) + 68, 2);
	is_wrong("its manifest does not begin with the reserved entry");
	solo5_make_entry(image, 0)[0] = 'x';
	is_wrong("its manifest does not begin with the reserved entry");
	arena_release(&arena);
}

static void names_twice(void **state)
{
	static const struct solo5_make same = {.target = 1, .entries = 3, .device = {{"a", 2}, {"a", 2}}};
	static const struct solo5_make kinds = {.target = 1, .entries = 3, .device = {{"a", 2}, {"a", 1}}};

	(void)state;
	solo5_make(&same, image);
	assert_string_equal(read_all(), "its manifest names device 'a' twice");
	solo5_make(&kinds, image);
	assert_null(read_all());
	assert_int_equal(abi.devices.n, 2);
	arena_release(&arena);
}

/* Cut at every byte, the file is either whole enough or refused. */
static void truncated(void **state)
{
	static const size_t end = SOLO5_MAKE_MANIFEST_AT + 20 + 12 + 3 * SOLO5_MAKE_ENTRY_BYTES;

	(void)state;
	solo5_make(&two, image);
	for (size_t n = sizeof(Elf64_Ehdr) + 3 * sizeof(Elf64_Phdr); n < end; n++)
		if (!read_part(n))
			assert_int_equal(abi.target, SOLO5_NONE);
	assert_null(read_part(end));
	assert_int_equal(abi.devices.n, 2);
	arena_release(&arena);
}

static void overlapping(void **state)
{
	Elf64_Phdr *p = solo5_make_phdr(image, SOLO5_MAKE_MANIFEST);

	(void)state;
	/* The manifest's segment lies over the ABI note: that is what its first note is. */
	solo5_make(&two, image);
	p->p_offset = SOLO5_MAKE_ABI_AT;
	is_wrong("it has no manifest");
	/* Both in one segment: a tender sees the first only. */
	solo5_make_phdr(image, SOLO5_MAKE_ABI)->p_filesz = 0x1000;
	p->p_type = PT_NULL;
	is_wrong("it has no manifest");
	/* Places that do not exist, or would wrap round. */
	p->p_offset = UINT64_MAX - 8;
	is_wrong("it has no manifest");
	p->p_offset = INT64_MAX;
	is_wrong("it has no manifest");
	p->p_filesz = 19;
	is_wrong("it has no manifest");
	p->p_filesz = 20 + 12 + 3 * SOLO5_MAKE_ENTRY_BYTES - 1;
	is_wrong("its manifest has an impossible size (324 bytes)");
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_and_devices), cmocka_unit_test(full_manifest),
		cmocka_unit_test(other_files),         cmocka_unit_test(half_of_the_notes),
		cmocka_unit_test(hostile_abi),         cmocka_unit_test(hostile_manifest),
		cmocka_unit_test(hostile_entries),     cmocka_unit_test(names_twice),
		cmocka_unit_test(truncated),           cmocka_unit_test(overlapping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
