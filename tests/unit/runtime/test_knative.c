/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a queue-proxy's environment, and of the text around it. */
#include "runtime/knative.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/io.h"
#include "unit.h"

#define LIST(...)                                                                                            \
	((struct strs){(const char *[]){__VA_ARGS__}, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)})

static void check_env(struct strs before, struct strs after)
{
	struct arena a = {0};
	struct err e = {0};
	struct strs got;

	for (int twice = 0; twice < 2; twice++) {
		assert_ok(knative_env(&before, &a, &got, &e), e);
		assert_int_equal(got.n, after.n);
		for (size_t i = 0; i < got.n; i++)
			assert_string_equal(got.v[i], after.v[i]);
		before = got; /* the second time changes nothing */
	}
	arena_release(&a);
}

static void the_environment(void **state)
{
	(void)state;
	check_env(LIST("A=1",
		       "SERVING_READINESS_PROBE={\"tcpSocket\":{\"port\":8080,\"host\":\"127.0.0.1\"},\"n\":1}",
		       "B=2"),
		  LIST("A=1", "B=2",
		       "SERVING_READINESS_PROBE={\"tcpSocket\":{\"port\":8080,\"host\":\"172.16.1.2\"},\"n\":1}",
		       "REDIRECT_IP=172.16.1.2"));
	/* Several, empty, with blanks, with quotes in it; what only looks like one stays. */
	check_env(LIST("SERVING_READINESS_PROBE={\"httpGet\":{\"host\" : \"\",\"x\":\"host\",\"host\":\"a\\\"b\"},\"host\":7}"),
		  LIST("SERVING_READINESS_PROBE={\"httpGet\":{\"host\" : \"172.16.1.2\",\"x\":\"host\",\"host\":\"172.16.1.2\"},"
		       "\"host\":7}",
		       "REDIRECT_IP=172.16.1.2"));
	check_env(LIST("SERVING_READINESS_PROBE="),
		  LIST("SERVING_READINESS_PROBE=", "REDIRECT_IP=172.16.1.2"));
	check_env(LIST("SERVING_READINESS_PROBE={\"host\":\"unfinished"),
		  LIST("SERVING_READINESS_PROBE={\"host\":\"172.16.1.2\"", "REDIRECT_IP=172.16.1.2"));
	/* Without a probe only the redirection comes; another one is replaced. */
	check_env(LIST("A=\"host\":\"x\""), LIST("A=\"host\":\"x\"", "REDIRECT_IP=172.16.1.2"));
	check_env(LIST("REDIRECT_IP=10.0.0.1", "A=1", "SERVING_READINESS_PROBES=x"),
		  LIST("A=1", "SERVING_READINESS_PROBES=x", "REDIRECT_IP=172.16.1.2"));
	check_env((struct strs){0}, LIST("REDIRECT_IP=172.16.1.2"));
}

static void check_text(const char *before, const char *after)
{
	struct strs env = LIST("A=1\n", "B=\"\\");
	struct arena a = {0};
	struct err e = {0};
	struct bytes got;

	assert_ok(knative_splice(unit_text(before), &env, &a, &got, &e), e);
	assert_int_equal(got.n, strlen(after));
	assert_memory_equal(got.p, after, got.n);
	arena_release(&a);
}

#define ENV "[\"A=1\\n\",\"B=\\\"\\\\\"]"

static void the_text(void **state)
{
	struct strs env = LIST("A=1");
	static const char *const bad[] =
		{"", "[]", "{}", "{\"process\":[]}", "{\"process\"", "{\"a\":{\"process\":{}}}"};
	struct arena a = {0};
	struct bytes got;
	struct err e;

	(void)state;
	check_text("{\"process\":{\"env\":[\"X=1\"]}}", "{\"process\":{\"env\":" ENV "}}");
	check_text("{\"process\":{\"env\":null , \"z\":1}}", "{\"process\":{\"env\":" ENV " , \"z\":1}}");
	check_text("{\"process\":{}}", "{\"process\":{\"env\":" ENV "}}");
	check_text("{\"process\":{ \"args\":[]}}", "{\"process\":{\"env\":" ENV ", \"args\":[]}}");
	/* Numbers, order, blanks and strange strings stay what they are, and only the one place is meant. */
	check_text(
		"\n { \"env\" : [\"top\"], \"n\":18446744073709551615, \"r\": 1.10e+2,\t\"s\":\"}]{[,\\\"\\\\\",\n"
		" \"linux\":{\"process\":{\"env\":[\"no\"]}},\n"
		" \"process\" : { \"user\":{\"env\":[[\"no\"],{}]}, \"env\" :\n[ \"X=]\", \"\\\"Y\" ] , \"cwd\" : \"/\" } ,\"z\":[]}\n\n",
		"\n { \"env\" : [\"top\"], \"n\":18446744073709551615, \"r\": 1.10e+2,\t\"s\":\"}]{[,\\\"\\\\\",\n"
		" \"linux\":{\"process\":{\"env\":[\"no\"]}},\n"
		" \"process\" : { \"user\":{\"env\":[[\"no\"],{}]}, \"env\" :\n" ENV
		" , \"cwd\" : \"/\" } ,\"z\":[]}\n\n");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(knative_splice(unit_text(bad[i]), &env, &a, &got, &e), e, EINVAL, "process");
	arena_release(&a);
}

static const char config[] = "{\"x\":18446744073709551615,\"process\":{\"env\":[\"A=1\"]}}";

static void the_file(void **state)
{
	struct spec_kv notes[] = {{"io.kubernetes.cri.container-name", "queue-proxy"}};
	struct oci_spec spec = {.env = LIST("A=1")};
	char dir[256], path[300], other[300];
	struct bytes text;
	struct arena a = {0};
	struct err e = {0};
	struct stat st, again;
	mode_t old = umask(077);

	(void)state;
	unit_tmpdir(dir);
	snprintf(path, sizeof(path), "%s/config.json", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	assert_ok(file_write(AT_FDCWD, path, O_CREAT, config, strlen(config), &e), e);
	assert_int_equal(chmod(path, 0640), 0);
	assert_ok(knative_prepare(dir, &spec, &a, &e), e); /* no annotation */
	spec.annotations.v = notes;
	spec.annotations.n = 1;
	notes[0].value = "user-container";
	assert_ok(knative_prepare(dir, &spec, &a, &e), e);
	assert_ok(file_read(AT_FDCWD, path, 4096, &a, &text, &e), e);
	assert_string_equal(text.p, config);
	notes[0].value = "queue-proxy";
	assert_ok(knative_prepare(dir, &spec, &a, &e), e);
	assert_ok(file_read(AT_FDCWD, path, 4096, &a, &text, &e), e);
	assert_string_equal(
		text.p,
		"{\"x\":18446744073709551615,\"process\":{\"env\":[\"A=1\",\"REDIRECT_IP=172.16.1.2\"]}}");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	/* Once more: nothing is written. */
	spec.env = LIST("A=1", "REDIRECT_IP=172.16.1.2");
	assert_ok(knative_prepare(dir, &spec, &a, &e), e);
	assert_int_equal(stat(path, &again), 0);
	assert_int_equal(again.st_ino, st.st_ino);
	/* A link is not replaced by a file. */
	spec.env = LIST("A=1");
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink("other", path), 0);
	assert_fails(knative_prepare(dir, &spec, &a, &e), e, EINVAL, "is a link");
	umask(old);
	arena_release(&a);
	unit_rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_environment),
		cmocka_unit_test(the_text),
		cmocka_unit_test(the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
