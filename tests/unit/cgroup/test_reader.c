/* SPDX-License-Identifier: Apache-2.0 */
/* Lines, words and numbers of control files. */
#include "cgroup/reader.h"

#include "gather/scratch.h"

static struct cg_reader open_reader(struct scratch *s)
{
	struct cg_reader r = {.a = &s->a, .dirfd = -1};

	assert_int_equal(cg_reader_open(&r, s->dir), 0);
	return r;
}

static void lines_and_words(void **state)
{
	struct scratch *s = *state;
	struct cg_reader r = open_reader(s);
	char *line;

	scratch_text(s, "f", "\n\na  b\n\nlast");
	assert_true(cg_file(&r, "f"));
	line = cg_line(&r);
	assert_string_equal(cg_word(&line, " "), "a");
	assert_string_equal(cg_word(&line, " "), "b");
	assert_null(cg_word(&line, " "));
	assert_string_equal(cg_line(&r), "last");
	assert_null(cg_line(&r));
	assert_false(cg_file(&r, "missing"));
	assert_null(cg_line(&r));
	scratch_text(s, "empty", "");
	assert_false(cg_file(&r, "empty"));
	assert_string_equal(cg_text(&r, "f"), "a  b");
	assert_string_equal(cg_text(&r, "missing"), "");
	cg_reader_close(&r);
	assert_int_equal(cg_reader_open(&r, scratch_path(s, "nowhere")), -ENOENT);
}

static void numbers(void **state)
{
	struct scratch *s = *state;
	struct cg_reader r = open_reader(s);
	uint64_t n = 7;

	assert_true(cg_number("18446744073709551615", &n) && n == UINT64_MAX);
	assert_true(cg_number("max", &n) && n == CGROUP_NO_LIMIT);
	n = 7;
	assert_false(cg_number("-1", &n));
	assert_false(cg_number("18446744073709551616", &n));
	assert_false(cg_number("", &n));
	assert_false(cg_number(NULL, &n));
	scratch_text(s, "n", "12\n");
	scratch_text(s, "word", "twelve\n");
	assert_false(cg_u64(&r, "word", &n));
	assert_int_equal(n, 7);
	assert_true(cg_u64(&r, "n", &n));
	assert_int_equal(n, 12);
	cg_reader_close(&r);
}

static void keys(void **state)
{
	struct scratch *s = *state;
	struct cg_reader r = open_reader(s);
	uint64_t a = 1, b = 2;
	const struct cg_key list[] = {{"a", &a}, {"b", &b}};

	scratch_text(s, "k", "a 5\nab 6\nb\nb x\n c 3\n");
	cg_keys(&r, "k", list, 2);
	assert_int_equal(a, 5);
	assert_int_equal(b, 2);
	cg_reader_close(&r);
}

/* A file larger than the buffer ends at a whole line. */
static void a_long_file(void **state)
{
	struct scratch *s = *state;
	struct cg_reader r = open_reader(s);
	size_t lines = 0;
	struct strbuf b = STRBUF(&s->a);
	const char *text, *line;

	for (int i = 0; i < 10000; i++)
		sb_addf(&b, "line %05d\n", i);
	assert_ok(sb_done(&b, &text, &s->e), s->e);
	scratch_text(s, "long", text);
	assert_true(cg_file(&r, "long"));
	while ((line = cg_line(&r)) != NULL) {
		assert_int_equal(strlen(line), 10);
		lines++;
	}
	assert_int_equal(lines, (READER_BYTES - 1) / 11);
	cg_reader_close(&r);
}

static void grows(void **state)
{
	struct scratch *s = *state;
	struct cg_reader r = {.a = &s->a, .dirfd = -1};
	uint32_t *v = NULL;

	for (uint32_t n = 0; n < 100; n++) {
		v = cg_grow(&r, v, n, sizeof(*v));
		assert_non_null(v);
		v[n] = n;
	}
	for (uint32_t n = 0; n < 100; n++)
		assert_int_equal(v[n], n);
	assert_false(r.oom);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(lines_and_words), scratch_test(numbers), scratch_test(keys),
		scratch_test(a_long_file),     scratch_test(grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
