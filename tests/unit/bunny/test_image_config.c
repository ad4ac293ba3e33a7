/* SPDX-License-Identifier: Apache-2.0 */
/* Image configs: read, changed, written. */
#include "bunny/image_config.h"

#include "common/json.h"
#include "unit.h"

static int parse(const char *text, struct arena *a, struct image_config *c, struct err *e)
{
	json_use_arena(a);
	return image_config_parse(unit_text(text), "image x", a, c, e);
}

static const char *written(const struct image_config *c, struct arena *a)
{
	struct strbuf out = STRBUF(a);
	const char *text;
	struct err e = {0};

	image_config_json(c, &out);
	assert_ok(sb_done(&out, &text, &e), e);
	return text;
}

static void a_whole_config_comes_back(void **state)
{
	static const char config[] =
		"{\"User\":\"redis\",\"ExposedPorts\":{\"53/udp\":{},\"80/tcp\":{}},\"Env\":[\"PATH=/bin\",\"A=\"],"
		"\"Entrypoint\":[\"/e\"],\"Cmd\":[\"a\",\"b c\"],\"Volumes\":{\"/data\":{}},\"WorkingDir\":\"/w\","
		"\"Labels\":{\"a\":\"1\",\"b\":\"\"},\"StopSignal\":\"SIGQUIT\",\"Healthcheck\":{\"Test\":[\"NONE\"]},"
		"\"Shell\":[\"/bin/bash\"],\"OnBuild\":[\"RUN x\"]}";
	struct arena a = {0};
	struct err e = {0};
	struct image_config c;

	(void)state;
	assert_ok(parse(arena_printf(&a,
				     "{\"created\":\"x\",\"architecture\":\"arm\",\"variant\":\"v7\",\"os\":\"linux\","
				     "\"config\":%s,\"rootfs\":{},\"history\":[]}",
				     config),
			&a, &c, &e),
		  e);
	assert_string_equal(c.platform.os, "linux");
	assert_string_equal(c.platform.arch, "arm");
	assert_string_equal(c.platform.variant, "v7");
	assert_string_equal(written(&c, &a), config);
	arena_release(&a);
}

static void nearly_nothing_is_a_config(void **state)
{
	static const char *const texts[] =
		{"{}", "{\"config\":null}", "{\"config\":{}}",
		 "{\"config\":{\"Env\":null,\"User\":\"\",\"Cmd\":[],\"Labels\":null}}"};
	struct arena a = {0};
	struct err e = {0};
	struct image_config c;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_ok(parse(texts[i], &a, &c, &e), e);
		assert_string_equal(written(&c, &a), "{}");
	}
	arena_release(&a);
}

static void wrong_types_are_named(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{"[]", "image x"},
		{"{\"os\":1}", "os"},
		{"{\"config\":[]}", "config"},
		{"{\"config\":{\"Env\":\"A=1\"}}", "config.Env"},
		{"{\"config\":{\"Cmd\":[1]}}", "config.Cmd"},
		{"{\"config\":{\"Labels\":{\"a\":1}}}", "config.Labels"},
		{"{\"config\":{\"Volumes\":[]}}", "config.Volumes"},
		{"{\"config\":", "image x"},
	};
	struct arena a = {0};
	struct image_config c;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_fails(parse(cases[i].text, &a, &c, &e), e, EINVAL, cases[i].words);
	arena_release(&a);
}

static void labels_are_bounded(void **state)
{
	struct arena a = {0};
	struct strbuf text = STRBUF(&a);
	struct image_config c;
	struct err e;

	(void)state;
	sb_add(&text, "{\"config\":{\"Labels\":{");
	for (int i = 0; i < 1025; i++)
		sb_addf(&text, "%s\"l%d\":\"\"", i ? "," : "", i);
	sb_add(&text, "}}}");
	assert_fails(parse(text.p, &a, &c, &e), e, EINVAL, "config.Labels has more than 1024 entries");
	arena_release(&a);
}

/* Copies share what they were copied from, and never see what the other sets. */
static void lists_are_sorted_and_never_written_to(void **state)
{
	struct key_values l = {0}, copy;
	struct arena a = {0};
	struct err e = {0};

	(void)state;
	assert_ok(kv_set(&l, &a, "b", "1", &e), e);
	assert_ok(kv_set(&l, &a, "a", "2", &e), e);
	assert_ok(kv_set(&l, &a, "c", "3", &e), e);
	copy = l;
	assert_ok(kv_set(&l, &a, "b", "4", &e), e);
	assert_ok(kv_set(&l, &a, "bb", "5", &e), e);
	assert_int_equal(l.n, 4);
	assert_string_equal(l.v[0].key, "a");
	assert_string_equal(l.v[2].key, "bb");
	assert_string_equal(kv_get(&l, "b"), "4");
	assert_string_equal(kv_get(&copy, "b"), "1");
	assert_null(kv_get(&copy, "bb"));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_config_comes_back),
		cmocka_unit_test(nearly_nothing_is_a_config),
		cmocka_unit_test(wrong_types_are_named),
		cmocka_unit_test(labels_are_bounded),
		cmocka_unit_test(lists_are_sorted_and_never_written_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
