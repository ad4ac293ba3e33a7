/* SPDX-License-Identifier: Apache-2.0 */
/* config.json as a whole: what real engines write, what is broken, and mutated files. */
#include <fcntl.h>

#include "common/io.h"
#include "spec_test.h"

#define CONFIGS "tests/data/configs/"

static struct oci_spec spec_of_file(struct arena *a, const char *name)
{
	struct bytes text;
	struct oci_spec s;
	struct err e = {0};
	char path[200];

	snprintf(path, sizeof(path), CONFIGS "%s", name);
	assert_ok(file_read(AT_FDCWD, path, SPEC_MAX_BYTES, a, &text, &e), e);
	assert_ok(spec_parse(text, a, &s, &e), e);
	return s;
}

static void containerd_ctr(void **state)
{
	struct arena a = {0};
	struct oci_spec s = spec_of_file(&a, "ctr-netns.json");

	(void)state;
	assert_string_equal(s.oci_version, "1.0.2-dev");
	assert_true(s.has_process && s.has_linux && s.no_new_privileges && s.root_readonly);
	assert_false(s.terminal || s.has_seccomp || s.has_umask || s.has_oom_score_adj);
	assert_string_equal(s.root_path, "rootfs");
	assert_int_equal(s.args.n, 3);
	assert_string_equal(s.args.v[2], "echo ok");
	assert_string_equal(env_get(&s.env, "A"), "b");
	assert_int_equal(s.groups.n, 1);
	assert_int_equal(s.groups.v[0], 0);
	assert_int_equal(s.rlimits.n, 1);
	assert_string_equal(s.rlimits.v[0].type, "RLIMIT_NOFILE");
	assert_int_equal(s.rlimits.v[0].hard, 1024);
	assert_int_equal(s.mounts.n, 8);
	assert_string_equal(s.mounts.v[7].destination, "/data");
	assert_string_equal(s.mounts.v[7].type, "bind");
	assert_string_equal(s.mounts.v[7].options.v[1], "ro");
	assert_int_equal(s.namespaces.n, 5);
	assert_string_equal(s.namespaces.v[4].path, "/run/netns/expc0");
	assert_null(s.namespaces.v[0].path);
	assert_string_equal(spec_annotation(&s, "dev.example/x"), "y");
	assert_string_equal(s.cgroups_path, "/default/c6");
	assert_int_equal(s.resources.cpu_shares, 1024);
	assert_int_equal(s.resources.devices.n, 10);
	assert_false(s.resources.devices.v[0].allow);
	assert_null(s.resources.devices.v[0].type);
	assert_int_equal(s.resources.devices.v[0].major, -1);
	assert_int_equal(s.resources.devices.v[8].major, 136);
	assert_int_equal(s.resources.devices.v[8].minor, -1);
	arena_release(&a);
}

static void containerd_privileged_and_limits(void **state)
{
	struct arena a = {0};
	struct oci_spec s = spec_of_file(&a, "ctr-privileged.json");

	(void)state;
	assert_int_equal(s.devices.n, 103);
	assert_string_equal(s.devices.v[0].path, "/dev/autofs");
	assert_string_equal(s.devices.v[0].type, "c");
	assert_int_equal(s.devices.v[0].minor, 235);
	assert_int_equal(s.devices.v[0].file_mode, 0644);
	s = spec_of_file(&a, "ctr-tty-limits.json");
	assert_true(s.terminal);
	assert_int_equal(s.resources.memory_limit_bytes, 67108864);
	assert_int_equal(s.resources.cpu_quota_us, 50000);
	assert_int_equal(s.resources.cpu_period_us, 100000);
	arena_release(&a);
}

static void kubernetes_pod(void **state)
{
	struct arena a = {0};
	struct oci_spec s = spec_of_file(&a, "cri-pod.json");

	(void)state;
	assert_string_equal(s.hostname, "pod1");
	assert_true(s.has_oom_score_adj && s.has_seccomp);
	assert_int_equal(s.oom_score_adj, 0);
	assert_string_equal(spec_annotation(&s, "io.kubernetes.cri.container-type"), "sandbox");
	assert_int_equal(s.sysctl.n, 1);
	assert_string_equal(s.sysctl.v[0].key, "net.ipv4.ip_unprivileged_port_start");
	assert_string_equal(s.sysctl.v[0].value, "0");
	arena_release(&a);
}

static void docker(void **state)
{
	struct arena a = {0};
	struct oci_spec s = spec_of_file(&a, "docker20-bridge.json");

	(void)state;
	assert_int_equal(s.prestart.n, 1);
	assert_string_equal(s.prestart.v[0].path, "/proc/3295/exe");
	assert_int_equal(s.prestart.v[0].args.n, 4);
	assert_string_equal(s.prestart.v[0].args.v[0], "libnetwork-setkey");
	assert_int_equal(s.prestart.v[0].timeout_s, 0);
	assert_int_equal(s.create_runtime.n + s.poststart.n + s.poststop.n, 0);
	assert_false(s.resources.disable_oom_killer);
	assert_int_equal(s.resources.cpu_shares, 0);
	s = spec_of_file(&a, "docker26-options.json");
	assert_int_equal(s.uid, 1000);
	assert_int_equal(s.gid, 1000);
	assert_string_equal(s.cwd, "/tmp");
	assert_int_equal(s.resources.memory_limit_bytes, 268435456);
	assert_int_equal(s.resources.memory_swap_bytes, 536870912);
	assert_int_equal(s.resources.pids_limit, 100);
	arena_release(&a);
}

static void podman_and_the_defaults_of_others(void **state)
{
	struct arena a = {0};
	struct oci_spec s = spec_of_file(&a, "podman-tty.json");

	(void)state;
	assert_true(s.has_umask);
	assert_int_equal(s.umask, 022);
	assert_int_equal(s.rlimits.n, 2);
	assert_int_equal(s.resources.pids_limit, 2048);
	s = spec_of_file(&a, "runc-spec.json");
	assert_true(s.terminal && s.root_readonly);
	assert_int_equal(s.namespaces.n, 5);
	s = spec_of_file(&a, "crun-spec.json");
	assert_true(s.has_linux && s.namespaces.n >= 5);
	arena_release(&a);
}

static void the_least_is_enough_here(void **state)
{
	struct arena a = {0};
	struct oci_spec s = spec_of(&a, "{}");

	(void)state;
	assert_false(s.has_process || s.has_linux);
	assert_null(s.oci_version);
	assert_null(s.root_path);
	assert_null(s.cgroups_path);
	assert_int_equal(s.mounts.n + s.namespaces.n + s.annotations.n, 0);
	s = spec_of(&a,
		    "{\"process\":{},\"linux\":{\"resources\":{}},\"root\":{},\"hooks\":null,\"mounts\":null,"
		    "\"annotations\":null,\"windows\":{\"x\":[1]},\"mine\":[]}");
	assert_true(s.has_process && s.has_linux);
	arena_release(&a);
}

static void broken_documents_say_what_and_where(void **state)
{
	static const struct spec_refusal bad[] = {
		{"", "config.json: is empty"},
		{"{\n\"process\": {,\n}}", "config.json: line 2 column 13"},
		{"[]", "config.json: the document must be an object, not an array"},
		{"{\"linux\":[]}", "config.json: linux must be an object, not an array"},
		{"{\"ociVersion\":1}", "ociVersion must be a string"},
		{"{\"root\":\"x\"}", "root must be an object, not a string"},
		{"{\"root\":{\"path\":7}}", "root.path must be a string"},
		{"{\"root\":{\"readonly\":\"yes\"}}", "root.readonly must be true or false"},
		{"{\"mounts\":{}}", "mounts must be an array"},
		{"{\"mounts\":[{\"destination\":\"/x\"},{\"type\":\"proc\"}]}",
		 "mounts[1].destination is missing"},
		{"{\"mounts\":[{\"destination\":\"/x\",\"options\":[1]}]}",
		 "mounts[0].options[0] must be a string"},
		{"{\"annotations\":{\"a\":1}}", "annotations.a must be a string, not an integer"},
		{"{\"annotations\":[\"a\"]}", "annotations must be an object"},
		{"{\"hooks\":[]}", "hooks must be an object"},
	};
	struct arena a = {0};
	struct err e = {0};
	struct oci_spec s;

	(void)state;
	assert_refused(&a, bad, COUNT(bad));
	assert_fails(spec_parse((struct bytes){"{}", SPEC_MAX_BYTES + 1}, &a, &s, &e), e, EFBIG, "4194304");
	arena_release(&a);
}

static void chance_meets_only_clean_answers(void **state)
{
	struct arena keep = {0};
	uint64_t seed = 17;
	unsigned good = 0;
	struct err e = {0};
	struct bytes text;
	unsigned char *buf;

	(void)state;
	assert_ok(file_read(AT_FDCWD, CONFIGS "docker20-bridge.json", SPEC_MAX_BYTES, &keep, &text, &e), e);
	/* without the seccomp list: it is long and nobody reads it */
	text.n = (size_t)(strstr(text.p, ",\"seccomp\"") - (const char *)text.p);
	buf = malloc(text.n + 2);
	for (int i = 0; i < 2000; i++) {
		struct arena a = {0};
		struct oci_spec s;
		size_t n;
		int r;

		memcpy(buf, text.p, text.n);
		memcpy(buf + text.n, "}}", 2);
		n = unit_mutate(&seed, buf, text.n + 2);
		r = spec_parse((struct bytes){buf, n}, &a, &s, &e);
		if (r == 0)
			good++;
		else if (r != -EINVAL || strncmp(e.msg, "config.json: ", 13) != 0)
			fail_msg("%d '%s'", r, e.msg);
		arena_release(&a);
	}
	assert_true(good > 50);
	free(buf);
	arena_release(&keep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(containerd_ctr),
		cmocka_unit_test(containerd_privileged_and_limits),
		cmocka_unit_test(kubernetes_pod),
		cmocka_unit_test(docker),
		cmocka_unit_test(podman_and_the_defaults_of_others),
		cmocka_unit_test(the_least_is_enough_here),
		cmocka_unit_test(broken_documents_say_what_and_where),
		cmocka_unit_test(chance_meets_only_clean_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
