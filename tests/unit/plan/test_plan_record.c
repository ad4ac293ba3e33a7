/* SPDX-License-Identifier: Apache-2.0 */
/* A full launch plan survives its binary form and its JSON; what people see leaves archive bytes out. */
#include <jansson.h>

#include "common/json.h"
#include "plan/world.h"

/* As much as a plan can hold. */
static void full(struct world *w)
{
	static struct spec_hook hook = {.path = "/hook", .timeout_s = 3};
	static struct spec_kv sysctl = {"net.ipv4.ip_forward", "1"};
	static uint32_t groups[] = {1, 4294967294u};
	struct oci_spec *s = &w->f.spec;
	static struct vm_nic nic = {.tap = "tap0",
				    .fd = -1,
				    .mac = "52:54:00:00:00:01",
				    .mtu = 1500,
				    .address = "10.0.0.2/24",
				    .gateway = "10.0.0.1"};

	w->ns[s->namespaces.n++] = (struct spec_ns){"uts", NULL};
	w->ns[s->namespaces.n++] = (struct spec_ns){"network", NULL};
	s->hostname = "h\xc3\xa4";
	s->domainname = "d";
	s->terminal = s->has_seccomp = s->has_umask = s->has_oom_score_adj = true;
	s->oom_score_adj = -1;
	s->console_width = 80;
	s->console_height = 25;
	s->groups = (struct u32s){groups, 2};
	s->poststop = s->prestart = (struct spec_hooks){&hook, 1};
	s->sysctl.v = &sysctl;
	s->sysctl.n = 1;
	s->resources.cpu_shares = 1024;
	w->limits[s->rlimits.n++] = (struct spec_rlimit){"RLIMIT_NOFILE", UINT64_MAX, UINT64_MAX};
	world_arg(w, "\xff\x01 not text");
	world_annotate(w, "Unknown", "x");
	assert_planned(w);
	assert_ok(plan_machine(&w->p, &(const struct start_facts){.nics = {&nic, 1}}, &w->a, &w->e), w->e);
}

static const char *text(struct world *w, const struct launch_plan *p)
{
	struct strbuf b = STRBUF(&w->a);
	const char *s;

	record_to_json(&rec_launch_plan, p, 2, &b);
	assert_ok(sb_done(&b, &s, &w->e), w->e);
	return s;
}

static void binary_form(void **state)
{
	struct world *w = *state;
	struct strbuf bin = STRBUF(&w->a), again = STRBUF(&w->a);
	struct launch_plan back = {0};

	full(w);
	record_encode(&rec_launch_plan, &w->p, &bin);
	assert_ok(record_decode(&rec_launch_plan, bin.p, bin.len, &w->a, &back, &w->e), w->e);
	assert_string_equal(text(w, &back), text(w, &w->p));
	record_encode(&rec_launch_plan, &back, &again);
	assert_int_equal(again.len, bin.len);
	assert_memory_equal(again.p, bin.p, bin.len);
	assert_string_equal(back.app.args.v[2], "\xff\x01 not text");
	assert_string_equal(back.network->nics.v[0].gateway, "10.0.0.1");
	assert_int_equal(back.creds.rlimits.v[0].hard, UINT64_MAX);
	assert_int_equal(back.creds.groups.v[1], 4294967294u);
	assert_int_equal(back.process_uid, w->p.process_uid);
}

static void json_form(void **state)
{
	struct world *w = *state;
	struct launch_plan back = {0};
	const char *before;

	json_use_arena(&w->a);
	w->f.spec.hostname = "h";
	w->ns[w->f.spec.namespaces.n++] = (struct spec_ns){"uts", NULL};
	assert_planned(w);
	before = text(w, &w->p);
	assert_ok(record_from_json(&rec_launch_plan, unit_text(before), "plan", &w->a, &back, &w->e), w->e);
	assert_string_equal(text(w, &back), before);
}

static void cut_plans_are_refused(void **state)
{
	struct world *w = *state;
	struct strbuf bin = STRBUF(&w->a);
	struct launch_plan back = {0};

	full(w);
	record_encode(&rec_launch_plan, &w->p, &bin);
	for (size_t n = 0; n < bin.len; n += 1 + n / 64)
		assert_fails(record_decode(&rec_launch_plan, bin.p, n, &w->a, &back, &w->e), w->e, EBADMSG,
			     "");
}

static void plans_of_another_layout_are_refused(void **state)
{
	struct world *w = *state;
	struct strbuf bin = STRBUF(&w->a), again = STRBUF(&w->a);
	struct launch_plan back = {0};

	full(w);
	plan_encode(&w->p, &bin);
	assert_ok(plan_decode(bin.p, bin.len, &w->a, &back, &w->e), w->e);
	plan_encode(&back, &again);
	assert_int_equal(again.len, bin.len);
	assert_memory_equal(again.p, bin.p, bin.len);
	bin.p[1] ^= 1;
	assert_fails(plan_decode(bin.p, bin.len, &w->a, &back, &w->e), w->e, ESTALE,
		     "another version of urunc");
	assert_fails(plan_decode(bin.p, 3, &w->a, &back, &w->e), w->e, EBADMSG, "3 bytes");
}

static void spoiled_plans_never_hurt(void **state)
{
	struct world *w = *state;
	struct strbuf bin = STRBUF(&w->a);
	uint64_t seed = 5;
	size_t refused = 0;

	full(w);
	record_encode(&rec_launch_plan, &w->p, &bin);
	for (int i = 0; i < 3000; i++) {
		unsigned char *copy = malloc(bin.len);
		struct launch_plan back = {0};
		struct arena a = {0};
		size_t n;

		assert_non_null(copy);
		memcpy(copy, bin.p, bin.len);
		n = unit_mutate(&seed, copy, bin.len);
		refused += record_decode(&rec_launch_plan, copy, n, &a, &back, &w->e) < 0;
		arena_release(&a);
		free(copy);
	}
	assert_true(refused > 1000);
}

static void shown_to_people(void **state)
{
	struct world *w = *state;
	struct strbuf out = STRBUF(&w->a);
	json_t *o, *ops, *op;
	size_t i, seen = 0;

	json_use_arena(&w->a);
	assert_planned(w);
	assert_int_equal(plan_print_json(&w->p, &out), 0);
	assert_int_equal(out.p[out.len - 1], '\n');
	assert_ok(json_parse((struct bytes){out.p, out.len}, "plan", &o, &w->e), w->e);
	assert_string_equal(json_string_value(json_object_get(o, "monitor")), "qemu");
	assert_string_equal(json_string_value(json_object_get(o, "guest")), "linux");
	assert_true(json_is_array(json_object_get(o, "argv")));
	assert_true(json_is_string(json_object_get(o, "guest_cmdline")));
	assert_int_equal(json_integer_value(json_object_get(o, "memory_bytes")), 256 * MIB);
	assert_int_equal(json_integer_value(json_object_get(o, "vcpus")), 1);
	assert_true(json_is_object(json_object_get(o, "rootfs")));
	assert_true(json_is_null(json_object_get(o, "network")));
	ops = json_object_get(o, "box");
	json_array_foreach(ops, i, op)
	{
		if (strcmp(json_string_value(json_object_get(op, "kind")), "initrd") != 0)
			continue;
		seen++;
		assert_string_equal(json_string_value(json_object_get(op, "data")), "");
	}
	assert_int_equal(seen, 1);
	assert_true(machine_initrd_op(&w->p)->data.n > 0); /* the plan itself keeps them */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(binary_form),
		world_test(json_form),
		world_test(cut_plans_are_refused),
		world_test(plans_of_another_layout_are_refused),
		world_test(spoiled_plans_never_hurt),
		world_test(shown_to_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
