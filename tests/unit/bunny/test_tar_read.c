/* SPDX-License-Identifier: Apache-2.0 */
/* Tar archives of other programs, and broken ones. */
#include "bunny/tar_read.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "unit.h"

static struct arena a;
static struct strbuf seen;

static int setup(void **state)
{
	(void)state;
	seen = STRBUF(&a);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static int see(const struct tar_member *m, void *arg, struct err *e)
{
	(void)arg, (void)e;
	sb_addf(&seen, "%d %s %o %u:%u %lld %llu@%llu", m->type, m->path, m->mode, m->uid, m->gid,
		(long long)m->mtime, (unsigned long long)m->n, (unsigned long long)m->at);
	if (*m->target)
		sb_addf(&seen, " -> %s", m->target);
	sb_add(&seen, "\n");
	return 0;
}

static void octal(char *to, size_t n, unsigned long long v)
{
	snprintf(to, n, "%0*llo", (int)n - 1, v);
}

static void header(char *h, const char *name, char type, unsigned long long size)
{
	unsigned sum = 0;

	memset(h, 0, 512);
	strncpy(h, name, 100);
	octal(h + 100, 8, 0644);
	octal(h + 108, 8, 1);
	octal(h + 116, 8, 2);
	octal(h + 124, 12, size);
	octal(h + 136, 12, 77);
	h[156] = type;
	memcpy(h + 257,
	       "ustar\0"
	       "00",
	       8);
	memset(h + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum);
}

static int read_bytes(const void *p, size_t n, struct err *e)
{
	int fd = memfd_create("tar", MFD_CLOEXEC), r;

	assert_int_equal(write(fd, p, n), n);
	r = tar_read(fd, 0, n, &a, see, NULL, e);
	close(fd);
	return r;
}

static void plain_members(void **state)
{
	char t[5 * 512] = {0};
	struct err e = {0};

	(void)state;
	header(t, "dir/", '5', 0);
	header(t + 512, "file", '0', 3);
	header(t + 3 * 512, "old/", '\0', 0);
	assert_ok(read_bytes(t, sizeof(t), &e), e);
	assert_string_equal(seen.p,
			    "5 dir/ 644 1:2 77 0@512\n0 file 644 1:2 77 3@1024\n5 old/ 644 1:2 77 0@2048\n");
}

static void extended_headers(void **state)
{
	static const char records[] = "21 path=long/er/name\n"
				      "19 linkpath=target\n"
				      "11 uid=999\n"
				      "25 mtime=1234567890.5678\n"
				      "25 SCHILY.xattr.user.a=b\n"
				      "14 comment=hi\n";
	char t[4 * 512] = {0};
	struct err e = {0};

	(void)state;
	header(t, "pax", 'x', sizeof(records) - 1);
	memcpy(t + 512, records, sizeof(records) - 1);
	header(t + 1024, "short", '2', 0);
	header(t + 1536, "next", '0', 0);
	assert_ok(read_bytes(t, sizeof(t), &e), e);
	assert_string_equal(seen.p,
			    "2 long/er/name 644 999:2 1234567890 0@1536 -> target\n0 next 644 1:2 77 0@2048\n");
}

static void gnu_long_names(void **state)
{
	char t[4 * 512] = {0};
	struct err e = {0};

	(void)state;
	header(t, "././@LongLink", 'L', 9);
	memcpy(t + 512, "the/name", 9);
	header(t + 1024, "the", '0', 0);
	assert_ok(read_bytes(t, sizeof(t), &e), e);
	assert_string_equal(seen.p, "0 the/name 644 1:2 77 0@1536\n");
}

static void broken_archives(void **state)
{
	char t[3 * 512] = {0};
	struct err e = {0};

	(void)state;
	header(t, "f", '0', 1024);
	assert_fails(read_bytes(t, 1024, &e), e, EINVAL, "in the middle of a member");
	assert_fails(read_bytes(t, 100, &e), e, EINVAL, "in the middle of a member");
	t[0] = 'g';
	assert_fails(read_bytes(t, sizeof(t), &e), e, EINVAL, "wrong checksum");
	header(t, "f", '0', 077777777777);
	assert_fails(read_bytes(t, sizeof(t), &e), e, EINVAL, "in the middle of a member");
	header(t, "f", 'S', 0);
	assert_fails(read_bytes(t, sizeof(t), &e), e, EINVAL, "sparse");
	header(t, "f", 'V', 0);
	assert_fails(read_bytes(t, sizeof(t), &e), e, EINVAL, "unknown type");
	header(t, "pax", 'x', 5);
	memcpy(t + 512, "9 a=b", 5);
	assert_fails(read_bytes(t, sizeof(t), &e), e, EINVAL, "a record that is none");
	header(t, "pax", 'x', 14);
	memcpy(t + 512, "14 path=a\0b/c\n", 14);
	assert_fails(read_bytes(t, sizeof(t), &e), e, EINVAL, "NUL");
	header(t, "pax", 'x', 31);
	memcpy(t + 512, "31 size=18446744073709551615555\n", 32);
	assert_fails(read_bytes(t, sizeof(t), &e), e, EINVAL, "extended header");
	header(t, "pax", 'x', 2u << 20);
	assert_fails(read_bytes(t, sizeof(t), &e), e, EINVAL, "mebibyte");
}

/* An archive of a few packed megabytes can have thousands of them. */
static void long_headers_do_not_add_up(void **state)
{
	const size_t each = 512 + TAR_PAX_MAX + 512, n = 16 * each;
	char *t = test_calloc(1, n);
	struct err e = {0};

	(void)state;
	for (char *p = t; p < t + n; p += each) {
		header(p, "pax", 'x', TAR_PAX_MAX);
		memset(p + 512, 'x', TAR_PAX_MAX);
		memcpy(p + 512, "1048576 comment=", 16);
		p[512 + TAR_PAX_MAX - 1] = '\n';
		header(p + 512 + TAR_PAX_MAX, "f", '0', 0);
	}
	assert_ok(read_bytes(t, n, &e), e);
	assert_in_range(a.used_bytes, 1, 2 * TAR_PAX_MAX);
	test_free(t);
}

static void the_longest_path(void **state)
{
	static char t[11 * 512], records[2 * TAR_PATH_MAX];
	struct err e = {0};

	(void)state;
	for (size_t n = TAR_PATH_MAX; n <= TAR_PATH_MAX + 1; n++) {
		size_t bytes = n + sizeof("4110 path=\n") - 1;

		snprintf(records, sizeof(records), "%zu path=%0*d\n", bytes, (int)n, 0);
		memset(t, 0, sizeof(t));
		header(t, "pax", 'x', bytes);
		memcpy(t + 512, records, bytes);
		header(t + 10 * 512, "f", '0', 0);
		if (n == TAR_PATH_MAX)
			assert_ok(read_bytes(t, sizeof(t), &e), e);
		else
			assert_fails(read_bytes(t, sizeof(t), &e), e, EINVAL, "more than 4095 bytes");
		/* GNU's has a NUL at its end. */
		memset(t, 0, sizeof(t));
		header(t, "././@LongLink", 'L', n + 1);
		memset(t + 512, 'y', n);
		header(t + 10 * 512, "f", '0', 0);
		header(t + 9 * 512, "f", '0', 0);
		if (n == TAR_PATH_MAX)
			assert_ok(read_bytes(t, sizeof(t), &e), e);
		else
			assert_fails(read_bytes(t, sizeof(t), &e), e, EINVAL, "more than 4095 bytes");
	}
}

static void four_gibibytes_that_are_not_there(void **state)
{
	char t[1024] = {0};
	struct err e = {0};

	(void)state;
	header(t, "f", '0', 0);
	t[124] = (char)0x80;
	memset(t + 125, 0, 11);
	t[131] = 1; /* 2^32 in GNU's binary form */
	memset(t + 148, ' ', 8);
	{
		unsigned sum = 0;

		for (int i = 0; i < 512; i++)
			sum += (unsigned char)t[i];
		snprintf(t + 148, 8, "%06o", sum);
	}
	assert_fails(read_bytes(t, sizeof(t), &e), e, EINVAL, "in the middle of a member");
}

static void any_bytes(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		char t[4 * 512] = {0};
		struct err e = {0};

		header(t, "pax", "x0LKg2"[round % 6], 100);
		memcpy(t + 512, "20 path=long/er/name\n11 uid=999\n", 32);
		header(t + 1024, "short", '0', 5);
		for (int i = 0; i < 6; i++)
			t[512 + (int)(rand_r(&seed) % 512)] = (char)rand_r(&seed);
		(void)!read_bytes(t, sizeof(t), &e);
		arena_release(&a);
		seen = STRBUF(&a);
	}
	assert_true(seed != 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(plain_members, setup, clean),
		cmocka_unit_test_setup_teardown(extended_headers, setup, clean),
		cmocka_unit_test_setup_teardown(gnu_long_names, setup, clean),
		cmocka_unit_test_setup_teardown(broken_archives, setup, clean),
		cmocka_unit_test_setup_teardown(long_headers_do_not_add_up, setup, clean),
		cmocka_unit_test_setup_teardown(the_longest_path, setup, clean),
		cmocka_unit_test_setup_teardown(four_gibibytes_that_are_not_there, setup, clean),
		cmocka_unit_test_setup_teardown(any_bytes, setup, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
