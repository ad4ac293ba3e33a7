/* SPDX-License-Identifier: Apache-2.0 */
/* Firecracker: a small KVM monitor that is told everything by one JSON file. Of the image's text only the guest's command
 * line is in it, as one escaped string. */
#include <errno.h>
#include <string.h>

#include "monitors/monitor.h"
#include "monitors/words.h"

#define MIB (1024ull * 1024)
#define CONFIG_PATH "/fc.json"
#define VCPUS_MAX 32
/* Room for the guest's command line, its NUL and what Firecracker adds: one word for each device, and an early console. */
#define CMDLINE_ROOM 2048u
#define CMDLINE_OWN 64u
#define CMDLINE_PER_DEVICE 40u

#define HAS_BZIMAGE VERSION(1, 17, 0)
#define HAS_MTU VERSION(1, 16, 0)
#define HAS_LEVEL_ALONE VERSION(1, 5, 0) /* --level without --log-path */

static const char *const binary[] = {"firecracker", NULL};

/* As process 1 of its namespace it hears no signal that it has no handler for, and for TERM it has none. */
static const struct stop_policy stop = {.action = STOP_KILL};

static const struct powerdown powerdown = {
	.message = "PUT /actions HTTP/1.1\r\n"
		   "Host: localhost\r\n"
		   "Content-Type: application/json\r\n"
		   "Content-Length: 32\r\n"
		   "\r\n"
		   "{\"action_type\":\"SendCtrlAltDel\"}",
	.path = "/run/api.sock",
	.archs = 1u << ARCH_X86_64, /* a keyboard controller presses it */
};

static size_t cmdline_room(const struct vm_desc *vm)
{
	size_t own = CMDLINE_OWN + CMDLINE_PER_DEVICE * (vm->disks.n + vm->nics.n + (vm->rng ? 1 : 0));

	return own < CMDLINE_ROOM ? CMDLINE_ROOM - own : 0;
}

static int check_kernel(const struct vm_desc *vm, struct err *e)
{
	bool arm = vm->arch == ARCH_AARCH64;

	if (arm ? vm->kernel_format == KERNEL_ARM64_IMAGE
		: vm->kernel_format == KERNEL_ELF_PVH || vm->kernel_format == KERNEL_ELF)
		return 0;
	if (arm || vm->kernel_format != KERNEL_BZIMAGE)
		return err_set(e, EINVAL,
			       "monitor 'firecracker' cannot start a kernel of format '%s' (allowed on %s: %s)",
			       kernel_format_names[vm->kernel_format], arch_names[vm->arch],
			       arm ? "an arm64 Image" : "a 64-bit ELF file such as vmlinux");
	if (vm->monitor_version == 0 || vm->monitor_version >= HAS_BZIMAGE)
		return 0;
	return err_set(e, EINVAL,
		       "Firecracker %u.%u.%u cannot start a compressed kernel (bzImage), only later ones than 1.16 "
		       "can: put the uncompressed vmlinux into the image, or install a newer Firecracker",
		       vm->monitor_version / 1000000, vm->monitor_version / 1000 % 1000,
		       vm->monitor_version % 1000);
}

static int check_nic(const struct vm_nic *n, struct err *e)
{
	if (n->fd >= 0)
		return err_set(e, EINVAL, "monitor 'firecracker' takes a tap device by its name only");
	return words_check_nic(n, e);
}

static int check(const struct vm_desc *vm, struct err *e)
{
	int r = words_check_vcpus("firecracker", vm, VCPUS_MAX, e);

	if (r == 0)
		r = check_kernel(vm, e);
	if (r == 0 && vm->shares.n > 0)
		r = err_set(e, ENOTSUP,
			    "monitor 'firecracker' has no shared directories (use a block image or an initrd)");
	for (size_t i = 0; r == 0 && i < vm->nics.n; i++)
		r = check_nic(&vm->nics.v[i], e);
	for (size_t i = 0; r == 0 && i < vm->disks.n; i++)
		r = words_check_disk(&vm->disks.v[i], e);
	if (r == 0)
		r = words_check_api_path("firecracker", vm, e);
	return r < 0 ? r : words_check_cmdline("firecracker", vm->cmdline, cmdline_room(vm), e);
}

static int argv(const struct vm_desc *vm, struct strv *l, struct err *e)
{
	(void)e;
	strv_add(l, binary[0]);
	strv_add(l, "--config-file");
	strv_add(l, CONFIG_PATH);
	/* Its log goes where the guest's console goes: nothing but errors. Before 1.5 that was so by itself. */
	if (vm->monitor_version == 0 || vm->monitor_version >= HAS_LEVEL_ALONE) {
		strv_add(l, "--level");
		strv_add(l, "Error");
	}
	if (vm->api_path != NULL) {
		strv_add(l, "--api-sock");
		strv_add(l, vm->api_path);
	} else {
		strv_add(l, "--no-api");
	}
	return 0;
}

static void add_text(struct strbuf *b, const char *before, const char *text)
{
	sb_add(b, before);
	sb_json_str(b, text, strlen(text));
}

static void add_boot(const struct vm_desc *vm, struct strbuf *b)
{
	add_text(b, "\"boot-source\":{\"kernel_image_path\":", vm->kernel);
	if (vm->initrd != NULL)
		add_text(b, ",\"initrd_path\":", vm->initrd);
	add_text(b, ",\"boot_args\":", vm->cmdline);
	sb_addf(b, "},\n\"machine-config\":{\"vcpu_count\":%u,\"mem_size_mib\":%llu},\n", vm->vcpus,
		(unsigned long long)(vm->memory_bytes / MIB));
}

/* The guest sees drives in this order; Firecracker has no serial numbers. None is "the root": that would only add words to
 * the command line, which is the guest's affair. */
static void add_drives(const struct vm_desc *vm, struct strbuf *b)
{
	sb_add(b, "\"drives\":[");
	for (size_t i = 0; i < vm->disks.n; i++) {
		sb_addf(b, "%s\n{\"drive_id\":\"disk%zu\",\"is_root_device\":false,\"is_read_only\":%s",
			i ? "," : "", i, vm->disks.v[i].readonly ? "true" : "false");
		add_text(b, ",\"path_on_host\":", vm->disks.v[i].path);
		sb_addc(b, '}');
	}
	sb_addc(b, ']');
}

static void add_nics(const struct vm_desc *vm, struct strbuf *b)
{
	if (vm->nics.n == 0)
		return;
	sb_add(b, ",\n\"network-interfaces\":[");
	for (size_t i = 0; i < vm->nics.n; i++) {
		const struct vm_nic *n = &vm->nics.v[i];

		sb_addf(b, "%s\n{\"iface_id\":\"net%zu\"", i ? "," : "", i);
		add_text(b, ",\"host_dev_name\":", n->tap);
		if (n->mac != NULL)
			add_text(b, ",\"guest_mac\":", n->mac);
		if (n->mtu > 0 && vm->monitor_version >= HAS_MTU)
			sb_addf(b, ",\"mtu\":%u", n->mtu);
		sb_addc(b, '}');
	}
	sb_addc(b, ']');
}

static int config_file(const struct vm_desc *vm, struct arena *a, struct guest_file *ret, struct err *e)
{
	struct strbuf b = STRBUF(a);
	const char *text;
	int r = check(vm, e); /* the file is written before argv is made, and a tap may be missing */

	if (r < 0)
		return r;
	sb_addc(&b, '{');
	add_boot(vm, &b);
	add_drives(vm, &b);
	add_nics(vm, &b);
	if (vm->rng)
		sb_add(&b, ",\n\"entropy\":{}");
	sb_add(&b, "}\n");
	r = sb_done(&b, &text, e);
	if (r < 0)
		return r;
	*ret = (struct guest_file){.path = CONFIG_PATH, .mode = 0400, .data = {text, b.len}};
	return 0;
}

static const struct monitor_ops firecracker = {
	.name = "firecracker",
	.binaries = {[ARCH_X86_64] = binary, [ARCH_AARCH64] = binary},
	.caps = MON_KVM | MON_NEEDS_KVM | MON_BLOCK | MON_NET | MON_INITRD,
	.consoles = {[ARCH_X86_64] = "ttyS0", [ARCH_AARCH64] = "ttyS0"},
	.end = {[ARCH_X86_64] = END_KEYBOARD_RESET}, /* a triple fault is status 1 since 1.15 */
	.overhead_bytes = {[ACCEL_KVM] = 32 * MIB},
	.overhead_per_vcpu_bytes = 1 * MIB,
	.stop = &stop,
	.powerdown = &powerdown,
	.max_vcpus = VCPUS_MAX,
	.memory_step_bytes = MIB,
	/* Below a millisecond to ask, and three things depend on it. */
	.version_formats = ~0u,
	.check = check,
	.argv = argv,
	.config_file = config_file,
};
MONITOR_REGISTER(firecracker);
