/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration file: every key, every refusal, and the example that is shipped. */
#include <errno.h>
#include <fcntl.h>

#include "common/io.h"
#include "config/config.h"
#include "unit.h"

static struct config config_of(struct arena *a, const char *text)
{
	struct err e = {0};
	struct config c;

	memset(&c, 0xee, sizeof(c));
	assert_ok(config_parse(unit_text(text), "c.toml", a, &c, &e), e);
	return c;
}

static void every_key_is_read(void **state)
{
	struct arena a = {0};
	struct config c =
		config_of(&a,
			  "[log]\nlevel = \"debug\"\nsyslog = true\n"
			  "[timestamps]\nenabled = true\ndestination = \"/t.log\"\n"
			  "[monitors.qemu]\ndefault_memory_mb = 512\ndefault_vcpus = 4\npath = \"/q\"\n"
			  "data_path = \"/d\"\nvhost = true\nsocket_path = \"/s\"\noverhead_mb = 64\n"
			  "[monitors.\"cloud-hypervisor\"]\nvhost = false\n"
			  "[extra_binaries.virtiofsd]\npath = \"/v\"\noptions = \"-x -y\"\n"
			  "[runtime]\ndelegate = \"crun\"\naccelerator = \"tcg\"\nmachine = \"q35\"\n"
			  "supervise = false\nstrict = false\nreplace_urunit = false\n"
			  "urunit_path = \"/u\"\nstop_grace_ms = 500\nmounts = \"warn\"\nmounts_max_mb = 3\n"
			  "libcontainer = true\nvAccel = true\n");
	struct config_monitor m = config_monitor_get(&c, "qemu");

	(void)state;
	assert_string_equal(c.source, "c.toml");
	assert_string_equal(c.log_level, "debug");
	assert_true(c.log_syslog && c.timestamps_enabled);
	assert_string_equal(c.timestamps_destination, "/t.log");
	assert_int_equal(c.monitors.n, 2);
	assert_int_equal(m.default_memory_mb, 512);
	assert_int_equal(m.default_vcpus, 4);
	assert_string_equal(m.path, "/q");
	assert_string_equal(m.data_path, "/d");
	assert_true(m.vhost);
	assert_string_equal(m.socket_path, "/s");
	assert_int_equal(m.overhead_mb, 64);
	assert_string_equal(c.monitors.v[1].name, "cloud-hypervisor");
	assert_int_equal(c.monitors.v[1].default_memory_mb, 256);
	assert_string_equal(c.virtiofsd_path, "/v");
	assert_string_equal(c.virtiofsd_options, "-x -y");
	assert_string_equal(c.delegate, "crun");
	assert_string_equal(c.accelerator, "tcg");
	assert_string_equal(c.machine, "q35");
	assert_false(c.supervise || c.strict || c.replace_urunit);
	assert_string_equal(c.urunit_path, "/u");
	assert_int_equal(c.stop_grace_ms, 500);
	assert_string_equal(c.mounts, "warn");
	assert_int_equal(c.mounts_max_mb, 3);
	arena_release(&a);
}

static void zero_and_empty_mean_the_default(void **state)
{
	struct arena a = {0};
	struct config c =
		config_of(&a,
			  "[monitors]\n[monitors.hvt]\ndefault_memory_mb = 0\ndefault_vcpus = 0\npath = \"\"\n"
			  "[extra_binaries]\n[extra_binaries.virtiofsd]\npath = \"\"\n"
			  "[runtime]\ndelegate = \"\"\nurunit_path = \"\"\n");
	struct config_monitor m = config_monitor_get(&c, "hvt");

	(void)state;
	assert_int_equal(c.monitors.n, 1);
	assert_int_equal(m.default_memory_mb, 256);
	assert_int_equal(m.default_vcpus, 1);
	assert_null(m.path);
	assert_string_equal(c.virtiofsd_path, "/usr/libexec/virtiofsd");
	assert_string_equal(c.virtiofsd_options, "--cache always --sandbox none");
	assert_null(c.delegate);
	assert_null(c.urunit_path);
	assert_string_equal(config_of(&a, "").log_level, "info");
	arena_release(&a);
}

static void levels_of_the_original_are_known(void **state)
{
	static const char *const pairs[][2] = {
		{"trace", "debug"},  {"debug", "debug"}, {"info", "info"},   {"warn", "warn"},
		{"warning", "warn"}, {"error", "error"}, {"fatal", "error"}, {"panic", "error"},
	};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_string_equal(config_of(&a, arena_printf(&a, "[log]\nlevel='%s'", pairs[i][0])).log_level,
				    pairs[i][1]);
	arena_release(&a);
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *text, *words;
	} bad[] = {
		{"[log]\nlevle = \"info\"",
		 "c.toml: line 2: [log] levle is not a known key (allowed: level syslog)"},
		{"[log]\nlevel = 3", "c.toml: line 2: [log] level must be a string, not an integer"},
		{"[log]\nlevel = \"loud\"",
		 "c.toml: line 2: [log] level is 'loud', allowed are trace debug info"},
		{"[log]\nsyslog = \"no\"", "c.toml: line 2: [log] syslog must be a boolean, not a string"},
		{"[timestamps]\n\ndestination = \"t.log\"",
		 "c.toml: line 3: [timestamps] destination must be an absolute path"},
		{"[monitors.qemu]\ndefault_memory_mb = -1",
		 "line 2: [monitors.qemu] default_memory_mb is -1, allowed is 0 to"},
		{"[monitors.qemu]\ndefault_memory_mb = \"256\"",
		 "[monitors.qemu] default_memory_mb must be an integer, not a string"},
		{"[monitors.qemu]\ndefault_memory_mb = \"512M,maxmem=64G\"",
		 "must be an integer, not a string"},
		{"[monitors.qemu]\ndefault_memory_mb = 16777217", "is 16777217, allowed is 0 to 16777216"},
		{"[monitors.qemu]\ndefault_memory_mb = 18446744073709551616", "c.toml: line 2"},
		{"[monitors.qemu]\ndefault_vcpus = 1025", "default_vcpus is 1025, allowed is 0 to 1024"},
		{"[monitors.qemu]\ndefault_vcpus = 4294967297",
		 "default_vcpus is 4294967297, allowed is 0 to 1024"},
		{"[monitors.qemu]\npath = \"qemu\"", "[monitors.qemu] path must be an absolute path"},
		{"[runtime]\nwritable_mb = 15", "writable_mb is 15, allowed is 16 to 8388608"},
		{"[monitors.qemu]\nmemory = 1", "[monitors.qemu] memory is not a known key"},
		{"[monitors]\nqemu = 1", "line 1: [monitors] is not a known section"},
		{"[monitors.qemu.x]", "line 1: [monitors.qemu.x] is not a known section"},
		{"[extra_binaries.vhost]", "line 1: [extra_binaries.vhost] is not a known section"},
		{"[runtime]\naccelerator = \"xen\"", "accelerator is 'xen', allowed are auto kvm tcg"},
		{"[runtime]\nmachine = \"\"", "machine is '', allowed are auto microvm q35 pc virt"},
		{"[runtime]\nmounts = \"ignore\"", "mounts is 'ignore', allowed are auto warn error"},
		{"[runtime]\nmounts_max_mb = 1025", "mounts_max_mb is 1025, allowed is 0 to 1024"},
		{"[runtime]\nstop_grace_ms = 3600001", "stop_grace_ms is 3600001"},
		{"[runtime]\ndelegate = \"bin/runc\"", "delegate must be an absolute path"},
		{"[runtime]\nstrict = [\"x\"]", "strict must be a boolean, not an array of strings"},
		{"[runtime]\nvAccel = 1", "vAccel must be a boolean"},
		{"[Runtime]", "line 1: [Runtime] is not a known section"},
		{"debug = true", "line 1: key 'debug' stands before any [section]"},
		{"[log]\nlevel = \"info\"\nlevel = \"info\"", "line 3: key 'level' is there twice"},
		{"[log", "line 1: ']' is expected"},
	};
	struct config c = {.stop_grace_ms = 4711};
	struct arena a = {0};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(config_parse(unit_text(bad[i].text), "c.toml", &a, &c, &e), e, EINVAL,
			     bad[i].words);
	assert_int_equal(c.stop_grace_ms, 4711);
	arena_release(&a);
}

/* Its text says that the values shown are the defaults. */
static void the_shipped_example_is_the_default(void **state)
{
	struct arena a = {0};
	struct strbuf got = STRBUF(&a), want = STRBUF(&a);
	struct config c, d;
	struct err e = {0};
	struct bytes text;

	(void)state;
	assert_ok(file_read(AT_FDCWD, "examples/config.toml", CONFIG_MAX_BYTES, &a, &text, &e), e);
	assert_ok(config_parse(text, "x", &a, &c, &e), e);
	config_defaults(&d);
	for (size_t i = 0; i < c.monitors.n; i++) {
		struct config_monitor m = config_monitor_get(&d, c.monitors.v[i].name);

		assert_int_equal(c.monitors.v[i].default_memory_mb, m.default_memory_mb);
		assert_int_equal(c.monitors.v[i].default_vcpus, m.default_vcpus);
		assert_int_equal(c.monitors.v[i].overhead_mb, m.overhead_mb);
	}
	c.monitors.n = 0;
	c.source = NULL;
	record_to_json(&rec_config, &c, 2, &got);
	record_to_json(&rec_config, &d, 2, &want);
	assert_string_equal(got.p, want.p);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_read),
		cmocka_unit_test(zero_and_empty_mean_the_default),
		cmocka_unit_test(levels_of_the_original_are_known),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(the_shipped_example_is_the_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
