/* SPDX-License-Identifier: Apache-2.0 */
/* ttrpc frames in pieces of any size. */
#include "unit.h"

#include "shim/frame.h"

/* Feeds n bytes in pieces; the number of frames, the last one copied out. */
static unsigned feed(struct frame_reader *r, const uint8_t *p, size_t n, size_t piece, struct frame *last,
		     uint8_t *body, size_t room)
{
	unsigned frames = 0;

	while (n) {
		uint8_t *to = NULL;
		size_t take = frame_reader_space(r, &to);
		struct frame f;

		assert_true(take > 0);
		take = take < piece ? take : piece;
		take = take < n ? take : n;
		memcpy(to, p, take);
		frame_reader_add(r, take);
		p += take;
		n -= take;
		if (!frame_reader_next(r, &f))
			continue;
		frames++;
		*last = f;
		assert_true(f.n <= room);
		if (f.n)
			memcpy(body, f.p, f.n);
	}
	return frames;
}

static void a_frame_arrives_in_pieces_of_any_size(void **state)
{
	uint8_t wire[FRAME_HEADER_BYTES + 10000], body[10000];
	struct frame f = {0};

	(void)state;
	frame_header_put(wire, 10000, 7, FRAME_REQUEST, 2);
	for (size_t i = 0; i < 10000; i++)
		wire[FRAME_HEADER_BYTES + i] = (uint8_t)(i * 7);
	for (size_t piece = 1; piece < sizeof(wire) + 1; piece = piece * 3 + 1) {
		struct frame_reader r = {0};

		assert_int_equal(feed(&r, wire, sizeof(wire), piece, &f, body, sizeof(body)), 1);
		assert_int_equal(f.stream, 7);
		assert_int_equal(f.type, FRAME_REQUEST);
		assert_int_equal(f.flags, 2);
		assert_int_equal(f.n, 10000);
		assert_memory_equal(body, wire + FRAME_HEADER_BYTES, 10000);
		frame_reader_done(&r);
	}
}

static void frames_follow_each_other_and_may_be_empty(void **state)
{
	uint8_t wire[3 * FRAME_HEADER_BYTES + 3], body[16];
	struct frame_reader r = {0};
	struct frame f = {0};

	(void)state;
	frame_header_put(wire, 0, 1, FRAME_RESPONSE, 0);
	frame_header_put(wire + 10, 3, 3, FRAME_REQUEST, 0);
	memcpy(wire + 20, "abc", 3);
	frame_header_put(wire + 23, 0, 5, 9, 0);
	assert_int_equal(feed(&r, wire, sizeof(wire), 4, &f, body, sizeof(body)), 3);
	assert_int_equal(f.stream, 5);
	assert_int_equal(f.type, 9);
	assert_int_equal(f.n, 0);
	frame_reader_done(&r);
}

static void a_longer_one_is_thrown_away_and_the_next_is_read(void **state)
{
	size_t too_long = FRAME_MAX_BYTES + 1;
	uint8_t *wire = calloc(1, 2 * FRAME_HEADER_BYTES + too_long), body[16];
	struct frame_reader r = {0};
	struct frame f = {0};

	(void)state;
	frame_header_put(wire, (uint32_t)too_long, 1, FRAME_REQUEST, 0);
	assert_int_equal(feed(&r, wire, FRAME_HEADER_BYTES + too_long, 65536, &f, body, sizeof(body)), 1);
	assert_true(f.too_long);
	assert_int_equal(f.stream, 1);
	assert_int_equal(f.n, 0);
	frame_header_put(wire, 0, 3, FRAME_REQUEST, 0);
	assert_int_equal(feed(&r, wire, FRAME_HEADER_BYTES, 1, &f, body, sizeof(body)), 1);
	assert_false(f.too_long);
	assert_int_equal(f.stream, 3);
	frame_reader_done(&r);
	free(wire);
}

static void no_memory_is_taken_because_a_header_promises_much(void **state)
{
	uint8_t head[FRAME_HEADER_BYTES], *to = NULL;
	struct frame_reader r = {0};

	(void)state;
	frame_header_put(head, FRAME_MAX_BYTES, 1, FRAME_REQUEST, 0);
	assert_int_equal(frame_reader_space(&r, &to), FRAME_HEADER_BYTES);
	memcpy(to, head, sizeof(head));
	frame_reader_add(&r, sizeof(head));
	assert_true(frame_reader_space(&r, &to) <= 4096);
	assert_true(r.cap <= 4096);
	frame_reader_done(&r);
	assert_null(r.body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_arrives_in_pieces_of_any_size),
		cmocka_unit_test(frames_follow_each_other_and_may_be_empty),
		cmocka_unit_test(a_longer_one_is_thrown_away_and_the_next_is_read),
		cmocka_unit_test(no_memory_is_taken_because_a_header_promises_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
