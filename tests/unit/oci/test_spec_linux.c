/* SPDX-License-Identifier: Apache-2.0 */
/* The linux section: namespaces, mappings, devices, sysctl. */
#include "spec_test.h"

static void every_member_is_read(void **state)
{
	struct arena a = {0};
	struct oci_spec s = spec_of(
		&a,
		"{\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\",\"path\":\"/run/netns/x\"},"
		"{\"type\":\"mount\",\"path\":\"\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"user\"},"
		"{\"type\":\"cgroup\"},{\"type\":\"time\"}],"
		"\"uidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}],"
		"\"gidMappings\":[{\"containerID\":1,\"hostID\":2,\"size\":4294967295}],"
		"\"devices\":[{\"path\":\"/dev/x\",\"type\":\"b\",\"major\":8,\"minor\":1,\"fileMode\":432,\"uid\":1,\"gid\":2},"
		"{\"path\":\"/dev/p\",\"type\":\"p\"}],"
		"\"sysctl\":{\"net.core.somaxconn\":\"5\",\"kernel.x\":\"\"},\"cgroupsPath\":\"system.slice:runc:x\","
		"\"rootfsPropagation\":\"rslave\",\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"}}}");

	(void)state;
	assert_int_equal(s.namespaces.n, 8);
	assert_string_equal(s.namespaces.v[1].path, "/run/netns/x");
	assert_null(s.namespaces.v[2].path);
	assert_string_equal(s.namespaces.v[7].type, "time");
	assert_int_equal(s.uid_maps.n, 1);
	assert_int_equal(s.uid_maps.v[0].host_id, 100000);
	assert_int_equal(s.uid_maps.v[0].size, 65536);
	assert_int_equal(s.gid_maps.v[0].container_id, 1);
	assert_int_equal(s.gid_maps.v[0].size, UINT32_MAX);
	assert_int_equal(s.devices.n, 2);
	assert_int_equal(s.devices.v[0].major, 8);
	assert_int_equal(s.devices.v[0].minor, 1);
	assert_int_equal(s.devices.v[0].file_mode, 0660);
	assert_int_equal(s.devices.v[0].uid, 1);
	assert_int_equal(s.devices.v[0].gid, 2);
	assert_int_equal(s.sysctl.n, 2);
	assert_string_equal(s.sysctl.v[1].value, "");
	assert_string_equal(s.cgroups_path, "system.slice:runc:x");
	assert_string_equal(s.rootfs_propagation, "rslave");
	assert_true(s.has_seccomp);
	s = spec_of(&a, "{\"linux\":{\"cgroupsPath\":\"\",\"seccomp\":null}}");
	assert_null(s.cgroups_path);
	assert_false(s.has_seccomp);
	arena_release(&a);
}

#define L(members) "{\"linux\":{" members "}}"

static void what_makes_no_sense_is_refused(void **state)
{
	static const struct spec_refusal bad[] = {
		{L("\"namespaces\":{}"), "linux.namespaces must be an array"},
		{L("\"namespaces\":[\"pid\"]"), "linux.namespaces[0] must be an object"},
		{L("\"namespaces\":[{}]"), "linux.namespaces[0].type is ''"},
		{L("\"namespaces\":[{\"type\":\"net\"}]"),
		 "linux.namespaces[0].type is 'net', allowed are pid, network"},
		{L("\"namespaces\":[{\"type\":\"pid\",\"path\":\"x\"}]"), "linux.namespaces[0].path is 'x'"},
		{L("\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"ipc\"},{\"type\":\"pid\"}]"),
		 "linux.namespaces has 'pid' twice"},
		{L("\"uidMappings\":[{\"hostID\":-1}]"), "linux.uidMappings[0].hostID is -1"},
		{L("\"gidMappings\":[{\"size\":4294967296}]"), "linux.gidMappings[0].size is 4294967296"},
		{L("\"devices\":[{\"type\":\"c\"}]"), "linux.devices[0].path is missing"},
		{L("\"devices\":[{\"path\":\"dev/x\",\"type\":\"c\"}]"), "linux.devices[0].path is 'dev/x'"},
		{L("\"devices\":[{\"path\":\"/x\"}]"), "linux.devices[0].type is ''"},
		{L("\"devices\":[{\"path\":\"/x\",\"type\":\"cc\"}]"), "linux.devices[0].type is 'cc'"},
		{L("\"sysctl\":{\"a\":1}"), "linux.sysctl.a must be a string"},
		{L("\"cgroupsPath\":1"), "linux.cgroupsPath must be a string"},
		{L("\"seccomp\":[]"), "linux.seccomp must be an object"},
		{L("\"resources\":[]"), "linux.resources must be an object"},
	};
	struct arena a = {0};

	(void)state;
	assert_refused(&a, bad, COUNT(bad));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_is_read),
		cmocka_unit_test(what_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
