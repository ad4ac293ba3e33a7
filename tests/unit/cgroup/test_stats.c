/* SPDX-License-Identifier: Apache-2.0 */
/* What both versions share: a group that is gone, hugetlb, rdma, and this machine's own group. */
#include "cgroup/stats.h"

#include "common/mountinfo.h"
#include "gather/scratch.h"

static struct cgroup_place at(struct scratch *s, uint32_t version, const char *names)
{
	struct cgroup_dir *v = arena_array(&s->a, 1, sizeof(*v));

	v[0] = (struct cgroup_dir){names, s->dir, s->dir};
	return (struct cgroup_place){version, {v, 1}};
}

static void gone(void **state)
{
	struct scratch *s = *state;
	struct cgroup_dir dirs[] = {{"memory", "/m", scratch_path(s, "m")},
				    {"pids", "/p", scratch_path(s, "p")}};
	struct cgroup_place p = {1, {dirs, 2}};
	struct cgroup_stats t;

	assert_fails(cgroup_stats_read(&p, &s->a, &t, &s->e), s->e, ENOENT, "m' does not exist (any more)");
	p.version = 2;
	assert_fails(cgroup_stats_read(&p, &s->a, &t, &s->e), s->e, ENOENT, "does not exist");
	p.dirs.n = 0;
	assert_fails(cgroup_stats_read(&p, &s->a, &t, &s->e), s->e, ENOENT, "does not exist");
}

/* Half of it gone, as while a group is being removed: what is left is told. */
static void half_gone(void **state)
{
	struct scratch *s = *state;
	struct cgroup_dir dirs[] = {{"memory", "/m", scratch_path(s, "m")}, {"pids", "/p", s->dir}};
	struct cgroup_place p = {1, {dirs, 2}};
	struct cgroup_stats t;

	scratch_text(s, "pids.current", "3\n");
	assert_ok(cgroup_stats_read(&p, &s->a, &t, &s->e), s->e);
	assert_true(t.pids.have);
	assert_int_equal(t.pids.current, 3);
	assert_false(t.memory.usage.have);
}

static void nothing_told(void **state)
{
	struct scratch *s = *state;
	struct cgroup_place p = at(s, 2, "");
	struct cgroup_stats t;

	assert_ok(cgroup_stats_read(&p, &s->a, &t, &s->e), s->e);
	assert_int_equal(t.version, 2);
	assert_false(t.pids.have);
	assert_false(t.memory.usage.have);
	assert_int_equal(t.cpu.usage_ns, 0);
	assert_int_equal(t.hugetlb.n, 0);
	assert_string_equal(t.cpuset.cpus, "");
	assert_int_equal(cgroup_stat_get(&t, "anon"), 0);
}

static void hugetlb_of_both(void **state)
{
	struct scratch *s = *state;
	struct cgroup_place v1 = at(s, 1, "hugetlb"), v2 = at(s, 2, "");
	struct cgroup_stats t;

	scratch_text(s, "hugetlb.2MB.usage_in_bytes", "2097152\n");
	scratch_text(s, "hugetlb.2MB.max_usage_in_bytes", "4194304\n");
	scratch_text(s, "hugetlb.2MB.limit_in_bytes", "8388608\n");
	scratch_text(s, "hugetlb.2MB.failcnt", "1\n");
	scratch_text(s, "hugetlb.2MB.rsvd.usage_in_bytes", "99\n"); /* a reservation is no use */
	assert_ok(cgroup_stats_read(&v1, &s->a, &t, &s->e), s->e);
	assert_int_equal(t.hugetlb.n, 1);
	assert_string_equal(t.hugetlb.v[0].pagesize, "2MB");
	assert_int_equal(t.hugetlb.v[0].usage, 2097152);
	assert_int_equal(t.hugetlb.v[0].max_usage, 4194304);
	assert_int_equal(t.hugetlb.v[0].limit, 8388608);
	assert_int_equal(t.hugetlb.v[0].failcnt, 1);
	scratch_text(s, "hugetlb.1GB.current", "1073741824\n");
	scratch_text(s, "hugetlb.1GB.max", "max\n");
	scratch_text(s, "hugetlb.1GB.events", "max 4\n");
	assert_ok(cgroup_stats_read(&v2, &s->a, &t, &s->e), s->e);
	assert_int_equal(t.hugetlb.n, 1);
	assert_string_equal(t.hugetlb.v[0].pagesize, "1GB");
	assert_int_equal(t.hugetlb.v[0].usage, 1073741824);
	assert_true(t.hugetlb.v[0].limit == CGROUP_NO_LIMIT);
	assert_int_equal(t.hugetlb.v[0].failcnt, 4);
}

static void rdma(void **state)
{
	struct scratch *s = *state;
	struct cgroup_place p = at(s, 1, "rdma");
	struct cgroup_stats t;

	scratch_text(s, "rdma.current", "mlx4_0 hca_handle=2 hca_object=2000\nocrdma1 hca_handle=3\n");
	scratch_text(s, "rdma.max", "mlx4_0 hca_handle=max hca_object=max\n");
	assert_ok(cgroup_stats_read(&p, &s->a, &t, &s->e), s->e);
	assert_int_equal(t.rdma_current.n, 2);
	assert_string_equal(t.rdma_current.v[0].device, "mlx4_0");
	assert_int_equal(t.rdma_current.v[0].hca_handles, 2);
	assert_int_equal(t.rdma_current.v[0].hca_objects, 2000);
	assert_string_equal(t.rdma_current.v[1].device, "ocrdma1");
	assert_int_equal(t.rdma_current.v[1].hca_objects, 0);
	assert_int_equal(t.rdma_limit.n, 1);
	assert_int_equal(t.rdma_limit.v[0].hca_handles, UINT32_MAX);
}

/* Real files of whatever this machine has. */
static void of_this_process(void **state)
{
	struct scratch *s = *state;
	struct cgroup_place p;
	struct cgroup_stats t;
	bool counted = false;

	assert_ok(cgroup_place_of(getpid(), &s->a, &p, &s->e), s->e);
	if (p.version == 0)
		return;
	assert_ok(cgroup_stats_read(&p, &s->a, &t, &s->e), s->e);
	for (size_t i = 0; i < p.dirs.n; i++)
		counted |= p.version == 2 || mount_option_has(p.dirs.v[i].names, "cpuacct");
	assert_true(t.cpu.usage_ns > 0 || !counted);
	assert_true(t.memory.stat.n == 0 || cgroup_stat_get(&t, "pgfault") > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(gone),         scratch_test(half_gone),
		scratch_test(nothing_told), scratch_test(hugetlb_of_both),
		scratch_test(rdma),         scratch_test(of_this_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
