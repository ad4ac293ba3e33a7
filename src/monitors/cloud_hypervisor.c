/* SPDX-License-Identifier: Apache-2.0 */
/* Cloud Hypervisor: a KVM monitor for modern guests. Every sub-option is ours; of the image's text only the guest's command
 * line appears, as one word of its own. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "monitors/monitor.h"
#include "monitors/words.h"

#define NAME "cloud-hypervisor"
#define MIB (1024ull * 1024)
/* What its oldest interrupt tables have room for. */
#define VCPUS_MAX 254
#define FS_TAG_MAX_BYTES 36u
/* Room for the guest's command line and its NUL. */
#define CMDLINE_ROOM_X86 65536u
#define CMDLINE_ROOM_ARM 2048u

#define HAS_BZIMAGE VERSION(39, 0, 0)
#define HAS_IMAGE_TYPE VERSION(51, 0, 0)

static const char *const binary[] = {NAME, NULL};

static const struct stop_policy stop = {.action = STOP_SIGNAL_MONITOR,
					.signo = SIGTERM,
					.zero_is_signal = true};

static const struct powerdown powerdown = {
	.message = "PUT /api/v1/vm.power-button HTTP/1.1\r\n"
		   "Host: localhost\r\n"
		   "Accept: */*\r\n"
		   "\r\n",
	.path = "/run/api.sock",
	.archs = 1u << ARCH_X86_64 | 1u << ARCH_AARCH64,
};

static int check_kernel(const struct vm_desc *vm, struct err *e)
{
	bool arm = vm->arch == ARCH_AARCH64;

	if (vm->kernel_format == (arm ? KERNEL_ARM64_IMAGE : KERNEL_ELF_PVH))
		return 0;
	if (arm || vm->kernel_format != KERNEL_BZIMAGE)
		return err_set(e, EINVAL,
			       "monitor '" NAME "' cannot start a kernel of format '%s' (allowed on %s: %s)",
			       kernel_format_names[vm->kernel_format], arch_names[vm->arch],
			       arm ? "an arm64 Image" : "a bzImage, or an ELF file with a PVH note");
	if (vm->monitor_version == 0 || vm->monitor_version >= HAS_BZIMAGE)
		return 0;
	return err_set(e, EINVAL,
		       "Cloud Hypervisor %u.%u cannot start a compressed kernel (bzImage), only 39.0 and later can: "
		       "put the uncompressed vmlinux (CONFIG_PVH=y) into the image, or install a newer one",
		       vm->monitor_version / 1000000, vm->monitor_version / 1000 % 1000);
}

static int check_share(const struct vm_share *s, struct err *e)
{
	int r = words_check_share(s, e);

	if (r < 0)
		return r;
	if (s->socket == NULL)
		return err_set(e, ENOTSUP, "monitor '" NAME "' shares directories by virtiofs only, not 9p");
	if (strlen(s->tag) > FS_TAG_MAX_BYTES)
		return err_set(e, EINVAL, "tag '%.64s' of a shared directory is longer than %u bytes", s->tag,
			       FS_TAG_MAX_BYTES);
	return 0;
}

static int check(const struct vm_desc *vm, struct err *e)
{
	size_t room = vm->arch == ARCH_AARCH64 ? CMDLINE_ROOM_ARM : CMDLINE_ROOM_X86;
	int r = words_check_vcpus(NAME, vm, VCPUS_MAX, e);

	if (r == 0)
		r = check_kernel(vm, e);
	for (size_t i = 0; r == 0 && i < vm->nics.n; i++)
		r = words_check_nic(&vm->nics.v[i], e);
	for (size_t i = 0; r == 0 && i < vm->disks.n; i++)
		r = words_check_disk(&vm->disks.v[i], e);
	for (size_t i = 0; r == 0 && i < vm->shares.n; i++)
		r = check_share(&vm->shares.v[i], e);
	if (r == 0)
		r = words_check_api_path(NAME, vm, e);
	return r < 0 ? r : words_check_cmdline(NAME, vm->cmdline, room - 1, e);
}

static void add2(struct strv *l, const char *option, const char *value)
{
	strv_add(l, option);
	strv_add(l, value);
}

/* An option may appear only once; its values follow it. */
static void add_disks(const struct vm_desc *vm, struct strv *l)
{
	if (vm->disks.n > 0)
		strv_add(l, "--disk");
	for (size_t i = 0; i < vm->disks.n; i++) {
		const struct vm_disk *d = &vm->disks.v[i];

		/* Where it can be said that the image is raw, it is: else the contents, which a guest can write, would
		 * be asked. Older versions know no such option. */
		strv_addf(l, "path=%s,readonly=%s,serial=%s,id=disk%zu%s", d->path, d->readonly ? "on" : "off",
			  d->serial, i, vm->monitor_version >= HAS_IMAGE_TYPE ? ",image_type=raw" : "");
	}
}

static const char *nic_word(const struct vm_nic *n, size_t i, struct arena *a)
{
	struct strbuf b = STRBUF(a);

	sb_addf(&b, "id=net%zu", i);
	if (n->fd >= 0)
		sb_addf(&b, ",fd=%d", n->fd);
	else
		sb_addf(&b, ",tap=%s", n->tap);
	if (n->mac != NULL)
		sb_addf(&b, ",mac=%s", n->mac);
	/* With a tap by name this would also set the tap's own, which the box has no capability for. */
	if (n->mtu > 0 && n->fd >= 0)
		sb_addf(&b, ",mtu=%u", n->mtu);
	return b.oom ? NULL : b.p;
}

static void add_nics(const struct vm_desc *vm, struct strv *l)
{
	if (vm->nics.n > 0)
		strv_add(l, "--net");
	for (size_t i = 0; i < vm->nics.n; i++)
		strv_add(l, nic_word(&vm->nics.v[i], i, l->a));
}

static void add_shares(const struct vm_desc *vm, struct strv *l)
{
	if (vm->shares.n > 0)
		strv_add(l, "--fs");
	for (size_t i = 0; i < vm->shares.n; i++)
		strv_addf(l, "tag=%s,socket=%s,id=share%zu", vm->shares.v[i].tag, vm->shares.v[i].socket, i);
}

static int argv(const struct vm_desc *vm, struct strv *l, struct err *e)
{
	(void)e;
	strv_add(l, binary[0]);
	strv_add(l, "--memory");
	/* A file system daemon reads and writes the guest's memory. */
	strv_addf(l, "size=%llu%s", (unsigned long long)vm->memory_bytes,
		  vm->shares.n > 0 ? ",shared=on" : "");
	strv_add(l, "--cpus");
	strv_addf(l, "boot=%u", vm->vcpus);
	add2(l, "--console", "off");
	add2(l, "--serial", "tty");
	add2(l, "--seccomp", "true");
	add2(l, "--rng", "src=/dev/urandom");
	add_disks(vm, l);
	add_nics(vm, l);
	add_shares(vm, l);
	if (vm->api_path != NULL) {
		strv_add(l, "--api-socket");
		strv_addf(l, "path=%s", vm->api_path);
	}
	add2(l, "--kernel", vm->kernel);
	if (vm->initrd != NULL)
		add2(l, "--initramfs", vm->initrd);
	/* In one word with its option: a value of its own that began with a hyphen would be taken for an option. */
	strv_addf(l, "--cmdline=%s", vm->cmdline);
	return 0;
}

static const struct monitor_ops cloud_hypervisor = {
	.name = NAME,
	.binaries = {[ARCH_X86_64] = binary, [ARCH_AARCH64] = binary},
	.caps = MON_KVM | MON_NEEDS_KVM | MON_BLOCK | MON_VIRTIOFS | MON_NET | MON_TAP_FD | MON_INITRD,
	.consoles = {[ARCH_X86_64] = "ttyS0", [ARCH_AARCH64] = "ttyAMA0"},
	.end = {[ARCH_X86_64] = END_POWER_OFF, [ARCH_AARCH64] = END_POWER_OFF},
	.overhead_bytes = {[ACCEL_KVM] = 64 * MIB},
	.overhead_per_vcpu_bytes = 1 * MIB,
	.stop = &stop,
	.powerdown = &powerdown,
	.max_vcpus = VCPUS_MAX,
	.memory_step_bytes = 2 * MIB, /* it needs whole pages; these are the largest that KVM maps well */
	.version_formats = ~0u,
	.check = check,
	.argv = argv,
};
MONITOR_REGISTER(cloud_hypervisor);
