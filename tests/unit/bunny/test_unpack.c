/* SPDX-License-Identifier: Apache-2.0 */
/* Packed streams of the usual programs, several in a row, and broken ones. */
#include "bunny/unpack.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <zlib.h>
#include <zstd.h>

#include "unit.h"

#define TEXT_BYTES 1000000u

static unsigned char text[TEXT_BYTES], packed[2 * TEXT_BYTES];

static size_t pack_gzip(const void *p, size_t n, unsigned char *to)
{
	z_stream z = {.next_in = (unsigned char *)(uintptr_t)p,
		      .avail_in = (unsigned)n,
		      .next_out = to,
		      .avail_out = TEXT_BYTES};

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

static int run(enum packing how, const void *p, size_t n, uint64_t *ret_bytes, struct digest *ret,
	       struct err *e)
{
	int in = memfd_create("in", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC), r;
	struct digest ignored;

	assert_int_equal(write(in, p, n), n);
	r = unpack(how, in, 0, n, out, ret_bytes, &ignored, ret, e);
	close(in);
	close(out);
	return r;
}

static int setup(void **state)
{
	unsigned seed = 3;

	(void)state;
	for (size_t i = 0; i < TEXT_BYTES; i++)
		text[i] = (unsigned char)("abcdefgh"[rand_r(&seed) % 8]);
	return 0;
}

static void what_went_in_comes_out(void **state)
{
	struct digest want = digest_of(text, TEXT_BYTES), is;
	struct err e = {0};
	uint64_t bytes = 0;
	size_t n = pack_gzip(text, TEXT_BYTES, packed);

	(void)state;
	assert_int_equal(packing_of(packed, n), PACKING_GZIP);
	assert_ok(run(PACKING_GZIP, packed, n, &bytes, &is, &e), e);
	assert_int_equal(bytes, TEXT_BYTES);
	assert_true(digest_eq(&want, &is));
	n = ZSTD_compress(packed, sizeof(packed), text, TEXT_BYTES, 3);
	assert_int_equal(packing_of(packed, n), PACKING_ZSTD);
	assert_ok(run(PACKING_ZSTD, packed, n, &bytes, &is, &e), e);
	assert_true(digest_eq(&want, &is));
	assert_ok(run(PACKING_NONE, text, TEXT_BYTES, &bytes, &is, &e), e);
	assert_true(digest_eq(&want, &is));
}

static void several_in_a_row(void **state)
{
	struct digest want = digest_of(text, TEXT_BYTES), is;
	struct err e = {0};
	uint64_t bytes;
	size_t n = pack_gzip(text, 10, packed);

	(void)state;
	n += pack_gzip("", 0, packed + n);
	n += pack_gzip("", 0, packed + n);
	n += pack_gzip(text + 10, TEXT_BYTES - 10, packed + n);
	assert_ok(run(PACKING_GZIP, packed, n, &bytes, &is, &e), e);
	assert_int_equal(bytes, TEXT_BYTES);
	assert_true(digest_eq(&want, &is));
}

/* Where the end of what comes out is the end of a buffer, too. */
static void whole_buffers(void **state)
{
	static const size_t all[] = {256u << 10, 512u << 10, 768u << 10};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct digest want = digest_of(text, all[i]), is;
		struct err e = {0};
		uint64_t bytes;
		size_t n = ZSTD_compress(packed, sizeof(packed), text, all[i], 3);

		assert_ok(run(PACKING_ZSTD, packed, n, &bytes, &is, &e), e);
		assert_int_equal(bytes, all[i]);
		assert_true(digest_eq(&want, &is));
		n += ZSTD_compress(packed + n, sizeof(packed) - n, "x", 1, 3);
		assert_ok(run(PACKING_ZSTD, packed, n, &bytes, &is, &e), e);
		assert_int_equal(bytes, all[i] + 1);
		n = pack_gzip(text, all[i], packed);
		assert_ok(run(PACKING_GZIP, packed, n, &bytes, &is, &e), e);
		assert_true(digest_eq(&want, &is));
	}
}

static void broken_ones(void **state)
{
	struct digest is;
	struct err e = {0};
	uint64_t bytes;
	size_t n = pack_gzip(text, TEXT_BYTES, packed);

	(void)state;
	assert_fails(run(PACKING_GZIP, packed, n - 1, &bytes, &is, &e), e, EINVAL, "broken gzip");
	packed[n] = 'x';
	assert_fails(run(PACKING_GZIP, packed, n + 1, &bytes, &is, &e), e, EINVAL, "broken gzip");
	packed[n / 2] ^= 0x55;
	assert_fails(run(PACKING_GZIP, packed, n, &bytes, &is, &e), e, EINVAL, "broken gzip");
	n = ZSTD_compress(packed, sizeof(packed), text, TEXT_BYTES, 3);
	assert_fails(run(PACKING_ZSTD, packed, n - 1, &bytes, &is, &e), e, EINVAL, "broken zstd");
	assert_int_equal(packing_of("BZh91AY", 7), PACKING_BZIP2);
	assert_fails(run(PACKING_BZIP2, "BZh91AY", 7, &bytes, &is, &e), e, EOPNOTSUPP, "bzip2; gzip and zstd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_went_in_comes_out),
		cmocka_unit_test(several_in_a_row),
		cmocka_unit_test(whole_buffers),
		cmocka_unit_test(broken_ones),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
