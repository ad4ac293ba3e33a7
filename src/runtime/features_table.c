/* SPDX-License-Identifier: Apache-2.0 */
/* The table of monitors and guests, made of nothing but the registries. */
#include "runtime/features_table.h"

#include <errno.h>
#include <signal.h>

#include "guests/guest.h"
#include "monitors/monitor.h"
#include "plan/plan.h"

#define MIB (1024ull * 1024)
#define NARCHS 2

static const struct {
	unsigned bit;
	const char *word;
} capabilities[] = {
	{MON_KVM, "kvm"},       {MON_NEEDS_KVM, "needs-kvm"}, {MON_TCG, "tcg"},   {MON_BLOCK, "block"},
	{MON_9P, "9p"},         {MON_VIRTIOFS, "virtiofs"},   {MON_NET, "net"},   {MON_TAP_FD, "tap-fd"},
	{MON_INITRD, "initrd"}, {MON_CTL, "control-channel"}, {MON_ARGS, "args"},
};

static const struct field monitor_fields[] = {
	FIELD(struct feature_monitor, name, FK_STR),
	FIELD(struct feature_monitor, archs, FK_STRS),
	FIELD(struct feature_monitor, machines, FK_STRS),
	FIELD(struct feature_monitor, capabilities, FK_STRS),
	FIELD(struct feature_monitor, max_vcpus, FK_U32),
	FIELD(struct feature_monitor, max_memory_mib, FK_U64),
	FIELD(struct feature_monitor, stop, FK_STR),
	FIELD(struct feature_monitor, power_button, FK_STRS),
};
static const struct record rec_feature_monitor = RECORD(struct feature_monitor, monitor_fields);

static const struct field guest_fields[] = {
	FIELD(struct feature_guest, name, FK_STR),
	FIELD(struct feature_guest, archs, FK_STRS),
	FIELD(struct feature_guest, roots, FK_STRS),
	FIELD(struct feature_guest, block_filesystems, FK_STRS),
	FIELD(struct feature_guest, max_vcpus, FK_U32),
	FIELD(struct feature_guest, max_disks, FK_U32),
	FIELD(struct feature_guest, max_nics, FK_U32),
	FIELD(struct feature_guest, args, FK_BOOL),
	FIELD(struct feature_guest, env, FK_BOOL),
	FIELD(struct feature_guest, min_memory_mib, FK_U64),
	FIELD(struct feature_guest, urunit, FK_BOOL),
	FIELD(struct feature_guest, power_button, FK_BOOL),
};
static const struct record rec_feature_guest = RECORD(struct feature_guest, guest_fields);

static const struct field pair_fields[] = {
	FIELD(struct feature_pair, guest, FK_STR),     FIELD(struct feature_pair, monitor, FK_STR),
	FIELD(struct feature_pair, arch, FK_STR),      FIELD(struct feature_pair, machines, FK_STRS),
	FIELD(struct feature_pair, roots, FK_STRS),    FIELD(struct feature_pair, max_vcpus, FK_U32),
	FIELD(struct feature_pair, max_disks, FK_U32), FIELD(struct feature_pair, max_nics, FK_U32),
	FIELD(struct feature_pair, stop, FK_STRS),
};
static const struct record rec_feature_pair = RECORD(struct feature_pair, pair_fields);

static const struct field table_fields[] = {
	FIELD_SUB(struct features_table, monitors, FK_RECS, &rec_feature_monitor),
	FIELD_SUB(struct features_table, guests, FK_RECS, &rec_feature_guest),
	FIELD_SUB(struct features_table, pairs, FK_RECS, &rec_feature_pair),
};
const struct record rec_features_table = RECORD(struct features_table, table_fields);

/* --- lists --- */

static bool listed(const char *const *names, const char *name)
{
	for (size_t i = 0; names && names[i]; i++)
		if (streq(names[i], name))
			return true;
	return false;
}

static void add_all(struct strv *l, const char *const *names)
{
	for (size_t i = 0; names && names[i]; i++)
		strv_add(l, names[i]);
}

/* The names of the bits that are set. */
static void add_bits(struct strv *l, unsigned bits, const char *const *names)
{
	for (unsigned i = 0; names[i]; i++)
		if (bits & 1u << i)
			strv_add(l, names[i]);
}

static const char *last_way(const struct stop_policy *stop)
{
	switch (stop->action == STOP_SIGNAL_MONITOR ? stop->signo : SIGKILL) {
	case SIGTERM:
		return "SIGTERM";
	case SIGINT:
		return "SIGINT";
	default:
		return "kill";
	}
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

/* --- each kind of row --- */

static int describe_monitor(const struct monitor_ops *m, struct arena *a, struct feature_monitor *ret,
			    struct err *e)
{
	struct strv archs = STRV(a), machines = STRV(a), caps = STRV(a), button = STRV(a);

	*ret = (struct feature_monitor){
		.name = m->name,
		.max_vcpus = m->max_vcpus,
		.max_memory_mib = m->max_memory_bytes / MIB,
		.stop = last_way(m->stop),
	};
	for (unsigned i = 0; i < NARCHS; i++) {
		if (m->binaries[i])
			strv_add(&archs, arch_names[i]);
		add_all(&machines, m->machines[i]);
	}
	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++)
		if (m->caps & capabilities[i].bit)
			strv_add(&caps, capabilities[i].word);
	if (m->powerdown)
		add_bits(&button, m->powerdown->archs, arch_names);
	if (strv_done(&archs, &ret->archs, e) < 0 || strv_done(&machines, &ret->machines, e) < 0 ||
	    strv_done(&caps, &ret->capabilities, e) < 0)
		return -ENOMEM;
	return strv_done(&button, &ret->power_button, e);
}

static unsigned guest_archs(const struct guest_ops *g)
{
	return g->archs ? g->archs : (1u << NARCHS) - 1;
}

static int describe_guest(const struct guest_ops *g, struct arena *a, struct feature_guest *ret, struct err *e)
{
	static const struct guest_image nothing;
	struct strv archs = STRV(a), roots = STRV(a), systems = STRV(a);

	*ret = (struct feature_guest){
		.name = g->name,
		.max_vcpus = g->max_vcpus,
		.max_disks = g->max_disks,
		.max_nics = g->max_nics,
		.args = !g->no_args,
		.env = !g->no_env,
		.min_memory_mib = g->min_memory ? (g->min_memory(&nothing) + MIB - 1) / MIB : 1,
		.urunit = g->urunit,
		.power_button = g->powerdown,
	};
	add_bits(&archs, guest_archs(g), arch_names);
	add_bits(&roots, g->roots, root_kind_names);
	add_all(&systems, g->block_filesystems);
	if (strv_done(&archs, &ret->archs, e) < 0 || strv_done(&roots, &ret->roots, e) < 0)
		return -ENOMEM;
	return strv_done(&systems, &ret->block_filesystems, e);
}

/* The roots that this monitor can give. */
static unsigned common_roots(const struct guest_ops *g, const struct monitor_ops *m)
{
	unsigned can = 1u << ROOT_NONE;

	if (m->caps & MON_INITRD)
		can |= 1u << ROOT_INITRD;
	if (m->caps & MON_BLOCK)
		can |= 1u << ROOT_BLOCK | 1u << ROOT_IMAGE;
	if (m->caps & MON_9P)
		can |= 1u << ROOT_9P;
	if (m->caps & MON_VIRTIOFS)
		can |= 1u << ROOT_VIRTIOFS;
	return can & g->roots;
}

static void add_machines(struct strv *l, const struct guest_ops *g, const char *const *of_monitor)
{
	for (size_t i = 0; of_monitor && of_monitor[i]; i++)
		if (!g->machines || listed(g->machines, of_monitor[i]))
			strv_add(l, of_monitor[i]);
}

static void add_stops(struct strv *l, const struct guest_ops *g, const struct monitor_ops *m, unsigned arch)
{
	if (g->urunit && m->caps & MON_CTL)
		strv_add(l, "urunit");
	if (g->powerdown && m->powerdown && m->powerdown->archs & 1u << arch)
		strv_add(l, "power-button");
	strv_add(l, last_way(m->stop));
}

/* 1 and *ret, or 0 when these two do not meet there. */
static int describe_pair(const struct guest_ops *g, const struct monitor_ops *m, unsigned arch,
			 struct arena *a, struct feature_pair *ret, struct err *e)
{
	struct strv machines = STRV(a), roots = STRV(a), stop = STRV(a);
	unsigned both = common_roots(g, m);

	if (!listed(g->monitors, m->name) || !m->binaries[arch] || !(guest_archs(g) & 1u << arch) || !both)
		return 0;
	add_machines(&machines, g, m->machines[arch]);
	if (m->machines[arch] && machines.n == 0 && !machines.oom)
		return 0;
	*ret = (struct feature_pair){
		.guest = g->name,
		.monitor = m->name,
		.arch = arch_names[arch],
		.max_vcpus = smaller(g->max_vcpus, m->max_vcpus),
		.max_disks = m->caps & MON_BLOCK ? g->max_disks : 0,
		.max_nics = m->caps & MON_NET ? (uint32_t)plan_max_nics(g, m) : 0,
	};
	add_bits(&roots, both, root_kind_names);
	add_stops(&stop, g, m, arch);
	if (strv_done(&machines, &ret->machines, e) < 0 || strv_done(&roots, &ret->roots, e) < 0 ||
	    strv_done(&stop, &ret->stop, e) < 0)
		return -ENOMEM;
	return 1;
}

/* --- all of them --- */

static int add_pairs(const struct guest_ops *g, struct arena *a, struct features_table *t, struct err *e)
{
	const struct monitor_ops *m;

	for (size_t i = 0; (m = monitor_next(&i));) {
		for (unsigned arch = 0; arch < NARCHS; arch++) {
			int r = describe_pair(g, m, arch, a, &t->pairs.v[t->pairs.n], e);

			if (r < 0)
				return r;
			t->pairs.n += (size_t)r;
		}
	}
	return 0;
}

int features_table(struct arena *a, struct features_table *ret, struct err *e)
{
	size_t nmonitors = 0, nguests = 0;
	struct features_table t = {0};
	const struct monitor_ops *m;
	const struct guest_ops *g;
	int r;

	for (size_t i = 0; monitor_next(&i); nmonitors++)
		;
	for (size_t i = 0; guest_next(&i); nguests++)
		;
	t.monitors.v = arena_array(a, nmonitors, sizeof(*t.monitors.v));
	t.guests.v = arena_array(a, nguests, sizeof(*t.guests.v));
	t.pairs.v = arena_array(a, nguests * nmonitors * NARCHS, sizeof(*t.pairs.v));
	if ((nmonitors && !t.monitors.v) || (nguests && !t.guests.v) || (nmonitors && nguests && !t.pairs.v))
		return err_oom(e);
	for (size_t i = 0; (m = monitor_next(&i));)
		if ((r = describe_monitor(m, a, &t.monitors.v[t.monitors.n++], e)) < 0)
			return r;
	for (size_t i = 0; (g = guest_next(&i));)
		if ((r = describe_guest(g, a, &t.guests.v[t.guests.n++], e)) < 0 ||
		    (r = add_pairs(g, a, &t, e)) < 0)
			return r;
	*ret = t;
	return 0;
}
