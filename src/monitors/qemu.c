/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU: full machines with KVM or in software. Every word is ours; nothing from an image enters an option. */
#include <errno.h>
#include <signal.h>

#include "monitors/monitor.h"

#define MIB (1024ull * 1024)
#define TCG_BUFFER_MIB 64

static const char *const bin_x86[] = {"qemu-system-x86_64", NULL};
static const char *const bin_arm[] = {"qemu-system-aarch64", NULL};
static const char *const machines_x86[] = {"microvm", "q35", NULL};
static const char *const machines_arm[] = {"virt", NULL};
static const char *const firmwares_x86[] = {"qboot.rom", "bios-microvm.bin", "bios-256k.bin", NULL};
static const char *const data_dirs[] = {"/usr/share/qemu", "/usr/share/seabios", "/usr/local/share/qemu", NULL};
static const char *const module_dirs[] = {"/usr/lib/x86_64-linux-gnu/qemu", "/usr/lib/aarch64-linux-gnu/qemu",
					  "/usr/lib64/qemu", "/usr/lib/qemu", NULL};

/* QEMU looks for its modules relative to where it was started from; the box has them with the other files. */
static const char *const env[] = {"QEMU_MODULE_DIR=/fw", NULL};

static const struct monitor_file files[] = {
	{.name = "accel-tcg-x86_64.so", .dirs = module_dirs, .optional = true},
	{.name = "accel-tcg-aarch64.so", .dirs = module_dirs, .optional = true},
	{.name = "qboot.rom", .dirs = data_dirs, .optional = true},
	{.name = "bios-microvm.bin", .dirs = data_dirs, .optional = true},
	{.name = "bios-256k.bin", .dirs = data_dirs, .optional = true},
	{.name = "linuxboot_dma.bin", .dirs = data_dirs, .optional = true},
	{.name = "pvh.bin", .dirs = data_dirs, .optional = true},
	{.name = NULL},
};

static const struct stop_policy stop = {.action = STOP_SIGNAL_MONITOR, .signo = SIGTERM, .zero_is_signal = true};

static bool is_microvm(const struct vm_desc *vm)
{
	return streq(vm->machine, "microvm");
}

static bool machine_ok(const char *machine, const struct vm_desc *vm)
{
	(void)machine;
	if (vm->arch == ARCH_AARCH64)
		return vm->kernel_format == KERNEL_ARM64_IMAGE;
	return vm->kernel_format == KERNEL_BZIMAGE || vm->kernel_format == KERNEL_ELF_PVH;
}

/* PCI machines and those with virtio-mmio name the same device differently. */
static const char *transport(const struct vm_desc *vm)
{
	return is_microvm(vm) ? "device" : "pci";
}

static void add_machine(const struct vm_desc *vm, struct strv *l)
{
	strv_add(l, "-M");
	if (is_microvm(vm))
		strv_add(l, "microvm,x-option-roms=off,auto-kernel-cmdline=off");
	else
		strv_add(l, vm->machine);
	strv_add(l, "-accel");
	if (vm->accel == ACCEL_KVM)
		strv_add(l, "kvm");
	else
		strv_addf(l, "tcg,tb-size=%d", TCG_BUFFER_MIB);
	strv_add(l, "-cpu");
	strv_add(l, vm->accel == ACCEL_KVM ? "host" : "max");
	strv_add(l, "-m");
	strv_addf(l, "%lluB", (unsigned long long)vm->memory_bytes);
	strv_add(l, "-smp");
	strv_addf(l, "%u", vm->vcpus);
}

static void add_console(const struct vm_desc *vm, struct strv *l)
{
	strv_add(l, "-chardev");
	strv_add(l, "stdio,id=console,signal=off");
	strv_add(l, "-serial");
	strv_add(l, "chardev:console");
	if (vm->ctl_fd < 0)
		return;
	strv_add(l, "-chardev");
	strv_addf(l, "socket,id=ctl,fd=%d", vm->ctl_fd);
	strv_add(l, "-device");
	strv_addf(l, "virtio-serial-%s", transport(vm));
	strv_add(l, "-device");
	strv_add(l, "virtserialport,chardev=ctl,name=io.urunc.ctl");
}

static void add_nics(const struct vm_desc *vm, struct strv *l)
{
	for (size_t i = 0; i < vm->nics.n; i++) {
		const struct vm_nic *nic = &vm->nics.v[i];

		strv_add(l, "-netdev");
		if (nic->fd >= 0)
			strv_addf(l, "tap,id=n%zu,fd=%d", i, nic->fd);
		else
			strv_addf(l, "tap,id=n%zu,ifname=%s,script=no,downscript=no", i, nic->tap);
		strv_add(l, "-device");
		strv_addf(l, "virtio-net-%s,netdev=n%zu,mac=%s,host_mtu=%u%s", transport(vm), i, nic->mac, nic->mtu,
			  is_microvm(vm) ? "" : ",romfile=");
	}
}

static void add_disks(const struct vm_desc *vm, struct strv *l)
{
	for (size_t i = 0; i < vm->disks.n; i++) {
		const struct vm_disk *d = &vm->disks.v[i];

		strv_add(l, "-blockdev");
		strv_addf(l, "driver=raw,node-name=d%zu,read-only=%s,file.driver=file,file.filename=%s", i,
			  d->readonly ? "on" : "off", d->path);
		strv_add(l, "-device");
		strv_addf(l, "virtio-blk-%s,drive=d%zu,serial=%s", transport(vm), i, d->serial);
	}
}

static int check(const struct vm_desc *vm, struct err *e)
{
	if (vm->kernel == NULL)
		return err_set(e, EINVAL, "monitor 'qemu' needs a kernel");
	return 0;
}

static int argv(const struct vm_desc *vm, struct strv *l, struct err *e)
{
	(void)e;
	strv_add(l, vm->arch == ARCH_AARCH64 ? bin_arm[0] : bin_x86[0]);
	add_machine(vm, l);
	strv_add(l, "-nodefaults");
	strv_add(l, "-no-user-config");
	strv_add(l, "-display");
	strv_add(l, "none");
	strv_add(l, "-no-reboot");
	strv_add(l, "-L");
	strv_add(l, vm->data_dir);
	if (vm->firmware != NULL) {
		strv_add(l, "-bios");
		strv_add(l, vm->firmware);
	}
	add_console(vm, l);
	add_nics(vm, l);
	add_disks(vm, l);
	if (vm->seccomp) {
		strv_add(l, "-sandbox");
		strv_add(l, "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
	}
	strv_add(l, "-kernel");
	strv_add(l, vm->kernel);
	if (vm->initrd != NULL) {
		strv_add(l, "-initrd");
		strv_add(l, vm->initrd);
	}
	strv_add(l, "-append");
	strv_add(l, vm->cmdline);
	return 0;
}

static const struct monitor_ops qemu = {
	.name = "qemu",
	.binaries = {bin_x86, bin_arm},
	.caps = MON_KVM | MON_TCG | MON_BLOCK | MON_9P | MON_VIRTIOFS | MON_NET | MON_TAP_FD | MON_INITRD | MON_CTL,
	.machines = {machines_x86, machines_arm},
	.consoles = {"ttyS0", "ttyAMA0"},
	.tsc_machine = "microvm",
	.firmwares = {firmwares_x86, NULL},
	.env = env,
	.files = files,
	.overhead_bytes = {[ACCEL_KVM] = 48 * MIB, [ACCEL_TCG] = 128 * MIB},
	.overhead_per_vcpu_bytes = 4 * MIB,
	.stop = &stop,
	.seccomp_profile = "qemu",
	.machine_ok = machine_ok,
	.check = check,
	.argv = argv,
};
MONITOR_REGISTER(qemu);
