/* SPDX-License-Identifier: Apache-2.0 */
/* What guest, monitor, image and configuration say of the machine arrives in its description. */
#include "plan/toys.h"

static void the_guests_flags(void **state)
{
	struct world *w = *state;

	assert_planned(w);
	assert_false(w->p.vm.modern_virtio || w->p.vm.rng);
	assert_int_equal(w->p.vm.exit_port, 0);
	toy_guest.modern_virtio = toy_guest.rng = true;
	toy_guest.exit_port = 0x501;
	toy_guest.exit_ok = -1;
	assert_planned(w);
	assert_true(w->p.vm.modern_virtio && w->p.vm.rng);
	assert_int_equal(w->p.vm.exit_port, 0x501);
	assert_int_equal(w->p.exit_ok, -1);
	w->f.host.arch = ARCH_AARCH64; /* where there are no ports */
	toy_monitor.binaries[ARCH_AARCH64] = toy_binaries;
	assert_planned(w);
	assert_int_equal(w->p.vm.exit_port, 0);
	assert_int_equal(w->p.exit_ok, 0);
}

static void the_hosts_facts(void **state)
{
	static struct config_monitor m = {.name = "toymon",
					  .default_memory_mb = 256,
					  .default_vcpus = 1,
					  .vhost = true};
	struct world *w = *state;

	w->f.monitor.version = VERSION(7, 2, 19);
	w->f.spec.has_seccomp = w->f.spec.terminal = true;
	assert_planned(w);
	assert_int_equal(w->p.vm.monitor_version, 7002019);
	assert_true(w->p.vm.seccomp && w->p.vm.terminal);
	assert_false(w->p.vm.vhost);
	w->f.config.monitors.v = &m;
	w->f.config.monitors.n = 1;
	assert_planned(w);
	assert_true(w->p.vm.vhost);
}

static void solo5_binaries(void **state)
{
	static struct solo5_device dev[] = {{"service", SOLO5_NET}};
	struct world *w = *state;

	w->f.kernel.solo5 = (struct solo5_abi){.target = SOLO5_SPT, .version = 2, .devices = {dev, 1}};
	toy_monitor.solo5_target = SOLO5_SPT;
	assert_planned(w);
	assert_int_equal(w->p.vm.solo5.target, SOLO5_SPT);
	assert_string_equal(w->p.vm.solo5.devices.v[0].name, "service");
	w->f.kernel.solo5_problem = "the manifest has 65 entries, at most 64 are possible";
	assert_refused(w, EINVAL, "its notes cannot be read: the manifest has 65 entries");
}

static void firmware_is_what_was_found(void **state)
{
	static const char *const names[] = {"best.rom", "qboot.rom", NULL};
	struct world *w = *state;

	assert_planned(w);
	assert_null(w->p.vm.firmware);
	toy_monitor.firmwares[ARCH_X86_64] = names;
	assert_planned(w);
	assert_string_equal(w->p.vm.firmware, "qboot.rom");
	w->files[0].box = "/fw/best.rom";
	assert_planned(w);
	assert_string_equal(w->p.vm.firmware, "best.rom");
	w->files[0].box = w->files[1].box = "/elsewhere/qboot.rom";
	assert_planned(w);
	assert_null(w->p.vm.firmware);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		toy_test(the_guests_flags),
		toy_test(the_hosts_facts),
		toy_test(solo5_binaries),
		toy_test(firmware_is_what_was_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
