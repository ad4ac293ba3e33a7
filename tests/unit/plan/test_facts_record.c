/* SPDX-License-Identifier: Apache-2.0 */
/* Facts survive both forms of their record, and each member is in its table. */
#include "common/json.h"
#include "plan/world.h"

static void fill(struct world *w)
{
	struct facts *f = &w->f;

	f->has_urunc_json = f->stdio_is_terminal = true;
	f->urunc_json.v = w->ann;
	f->urunc_json.n = 2;
	f->urunc_json_problem = "is odd";
	f->root.source = "overlay";
	f->root.is_mountpoint = f->root.readonly = true;
	f->host.kernel_release = "6.1.0";
	f->host.cgroup_ancestor_limit_bytes = 5;
	f->host.ancestor_limit_path = "/x";
	f->host.systemd = f->host.has_tun = true;
	f->monitor.problem = "none";
	f->monitor.is_static = true;
	f->block.path = "/disk";
	f->block.problem = "is a FIFO";
	f->kernel.uid = 3;
	f->kernel.gid = 4;
}

static const char *text(struct world *w, const struct facts *f)
{
	struct strbuf b = STRBUF(&w->a);
	const char *s;

	record_to_json(&rec_facts, f, 2, &b);
	assert_ok(sb_done(&b, &s, &w->e), w->e);
	return s;
}

static void binary_and_json_forms(void **state)
{
	struct world *w = *state;
	struct strbuf bin = STRBUF(&w->a);
	struct facts back = {0}, read = {0};
	const char *before;

	json_use_arena(&w->a);
	fill(w);
	before = text(w, &w->f);
	record_encode(&rec_facts, &w->f, &bin);
	assert_ok(record_decode(&rec_facts, bin.p, bin.len, &w->a, &back, &w->e), w->e);
	assert_string_equal(text(w, &back), before);
	assert_ok(record_from_json(&rec_facts, unit_text(before), "facts", &w->a, &read, &w->e), w->e);
	assert_string_equal(text(w, &read), before);
	assert_int_equal(read.host.cgroups.n, 1);
	assert_int_equal(read.kernel.format, KERNEL_BZIMAGE);
	assert_int_equal(read.kernel.elf_arch, -1);
	assert_null(read.initrd.problem);
}

/* A member forgotten in a table would come back as zero. */
static void every_member_is_in_a_table(void **state)
{
	struct world *w = *state;
	struct strbuf bin = STRBUF(&w->a);
	struct facts back = {0};

	fill(w);
	record_encode(&rec_facts, &w->f, &bin);
	assert_ok(record_decode(&rec_facts, bin.p, bin.len, &w->a, &back, &w->e), w->e);
	assert_true(back.has_urunc_json && back.stdio_is_terminal);
	assert_string_equal(back.urunc_json_problem, "is odd");
	assert_true(back.root.exists && back.root.is_mountpoint && back.root.readonly);
	assert_string_equal(back.root.source, "overlay");
	assert_string_equal(back.host.kernel_release, "6.1.0");
	assert_int_equal(back.host.cpus, 2);
	assert_int_equal(back.host.kvm, KVM_WORKS);
	assert_int_equal(back.host.tsc_khz, 2500000);
	assert_int_equal(back.host.cgroup_ancestor_limit_bytes, 5);
	assert_string_equal(back.host.ancestor_limit_path, "/x");
	assert_int_equal(back.host.urunit_bytes, 40001);
	assert_true(back.host.systemd && back.host.has_tun);
	assert_true(back.monitor.is_static);
	assert_true(back.monitor.files.v[1].optional);
	assert_string_equal(back.block.problem, "is a FIFO");
	assert_int_equal(back.kernel.ino, 1001);
	assert_int_equal(back.kernel.uid + back.kernel.gid, 7);
	assert_int_equal(back.initrd.unpacked_bytes, 10 * MIB);
	assert_string_equal(back.initrd.compression, "gzip");
}

static void verdicts_have_names(void **state)
{
	(void)state;
	assert_string_equal(kvm_verdict_names[KVM_ABSENT], "absent");
	assert_string_equal(kvm_verdict_names[KVM_OPENS], "opens");
	assert_string_equal(kvm_verdict_names[KVM_WORKS], "works");
	assert_null(kvm_verdict_names[KVM_WORKS + 1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(binary_and_json_forms),
		world_test(every_member_is_in_a_table),
		cmocka_unit_test(verdicts_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
