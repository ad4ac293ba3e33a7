/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU: a whole machine, by KVM or in software. Every word and every sub-option is ours; of the image's text only the
 * guest's command line appears, as one word of its own. */
#include <signal.h>

#include "monitors/monitor.h"
#include "monitors/qemu_devices.h"
#include "monitors/words.h"

#define MIB (1024ull * 1024)
/* Of translated code; part of overhead_bytes[ACCEL_TCG]. QEMU's own choice would be up to 1 GiB. */
#define TCG_BUFFER_MIB 64
#define VCPUS_MAX 255
/* The largest page of a host kernel. QEMU itself rounds up to 8 KiB, past what was asked for; a memory backend of
 * another size than the machine's is refused. */
#define MEMORY_STEP_BYTES (64u << 10)
#define FAST_FIRMWARE "qboot.rom"
#define TCG_MODULE "accel-tcg-"

static const char *const bin_x86[] = {"qemu-system-x86_64", NULL};
static const char *const bin_arm[] = {"qemu-system-aarch64", NULL};
static const char *const machines_x86[] = {"microvm", "q35", "pc", NULL};
static const char *const machines_arm[] = {"virt", NULL};
/* qboot starts a kernel in a fraction of SeaBIOS' time. */
static const char *const firmwares_x86[] = {FAST_FIRMWARE, NULL};
static const char *const data_dirs[] = {"/usr/local/share/qemu", "/usr/share/qemu", "/usr/share/seabios",
					NULL};
static const char *const module_dirs_x86[] = {"/usr/lib/x86_64-linux-gnu/qemu", "/usr/lib64/qemu",
					      "/usr/lib/qemu", NULL};
static const char *const module_dirs_arm[] = {"/usr/lib/aarch64-linux-gnu/qemu", "/usr/lib64/qemu",
					      "/usr/lib/qemu", NULL};

/* QEMU looks for its modules relative to where it was started from; in the box they lie with the other files. */
static const char *const env[] = {"QEMU_MODULE_DIR=/fw", NULL};

/* What these machines were seen to open. */
static const struct monitor_file files[] = {
	{.name = TCG_MODULE "x86_64.so", .dirs = module_dirs_x86, .optional = true, .archs = 1u << ARCH_X86_64},
	{.name = TCG_MODULE "aarch64.so",
	 .dirs = module_dirs_arm,
	 .optional = true,
	 .archs = 1u << ARCH_AARCH64},
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

/* Negotiation and command in one piece: QEMU reads them one after the other, and nobody needs its answers. */
static const struct powerdown powerdown = {
	.message = "{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"system_powerdown\"}\n",
	.archs = 1u << ARCH_X86_64 | 1u << ARCH_AARCH64,
};

static bool is_microvm(const char *machine)
{
	return streq(machine, "microvm");
}

/* qboot on a microvm without option ROMs: nothing else of the firmware is opened. */
static bool is_bare(const struct vm_desc *vm)
{
	return is_microvm(vm->machine) && streq(vm->firmware, FAST_FIRMWARE);
}

static bool opens(const struct vm_desc *vm, const char *name)
{
	if (str_starts(name, TCG_MODULE))
		return vm->accel == ACCEL_TCG;
	return !is_bare(vm) || streq(name, FAST_FIRMWARE);
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
	case KERNEL_ELF: /* x86 could enter one only by a note or header, which would be another format */
		return vm->arch == ARCH_AARCH64;
	default:
		return false;
	}
}

static int check(const struct vm_desc *vm, struct err *e)
{
	int r = words_check_vcpus("qemu", vm, VCPUS_MAX, e);

	return r < 0 ? r : qemu_check_devices(vm, e);
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
	return is_bare(vm) ? "microvm,x-option-roms=off" : "microvm";
}

static void add_machine(const struct vm_desc *vm, struct strv *l)
{
	strv_add(l, "-M");
	strv_addf(l, "%s%s", machine_word(vm),
		  qemu_shares_memory(vm) ? ",memory-backend=" QEMU_MEMORY_ID : "");
	strv_add(l, "-accel");
	if (vm->accel == ACCEL_KVM)
		strv_add(l, "kvm");
	else
		strv_addf(l, "tcg,tb-size=%d", TCG_BUFFER_MIB);
	add2(l, "-cpu", vm->accel == ACCEL_KVM ? "host" : "max");
	strv_add(l, "-m");
	strv_addf(l, "%lluB", (unsigned long long)vm->memory_bytes);
	if (qemu_shares_memory(vm)) {
		strv_add(l, "-object");
		strv_addf(l, "memory-backend-memfd,id=" QEMU_MEMORY_ID ",size=%lluB,share=on",
			  (unsigned long long)vm->memory_bytes);
	}
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

static int argv(const struct vm_desc *vm, struct strv *l, struct err *e)
{
	(void)e;
	strv_add(l, vm->arch == ARCH_AARCH64 ? bin_arm[0] : bin_x86[0]);
	add_machine(vm, l);
	qemu_add_devices(vm, l);
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
	.solo5_target = SOLO5_VIRTIO,
	.powerdown = &powerdown,
	.max_vcpus = VCPUS_MAX,
	.memory_step_bytes = MEMORY_STEP_BYTES,
	.opens = opens,
	.machine_ok = machine_ok,
	.check = check,
	.argv = argv,
};
MONITOR_REGISTER(qemu);
