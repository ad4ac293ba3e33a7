/* SPDX-License-Identifier: Apache-2.0 */
/* The little that is read of bundles. */
#include "unit.h"

#include "common/io.h"
#include "shim/bundle.h"

static char dir[256];

static void config(const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/config.json", dir);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static const char *group(void)
{
	static struct arena a;
	const char *ret = "untouched";
	struct err e = {0};

	assert_ok(bundle_group(dir, &a, &ret, &e), e);
	return ret;
}

static void the_pod_of_a_container(void **state)
{
	(void)state;
	config("{}");
	assert_null(group());
	config("{\"annotations\":{\"io.kubernetes.cri.sandbox-id\":\"pod\"}}");
	assert_string_equal(group(), "pod");
	config("{\"annotations\":{\"io.kubernetes.cri.sandbox-id\":\"pod\",\"io.containerd.runc.v2.group\":\"g\"}}");
	assert_string_equal(group(), "g");
	config("{\"annotations\":{\"io.kubernetes.cri-o.SandboxID\":\"crio\",\"io.containerd.runc.v2.group\":\"\"}}");
	assert_string_equal(group(), "crio");
}

static void a_damaged_config_is_told(void **state)
{
	struct arena a = {0};
	const char *ret = NULL;
	struct err e = {0};

	(void)state;
	config("{\"annotations\":[]}");
	assert_fails(bundle_group(dir, &a, &ret, &e), e, EINVAL, "annotations");
	config("{");
	assert_fails(bundle_group(dir, &a, &ret, &e), e, EINVAL, "config.json");
	arena_release(&a);
}

static void private_pid_namespaces(void **state)
{
	(void)state;
	config("{\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"pid\"}]}}");
	assert_true(bundle_has_private_pids(dir));
	config("{\"linux\":{\"namespaces\":[{\"type\":\"pid\",\"path\":\"\"}]}}");
	assert_true(bundle_has_private_pids(dir));
	config("{\"linux\":{\"namespaces\":[{\"type\":\"pid\",\"path\":\"/proc/1/ns/pid\"}]}}");
	assert_false(bundle_has_private_pids(dir));
	config("{\"linux\":{\"namespaces\":[{\"type\":\"mount\"}]}}");
	assert_false(bundle_has_private_pids(dir));
	config("nonsense");
	assert_false(bundle_has_private_pids(dir));
}

static void pid_file(const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/init.pid", dir);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void pid_files(void **state)
{
	struct err e = {0};
	pid_t pid = 0;

	(void)state;
	pid_file("4711");
	assert_ok(bundle_pid(dir, "init.pid", &pid, &e), e);
	assert_int_equal(pid, 4711);
	pid_file("12\n");
	assert_ok(bundle_pid(dir, "init.pid", &pid, &e), e);
	assert_int_equal(pid, 12);
	pid_file("-3");
	assert_fails(bundle_pid(dir, "init.pid", &pid, &e), e, EBADMSG, "holds '-3'");
	pid_file("");
	assert_fails(bundle_pid(dir, "init.pid", &pid, &e), e, EBADMSG, "init.pid");
	assert_fails(bundle_pid(dir, "other.pid", &pid, &e), e, ENOENT, "other.pid");
	assert_int_equal(pid, 12);
}

static int setup(void **state)
{
	(void)state;
	unit_tmpdir(dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unit_rmdir(dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_pod_of_a_container),
		cmocka_unit_test(a_damaged_config_is_told),
		cmocka_unit_test(private_pid_namespaces),
		cmocka_unit_test(pid_files),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
