/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as data: defaults, look-up, a lossless description. */
#include "config/config.h"

#include "unit.h"

static void defaults(void **state)
{
	struct config c;

	(void)state;
	memset(&c, 0xee, sizeof(c));
	config_defaults(&c);
	assert_null(c.source);
	assert_string_equal(c.log_level, "info");
	assert_false(c.log_syslog || c.timestamps_enabled);
	assert_string_equal(c.timestamps_destination, "/var/log/urunc/timestamps.log");
	assert_int_equal(c.monitors.n, 0);
	assert_string_equal(c.virtiofsd_path, "/usr/libexec/virtiofsd");
	assert_string_equal(c.virtiofsd_options, "--cache always --sandbox none");
	assert_null(c.delegate);
	assert_string_equal(c.accelerator, "auto");
	assert_string_equal(c.machine, "auto");
	assert_true(c.supervise && c.strict && c.replace_urunit);
	assert_null(c.urunit_path);
	assert_string_equal(c.mounts, "auto");
	assert_int_equal(c.mounts_max_mb, 16);
	assert_int_equal(c.stop_grace_ms, 10000);
}

static void monitors_are_found_or_made_up(void **state)
{
	struct config_monitor list[] = {
		{.name = "qemu", .default_memory_mb = 512, .default_vcpus = 2, .path = "/q"}};
	struct config_monitor m;
	struct config c;

	(void)state;
	config_defaults(&c);
	m = config_monitor_get(&c, "qemu");
	assert_string_equal(m.name, "qemu");
	assert_int_equal(m.default_memory_mb, 256);
	assert_int_equal(m.default_vcpus, 1);
	assert_null(m.path);
	assert_int_equal(m.overhead_mb, 0);
	c.monitors.v = list;
	c.monitors.n = 1;
	assert_string_equal(config_monitor_get(&c, "qemu").path, "/q");
	assert_int_equal(config_monitor_get(&c, "hvt").default_memory_mb, 256);
}

static void the_record_loses_nothing(void **state)
{
	struct config_monitor list[] = {{"qemu", 512, 2, "/q", "/d", true, "/s", 64}, {.name = "spt"}};
	struct config c =
			      {
				      .source = "/x",
				      .log_level = "debug",
				      .log_syslog = true,
				      .timestamps_enabled = true,
				      .timestamps_destination = "/t",
				      .monitors = {list, 2},
				      .virtiofsd_path = "/v",
				      .virtiofsd_options = "o",
				      .delegate = "crun",
				      .accelerator = "kvm",
				      .machine = "q35",
				      .supervise = true,
				      .strict = true,
				      .replace_urunit = true,
				      .urunit_path = "/u",
				      .mounts = "error",
				      .mounts_max_mb = 5,
				      .stop_grace_ms = 7,
			      },
		      d;
	struct arena a = {0};
	struct strbuf json = STRBUF(&a), again = STRBUF(&a), bin = STRBUF(&a);
	struct err e = {0};

	(void)state;
	record_to_json(&rec_config, &c, 0, &json);
	assert_ok(record_from_json(&rec_config, (struct bytes){json.p, json.len}, "x", &a, &d, &e), e);
	record_to_json(&rec_config, &d, 0, &again);
	assert_string_equal(again.p, json.p);
	record_encode(&rec_config, &c, &bin);
	assert_ok(record_decode(&rec_config, bin.p, bin.len, &a, &d, &e), e);
	assert_string_equal(d.monitors.v[0].socket_path, "/s");
	assert_int_equal(d.monitors.v[0].overhead_mb, 64);
	assert_true(d.monitors.v[0].vhost && d.replace_urunit && d.log_syslog);
	assert_string_equal(d.delegate, "crun");
	assert_string_equal(d.mounts, "error");
	assert_int_equal(d.mounts_max_mb, 5);
	assert_int_equal(d.stop_grace_ms, 7);
	/* a new member without a table entry would be lost silently */
	assert_int_equal(rec_config.nfields, 24);
	assert_int_equal(rec_config.fields[5].sub->nfields, 8);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(monitors_are_found_or_made_up),
		cmocka_unit_test(the_record_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
