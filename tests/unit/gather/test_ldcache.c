/* SPDX-License-Identifier: Apache-2.0 */
/* The loader's cache: made by hand, mutated, and this machine's own. */
#include "gather/ldcache.h"

#include <elf.h>

#include "common/io.h"
#include "gather/elf_make.h"
#include "gather/scratch.h"

#define HOST_FLAGS (ELF_MAKE_HOST == EM_X86_64 ? 0x0303u : 0x0a03u)
#define HEADER_BYTES 48u
#define ENTRY_BYTES 24u

struct line {
	uint32_t flags;
	const char *name, *path;
};

static const struct line sample[] = {
	{HOST_FLAGS, "libz.so.1", "/lib/libz.so.1"},
	{0x0003, "libc.so.6", "/lib32/libc.so.6"},
	{HOST_FLAGS, "libc.so.6", "/lib/glibc-hwcaps/v3/libc.so.6"},
	{HOST_FLAGS, "libc.so.6", "/lib/libc.so.6"},
	{HOST_FLAGS, "libc.so", "relative/libc.so"},
};
#define NSAMPLE (sizeof sample / sizeof sample[0])

static void put32(unsigned char *p, size_t v)
{
	uint32_t v32 = (uint32_t)v;

	memcpy(p, &v32, 4);
}

/* Writes a cache at p; offsets count from there. */
static size_t make(unsigned char *p)
{
	size_t at = HEADER_BYTES + NSAMPLE * ENTRY_BYTES;

	memset(p, 0, at);
	memcpy(p, "glibc-ld.so.cache1.1", 20);
	put32(p + 20, NSAMPLE);
	for (size_t i = 0; i < NSAMPLE; i++) {
		unsigned char *en = p + HEADER_BYTES + i * ENTRY_BYTES;

		put32(en, sample[i].flags);
		put32(en + 4, at);
		strcpy((char *)p + at, sample[i].name);
		at += strlen(sample[i].name) + 1;
		put32(en + 8, at);
		strcpy((char *)p + at, sample[i].path);
		at += strlen(sample[i].path) + 1;
	}
	return at;
}

static const char *first(const struct ldcache *c, const char *name)
{
	uint32_t pos = 0;

	return ldcache_next(c, name, ELF_MAKE_HOST, true, &pos);
}

static void look_up(void **state)
{
	unsigned char buf[2048];
	struct ldcache c;
	uint32_t pos = 0;

	(void)state;
	ldcache_init(&c, (struct bytes){buf, make(buf)});
	assert_int_equal(c.nentries, NSAMPLE);
	assert_string_equal(first(&c, "libz.so.1"), "/lib/libz.so.1");
	assert_null(first(&c, "libz.so"));
	assert_null(first(&c, "libz.so.12"));
	assert_null(first(&c, "libc.so")); /* its path is no absolute one */
	assert_string_equal(ldcache_next(&c, "libc.so.6", ELF_MAKE_HOST, true, &pos), sample[2].path);
	assert_string_equal(ldcache_next(&c, "libc.so.6", ELF_MAKE_HOST, true, &pos), sample[3].path);
	assert_null(ldcache_next(&c, "libc.so.6", ELF_MAKE_HOST, true, &pos));
	pos = 0;
	assert_string_equal(ldcache_next(&c, "libc.so.6", EM_386, false, &pos), sample[1].path);
}

static void behind_the_old_format(void **state)
{
	unsigned char buf[2048] = "ld.so-1.7.0";
	struct ldcache c;
	size_t old = (16 + 3 * 12 + 7) & ~7u;

	(void)state;
	put32(buf + 12, 3);
	ldcache_init(&c, (struct bytes){buf, old + make(buf + old)});
	assert_string_equal(first(&c, "libz.so.1"), "/lib/libz.so.1");
	put32(buf + 12, UINT32_MAX);
	ldcache_init(&c, (struct bytes){buf, sizeof buf});
	assert_int_equal(c.nentries, 0);
}

static void no_cache(void **state)
{
	unsigned char buf[2048];
	struct ldcache c;
	size_t n = make(buf);

	(void)state;
	ldcache_init(&c, (struct bytes){NULL, 0});
	assert_null(first(&c, "libz.so.1"));
	ldcache_init(&c, (struct bytes){buf, HEADER_BYTES - 1});
	assert_int_equal(c.nentries, 0);
	put32(buf + 20, NSAMPLE + 1000);
	ldcache_init(&c, (struct bytes){buf, n});
	assert_int_equal(c.nentries, 0);
	make(buf);
	buf[19] = '2';
	ldcache_init(&c, (struct bytes){buf, n});
	assert_int_equal(c.nentries, 0);
}

static void strings_outside(void **state)
{
	unsigned char buf[2048];
	struct ldcache c;
	size_t n = make(buf);

	(void)state;
	put32(buf + HEADER_BYTES + 8, UINT32_MAX); /* path of libz */
	ldcache_init(&c, (struct bytes){buf, n});
	assert_null(first(&c, "libz.so.1"));
	put32(buf + HEADER_BYTES + 4, n - 3); /* its name, cut by the end */
	assert_null(first(&c, "libz.so.1"));
	make(buf);
	ldcache_init(&c, (struct bytes){buf, n - 1}); /* the last path has no end */
	assert_null(first(&c, "libc.so"));
}

static void this_machine(void **state)
{
	struct scratch *s = *state;
	struct bytes text;
	struct ldcache c;
	const char *path;
	struct stat st;

	unit_needs("programs of this architecture on this machine", unit_programs_are_native());
	if (access(LDCACHE_PATH, R_OK) < 0)
		return;
	assert_ok(file_read(AT_FDCWD, LDCACHE_PATH, LDCACHE_MAX_BYTES, &s->a, &text, &s->e), s->e);
	ldcache_init(&c, text);
	assert_true(c.nentries > 10);
	path = first(&c, "libc.so.6");
	assert_non_null(path);
	assert_int_equal(stat(path, &st), 0);
}

static void mutations(void **state)
{
	uint64_t seed = 987654321;
	size_t found = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		unsigned char buf[2048];
		size_t n = unit_mutate(&seed, buf, make(buf));
		/* Exactly as long as it says, so that one byte too far is seen. */
		unsigned char *copy = malloc(n ? n : 1);
		struct ldcache c;

		memcpy(copy, buf, n);
		ldcache_init(&c, (struct bytes){copy, n});
		for (size_t k = 0; k < NSAMPLE; k++) {
			const char *path = first(&c, sample[k].name);

			if (path) {
				assert_true(strlen(path) < n);
				found++;
			}
		}
		free(copy);
	}
	assert_true(found > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(look_up),  cmocka_unit_test(behind_the_old_format),
		cmocka_unit_test(no_cache), cmocka_unit_test(strings_outside),
		scratch_test(this_machine), cmocka_unit_test(mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
