/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU: a whole machine, by KVM or in software. Every word and every sub-option is ours; of the image's text only the
 * guest's command line appears, as one word of its own. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "common/ctl.h"
#include "monitors/monitor.h"

#define MIB (1024ull * 1024)
/* Of translated code; part of overhead_bytes[ACCEL_TCG]. QEMU's own choice would be up to 1 GiB. */
#define TCG_BUFFER_MIB 64
#define VCPUS_MAX 255
#define FAST_FIRMWARE "qboot.rom"

static const char *const bin_x86[] = {"qemu-system-x86_64", NULL};
static const char *const bin_arm[] = {"qemu-system-aarch64", NULL};
static const char *const machines_x86[] = {"microvm", "q35", "pc", NULL};
static const char *const machines_arm[] = {"virt", NULL};
/* qboot starts a kernel in a fraction of SeaBIOS' time. */
static const char *const firmwares_x86[] = {FAST_FIRMWARE, NULL};
static const char *const data_dirs[] = {"/usr/local/share/qemu", "/usr/share/qemu", "/usr/share/seabios",
					NULL};
static const char *const module_dirs[] = {"/usr/lib/x86_64-linux-gnu/qemu", "/usr/lib/aarch64-linux-gnu/qemu",
					  "/usr/lib64/qemu", "/usr/lib/qemu", NULL};

/* QEMU looks for its modules relative to where it was started from; in the box they lie with the other files. */
static const char *const env[] = {"QEMU_MODULE_DIR=/fw", NULL};

/* What these machines were seen to open. */
static const struct monitor_file files[] = {
	{.name = "accel-tcg-x86_64.so", .dirs = module_dirs, .optional = true},
	{.name = "accel-tcg-aarch64.so", .dirs = module_dirs, .optional = true},
	{.name = FAST_FIRMWARE, .dirs = data_dirs, .optional = true},
	{.name = "bios-256k.bin", .dirs = data_dirs, .optional = true},
	{.name = "bios-microvm.bin", .dirs = data_dirs, .optional = true},
	{.name = "kvmvapic.bin", .dirs = data_dirs, .optional = true},
	{.name = "linuxboot_dma.bin", .dirs = data_dirs, .optional = true},
	{.name = "multiboot_dma.bin", .dirs = data_dirs, .optional = true},
	{.name = "pvh.bin", .dirs = data_dirs, .optional = true},
	{.name = NULL},
};

static const struct stop_policy stop = {.action = STOP_SIGNAL_MONITOR,
					.signo = SIGTERM,
					.zero_is_signal = true};

static bool is_microvm(const char *machine)
{
	return streq(machine, "microvm");
}

static bool machine_ok(const char *machine, const struct vm_desc *vm)
{
	switch (vm->kernel_format) {
	case KERNEL_BZIMAGE:
	case KERNEL_ELF_PVH:
		return vm->arch == ARCH_X86_64;
	case KERNEL_ELF_MULTIBOOT:
		return vm->arch == ARCH_X86_64 && !is_microvm(machine);
	case KERNEL_ARM64_IMAGE:
		return vm->arch == ARCH_AARCH64;
	default:
		return false;
	}
}

static bool is_mac(const char *s)
{
	for (int i = 0; i < 17; i++)
		if (i % 3 == 2 ? s[i] != ':' : s[i] == '\0' || strchr("0123456789abcdefABCDEF", s[i]) == NULL)
			return false;
	return s[17] == '\0';
}

/* Commas separate sub-options, so a name must not have any. */
static bool is_plain(const char *s)
{
	return s != NULL && s[0] != '\0' && strpbrk(s, ",=\n") == NULL;
}

static int check_nic(const struct vm_nic *n, struct err *e)
{
	if (n->mac != NULL && !is_mac(n->mac))
		return err_set(e, EINVAL, "'%.64s' is no MAC address", n->mac);
	if (n->fd < 0 && !is_plain(n->tap))
		return err_set(e, EINVAL, "'%.64s' is no name of a tap device", n->tap != NULL ? n->tap : "");
	return 0;
}

static int check(const struct vm_desc *vm, struct err *e)
{
	int r;

	if (vm->vcpus < 1 || vm->vcpus > VCPUS_MAX)
		return err_set(
			e, EINVAL,
			"monitor 'qemu' cannot have %u vCPUs (allowed: 1 to %d; [monitors.qemu] default_vcpus)",
			vm->vcpus, VCPUS_MAX);
	for (size_t i = 0; i < vm->nics.n; i++)
		if ((r = check_nic(&vm->nics.v[i], e)) < 0)
			return r;
	for (size_t i = 0; i < vm->disks.n; i++)
		if (!is_plain(vm->disks.v[i].path) || !is_plain(vm->disks.v[i].serial))
			return err_set(e, EINVAL, "disk %zu of the guest has no usable name", i);
	return 0;
}

static void add2(struct strv *l, const char *option, const char *value)
{
	strv_add(l, option);
	strv_add(l, value);
}

/* Controllers that no guest of ours uses are time for its kernel and attack surface for ours. */
static const char *machine_word(const struct vm_desc *vm)
{
	if (vm->arch == ARCH_AARCH64)
		return "virt,gic-version=max";
	if (!is_microvm(vm->machine))
		return streq(vm->machine, "q35") ? "q35,usb=off,smm=off,vmport=off,sata=off,smbus=off"
						 : "pc,usb=off,smm=off,vmport=off";
	/* qboot does by itself what SeaBIOS needs an option ROM for. */
	return streq(vm->firmware, FAST_FIRMWARE) ? "microvm,x-option-roms=off" : "microvm";
}

static void add_machine(const struct vm_desc *vm, struct strv *l)
{
	add2(l, "-M", machine_word(vm));
	strv_add(l, "-accel");
	if (vm->accel == ACCEL_KVM)
		strv_add(l, "kvm");
	else
		strv_addf(l, "tcg,tb-size=%d", TCG_BUFFER_MIB);
	add2(l, "-cpu", vm->accel == ACCEL_KVM ? "host" : "max");
	strv_add(l, "-m");
	strv_addf(l, "%lluB", (unsigned long long)vm->memory_bytes);
	strv_add(l, "-smp");
	strv_addf(l, "%u", vm->vcpus);
	strv_add(l, "-nodefaults");
	strv_add(l, "-no-user-config");
	strv_add(l, "-no-reboot");
	add2(l, "-display", "none");
	add2(l, "-L", vm->data_dir);
	if (vm->firmware != NULL)
		add2(l, "-bios", vm->firmware);
	if (vm->seccomp)
		add2(l, "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
}

/* The name of a virtio device: machines without PCI have virtio-mmio. */
static const char *bus(const struct vm_desc *vm)
{
	return is_microvm(vm->machine) ? "device" : "pci";
}

static void add_console(const struct vm_desc *vm, struct strv *l)
{
	/* signal=off: Ctrl-C on a terminal is a character for the guest, not the end of QEMU. */
	add2(l, "-chardev", "stdio,id=con,signal=off");
	add2(l, "-serial", "chardev:con");
	if (vm->ctl_fd < 0)
		return;
	strv_add(l, "-chardev");
	strv_addf(l, "socket,id=ctl,fd=%d", vm->ctl_fd);
	strv_add(l, "-device");
	strv_addf(l, "virtio-serial-%s", bus(vm));
	add2(l, "-device", "virtserialport,chardev=ctl,name=" CTL_PORT_NAME);
}

static void add_nic(const struct vm_desc *vm, size_t i, struct strv *l)
{
	const struct vm_nic *n = &vm->nics.v[i];
	struct strbuf dev = STRBUF(l->a);

	strv_add(l, "-netdev");
	if (n->fd >= 0)
		strv_addf(l, "tap,id=net%zu,fd=%d", i, n->fd);
	else
		strv_addf(l, "tap,id=net%zu,ifname=%s,script=no,downscript=no", i, n->tap);
	sb_addf(&dev, "virtio-net-%s,netdev=net%zu", bus(vm), i);
	if (n->mac != NULL)
		sb_addf(&dev, ",mac=%s", n->mac);
	if (n->mtu > 0)
		sb_addf(&dev, ",host_mtu=%u", n->mtu);
	if (!is_microvm(vm->machine))
		sb_add(&dev, ",romfile=");
	add2(l, "-device", dev.oom ? NULL : dev.p);
}

static void add_disk(const struct vm_desc *vm, size_t i, struct strv *l)
{
	const struct vm_disk *d = &vm->disks.v[i];

	strv_add(l, "-blockdev");
	strv_addf(l, "driver=raw,node-name=disk%zu,read-only=%s,file.driver=file,file.filename=%s", i,
		  d->readonly ? "on" : "off", d->path);
	strv_add(l, "-device");
	strv_addf(l, "virtio-blk-%s,drive=disk%zu,serial=%s", bus(vm), i, d->serial);
}

static int argv(const struct vm_desc *vm, struct strv *l, struct err *e)
{
	(void)e;
	strv_add(l, vm->arch == ARCH_AARCH64 ? bin_arm[0] : bin_x86[0]);
	add_machine(vm, l);
	add_console(vm, l);
	for (size_t i = 0; i < vm->nics.n; i++)
		add_nic(vm, i, l);
	for (size_t i = 0; i < vm->disks.n; i++)
		add_disk(vm, i, l);
	add2(l, "-kernel", vm->kernel);
	if (vm->initrd != NULL)
		add2(l, "-initrd", vm->initrd);
	add2(l, "-append", vm->cmdline);
	return 0;
}

static const struct monitor_ops qemu = {
	.name = "qemu",
	.binaries = {[ARCH_X86_64] = bin_x86, [ARCH_AARCH64] = bin_arm},
	.caps = MON_KVM | MON_TCG | MON_BLOCK | MON_9P | MON_VIRTIOFS | MON_NET | MON_TAP_FD | MON_INITRD |
		MON_CTL,
	.machines = {[ARCH_X86_64] = machines_x86, [ARCH_AARCH64] = machines_arm},
	.consoles = {[ARCH_X86_64] = "ttyS0", [ARCH_AARCH64] = "ttyAMA0"},
	.tsc_machine = "microvm",
	.firmwares = {[ARCH_X86_64] = firmwares_x86},
	.env = env,
	.files = files,
	/* Seen beside a guest that touched all its memory: 50 MiB and the translation buffer. */
	.overhead_bytes = {[ACCEL_KVM] = 64 * MIB, [ACCEL_TCG] = (TCG_BUFFER_MIB + 64) * MIB},
	.overhead_per_vcpu_bytes = 4 * MIB,
	.stop = &stop,
	.machine_ok = machine_ok,
	.check = check,
	.argv = argv,
};
MONITOR_REGISTER(qemu);
