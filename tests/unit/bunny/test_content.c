/* SPDX-License-Identifier: Apache-2.0 */
/* Files are known by what stands at their beginning. */
#include "bunny/content.h"

#include "unit.h"

/* A file of zeros with these bytes in it. */
static enum path_content with(size_t off, const char *magic, size_t n, const char **ret_arch)
{
	static char head[CONTENT_HEAD_BYTES];

	memset(head, 0, sizeof(head));
	memcpy(head + off, magic, n);
	return content_of((struct bytes){head, sizeof(head)}, ret_arch);
}

static void kinds_by_their_marks(void **state)
{
	static const struct {
		size_t off, n;
		const char *magic;
		enum path_content kind;
	} cases[] = {
		{0, 6, "070701", CONTENT_CPIO},
		{0, 6, "070702", CONTENT_CPIO},
		{0, 6, "070707", CONTENT_CPIO},
		{0, 2, "\xc7\x71", CONTENT_CPIO},
		{0, 2, "\x1f\x8b", CONTENT_PACKED},
		{0, 6,
		 "\xfd"
		 "7zXZ\0",
		 CONTENT_PACKED},
		{0, 4, "\x28\xb5\x2f\xfd", CONTENT_PACKED},
		{0, 3, "BZh", CONTENT_PACKED},
		{0x438, 2, "\x53\xef", CONTENT_EXT},
		{257, 6, "ustar\0", CONTENT_TAR},
		{0, 4, "hsqs", CONTENT_FS},
		{1024, 4, "\xe2\xe1\xf5\xe0", CONTENT_FS},
		{510, 2, "\x55\xaa", CONTENT_FS},
		{0, 4, "text", CONTENT_OTHER},
		{0, 2, "MZ", CONTENT_OTHER},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *arch = "?";

		assert_int_equal(with(cases[i].off, cases[i].magic, cases[i].n, &arch), cases[i].kind);
		assert_null(arch);
	}
}

static void kernels_say_their_machine(void **state)
{
	static const struct {
		uint16_t machine;
		const char *arch;
	} elf[] = {{EM_X86_64, "amd64"},
		   {EM_386, "amd64"},
		   {EM_AARCH64, "arm64"},
		   {EM_RISCV, "riscv64"},
		   {EM_SPARC, NULL}},
	  pe[] = {{0x8664, "amd64"}, {0xaa64, "arm64"}, {0x5064, "riscv64"}, {1, NULL}};
	char head[600] = "\x7f"
			 "ELF";
	const char *arch;

	(void)state;
	for (size_t i = 0; i < sizeof(elf) / sizeof(elf[0]); i++) {
		memcpy(head + 18, &elf[i].machine, 2);
		assert_int_equal(content_of((struct bytes){head, sizeof(head)}, &arch), CONTENT_KERNEL);
		assert_true(streq(arch, elf[i].arch));
	}
	memset(head, 0, sizeof(head));
	memcpy(head, "MZ", 2);
	head[0x3c] = 0x40;
	memcpy(head + 0x40, "PE\0\0", 4);
	for (size_t i = 0; i < sizeof(pe) / sizeof(pe[0]); i++) {
		memcpy(head + 0x44, &pe[i].machine, 2);
		assert_int_equal(content_of((struct bytes){head, sizeof(head)}, &arch), CONTENT_KERNEL);
		assert_true(streq(arch, pe[i].arch));
	}
	assert_int_equal(with(56, "ARM\x64", 4, &arch), CONTENT_KERNEL);
	assert_string_equal(arch, "arm64");
	/* It has the mark of a boot sector, too. */
	memset(head, 0, sizeof(head));
	memcpy(head + 510, "\x55\xaa", 2);
	memcpy(head + 0x202, "HdrS", 4);
	assert_int_equal(content_of((struct bytes){head, sizeof(head)}, &arch), CONTENT_KERNEL);
	assert_string_equal(arch, "amd64");
}

static void short_files_have_no_marks(void **state)
{
	const char *arch;

	(void)state;
	for (size_t n = 0; n < 64; n++) {
		char *head = calloc(1, n + 1); /* its own memory, for the sanitizer to guard */

		assert_int_equal(content_of((struct bytes){head, n}, &arch), CONTENT_OTHER);
		if (n >= 4)
			memcpy(head, "MZ", 2);
		if (n >= 64)
			head[0x3c] = (char)0xff;
		assert_int_equal(content_of((struct bytes){head, n}, &arch), CONTENT_OTHER);
		free(head);
	}
	assert_int_equal(content_of((struct bytes){NULL, 0}, &arch), CONTENT_OTHER);
	assert_int_equal(content_of((struct bytes){"\x7f"
						   "ELF",
						   4},
				    &arch),
			 CONTENT_KERNEL);
	assert_null(arch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_by_their_marks),
		cmocka_unit_test(kernels_say_their_machine),
		cmocka_unit_test(short_files_have_no_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
