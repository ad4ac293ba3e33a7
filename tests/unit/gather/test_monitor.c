/* SPDX-License-Identifier: Apache-2.0 */
/* Finding a monitor's program; not finding it is a fact with words. */
#include "monitors/monitor.h"

#include <stdalign.h>

#include "gather/elf_make.h"
#include "gather/gather.h"
#include "gather/parts.h"
#include "gather/scratch.h"

static const char *const names[] = {"urunc-test-vm", "urunc-test-vm2", NULL};

static struct monitor_facts look(struct scratch *s, const struct config *cfg, const struct monitor_ops *ops,
				 const char *search)
{
	struct facts f = {.config = *cfg};
	const struct plan_wants w = {.monitor = ops};

	f.monitor.problem = "left over";
	assert_ok(gather_monitor(&f, &w, search, &s->a, &s->e), s->e);
	return f.monitor;
}

static const struct monitor_ops by_name = {.name = "qemu", .binaries = {names, names}};

static void put_program(struct scratch *s, const char *name, const char *needed)
{
	static alignas(16) unsigned char image[ELF_MAKE_BYTES];
	const char *ld = needed ? scratch_text(s, "ld.so", "x") : NULL;

	elf_make(&(struct elf_make){.type = ET_EXEC, .interp = ld, .needed = {needed}}, image);
	scratch_put(s, name, image, sizeof image);
}

static void searched(void **state)
{
	struct scratch *s = *state;
	const char *search = arena_printf(&s->a, "%s/none:%s/1:%s/2", s->dir, s->dir, s->dir);
	struct monitor_facts m;
	struct config cfg;

	config_defaults(&cfg);
	put_program(s, "1/urunc-test-vm2", NULL);
	put_program(s, "2/urunc-test-vm", NULL);
	m = look(s, &cfg, &by_name, search);
	assert_null(m.problem);
	/* The better name wins over the earlier directory. */
	assert_string_equal(m.path, scratch_path(s, "2/urunc-test-vm"));
	assert_true(m.is_static);
	assert_int_equal(m.files.n, 0);
}

static void nowhere(void **state)
{
	const struct monitor_ops other_arch = {.name = "qemu"};
	struct scratch *s = *state;
	struct monitor_facts m;
	struct config cfg;

	config_defaults(&cfg);
	m = look(s, &cfg, &by_name, s->dir);
	assert_null(m.path);
	assert_string_equal(m.problem, arena_printf(&s->a, "no executable 'urunc-test-vm' in %s", s->dir));
	m = look(s, &cfg, &other_arch, s->dir);
	assert_null(m.path);
	assert_non_null(strstr(m.problem, "architecture"));
}

static void configured(void **state)
{
	struct scratch *s = *state;
	struct config_monitor cm = {.name = "qemu"};
	struct monitor_facts m;
	struct config cfg;

	config_defaults(&cfg);
	cfg.monitors.v = &cm;
	cfg.monitors.n = 1;
	put_program(s, "urunc-test-vm", NULL);
	put_program(s, "mine", NULL);
	cm.path = scratch_path(s, "mine");
	m = look(s, &cfg, &by_name, s->dir);
	assert_null(m.problem);
	assert_string_equal(m.path, cm.path);
	/* What was configured is not replaced by something else. */
	cm.path = scratch_path(s, "gone");
	m = look(s, &cfg, &by_name, s->dir);
	assert_null(m.path);
	assert_string_equal(m.problem,
			    arena_printf(&s->a, "the configured '%s' is not an executable file", cm.path));
	cm.path = "mine";
	m = look(s, &cfg, &by_name, s->dir);
	assert_null(m.path);
}

static void cannot_run(void **state)
{
	struct scratch *s = *state;
	struct monitor_facts m;
	struct config cfg;

	config_defaults(&cfg);
	scratch_text(s, "urunc-test-vm", "#!/bin/sh\n");
	m = look(s, &cfg, &by_name, s->dir);
	assert_string_equal(m.path, scratch_path(s, "urunc-test-vm"));
	assert_string_equal(m.problem, "it is not a program for this machine");
	put_program(s, "urunc-test-vm", "libgone-urunc.so");
	m = look(s, &cfg, &by_name, s->dir);
	assert_string_equal(m.problem, "it needs library 'libgone-urunc.so', which this host does not have");
	assert_int_equal(m.files.n, 0);
}

static void data_path(void **state)
{
	struct scratch *s = *state;
	const char *const dirs[] = {"/nowhere", NULL};
	const struct monitor_file files[] = {{"bios.bin", dirs, false, false, 0}, {0}};
	const struct monitor_ops ops = {.name = "qemu", .binaries = {names, names}, .files = files};
	struct config_monitor cm = {.name = "qemu"};
	struct monitor_facts m;
	struct config cfg;

	config_defaults(&cfg);
	cfg.monitors.v = &cm;
	cfg.monitors.n = 1;
	put_program(s, "urunc-test-vm", NULL);
	m = look(s, &cfg, &ops, s->dir);
	assert_string_equal(m.problem, "it needs its file 'bios.bin', which is not in /nowhere");
	scratch_text(s, "share/qemu/bios.bin", "x");
	cm.data_path = scratch_path(s, "share");
	m = look(s, &cfg, &ops, s->dir);
	assert_null(m.problem);
	assert_int_equal(m.files.n, 1);
	assert_string_equal(m.files.v[0].path, scratch_path(s, "share/qemu/bios.bin"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(searched),   scratch_test(nowhere),   scratch_test(configured),
		scratch_test(cannot_run), scratch_test(data_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
