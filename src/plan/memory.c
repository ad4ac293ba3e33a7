/* SPDX-License-Identifier: Apache-2.0 */
/* How much memory the guest gets and how much its cgroup: the guest exactly what the engine asked for, the cgroup so
 * much more that the monitor never dies of its own overhead. */
#include <errno.h>

#include "plan/internal.h"

/* Above this a limit means "none": engines write the largest page-aligned number for that. */
#define UNLIMITED_BYTES (1ull << 60)
#define LEAST_BYTES MIB
/* Page tables, and under software emulation address look-up tables, grow with the guest: one part in so many. */
#define GUEST_SHARE 64

bool spec_memory_unlimited(int64_t bytes)
{
	return bytes < 0 || (uint64_t)bytes >= UNLIMITED_BYTES;
}

uint64_t spec_memory_limit(const struct spec_resources *r)
{
	uint64_t n;

	if (r->memory_limit_bytes != 0)
		return spec_memory_unlimited(r->memory_limit_bytes) ? 0 : (uint64_t)r->memory_limit_bytes;
	for (size_t i = 0; i < r->unified.n; i++)
		if (streq(r->unified.v[i].key, "memory.max") &&
		    str_u64(r->unified.v[i].value, 1, UNLIMITED_BYTES - 1, &n))
			return n;
	return 0;
}

/* What does not depend on the guest's size. */
static uint64_t fixed_overhead(const struct build *b, uint64_t initrd_bytes, bool copied)
{
	const struct monitor_ops *ops = b->w->monitor;
	struct config_monitor cfg = config_monitor_get(&b->f->config, ops->name);
	uint64_t n = cfg.overhead_mb * MIB;

	if (n == 0)
		n = ops->overhead_bytes[b->p->vm.accel] + ops->overhead_per_vcpu_bytes * b->p->vcpus;
	/* The monitor reads the kernel into its own memory; what the box copies lies in a tmpfs, which counts too. */
	n += b->f->kernel.size_bytes;
	n += shares_overhead(b);
	if (box_copies_kernel(b))
		n += b->f->kernel.size_bytes;
	return copied ? n + initrd_bytes : n;
}

static uint64_t least_bytes(const struct build *b, uint64_t initrd_bytes)
{
	uint64_t file = b->w->meta.initrd != NULL ? b->f->initrd.size_bytes : 0;
	uint64_t unpacked = b->f->initrd.unpacked_bytes;
	const struct guest_image img = {
		.kernel_bytes = b->f->kernel.size_bytes,
		.kernel_memory_bytes = b->f->kernel.memory_bytes,
		.initrd_bytes = initrd_bytes,
		/* What we append is not compressed. */
		.initrd_unpacked_bytes = file == 0 || unpacked > 0 ? unpacked + (initrd_bytes - file) : 0,
	};

	return b->w->guest->min_memory != NULL ? b->w->guest->min_memory(&img) : LEAST_BYTES;
}

/* The nearest thing that is smaller than what guest and monitor need together. */
struct ceiling {
	uint64_t bytes;
	const char *what;
};

static struct ceiling lowest_ceiling(const struct build *b)
{
	const struct host_facts *h = &b->f->host;
	struct ceiling c = {h->memory_bytes, "the host's memory"};

	if (h->cgroup_ancestor_limit_bytes > 0 && (c.bytes == 0 || h->cgroup_ancestor_limit_bytes < c.bytes)) {
		c.bytes = h->cgroup_ancestor_limit_bytes;
		c.what = arena_printf(b->a, "the memory limit of cgroup '%s'", h->ancestor_limit_path);
	}
	return c;
}

/* Some monitors give memory in steps only: never more than was asked for, never less than is needed. */
static uint64_t whole_steps(const struct build *b, uint64_t bytes)
{
	uint64_t step = b->w->monitor->memory_step_bytes;

	return step > 1 ? bytes / step * step : bytes;
}

static uint64_t whole_steps_up(const struct build *b, uint64_t bytes)
{
	uint64_t down = whole_steps(b, bytes);

	return down < bytes ? down + b->w->monitor->memory_step_bytes : bytes;
}

/* What the monitor can never give is no part of the container's need either. */
static uint64_t at_most(struct build *b, uint64_t bytes)
{
	uint64_t max = b->w->monitor->max_memory_bytes;

	if (max == 0 || bytes <= max)
		return bytes;
	strv_addf(&b->warnings, "guest memory reduced from %llu to %llu bytes: monitor '%s' cannot give more",
		  (unsigned long long)bytes, (unsigned long long)max, b->w->monitor->name);
	return max;
}

static int shrink(struct build *b, uint64_t *guest, uint64_t fixed, uint64_t least, struct err *e)
{
	struct ceiling c = lowest_ceiling(b);
	uint64_t fits, overhead = fixed + *guest / GUEST_SHARE;

	if (c.what == NULL)
		return err_oom(e);
	if (c.bytes == 0 || *guest + overhead <= c.bytes)
		return 0;
	fits = c.bytes > fixed ? (c.bytes - fixed) / (GUEST_SHARE + 1) * GUEST_SHARE / MIB * MIB : 0;
	fits = whole_steps(b, fits);
	overhead = fixed + fits / GUEST_SHARE;
	if (fits < least)
		return err_set(e, ENOMEM,
			       "%s (%llu bytes) is too small: guest '%s' needs at least %llu bytes and monitor '%s' %llu bytes "
			       "besides",
			       c.what, (unsigned long long)c.bytes, b->w->guest->name,
			       (unsigned long long)least, b->w->monitor->name, (unsigned long long)overhead);
	strv_addf(&b->warnings,
		  "guest memory reduced from %llu to %llu bytes: with %llu bytes for monitor '%s' it must fit into %s",
		  (unsigned long long)*guest, (unsigned long long)fits, (unsigned long long)overhead,
		  b->w->monitor->name, c.what);
	*guest = fits;
	return 0;
}

static int too_small(const struct build *b, uint64_t limit, uint64_t guest, uint64_t least, struct err *e)
{
	if (limit > 0)
		return err_set(e, ENOMEM,
			       "memory limit of %llu bytes (linux.resources.memory.limit) is too small: guest '%s' with this "
			       "kernel and initrd needs at least %llu bytes",
			       (unsigned long long)guest, b->w->guest->name, (unsigned long long)least);
	return err_set(e, ENOMEM,
		       "default guest memory of %llu bytes ([monitors.%s] default_memory_mb) is too small: guest '%s' with "
		       "this kernel and initrd needs at least %llu bytes",
		       (unsigned long long)guest, b->w->monitor->name, b->w->guest->name,
		       (unsigned long long)least);
}

int memory_decide(struct build *b, uint64_t initrd_bytes, bool copied, struct err *e)
{
	struct config_monitor cfg = config_monitor_get(&b->f->config, b->w->monitor->name);
	uint64_t limit = spec_memory_limit(&b->f->spec.resources);
	uint64_t asked = limit > 0 ? limit : cfg.default_memory_mb * MIB;
	uint64_t guest = whole_steps(b, at_most(b, asked));
	uint64_t fixed = fixed_overhead(b, initrd_bytes, copied);
	uint64_t least = whole_steps_up(b, least_bytes(b, initrd_bytes));
	int r;

	if (asked >= least && guest < least)
		return err_set(e, ENOMEM,
			       "monitor '%s' can give a guest at most %llu bytes of memory, but guest '%s' with this kernel "
			       "and initrd needs at least %llu bytes",
			       b->w->monitor->name, (unsigned long long)guest, b->w->guest->name,
			       (unsigned long long)least);
	if (guest < least)
		return too_small(b, limit, asked, least, e);
	r = shrink(b, &guest, fixed, least, e);
	if (r < 0)
		return r;
	b->p->memory_bytes = b->p->vm.memory_bytes = guest;
	b->p->overhead_bytes = fixed + guest / GUEST_SHARE;
	b->p->cgroup.memory_limit_bytes = guest + b->p->overhead_bytes;
	return 0;
}
