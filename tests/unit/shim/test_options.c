/* SPDX-License-Identifier: Apache-2.0 */
/* Options of the runtime in all their forms. */
#include "unit.h"

#include "proto/shim/runtime.pb-c.h"
#include "shim/options.h"
#include "shim/pb.h"

static struct arena a;

static struct cli read_ok(const Pb__Any *any)
{
	struct cli c = {0};
	struct err e = {0};

	assert_ok(options_read(any, "ns", "/b", &c, &e), e);
	return c;
}

static Pb__Any any_of(const char *type, const void *message)
{
	Pb__Any any;

	assert_true(pb_any(&any, type, message, &a));
	return any;
}

static void no_options(void **state)
{
	Pb__Any empty = PB__ANY__INIT;
	struct cli c = read_ok(NULL);

	(void)state;
	assert_string_equal(c.root, "/run/containerd/runc/ns");
	assert_string_equal(c.log, "/b/log.json");
	assert_null(c.binary);
	cli_done(&c);
	empty.type_url = (char *)"containerd.runc.v1.Options";
	c = read_ok(&empty);
	assert_string_equal(c.root, "/run/containerd/runc/ns");
	cli_done(&c);
}

static void runcs_options(void **state)
{
	Pb__RuncOptions o = PB__RUNC_OPTIONS__INIT;
	Pb__Any any;
	struct cli c;

	(void)state;
	o.binary_name = (char *)"/x/urunc";
	o.root = (char *)"/var/run/docker/runtime-runc";
	o.systemd_cgroup = o.no_pivot_root = o.no_new_keyring = true;
	o.io_uid = 7;
	o.io_gid = 8;
	o.shim_cgroup = (char *)"/shims";
	any = any_of("type.googleapis.com/containerd.runc.v1.Options", &o);
	c = read_ok(&any);
	assert_string_equal(c.binary, "/x/urunc");
	assert_string_equal(c.root, "/var/run/docker/runtime-runc/ns");
	assert_string_equal(c.shim_cgroup, "/shims");
	assert_true(c.systemd_cgroup && c.no_pivot && c.no_keyring);
	assert_int_equal(c.io_uid, 7);
	assert_int_equal(c.io_gid, 8);
	cli_done(&c);
}

static struct cli toml(const char *text)
{
	Pb__GenericOptions o = PB__GENERIC_OPTIONS__INIT;
	Pb__Any any;

	o.config_body = (ProtobufCBinaryData){strlen(text), (uint8_t *)(uintptr_t)text};
	any = any_of("runtimeoptions.v1.Options", &o);
	return read_ok(&any);
}

static void a_table_of_toml(void **state)
{
	struct cli c = toml(
		"BinaryName = \"urunc-2\"\nRoot = \"/r\"\nSystemdCgroup = true\nIoUid = 5\nOther = \"x\"\n");

	(void)state;
	assert_string_equal(c.binary, "urunc-2");
	assert_string_equal(c.root, "/r/ns");
	assert_true(c.systemd_cgroup);
	assert_int_equal(c.io_uid, 5);
	cli_done(&c);
	/* Another program's file. */
	c = toml("[[x]]\n");
	assert_string_equal(c.root, "/run/containerd/runc/ns");
	cli_done(&c);
}

static void what_cannot_be_read(void **state)
{
	Pb__GenericOptions o = PB__GENERIC_OPTIONS__INIT;
	Pb__Any any = PB__ANY__INIT;
	struct cli c = {0};
	struct err e = {0};

	(void)state;
	any.type_url = (char *)"containerd.runc.v1.Options";
	any.value = (ProtobufCBinaryData){2, (uint8_t *)"\xff\xff"};
	assert_fails(options_read(&any, "ns", "/b", &c, &e), e, EINVAL, "cannot be decoded");
	any.type_url = (char *)"some.other.Options";
	c = read_ok(&any);
	cli_done(&c);
	o.config_path = (char *)"/nothere/at/all.toml";
	any = any_of("runtimeoptions.v1.Options", &o);
	assert_fails(options_read(&any, "ns", "/b", &c, &e), e, ENOENT, "/nothere/at/all.toml");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_options),
		cmocka_unit_test(runcs_options),
		cmocka_unit_test(a_table_of_toml),
		cmocka_unit_test(what_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
