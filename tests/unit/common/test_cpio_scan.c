/* SPDX-License-Identifier: Apache-2.0 */
/* Archives of images: names seen, the end found, nothing believed. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/cpio.h"
#include "unit.h"

static char seen[8192];

static void see(const char *name, uint32_t mode, void *arg)
{
	assert_ptr_equal(arg, seen);
	if (strlen(seen) + strlen(name) + 12 < sizeof(seen))
		sprintf(seen + strlen(seen), "%o %s;", mode, name);
}

static int scan(const void *p, size_t n, uint64_t *ret, struct err *e)
{
	int fd = memfd_create("cpio", MFD_CLOEXEC), r;

	assert_int_equal(write(fd, p, n), n);
	seen[0] = '\0';
	*e = (struct err){0};
	r = cpio_scan(fd, n, see, seen, ret, e);
	close(fd);
	return r;
}

/* "a" and "a/file" of 5 bytes. */
static struct strbuf archive(struct arena *a)
{
	struct strbuf b = STRBUF(a);
	uint32_t ino = 0;

	cpio_add(&b, &ino, "a", S_IFDIR | 0755, 0, 0, NULL, 0);
	cpio_add(&b, &ino, "a/file", S_IFREG | 0600, 0, 0, "12345", 5);
	cpio_trailer(&b);
	return b;
}

static void names_and_the_end(void **state)
{
	struct arena a = {0};
	struct strbuf b = archive(&a);
	uint64_t end = 0;
	struct err e;

	(void)state;
	assert_ok(scan(b.p, b.len, &end, &e), e);
	assert_string_equal(seen, "40755 a;100600 a/file;");
	assert_int_equal(end, b.len - 124);
	/* what follows is somebody else's */
	sb_add(&b, "anything at all");
	assert_ok(scan(b.p, b.len, &end, &e), e);
	assert_int_equal(end, b.len - 15 - 124);
	arena_release(&a);
}

static void members_larger_than_the_window(void **state)
{
	static char big[100000];
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	uint32_t ino = 0;
	uint64_t end = 0;
	struct err e;

	(void)state;
	for (unsigned i = 0; i < 300; i++)
		cpio_add(&b, &ino, "some/file", S_IFREG | 0644, 0, 0, big,
			 i * 37 % 500 + (i == 7 ? 90000 : 0));
	cpio_trailer(&b);
	assert_ok(scan(b.p, b.len, &end, &e), e);
	assert_int_equal(end, b.len - 124);
	arena_release(&a);
}

static void what_is_damaged(void **state)
{
	static const struct {
		size_t at; /* in the header of "a/file", which is the second */
		const char *text, *words;
	} cases[] = {
		{0, "070707", "no header of a newc archive"},
		{54, "ffffffff", "a member larger than the file"},
		{54, "0000000g", "something else than hexadecimal digits"},
		{94, "00000000", "a name of impossible length"},
		{94, "ffffffff", "a name of impossible length"},
		{94, "00000800", "in the middle of a name"},
		{94, "00000003", "does not end where it should"},
		{94, "00000009", "does not end where it should"},
		{110, "a/..", "a name with '..'"},
		{110, "../x", "a name with '..'"},
	};
	struct arena a = {0};
	uint64_t end = 4711;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct strbuf b = archive(&a);

		memcpy(b.p + 112 + cases[i].at, cases[i].text, strlen(cases[i].text));
		if (cases[i].at == 110)
			memcpy(b.p + 112 + 110 + 4, "//", 2);
		assert_fails(scan(b.p, b.len, &end, &e), e, EINVAL, cases[i].words);
		assert_non_null(strstr(e.msg, "damaged at byte "));
	}
	assert_fails(scan("", 0, &end, &e), e, EINVAL, "without an end mark");
	assert_int_equal(end, 4711);
	/* cut off anywhere before the mark's name is complete */
	for (size_t n = 1; n < archive(&a).len - 3; n++)
		assert_int_equal(scan(archive(&a).p, n, &end, &e), -EINVAL);
	arena_release(&a);
}

static void mutations_never_lead_astray(void **state)
{
	struct arena a = {0};
	struct strbuf b = archive(&a);
	unsigned random = 20260101;
	uint64_t end = 0;
	struct err e;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		char copy[1024];

		memcpy(copy, b.p, b.len);
		for (int k = 0; k < 3; k++) {
			random = random * 1664525u + 1013904223u;
			copy[(random >> 8) % b.len] = (char)(random >> 24);
		}
		if (scan(copy, b.len, &end, &e) == 0)
			assert_true(end < b.len);
		assert_null(strstr(seen, "/../"));
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_the_end),
		cmocka_unit_test(members_larger_than_the_window),
		cmocka_unit_test(what_is_damaged),
		cmocka_unit_test(mutations_never_lead_astray),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
