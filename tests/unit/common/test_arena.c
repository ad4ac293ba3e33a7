/* SPDX-License-Identifier: Apache-2.0 */
/* The arena: aligned, zeroed, never overlapping, all given back at once. */
#include <sys/mman.h>

#include "unit.h"

static void memory_is_aligned_zeroed_and_apart(void **state)
{
	struct arena a = {0};
	unsigned char *p[200];

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		size_t n = i * 37;

		p[i] = arena_alloc(&a, n);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % 16, 0);
		for (size_t k = 0; k < n; k++)
			assert_int_equal(p[i][k], 0);
		memset(p[i], (int)i, n);
	}
	for (size_t i = 0; i < 200; i++)
		for (size_t k = 0; k < i * 37; k++)
			assert_int_equal(p[i][k], (unsigned char)i);
	arena_release(&a);
}

static void big_pieces_do_not_waste_the_chunk(void **state)
{
	struct arena a = {0};
	char *small, *next, *big;

	(void)state;
	small = arena_alloc(&a, 16);
	big = arena_alloc(&a, (size_t)5 << 20);
	next = arena_alloc(&a, 16);
	assert_non_null(big);
	memset(big, 1, (size_t)5 << 20);
	assert_true(next > small && next - small < 4096); /* the first chunk is still in use */
	arena_release(&a);
}

static void impossible_sizes_are_refused(void **state)
{
	struct arena a = {0};

	(void)state;
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_alloc(&a, SIZE_MAX / 8)); /* the kernel says no */
	assert_null(arena_array(&a, SIZE_MAX / 2, 3));
	assert_null(arena_memdup(&a, "x", SIZE_MAX));
	assert_non_null(arena_alloc(&a, 0));
	assert_non_null(arena_array(&a, 0, 100));
	arena_release(&a);
}

static void release_unmaps_and_allows_reuse(void **state)
{
	struct arena a = {0};
	unsigned char there;
	char *p;

	(void)state;
	p = arena_alloc(&a, 1000);
	assert_non_null(p);
	assert_int_equal(a.used_bytes, 1008);
	arena_release(&a);
	assert_null(a.head);
	assert_int_equal(a.used_bytes, 0);
	assert_int_equal(mincore((void *)((uintptr_t)p & ~(uintptr_t)4095), 1, &there), -1);
	p = arena_alloc(&a, 10);
	assert_non_null(p);
	p[9] = 1;
	arena_release(&a);
	arena_release(&a);
}

static void copies_of_strings(void **state)
{
	struct arena a = {0};
	char *s, big[1000];

	(void)state;
	assert_string_equal(arena_strdup(&a, "abc"), "abc");
	assert_null(arena_strdup(&a, NULL));
	assert_string_equal(arena_strndup(&a, "abcdef", 3), "abc");
	assert_string_equal(arena_strndup(&a, "ab", 300), "ab");
	s = arena_memdup(&a, "a\0b", 3);
	assert_memory_equal(s, "a\0b\0", 4);
	assert_non_null(arena_memdup(&a, NULL, 0));
	assert_string_equal(arena_printf(&a, "%d-%s", 7, "x"), "7-x");
	memset(big, 'y', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_string_equal(arena_printf(&a, "%s", big), big);
	arena_release(&a);
}

static void lists_double(void **state)
{
	struct arena a = {0};
	size_t cap = 0, caps = 0;
	int *room = NULL, *appended = NULL;

	(void)state;
	for (int i = 0; i < 100; i++) {
		int *v = arena_room(&a, room, (size_t)i, &cap, 3, sizeof(*v));

		caps += v != room;
		room = v;
		room[i] = i;
		appended = arena_append(&a, appended, (size_t)i, sizeof(*appended));
		appended[i] = i;
	}
	assert_int_equal(cap, 192);
	assert_int_equal(caps, 7); /* 3, 6, 12, 24, 48, 96, 192 */
	for (int i = 0; i < 100; i++) {
		assert_int_equal(room[i], i);
		assert_int_equal(appended[i], i);
	}
	cap = SIZE_MAX / 2;
	assert_null(arena_room(&a, room, cap, &cap, 1, sizeof(*room)));
	assert_int_equal(cap, SIZE_MAX / 2);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_aligned_zeroed_and_apart),
		cmocka_unit_test(big_pieces_do_not_waste_the_chunk),
		cmocka_unit_test(impossible_sizes_are_refused),
		cmocka_unit_test(release_unmaps_and_allows_reuse),
		cmocka_unit_test(copies_of_strings),
		cmocka_unit_test(lists_double),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
