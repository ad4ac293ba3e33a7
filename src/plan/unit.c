/* SPDX-License-Identifier: Apache-2.0 */
/* The container as a scope of systemd's: its name, its slice, and the limits by their names there. */
#include <errno.h>
#include <string.h>

#include "machine/unit_place.h"
#include "plan/internal.h"

#define PROPERTIES_MAX 32
#define SECOND_US 1000000ull
#define PERIOD_US 100000ull    /* systemd's default */
#define QUOTA_STEP_US 10000ull /* it keeps whole percents */
#define PTS_MAJOR 136

static void add(struct confine_unit *u, struct unit_property p)
{
	if (u->properties.n < PROPERTIES_MAX)
		u->properties.v[u->properties.n++] = p;
}

static void add_bool(struct confine_unit *u, const char *name, bool v)
{
	add(u, (struct unit_property){.name = name, .kind = UNIT_BOOL, .number = v});
}

static void add_number(struct confine_unit *u, const char *name, uint64_t v)
{
	add(u, (struct unit_property){.name = name, .kind = UNIT_U64, .number = v});
}

static void add_text(struct confine_unit *u, const char *name, int kind, const char *v)
{
	add(u, (struct unit_property){.name = name, .kind = kind, .text = v});
}

/* "max" and "-1" are systemd's infinity. */
static uint64_t number_of(const char *s)
{
	uint64_t n = UINT64_MAX;

	(void)str_u64(s, 0, UINT64_MAX, &n);
	return n;
}

static void add_quota(struct confine_unit *u, uint64_t quota, uint64_t period, uint32_t version)
{
	uint64_t each = UINT64_MAX, product;

	if (quota != UINT64_MAX && period > 0 && !__builtin_mul_overflow(quota, SECOND_US, &product)) {
		each = product / period;
		each = (each + QUOTA_STEP_US - 1) / QUOTA_STEP_US * QUOTA_STEP_US;
	}
	add_number(u, "CPUQuotaPerSecUSec", each);
	if (version == 2 && period != PERIOD_US)
		add_number(u, "CPUQuotaPeriodUSec", period);
}

static const char *value_of(const struct confine_cgroup *cg, const char *file)
{
	for (size_t i = 0; i < cg->settings.n; i++)
		if (streq(cg->settings.v[i].file, file))
			return cg->settings.v[i].value;
	return NULL;
}

static int quota_v2(struct arena *a, const struct confine_cgroup *cg, struct confine_unit *u, struct err *e)
{
	const char *max = value_of(cg, "cpu.max"), *quota;
	uint64_t period = PERIOD_US;
	size_t n;

	if (max == NULL)
		return 0;
	n = strcspn(max, " ");
	quota = arena_strndup(a, max, n);
	if (quota == NULL)
		return err_oom(e);
	if (max[n] != '\0')
		(void)str_u64(max + n + 1, 1, UINT64_MAX, &period);
	add_quota(u, number_of(quota), period, 2);
	return 0;
}

static void quota_v1(const struct confine_cgroup *cg, struct confine_unit *u)
{
	const char *quota = value_of(cg, "cpu.cfs_quota_us"), *period = value_of(cg, "cpu.cfs_period_us");

	if (quota != NULL)
		add_quota(u, number_of(quota), period != NULL ? number_of(period) : PERIOD_US, 1);
}

int unit_limits(struct arena *a, const struct confine_cgroup *cg, struct confine_unit *ret, struct err *e)
{
	static const struct {
		uint32_t version; /* 0: both */
		const char *file, *property;
		int kind;
	} known[] = {
		{2, "memory.max", "MemoryMax", UNIT_U64},
		{2, "memory.high", "MemoryHigh", UNIT_U64},
		{2, "memory.low", "MemoryLow", UNIT_U64},
		{2, "memory.swap.max", "MemorySwapMax", UNIT_U64},
		{2, "cpu.weight", "CPUWeight", UNIT_U64},
		{2, "cpuset.cpus", "AllowedCPUs", UNIT_CPUS},
		{2, "cpuset.mems", "AllowedMemoryNodes", UNIT_CPUS},
		{2, "io.weight", "IOWeight", UNIT_U64},
		{1, "memory.limit_in_bytes", "MemoryLimit", UNIT_U64},
		{1, "cpu.shares", "CPUShares", UNIT_U64},
		{1, "blkio.weight", "BlockIOWeight", UNIT_U64},
		{0, "pids.max", "TasksMax", UNIT_U64},
	};

	if (ret->properties.v == NULL)
		ret->properties.v = arena_array(a, PROPERTIES_MAX, sizeof(*ret->properties.v));
	if (ret->properties.v == NULL)
		return err_oom(e);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const char *v = known[i].version == 0 || known[i].version == cg->version
					? value_of(cg, known[i].file)
					: NULL;

		if (v == NULL)
			continue;
		if (known[i].kind == UNIT_U64)
			add_number(ret, known[i].property, number_of(v));
		else
			add_text(ret, known[i].property, known[i].kind, v);
	}
	if (cg->version == 1) {
		quota_v1(cg, ret);
		return 0;
	}
	return quota_v2(a, cg, ret, e);
}

/* v1: systemd writes its list over ours whenever it is told to read its files again. On v2 its program and ours stand beside
 * each other, and a list of its own would only be one more thing that may forbid. */
static int add_devices(struct build *b, struct confine_unit *u, struct err *e)
{
	const struct confine_cgroup *cg = &b->p->cgroup;
	struct unit_property p = {.name = "DeviceAllow", .kind = UNIT_DEVICES};
	struct strv l = STRV(b->a);
	int r;

	add_text(u, "DevicePolicy", UNIT_STR, "strict");
	for (size_t i = 0; i < cg->devices.n; i++) {
		const struct device_rule *d = &cg->devices.v[i];

		if (d->major == PTS_MAJOR && d->minor < 0)
			strv_addf(&l, "char-pts %s", d->access);
		else
			strv_addf(&l, "/dev/%s/%lld:%lld %s", d->type[0] == 'b' ? "block" : "char",
				  (long long)d->major, (long long)d->minor, d->access);
	}
	r = strv_done(&l, &p.list, e);
	if (r == 0)
		add(u, p);
	return r;
}

int unit_decide(struct build *b, struct err *e)
{
	struct confine_cgroup *cg = &b->p->cgroup;
	struct confine_unit *u = arena_alloc(b->a, sizeof(*u));
	struct unit_place place;
	int r;

	if (u == NULL)
		return err_oom(e);
	r = unit_place_decide(b->a, b->f->spec.cgroups_path, b->f->id, &place, e);
	if (r < 0)
		return r;
	*u = (struct confine_unit){.name = place.name, .slice = place.slice};
	u->description = arena_printf(b->a, "urunc container %s (%.200s)", b->f->id, b->f->bundle);
	u->properties.v = arena_array(b->a, PROPERTIES_MAX, sizeof(*u->properties.v));
	if (u->description == NULL || u->properties.v == NULL)
		return err_oom(e);
	add_text(u, "Description", UNIT_STR, u->description);
	add_text(u, "Slice", UNIT_STR, u->slice);
	add_bool(u, "Delegate", true);
	add_bool(u, "DefaultDependencies", false);
	add_text(u, "CollectMode", UNIT_STR, "inactive-or-failed");
	add_bool(u, "MemoryAccounting", true);
	add_bool(u, "CPUAccounting", true);
	add_bool(u, "TasksAccounting", true);
	add_bool(u, cg->version == 2 ? "IOAccounting" : "BlockIOAccounting", true);
	cg->unit = u;
	r = unit_limits(b->a, cg, u, e);
	if (r == 0 && cg->version == 1)
		r = add_devices(b, u, e);
	return r;
}
