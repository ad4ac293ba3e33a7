/* SPDX-License-Identifier: Apache-2.0 */
/* urunc update */
#include <errno.h>

#include "cli/cli.h"
#include "cli/amount.h"
#include "runtime/update.h"

struct update_opts {
	const char *resources;
	const char *blkio_weight, *cpu_period, *cpu_quota, *cpu_share, *cpuset_cpus, *cpuset_mems, *memory,
		*memory_reservation, *memory_swap, *pids_limit;
	const char *not_here; /* of the options below that mean nothing to a virtual machine, the last one's value */
};

#define VALUE(name_, letter_, member_, help_)                                                                \
	{                                                                                                    \
		name_, letter_, OPT_STR, offsetof(struct update_opts, member_), "VALUE", help_               \
	}

static const struct opt opts[] = {
	VALUE("resources", 'r', resources, "file with the limits as JSON, - for standard input"),
	VALUE("blkio-weight", 0, blkio_weight, "weight of its block I/O, 10 to 1000"),
	VALUE("cpu-period", 0, cpu_period, "period of the quota in microseconds"),
	VALUE("cpu-quota", 0, cpu_quota, "processor time for each period in microseconds, -1 for any"),
	VALUE("cpu-share", 0, cpu_share, "weight of its processor time"),
	VALUE("cpuset-cpus", 0, cpuset_cpus, "processors to use"),
	VALUE("cpuset-mems", 0, cpuset_mems, "memory nodes to use"),
	VALUE("memory", 0, memory, "memory limit in bytes (512m); the guest keeps the memory it has"),
	VALUE("memory-reservation", 0, memory_reservation, "memory that is left to it when memory is short"),
	VALUE("memory-swap", 0, memory_swap, "memory and swap together, -1 for any"),
	VALUE("pids-limit", 0, pids_limit, "number of processes, -1 for any"),
	VALUE("cpu-burst", 0, not_here, NULL),
	VALUE("cpu-idle", 0, not_here, NULL),
	VALUE("cpu-rt-period", 0, not_here, NULL),
	VALUE("cpu-rt-runtime", 0, not_here, NULL),
	VALUE("kernel-memory", 0, not_here, NULL),
	VALUE("kernel-memory-tcp", 0, not_here, NULL),
	VALUE("l3-cache-schema", 0, not_here, NULL),
	VALUE("mem-bw-schema", 0, not_here, NULL),
};

static int check_not_here(const struct update_opts *o, struct err *e)
{
	if (!o->not_here || streq(o->not_here, "") || streq(o->not_here, "0"))
		return 0;
	return err_set(e, ENOTSUP,
		       "value '%.64s': --cpu-burst, --cpu-idle, --cpu-rt-*, --kernel-memory*, --l3-cache-schema and "
		       "--mem-bw-schema are not supported for a virtual machine",
		       o->not_here);
}

static int from_flags(const struct update_opts *o, struct spec_resources *ret, struct err *e)
{
	struct spec_resources res = {.cpuset_cpus = o->cpuset_cpus, .cpuset_mems = o->cpuset_mems};
	int64_t period = 0, weight = 0;
	int r;

	if ((r = check_not_here(o, e)) < 0 ||
	    (r = amount_number("blkio-weight", o->blkio_weight, 0, 1000, &weight, e)) < 0 ||
	    (r = amount_number("cpu-period", o->cpu_period, 0, INT64_MAX, &period, e)) < 0 ||
	    (r = amount_number("cpu-quota", o->cpu_quota, -1, INT64_MAX, &res.cpu_quota_us, e)) < 0 ||
	    (r = amount_number("cpu-share", o->cpu_share, 0, INT64_MAX, &res.cpu_shares, e)) < 0 ||
	    (r = amount_bytes("memory", o->memory, &res.memory_limit_bytes, e)) < 0 ||
	    (r = amount_bytes("memory-reservation", o->memory_reservation, &res.memory_reservation_bytes, e)) <
		    0 ||
	    (r = amount_bytes("memory-swap", o->memory_swap, &res.memory_swap_bytes, e)) < 0 ||
	    (r = amount_number("pids-limit", o->pids_limit, -1, INT64_MAX, &res.pids_limit, e)) < 0)
		return r;
	res.cpu_period_us = (uint64_t)period;
	res.blkio_weight = (uint32_t)weight;
	*ret = res;
	return 0;
}

/* As with runc, the other options do not count when there is a file. */
static int run(struct cli *c, const void *o, const struct strs *args, struct err *e)
{
	_cleanup_container_ struct container found = CONTAINER_NULL;
	const struct update_opts *u = o;
	struct spec_resources res;
	int r;

	/* Before anything is read: it may be for a delegate. */
	r = container_get(&c->rt, args->v[0], 0, &found, e);
	if (r < 0)
		return r;
	r = u->resources ? update_read_resources(u->resources, c->rt.arena, &res, e) : from_flags(u, &res, e);
	return r == 0 ? runtime_update(&c->rt, args->v[0], &res, e) : r;
}

const struct command cmd_update = {
	.name = "update",
	.args = "<container-id>",
	.summary = "change a container's resource limits",
	.opts = {opts, sizeof(opts) / sizeof(opts[0])},
	.opts_bytes = sizeof(struct update_opts),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
