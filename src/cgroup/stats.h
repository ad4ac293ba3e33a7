/* SPDX-License-Identifier: Apache-2.0 */
/* What one container's cgroup has used, read from v1 hierarchies or v2: the numbers behind `urunc events` and the
 * metrics that an engine asks the shim for. */
#ifndef URUNC_CGROUP_STATS_H
#define URUNC_CGROUP_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "cgroup/place.h"
#include "common/arena.h"
#include "common/err.h"

/* "No limit" in every member that is a limit, whatever word the kernel has for it. On v1 the memory limits are the
 * kernel's own numbers (no limit is 2^63 less one page). */
#define CGROUP_NO_LIMIT UINT64_MAX
#define CGROUP_CPUSET_FLAGS 9

/* v2 pressure: averages in hundredths of a percent. */
struct cgroup_psi_line {
	uint32_t avg10, avg60, avg300;
	uint64_t total_us;
};
struct cgroup_psi {
	bool have;
	struct cgroup_psi_line some, full;
};

/* One counter of memory. v2: max is the .peak file, failcnt how often the limit was hit. */
struct cgroup_counter {
	bool have;
	uint64_t usage, max, limit, failcnt;
};
struct cgroup_stat {
	const char *key;
	uint64_t value;
};
struct cgroup_device_io { /* v2 io.stat */
	uint64_t major, minor, rbytes, wbytes, rios, wios;
};
struct cgroup_io_entry { /* v1 blkio.* */
	uint64_t major, minor;
	const char *op; /* "Read" "Write" "Sync" "Async" "Discard" "Total"; "" where the file has none */
	uint64_t value;
};
struct cgroup_io_list {
	struct cgroup_io_entry *v;
	size_t n;
};
struct cgroup_rdma {
	const char *device;
	uint32_t hca_handles, hca_objects; /* UINT32_MAX: no limit */
};
struct cgroup_rdma_list {
	struct cgroup_rdma *v;
	size_t n;
};
struct cgroup_hugetlb {
	const char *pagesize; /* "2MB" */
	uint64_t usage, max_usage /* v1 */, limit, failcnt;
};
struct cgroup_cpu_time {
	uint64_t total_ns, user_ns, system_ns;
};

struct cgroup_stats {
	uint32_t version;
	struct {
		bool have;
		uint64_t current, limit;
	} pids;
	struct { /* nanoseconds on both versions; v2 counts microseconds, so that a division by 1000 is exact */
		uint64_t usage_ns, user_ns, system_ns;
		struct {
			struct cgroup_cpu_time *v;
			size_t n;
		} per_cpu; /* v1 only; user and system are 0 where the kernel tells only the sum */
		uint64_t periods, throttled_periods, throttled_ns, bursts, burst_ns;
		struct cgroup_psi psi;
	} cpu;
	struct {
		struct {
			struct cgroup_stat *v;
			size_t n;
		} stat; /* memory.stat, every line, in the kernel's order; see cgroup_stat_get */
		/* v1 swap counts memory and swap together; v2 swap alone, and kernel_tcp does not exist. */
		struct cgroup_counter usage, swap, kernel, kernel_tcp;
		uint64_t low, high, max, oom, oom_kill, oom_group_kill; /* v2 events; oom_kill on v1, too */
		bool oom_kill_disable, under_oom;                       /* v1 */
		struct cgroup_psi psi;
	} memory;
	struct {
		struct {
			struct cgroup_device_io *v;
			size_t n;
		} devices; /* v2 */
		struct cgroup_psi psi;
		/* v1 */
		struct cgroup_io_list service_bytes, serviced, queued, service_time, wait_time, merged, time,
			sectors;
	} io;
	struct cgroup_rdma_list rdma_current, rdma_limit;
	struct {
		struct cgroup_hugetlb *v;
		size_t n;
	} hugetlb;
	struct {
		const char *cpus, *mems; /* in force: "0-3,7"; "" without the controller */
		/* v1, in the order of cgroup_cpuset_flags */
		int64_t flags[CGROUP_CPUSET_FLAGS];
	} cpuset;
};
extern const char *const cgroup_cpuset_flags[CGROUP_CPUSET_FLAGS]; /* file names without "cpuset." */

/* Reads everything that is there; what a controller that is off or a kernel that is older does not tell is 0, with
 * `have` false where that matters. Memory usage and CPU usage are told on every host with these controllers. Texts
 * longer than 64 KiB count up to their last whole line before that. -ENOENT when the group is gone; nothing else
 * fails but memory. Everything lies in a. */
int cgroup_stats_read(const struct cgroup_place *at, struct arena *a, struct cgroup_stats *ret, struct err *e)
	_must_check_;
/* memory.stat's value of key, 0 if there is none. */
uint64_t cgroup_stat_get(const struct cgroup_stats *s, const char *key);

#endif
