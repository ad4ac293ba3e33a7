/* SPDX-License-Identifier: Apache-2.0 */
/* How an initrd is packed. */
#include "gather/image.h"
#include "gather/scratch.h"

static struct image_file inspect(const void *p, size_t n)
{
	struct image_file f = {0};
	int fd = memory_file(p, n);

	initrd_inspect(fd, n, &f);
	close(fd);
	return f;
}

static void kinds(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *name;
	} cases[] = {
		{"070701000", 9, "none"},
		{"070702000", 9, "none"},
		{"070707000", 9, "unknown"}, /* the old binary format is not read by Linux */
		{"\x1f\x8b\x08\0\0\0\0\0", 8, "gzip"},
		{"\x28\xb5\x2f\xfd\0\0", 6, "zstd"},
		{"\xfd"
		 "7zXZ\0",
		 6, "xz"},
		{"\x04\x22\x4d\x18", 4, "lz4"},
		{"\x02\x21\x4c\x18", 4, "lz4"},
		{"\x28\xb5\x2f", 3, "unknown"},
		{"07070", 5, "unknown"},
		{"", 0, "unknown"},
		{"#!/bin/sh", 9, "unknown"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(inspect(cases[i].bytes, cases[i].n).compression, cases[i].name);
}

static void unpacked_size(void **state)
{
	(void)state;
	assert_int_equal(inspect("0707010000000000", 16).unpacked_bytes, 16);
	assert_int_equal(inspect("\x1f\x8b\x08xxxx\x78\x56\x34\x92", 11).unpacked_bytes, 0x92345678);
	assert_int_equal(inspect("\x1f\x8b", 2).unpacked_bytes, 0);
	assert_int_equal(inspect("\x28\xb5\x2f\xfd\1\2\3\4", 8).unpacked_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(kinds), cmocka_unit_test(unpacked_size)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
