/* SPDX-License-Identifier: Apache-2.0 */
/* A monitor and a guest that are what a test says they are, so that plan's own rules can be tried one by one. */
#ifndef URUNC_TESTS_PLAN_TOYS_H
#define URUNC_TESTS_PLAN_TOYS_H

#include "plan/world.h"

static const char *const toy_binaries[] = {"toymon", NULL};
static const char *const toy_monitors[] = {"toymon", NULL};
static const char *const toy_filesystems[] = {"ext2", "ext4", NULL};
static const struct stop_policy toy_stop = {.action = STOP_SIGNAL_MONITOR, .signo = 15, .code = 83};

static int toy_argv(const struct vm_desc *vm, struct strv *words, struct err *e)
{
	(void)e;
	strv_add(words, "toymon");
	for (size_t i = 0; i < vm->disks.n; i++)
		strv_add(words, vm->disks.v[i].path);
	return 0;
}

static int toy_cmdline(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out, struct err *e)
{
	(void)vm;
	(void)e;
	for (size_t i = 0; i < app->args.n; i++)
		sb_addf(out, "%s%s", i ? " " : "", app->args.v[i]);
	return 0;
}

static const struct monitor_ops toy_monitor_as_built = {
	.name = "toymon",
	.caps = MON_KVM | MON_TCG | MON_BLOCK | MON_9P | MON_VIRTIOFS | MON_NET | MON_INITRD,
	.binaries = {[ARCH_X86_64] = toy_binaries},
	.stop = &toy_stop,
	.argv = toy_argv,
};
static const struct guest_ops toy_guest_as_built = {
	.name = "toyguest",
	.roots = 1u << ROOT_NONE | 1u << ROOT_INITRD | 1u << ROOT_BLOCK | 1u << ROOT_9P | 1u << ROOT_VIRTIOFS,
	.monitors = toy_monitors,
	.block_filesystems = toy_filesystems,
	.max_disks = 2,
	.max_nics = 2,
	.cmdline = toy_cmdline,
};
static struct monitor_ops toy_monitor;
static struct guest_ops toy_guest;
MONITOR_REGISTER(toy_monitor);
GUEST_REGISTER(toy_guest);

static inline int toys_setup(void **state)
{
	struct world *w;

	toy_monitor = toy_monitor_as_built;
	toy_guest = toy_guest_as_built;
	world_setup(state);
	w = *state;
	world_annotate(w, "unikernelType", "toyguest");
	world_annotate(w, "hypervisor", "toymon");
	world_drop(w, "initrd");
	w->f.initrd = (struct image_file){.elf_arch = -1};
	w->args[0] = "/app";
	return 0;
}

static inline bool toys_warned(const struct world *w, const char *words)
{
	for (size_t i = 0; i < w->p.warnings.n; i++)
		if (strstr(w->p.warnings.v[i], words) != NULL)
			return true;
	return false;
}

#define toy_test(f) cmocka_unit_test_setup_teardown(f, toys_setup, world_teardown)

#endif
