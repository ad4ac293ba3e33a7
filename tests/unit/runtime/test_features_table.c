/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the registries: two entries of our own show every column, and no pair is told that cannot be. */
#include "runtime/features_table.h"

#include <signal.h>

#include "guests/guest.h"
#include "monitors/monitor.h"
#include "unit.h"

#define MIB (1024ull * 1024)

static int toy_argv(const struct vm_desc *vm, struct strv *l, struct err *e)
{
	(void)vm;
	(void)l;
	(void)e;
	return 0;
}

static int toy_cmdline(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out, struct err *e)
{
	(void)app;
	(void)vm;
	(void)out;
	(void)e;
	return 0;
}

static uint64_t toy_memory(const struct guest_image *img)
{
	return 7 * MIB + 1 + img->kernel_bytes;
}

static const char *const binaries[] = {"toy", NULL};
static const char *const machines_x86[] = {"fast", "slow", NULL}, *const machines_arm[] = {"other", NULL};
static const struct stop_policy by_signal = {.action = STOP_SIGNAL_MONITOR, .signo = SIGTERM};
static const struct stop_policy by_kill = {.action = STOP_KILL};
static const struct powerdown button = {.message = "off", .archs = 1u << ARCH_X86_64};

static const struct monitor_ops toy_monitor = {
	.name = "toy-monitor",
	.binaries = {[ARCH_X86_64] = binaries, [ARCH_AARCH64] = binaries},
	.machines = {[ARCH_X86_64] = machines_x86, [ARCH_AARCH64] = machines_arm},
	.caps = MON_TCG | MON_BLOCK | MON_9P | MON_CTL,
	.stop = &by_signal,
	.powerdown = &button,
	.max_vcpus = 4,
	.max_memory_bytes = 64 * MIB,
	.argv = toy_argv,
};
MONITOR_REGISTER(toy_monitor);

static const struct monitor_ops toy_bare = {
	.name = "toy-bare",
	.binaries = {[ARCH_X86_64] = binaries, [ARCH_AARCH64] = binaries},
	.stop = &by_kill,
	.argv = toy_argv,
};
MONITOR_REGISTER(toy_bare);

static const char *const monitors[] = {"toy-monitor", "toy-bare", "never-registered", NULL};
static const char *const machines[] = {"slow", NULL};
static const char *const filesystems[] = {"ext2", NULL};

static const struct guest_ops toy_guest = {
	.name = "toy-guest",
	.roots = 1u << ROOT_NONE | 1u << ROOT_INITRD | 1u << ROOT_BLOCK,
	.monitors = monitors,
	.machines = machines,
	.block_filesystems = filesystems,
	.max_vcpus = 2,
	.max_disks = 3,
	.max_nics = 5,
	.no_env = true,
	.powerdown = true,
	.min_memory = toy_memory,
	.cmdline = toy_cmdline,
	.urunit = true,
};
GUEST_REGISTER(toy_guest);

/* Has no root that the bare monitor could give. */
static const struct guest_ops toy_rooted = {
	.name = "toy-rooted",
	.roots = 1u << ROOT_9P,
	.monitors = monitors,
	.archs = 1u << ARCH_AARCH64,
	.cmdline = toy_cmdline,
};
GUEST_REGISTER(toy_rooted);

static struct features_table table(struct arena *a)
{
	struct features_table t = {0};
	struct err e = {0};

	assert_ok(features_table(a, &t, &e), e);
	return t;
}

static void words(const struct strs *got, const char *want)
{
	char text[256] = "";

	for (size_t i = 0; i < got->n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "", got->v[i]);
	assert_string_equal(text, want);
}

static const struct feature_monitor *monitor(const struct features_table *t, const char *name)
{
	for (size_t i = 0; i < t->monitors.n; i++)
		if (streq(t->monitors.v[i].name, name))
			return &t->monitors.v[i];
	fail_msg("no monitor '%s'", name);
	return NULL;
}

static const struct feature_guest *guest(const struct features_table *t, const char *name)
{
	for (size_t i = 0; i < t->guests.n; i++)
		if (streq(t->guests.v[i].name, name))
			return &t->guests.v[i];
	fail_msg("no guest '%s'", name);
	return NULL;
}

static const struct feature_pair *pair(const struct features_table *t, const char *g, const char *m,
				       const char *arch)
{
	for (size_t i = 0; i < t->pairs.n; i++)
		if (streq(t->pairs.v[i].guest, g) && streq(t->pairs.v[i].monitor, m) &&
		    streq(t->pairs.v[i].arch, arch))
			return &t->pairs.v[i];
	return NULL;
}

static void a_monitor_s_row(void **state)
{
	struct arena a = {0};
	struct features_table t = table(&a);
	const struct feature_monitor *m = monitor(&t, "toy-monitor");

	(void)state;
	words(&m->archs, "x86_64 aarch64");
	words(&m->machines, "fast slow other");
	words(&m->capabilities, "tcg block 9p control-channel");
	assert_int_equal(m->max_vcpus, 4);
	assert_int_equal(m->max_memory_mib, 64);
	assert_string_equal(m->stop, "SIGTERM");
	words(&m->power_button, "x86_64");
	m = monitor(&t, "toy-bare");
	assert_string_equal(m->stop, "kill");
	words(&m->machines, "");
	words(&m->power_button, "");
	arena_release(&a);
}

static void a_guest_s_row(void **state)
{
	struct arena a = {0};
	struct features_table t = table(&a);
	const struct feature_guest *g = guest(&t, "toy-guest");

	(void)state;
	words(&g->archs, "x86_64 aarch64");
	words(&g->roots, "none initrd block");
	words(&g->block_filesystems, "ext2");
	assert_int_equal(g->max_vcpus, 2);
	assert_int_equal(g->max_disks, 3);
	assert_int_equal(g->max_nics, 5);
	assert_true(g->args && !g->env && g->urunit && g->power_button);
	assert_int_equal(g->min_memory_mib, 8);
	g = guest(&t, "toy-rooted");
	words(&g->archs, "aarch64");
	assert_int_equal(g->min_memory_mib, 1);
	assert_true(g->args && g->env && !g->urunit && !g->power_button);
	arena_release(&a);
}

static void a_pair_is_what_both_can(void **state)
{
	struct arena a = {0};
	struct features_table t = table(&a);
	const struct feature_pair *p = pair(&t, "toy-guest", "toy-monitor", "x86_64");

	(void)state;
	assert_non_null(p);
	words(&p->machines, "slow");
	words(&p->roots, "none block");
	words(&p->stop, "urunit power-button SIGTERM");
	assert_int_equal(p->max_vcpus, 2);
	assert_int_equal(p->max_disks, 3);
	assert_int_equal(p->max_nics, 0); /* the monitor has no network */
	p = pair(&t, "toy-guest", "toy-bare", "aarch64");
	assert_non_null(p);
	words(&p->machines, "");
	words(&p->roots, "none");
	words(&p->stop, "kill");
	assert_int_equal(p->max_disks, 0);
	p = pair(&t, "toy-rooted", "toy-monitor", "aarch64");
	assert_non_null(p);
	words(&p->stop, "SIGTERM");
	arena_release(&a);
}

static void what_cannot_be_is_no_pair(void **state)
{
	struct arena a = {0};
	struct features_table t = table(&a);

	(void)state;
	assert_null(pair(&t, "toy-guest", "toy-monitor", "aarch64")); /* no machine that both know */
	assert_null(pair(&t, "toy-rooted", "toy-monitor", "x86_64"));
	assert_null(pair(&t, "toy-rooted", "toy-bare", "aarch64")); /* no root */
	assert_null(pair(&t, "toy-guest", "never-registered", "x86_64"));
	assert_null(pair(&t, "toy-guest", "qemu", "x86_64"));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_monitor_s_row),
		cmocka_unit_test(a_guest_s_row),
		cmocka_unit_test(a_pair_is_what_both_can),
		cmocka_unit_test(what_cannot_be_is_no_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
