/* SPDX-License-Identifier: Apache-2.0 */
/* A Solo5 binary runs under the tender that it was built for, or is refused by the name of that one. */
#include "plan/world.h"

static struct world *tender(void **state, const char *monitor, int target)
{
	struct world *w = *state;

	world_annotate(w, "unikernelType", "mirage");
	world_annotate(w, "hypervisor", monitor);
	world_drop(w, "initrd");
	w->f.initrd = (struct image_file){.elf_arch = -1};
	w->f.kernel.format = target == SOLO5_VIRTIO ? KERNEL_ELF_MULTIBOOT : KERNEL_ELF_SOLO5;
	w->f.kernel.elf_arch = ARCH_X86_64;
	w->f.kernel.memory_bytes = MIB;
	w->f.kernel.solo5 = (struct solo5_abi){.target = target, .version = 2};
	return w;
}

static void the_right_one(void **state)
{
	assert_planned(tender(state, "spt", SOLO5_SPT));
	assert_planned(tender(state, "hvt", SOLO5_HVT));
	assert_planned(tender(state, "qemu", SOLO5_VIRTIO));
}

static void the_wrong_one(void **state)
{
	assert_refused(tender(state, "spt", SOLO5_HVT), EINVAL,
		       "kernel '/boot/vmlinuz' is built for Solo5 target 'hvt', but the monitor is 'spt': set '" KEY_PREFIX
		       "hypervisor' to 'hvt', or build it for another target");
	assert_refused(tender(state, "hvt", SOLO5_SPT), EINVAL, "to 'spt'");
	assert_refused(tender(state, "hvt", SOLO5_VIRTIO), EINVAL,
		       "target 'virtio', but the monitor is 'hvt'");
	assert_refused(tender(state, "spt", SOLO5_VIRTIO), EINVAL, "to 'qemu'");
	assert_refused(tender(state, "qemu", SOLO5_SPT), EINVAL, "to 'spt'");
	assert_refused(tender(state, "qemu", SOLO5_MUEN), EINVAL,
		       "target 'muen', for which there is no monitor (build it for 'hvt' or 'spt')");
}

static void not_at_all(void **state)
{
	struct world *w = tender(state, "spt", SOLO5_NONE);

	w->f.kernel.format = KERNEL_ELF;
	assert_refused(w, EINVAL, "the kernel (format elf) is no Solo5 binary");
	w->f.kernel.format = KERNEL_ELF_SOLO5;
	w->f.kernel.solo5_problem = "it has no manifest";
	assert_refused(w, EINVAL, "it has no manifest");
}

static void memory(void **state)
{
	struct world *w = tender(state, "hvt", SOLO5_HVT);

	w->f.spec.resources.memory_limit_bytes = 7 * MIB;
	assert_planned(w);
	assert_int_equal(w->p.memory_bytes, 6 * MIB);
	w->f.host.memory_bytes = 64ull << 30;
	w->f.spec.resources.memory_limit_bytes = 8ll << 30; /* more than it can give */
	assert_planned(w);
	assert_int_equal(w->p.memory_bytes, 4ull << 30);
	w->f.spec.resources.memory_limit_bytes = 3 * MIB;
	assert_refused(w, ENOMEM, "too small");
}

/* QEMU takes taps by descriptor, the tenders by name. */
static void more_networks_than_the_monitor_gets(void **state)
{
	static struct solo5_device net[NICS_BY_FD_MAX + 1];
	struct world *w = tender(state, "qemu", SOLO5_VIRTIO);

	for (size_t i = 0; i < NICS_BY_FD_MAX + 1; i++)
		net[i] = (struct solo5_device){"net", SOLO5_NET};
	w->f.kernel.solo5.devices.v = net;
	w->f.kernel.solo5.devices.n = NICS_BY_FD_MAX + 1;
	assert_refused(w, E2BIG,
		       "manifest declares 9 network devices, but guest 'mirage' on monitor 'qemu' can have at most 8: "
		       "build it with fewer");
	w->f.kernel.solo5.devices.n = NICS_BY_FD_MAX;
	assert_planned(w);
	w = tender(state, "spt", SOLO5_SPT);
	w->f.kernel.solo5.devices.v = net;
	w->f.kernel.solo5.devices.n = NICS_BY_FD_MAX + 1;
	assert_planned(w);
}

/* What the engine will give is not known at create. */
static void network_comes_later(void **state)
{
	static struct solo5_device net[] = {{"service", SOLO5_NET}};
	struct world *w = tender(state, "spt", SOLO5_SPT);
	struct vm_nic nic = {.tap = "tap0_urunc", .fd = -1, .address = "10.0.0.2/24"};
	struct start_facts now = {.network_known = true};

	w->f.kernel.solo5.devices.v = net;
	w->f.kernel.solo5.devices.n = 1;
	assert_planned(w);
	assert_fails(plan_machine(&w->p, &now, &w->a, &w->e), w->e, ENODEV, "has no interface for: 'service'");
	now.nics.v = &nic;
	now.nics.n = 1;
	assert_ok(plan_machine(&w->p, &now, &w->a, &w->e), w->e);
	assert_string_equal(w->p.argv.v[2], "--net:service=tap0_urunc");
	assert_string_equal(w->p.guest_cmdline, "--ipv4=10.0.0.2/24 /urunit /bin/app");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(the_right_one),       world_test(the_wrong_one),
		world_test(not_at_all),          world_test(memory),
		world_test(network_comes_later), world_test(more_networks_than_the_monitor_gets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
