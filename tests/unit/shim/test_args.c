/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines of containerd. */
#include "unit.h"

#include "shim/args.h"

static struct args parsed(const char *const *argv)
{
	struct args args;
	struct err e = {0};
	int n = 0;

	while (argv[n])
		n++;
	assert_ok(args_parse(n, argv, &args, &e), e);
	return args;
}
#define PARSED(...) parsed((const char *const[]){"shim", __VA_ARGS__, NULL})

static void containerds_own_words(void **state)
{
	struct args a = PARSED("-namespace", "k8s.io", "-address", "/run/c.sock", "-publish-binary",
			       "/usr/bin/containerd", "-id", "abc", "-bundle", "/b", "-debug", "delete");

	(void)state;
	assert_string_equal(a.ns, "k8s.io");
	assert_string_equal(a.address, "/run/c.sock");
	assert_string_equal(a.publish_binary, "/usr/bin/containerd");
	assert_string_equal(a.id, "abc");
	assert_string_equal(a.bundle, "/b");
	assert_true(a.debug);
	assert_string_equal(a.action, "delete");
}

static void all_forms_of_gos_flags(void **state)
{
	(void)state;
	assert_string_equal(PARSED("--namespace=x", "start").ns, "x");
	assert_string_equal(PARSED("-namespace=x").ns, "x");
	assert_string_equal(PARSED("--id", "i", "start").action, "start");
	assert_false(PARSED("-debug=false").debug);
	assert_true(PARSED("-v").version);
	assert_true(PARSED("--version").version);
	assert_true(PARSED("-info").info);
	assert_string_equal(PARSED("-id=").id, "");
	assert_string_equal(PARSED("start", "-v").action, "start");
	assert_false(PARSED("start", "-v").version);
}

static void unknown_and_unfinished_flags(void **state)
{
	const char *const unknown[] = {"shim", "-nothere", "start"}, *const cut[] = {"shim", "-id"};
	struct args a;
	struct err e = {0};

	(void)state;
	assert_fails(args_parse(3, unknown, &a, &e), e, EINVAL, "not defined: -nothere");
	assert_fails(args_parse(2, cut, &a, &e), e, EINVAL, "needs an argument: -id");
}

static void names_must_be_names_of_files(void **state)
{
	struct args a = PARSED("-id", "../x", "-namespace", "n", "start"), none = PARSED("-id", "x", "start"),
		    odd = PARSED("-namespace", ".n"), good = PARSED("-namespace", "moby", "-id", "a.b_c-d");
	struct err e = {0};

	(void)state;
	assert_fails(args_check(&none, &e), e, EINVAL, "namespace cannot be empty");
	assert_fails(args_check(&a, &e), e, EINVAL, "'../x'");
	assert_fails(args_check(&odd, &e), e, EINVAL, "'.n'");
	assert_ok(args_check(&good, &e), e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(containerds_own_words),
		cmocka_unit_test(all_forms_of_gos_flags),
		cmocka_unit_test(unknown_and_unfinished_flags),
		cmocka_unit_test(names_must_be_names_of_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
