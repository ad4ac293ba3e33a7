/* SPDX-License-Identifier: Apache-2.0 */
/* process and hooks: every member, every limit. */
#include "spec_test.h"

static void every_member_is_read(void **state)
{
	struct arena a = {0};
	struct oci_spec s = spec_of(
		&a, "{\"process\":{\"terminal\":true,\"consoleSize\":{\"height\":25,\"width\":80},"
		    "\"user\":{\"uid\":4294967294,\"gid\":5,\"umask\":63,\"additionalGids\":[7,4294967294]},"
		    "\"args\":[\"a b\",\"\"],\"env\":[\"A=1\",\"B=\",\"C=x=y\"],\"cwd\":\"/w\","
		    "\"oomScoreAdj\":-1000,\"noNewPrivileges\":true,"
		    "\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":18446744073709551615}]}}");

	(void)state;
	assert_true(s.terminal);
	assert_int_equal(s.console_width, 80);
	assert_int_equal(s.console_height, 25);
	assert_int_equal(s.uid, 4294967294);
	assert_int_equal(s.gid, 5);
	assert_int_equal(s.umask, 077);
	assert_int_equal(s.groups.n, 2);
	assert_int_equal(s.groups.v[1], 4294967294);
	assert_string_equal(s.args.v[0], "a b");
	assert_string_equal(s.args.v[1], "");
	assert_int_equal(s.env.n, 3);
	assert_string_equal(s.cwd, "/w");
	assert_int_equal(s.oom_score_adj, -1000);
	assert_true(s.has_oom_score_adj && s.has_umask && s.no_new_privileges);
	assert_int_equal(s.rlimits.v[0].soft, 0);
	assert_true(s.rlimits.v[0].hard == UINT64_MAX);
	arena_release(&a);
}

#define P(members) "{\"process\":{" members "}}"

static void what_makes_no_sense_is_refused(void **state)
{
	static const struct spec_refusal bad[] = {
		{"{\"process\":[]}", "process must be an object"},
		{P("\"terminal\":1"), "process.terminal must be true or false"},
		{P("\"consoleSize\":{\"width\":65536}"),
		 "process.consoleSize.width is 65536, allowed is 0 to 65535"},
		{P("\"user\":{\"uid\":4294967295}"),
		 "process.user.uid is 4294967295, allowed is 0 to 4294967294"},
		{P("\"user\":{\"gid\":-1}"), "process.user.gid is -1"},
		{P("\"user\":{\"uid\":\"root\"}"), "process.user.uid must be an integer, not a string"},
		{P("\"user\":{\"umask\":-1}"), "process.user.umask is -1"},
		{P("\"user\":{\"additionalGids\":[1,4294967295]}"),
		 "process.user.additionalGids[1] must be an integer"},
		{P("\"user\":{\"additionalGids\":[1.5]}"), "process.user.additionalGids[0]"},
		{P("\"args\":\"sh\""), "process.args must be an array"},
		{P("\"args\":[1]"), "process.args[0] must be a string"},
		{P("\"env\":[\"A=1\",\"B\"]"), "process.env[1] is 'B', it must be NAME=VALUE"},
		{P("\"env\":[\"=x\"]"), "process.env[0] is '=x'"},
		{P("\"env\":[\"\"]"), "process.env[0] is ''"},
		{P("\"cwd\":\"tmp\""), "process.cwd is 'tmp', it must be an absolute path"},
		{P("\"cwd\":\"\""), "process.cwd is ''"},
		{P("\"oomScoreAdj\":1001"), "process.oomScoreAdj is 1001"},
		{P("\"rlimits\":[{\"soft\":1,\"hard\":1}]"), "process.rlimits[0].type is ''"},
		{P("\"rlimits\":[{\"type\":\"NOFILE\"}]"), "process.rlimits[0].type is 'NOFILE'"},
		{P("\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":2,\"hard\":1}]"), "soft is above hard"},
		{P("\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":-1,\"hard\":1}]"),
		 "process.rlimits[0].soft must be"},
		{P("\"rlimits\":[{\"type\":\"RLIMIT_CPU\"},{\"type\":\"RLIMIT_CPU\"}]"),
		 "has RLIMIT_CPU twice"},
	};
	struct arena a = {0};

	(void)state;
	assert_refused(&a, bad, COUNT(bad));
	arena_release(&a);
}

/* A document with n times `element` in the array. */
static const char *repeat(struct arena *a, const char *before, const char *element, size_t n,
			  const char *after)
{
	struct strbuf b = STRBUF(a);

	sb_add(&b, before);
	for (size_t i = 0; i < n; i++) {
		sb_add(&b, i ? "," : "");
		sb_add(&b, element);
	}
	sb_add(&b, after);
	assert_false(b.oom);
	return b.p;
}

static void limits_hold_exactly(void **state)
{
	struct arena a = {0};
	struct spec_refusal bad[4];
	char *big = arena_alloc(&a, SPEC_MAX_ENV_BYTES + 100);
	struct oci_spec s;

	(void)state;
	s = spec_of(&a, repeat(&a, "{\"process\":{\"env\":[", "\"A=\"", SPEC_MAX_ENV, "]}}"));
	assert_int_equal(s.env.n, SPEC_MAX_ENV);
	bad[0] = (struct spec_refusal){repeat(&a, "{\"process\":{\"env\":[", "\"A=\"", SPEC_MAX_ENV + 1,
					      "]}}"),
				       "process.env has 1025 entries"};
	s = spec_of(&a,
		    repeat(&a, "{\"process\":{\"user\":{\"additionalGids\":[", "1", SPEC_MAX_GROUPS, "]}}}"));
	assert_int_equal(s.groups.n, SPEC_MAX_GROUPS);
	bad[1] = (struct spec_refusal){repeat(&a, "{\"process\":{\"user\":{\"additionalGids\":[", "1",
					      SPEC_MAX_GROUPS + 1, "]}}}"),
				       "has 65537 entries"};
	bad[2] = (struct spec_refusal){repeat(&a, "{\"hooks\":{\"poststop\":[", "{\"path\":\"/x\"}",
					      SPEC_MAX_HOOKS + 1, "]}}"),
				       "hooks.poststop has 65 entries, at most 64"};
	memset(big, 'x', SPEC_MAX_ENV_BYTES);
	memcpy(big, "A=", 2);
	bad[3] = (struct spec_refusal){arena_printf(&a, "{\"process\":{\"env\":[\"%s\"]}}", big),
				       "process.env has 131073 bytes"};
	assert_refused(&a, bad, COUNT(bad));
	big[SPEC_MAX_ENV_BYTES - 1] = '\0';
	s = spec_of(&a, arena_printf(&a, "{\"process\":{\"env\":[\"%s\"]}}", big));
	assert_int_equal(s.env.n, 1);
	arena_release(&a);
}

static void all_six_kinds_of_hooks(void **state)
{
	struct arena a = {0};
	struct oci_spec s = spec_of(
		&a,
		"{\"hooks\":{\"prestart\":[{\"path\":\"/1\"},{\"path\":\"/1b\"}],\"createRuntime\":[{\"path\":\"/2\"}],"
		"\"createContainer\":[{\"path\":\"/3\"}],\"startContainer\":[{\"path\":\"/4\"}],"
		"\"poststart\":[{\"path\":\"/5\"}],\"poststop\":[{\"path\":\"/6\",\"args\":[\"other0\",\"a b\"],"
		"\"env\":[\"A=b\"],\"timeout\":30}]}}");

	(void)state;
	assert_int_equal(s.prestart.n, 2);
	assert_string_equal(s.prestart.v[1].path, "/1b");
	assert_string_equal(s.create_runtime.v[0].path, "/2");
	assert_string_equal(s.create_container.v[0].path, "/3");
	assert_string_equal(s.start_container.v[0].path, "/4");
	assert_string_equal(s.poststart.v[0].path, "/5");
	assert_string_equal(s.poststop.v[0].path, "/6");
	assert_int_equal(s.poststop.v[0].args.n, 2);
	assert_string_equal(s.poststop.v[0].args.v[0], "other0");
	assert_string_equal(s.poststop.v[0].env.v[0], "A=b");
	assert_int_equal(s.poststop.v[0].timeout_s, 30);
	arena_release(&a);
}

#define H(members) "{\"hooks\":{\"poststart\":[{\"path\":\"/ok\"},{" members "}]}}"

static void wrong_hooks_are_refused(void **state)
{
	static const struct spec_refusal bad[] = {
		{H(""), "hooks.poststart[1].path is missing"},
		{H("\"path\":\"\""), "hooks.poststart[1].path is ''"},
		{H("\"path\":\"sh\""), "hooks.poststart[1].path is 'sh', it must be an absolute path"},
		{H("\"path\":\"/x\",\"timeout\":-1"), "hooks.poststart[1].timeout is -1"},
		{H("\"path\":\"/x\",\"timeout\":\"5\""), "hooks.poststart[1].timeout must be an integer"},
		{H("\"path\":\"/x\",\"env\":[\"A\"]"), "hooks.poststart[1].env[0] is 'A'"},
		{H("\"path\":\"/x\",\"args\":{}"), "hooks.poststart[1].args must be an array"},
		{"{\"hooks\":{\"prestart\":{}}}", "hooks.prestart must be an array"},
		{"{\"hooks\":{\"prestart\":[\"/x\"]}}", "hooks.prestart[0] must be an object, not a string"},
	};
	struct arena a = {0};

	(void)state;
	assert_refused(&a, bad, COUNT(bad));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_is_read),    cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(limits_hold_exactly),     cmocka_unit_test(all_six_kinds_of_hooks),
		cmocka_unit_test(wrong_hooks_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
