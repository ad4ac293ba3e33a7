/* SPDX-License-Identifier: Apache-2.0 */
/* The image's config and annotations, in the words of BuildKit's exporters. */
#include "bunny/frontend_result.h"

#include "common/json.h"
#include "unit.h"

static struct arena arena;

static struct build_op some;
static struct build_layer below[] = {{"COPY a", &some, 1}, {"nothing", NULL, 0}},
			  above[] = {{"bunny: \"x\"", &some, 1}};
static struct build_tree trees[] = {
	{{FROM_IMAGE, 0}, below, 2},
	{{FROM_STAGE, 0}, above, 1},
	{{FROM_SCRATCH, 0}, above, 1},
};
static struct build_input input = {"x", {"linux", "amd64", NULL}, false, NULL};

static struct build a_build(size_t result)
{
	static const char *cmd[] = {"/a", "b"};
	struct build b = {.inputs = &input, .ninputs = 1, .trees = trees, .ntrees = 3, .result = result};
	struct err e = {0};

	b.config.platform = (struct platform){"linux", "arm", "v7"};
	b.config.cmd = (struct strs){cmd, 2};
	assert_ok(kv_set(&b.config.labels, &arena, "k", "v", &e), e);
	assert_ok(kv_set(&b.annotations, &arena, "com.urunc.unikernel.binary", "/.boot/kernel", &e), e);
	assert_ok(kv_set(&b.annotations, &arena, "a", "b c", &e), e);
	return b;
}

static const char *config(size_t result, const char *base)
{
	const struct build b = a_build(result);
	struct err e = {0};
	const char *text;

	assert_ok(result_config(&b, (struct bytes){base, strlen(base)}, 86400, &arena, &text, &e), e);
	return text;
}

static void history_goes_through_stages(void **state)
{
	(void)state;
	json_use_arena(&arena);
	assert_string_equal(
		config(1,
		       "{\"history\":[{\"created_by\":\"ADD x\",\"empty_layer\":true},{\"comment\":\"c\"}],\"os\":\"linux\"}"),
		"{\"architecture\":\"arm\",\"config\":{\"Cmd\":[\"/a\",\"b\"],\"Labels\":{\"k\":\"v\"}},"
		"\"created\":\"1970-01-02T00:00:00Z\",\"history\":[{\"created_by\":\"ADD x\",\"empty_layer\":true},"
		"{\"comment\":\"c\"},{\"created\":\"1970-01-02T00:00:00Z\",\"created_by\":\"COPY a\",\"comment\":\"bunny " URUNC_VERSION
		"\"},{\"created\":\"1970-01-02T00:00:00Z\",\"created_by\":\"bunny: \\\"x\\\"\",\"comment\":\"bunny " URUNC_VERSION
		"\"}],\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]},\"variant\":\"v7\"}");
	assert_non_null(strstr(config(2, ""),
			       "\"history\":[{\"created\":\"1970-01-02T00:00:00Z\",\"created_by\":\"bunny: "));
	assert_non_null(strstr(config(0, "{}"), "\"history\":[{\"created\""));
}

static void a_base_config_that_is_none(void **state)
{
	const struct build b = a_build(1);
	struct err e = {0};
	const char *text;

	(void)state;
	json_use_arena(&arena);
	assert_fails(result_config(&b, (struct bytes){"{", 1}, 0, &arena, &text, &e), e, EINVAL,
		     "the base image's config");
	assert_fails(result_config(&b, (struct bytes){"{\"history\":1}", 13}, 0, &arena, &text, &e), e,
		     EINVAL, "history");
}

static void what_the_result_stands_on(void **state)
{
	struct build b = a_build(1);

	(void)state;
	assert_int_equal(result_base(&b), 0);
	b.result = 2;
	assert_int_equal(result_base(&b), SIZE_MAX);
}

static void metadata_for_one_and_for_several(void **state)
{
	const struct build b = a_build(1);
	const struct platform p[] = {{"linux", "amd64", NULL}, {"linux", "arm", "v7"}};
	const char *ids[] = {platform_id(&p[0], &arena), platform_id(&p[1], &arena)};
	struct key_values one = {0}, many = {0};
	struct err e = {0};

	(void)state;
	assert_ok(result_metadata(&b, "{}", NULL, &arena, &one, &e), e);
	assert_int_equal(one.n, 3);
	assert_string_equal(kv_get(&one, "containerimage.config"), "{}");
	assert_string_equal(kv_get(&one, "annotation-manifest.com.urunc.unikernel.binary"), "/.boot/kernel");
	assert_string_equal(kv_get(&one, "annotation-manifest.a"), "b c");
	for (size_t i = 0; i < 2; i++)
		assert_ok(result_metadata(&b, "{}", ids[i], &arena, &many, &e), e);
	assert_ok(result_platforms(p, ids, 2, &arena, &many, &e), e);
	assert_int_equal(many.n, 7);
	assert_string_equal(kv_get(&many, "containerimage.config/linux/arm/v7"), "{}");
	assert_string_equal(kv_get(&many, "annotation-manifest[linux/amd64].a"), "b c");
	assert_string_equal(
		kv_get(&many, "refs.platforms"),
		"{\"Platforms\":[{\"ID\":\"linux/amd64\",\"Platform\":{\"architecture\":\"amd64\",\"os\":\"linux\"}},"
		"{\"ID\":\"linux/arm/v7\",\"Platform\":{\"architecture\":\"arm\",\"os\":\"linux\",\"variant\":\"v7\"}}]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(history_goes_through_stages),
		cmocka_unit_test(a_base_config_that_is_none),
		cmocka_unit_test(what_the_result_stands_on),
		cmocka_unit_test(metadata_for_one_and_for_several),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	arena_release(&arena);
	return r;
}
