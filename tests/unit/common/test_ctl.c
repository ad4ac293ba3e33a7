/* SPDX-License-Identifier: Apache-2.0 */
/* The control channel: frames survive any fragmentation, hostile bytes end the conversation. */
#include "common/ctl.h"

#include "unit.h"

static void feed(struct ctl_reader *r, const uint8_t *p, size_t n)
{
	while (n) {
		uint8_t *room;
		size_t space = ctl_reader_space(r, &room), k = n < space ? n : space;

		assert_true(space > 0);
		memcpy(room, p, k);
		ctl_reader_add(r, k);
		p += k;
		n -= k;
	}
}

static void a_frame_looks_as_documented(void **state)
{
	uint8_t out[16];

	(void)state;
	assert_int_equal(ctl_frame_put(out, CTL_EXIT, "\0\7", 2), 6);
	assert_memory_equal(out, "\xc7\x02\x02\x00\x00\x07", 6);
	assert_int_equal(ctl_frame_put(out, CTL_READY, NULL, 0), 4);
	assert_memory_equal(out, "\xc7\x01\x00\x00", 4);
}

static void frames_come_whole_from_single_bytes(void **state)
{
	struct ctl_reader r = {0};
	struct ctl_frame f;
	uint8_t out[2100], big[CTL_MAX_PAYLOAD];
	size_t n, got = 0;

	(void)state;
	memset(big, 0xab, sizeof(big));
	n = ctl_frame_put(out, CTL_READY, "\1", 1);
	n += ctl_frame_put(out + n, CTL_ERROR, big, sizeof(big));
	n += ctl_frame_put(out + n, 99, NULL, 0);
	for (size_t i = 0; i < n; i++) {
		int rc;

		feed(&r, out + i, 1);
		rc = ctl_reader_next(&r, &f);
		assert_true(rc >= 0);
		if (!rc)
			continue;
		got++;
		if (got == 1) {
			assert_int_equal(i, 4);
			assert_int_equal(f.type, CTL_READY);
			assert_int_equal(f.len, 1);
			assert_int_equal(f.payload[0], 1);
		} else if (got == 2) {
			assert_int_equal(f.type, CTL_ERROR);
			assert_int_equal(f.len, CTL_MAX_PAYLOAD);
			assert_memory_equal(f.payload, big, sizeof(big));
		} else {
			assert_int_equal(f.type, 99);
			assert_int_equal(f.len, 0);
		}
	}
	assert_int_equal(got, 3);
	assert_int_equal(ctl_reader_next(&r, &f), 0);
}

static void several_frames_in_one_read(void **state)
{
	struct ctl_reader r = {0};
	struct ctl_frame f;
	uint8_t out[64];
	size_t n = 0;

	(void)state;
	for (uint8_t i = 0; i < 5; i++)
		n += ctl_frame_put(out + n, CTL_SIGNAL, &i, 1);
	feed(&r, out, n);
	for (uint8_t i = 0; i < 5; i++) {
		assert_int_equal(ctl_reader_next(&r, &f), 1);
		assert_int_equal(f.payload[0], i);
	}
	assert_int_equal(ctl_reader_next(&r, &f), 0);
}

static void a_broken_stream_stays_broken(void **state)
{
	struct ctl_frame f;
	struct ctl_reader magic = {0}, length = {0};

	(void)state;
	feed(&magic, (const uint8_t *)"x", 1);
	assert_int_equal(ctl_reader_next(&magic, &f), -1);
	feed(&magic, (const uint8_t *)"\xc7\1\0\0", 4);
	assert_int_equal(ctl_reader_next(&magic, &f), -1);
	feed(&length, (const uint8_t *)"\xc7\3\1\4", 4); /* 1025 */
	assert_int_equal(ctl_reader_next(&length, &f), -1);
	assert_int_equal(ctl_reader_next(&length, &f), -1);
}

static void add_never_passes_the_end(void **state)
{
	struct ctl_reader r = {0};
	uint8_t *p;

	(void)state;
	ctl_reader_add(&r, 1u << 20);
	assert_int_equal(r.have, sizeof(r.buf));
	assert_int_equal(ctl_reader_space(&r, &p), 0);
}

/* Mutated streams in pieces of any size: no frame larger than what was sent, no byte invented. */
static void chance_does_not_break_the_reader(void **state)
{
	uint64_t seed = 11;
	unsigned frames = 0, broken = 0;

	(void)state;
	for (int round = 0; round < 4000; round++) {
		struct ctl_reader r = {0};
		struct ctl_frame f;
		unsigned char out[200];
		size_t n = 0, seen = 0, i = 0;
		int rc = 0;

		for (uint8_t k = 0; k < 8; k++)
			n += ctl_frame_put(out + n, k, "0123456789", k);
		n = unit_mutate(&seed, out, n);
		while (i < n && rc >= 0) {
			size_t k = 1 + (size_t)(unit_random(&seed) % 30);

			k = k < n - i ? k : n - i;
			feed(&r, out + i, k);
			i += k;
			while ((rc = ctl_reader_next(&r, &f)) == 1) {
				assert_true(f.len <= CTL_MAX_PAYLOAD);
				assert_memory_equal(f.payload, out + seen + CTL_HEADER_BYTES, f.len);
				seen += CTL_HEADER_BYTES + f.len;
				assert_true(seen <= i);
				frames++;
			}
		}
		broken += rc < 0;
	}
	assert_true(frames > 1000 && broken > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_looks_as_documented),
		cmocka_unit_test(frames_come_whole_from_single_bytes),
		cmocka_unit_test(several_frames_in_one_read),
		cmocka_unit_test(a_broken_stream_stays_broken),
		cmocka_unit_test(add_never_passes_the_end),
		cmocka_unit_test(chance_does_not_break_the_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
