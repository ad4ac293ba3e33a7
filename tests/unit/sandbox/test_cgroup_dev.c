/* SPDX-License-Identifier: Apache-2.0 */
/* The device program, run by a small interpreter: it must decide as the rules say. The kernel's verifier sees it in
 * tests/payload/box_test_cgroup.c. */
#include "sandbox/cgroup_internal.h"

#include <errno.h>

#include "unit.h"

enum { R = BPF_DEVCG_ACC_READ, W = BPF_DEVCG_ACC_WRITE, M = BPF_DEVCG_ACC_MKNOD };

struct request {
	uint32_t type, access, major, minor;
};

/* The instructions that the assembler uses, and no others. */
static uint64_t run(const struct bpf_insn *prog, size_t n, const struct bpf_cgroup_dev_ctx *ctx)
{
	uint64_t r[11] = {0};
	size_t pc, steps = 0;

	for (pc = 0; pc < n; pc++) {
		const struct bpf_insn *i = &prog[pc];
		uint64_t imm = (uint64_t)(int64_t)i->imm;

		assert_true(++steps <= n);
		switch (i->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			assert_int_equal(i->src_reg, BPF_REG_1);
			{
				uint32_t v;

				memcpy(&v, (const char *)ctx + i->off, sizeof(v));
				r[i->dst_reg] = v;
			}
			break;
		case BPF_ALU | BPF_MOV | BPF_X:
			r[i->dst_reg] = (uint32_t)r[i->src_reg];
			break;
		case BPF_ALU | BPF_MOV | BPF_K:
			r[i->dst_reg] = (uint32_t)imm;
			break;
		case BPF_ALU | BPF_RSH | BPF_K:
			r[i->dst_reg] = (uint32_t)r[i->dst_reg] >> imm;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			r[i->dst_reg] = (uint32_t)(r[i->dst_reg] & imm);
			break;
		case BPF_ALU | BPF_OR | BPF_K:
			r[i->dst_reg] = (uint32_t)(r[i->dst_reg] | imm);
			break;
		case BPF_ALU | BPF_XOR | BPF_K:
			r[i->dst_reg] = (uint32_t)(r[i->dst_reg] ^ imm);
			break;
		case BPF_ALU | BPF_AND | BPF_X:
			r[i->dst_reg] = (uint32_t)(r[i->dst_reg] & r[i->src_reg]);
			break;
		case BPF_JMP | BPF_JNE | BPF_K:
			assert_true(i->off > 0); /* forward only: it ends */
			if (r[i->dst_reg] != imm)
				pc += (size_t)i->off;
			break;
		case BPF_JMP | BPF_EXIT:
			return r[0];
		default:
			fail_msg("instruction %zu has the unknown code 0x%x", pc, i->code);
		}
	}
	fail_msg("the program runs off its end");
	return 0;
}

static bool allows(const struct device_rule *rules, size_t n, struct request q)
{
	struct bpf_cgroup_dev_ctx ctx = {.access_type = q.access << 16 | q.type,
					 .major = q.major,
					 .minor = q.minor};
	struct bpf_insn prog[CG_DEV_PROLOGUE + 16 * CG_DEV_PER_RULE + CG_DEV_EPILOGUE];
	struct err e = {0};
	uint64_t verdict;
	size_t len = 0;

	assert_true(n <= 16);
	assert_ok(cg_dev_assemble(rules, n, prog, &len, &e), e);
	assert_true(len <= CG_DEV_PROLOGUE + n * CG_DEV_PER_RULE + CG_DEV_EPILOGUE);
	verdict = run(prog, len, &ctx);
	assert_true(verdict == 0 || verdict == 1);
	return verdict == 1;
}

/* The same decision, said in C. */
static bool model(const struct device_rule *rules, size_t n, struct request q)
{
	uint32_t granted = 0, bits;

	for (size_t i = 0; i < n; i++) {
		const struct device_rule *r = &rules[i];
		char type = q.type == BPF_DEVCG_DEV_BLOCK ? 'b' : 'c';

		if ((r->type[0] != 'a' && r->type[0] != type) ||
		    (r->major >= 0 && (uint64_t)r->major != q.major) ||
		    (r->minor >= 0 && (uint64_t)r->minor != q.minor))
			continue;
		bits = (strchr(r->access, 'r') ? R : 0) | (strchr(r->access, 'w') ? W : 0) |
		       (strchr(r->access, 'm') ? M : 0);
		granted = r->allow ? granted | bits : granted & ~bits;
	}
	return (q.access & ~granted) == 0;
}

static void nothing_is_allowed_by_nothing(void **state)
{
	(void)state;
	assert_false(allows(NULL, 0, (struct request){BPF_DEVCG_DEV_CHAR, R, 1, 3}));
	assert_false(allows(NULL, 0, (struct request){BPF_DEVCG_DEV_BLOCK, M, 8, 0}));
}

static void usual_rules(void **state)
{
	const struct device_rule rules[] = {{true, "c", 1, 3, "rw"},
					    {true, "c", 10, 232, "rwm"},
					    {true, "b", 8, -1, "r"},
					    {true, "c", 136, -1, "rwm"}};

	(void)state;
	assert_true(allows(rules, 4, (struct request){BPF_DEVCG_DEV_CHAR, R | W, 1, 3}));
	assert_false(allows(rules, 4, (struct request){BPF_DEVCG_DEV_CHAR, M, 1, 3}));
	assert_false(allows(rules, 4, (struct request){BPF_DEVCG_DEV_BLOCK, R, 1, 3}));
	assert_true(allows(rules, 4, (struct request){BPF_DEVCG_DEV_CHAR, R | W | M, 10, 232}));
	assert_true(allows(rules, 4, (struct request){BPF_DEVCG_DEV_BLOCK, R, 8, 77}));
	assert_false(allows(rules, 4, (struct request){BPF_DEVCG_DEV_BLOCK, R | W, 8, 77}));
	assert_false(allows(rules, 4, (struct request){BPF_DEVCG_DEV_CHAR, R, 1, 5}));
}

/* Two rules may each grant a part; a later one may take away. */
static void order_counts(void **state)
{
	const struct device_rule rules[] = {{true, "c", 1, 5, "r"},
					    {true, "c", 1, 5, "w"},
					    {true, "c", 1, -1, "m"},
					    {false, "c", 1, 5, "w"}};

	(void)state;
	assert_true(allows(rules, 3, (struct request){BPF_DEVCG_DEV_CHAR, R | W | M, 1, 5}));
	assert_false(allows(rules, 4, (struct request){BPF_DEVCG_DEV_CHAR, R | W | M, 1, 5}));
	assert_true(allows(rules, 4, (struct request){BPF_DEVCG_DEV_CHAR, R | M, 1, 5}));
}

static void random_rules_match_the_model(void **state)
{
	static const char *const types[] = {"a", "b", "c"}, *const accesses[] = {"r",  "w",  "m",
										 "rw", "rm", "rwm"};
	struct device_rule rules[8];
	uint64_t seed = 42;

	(void)state;
	for (int round = 0; round < 5000; round++) {
		size_t n = unit_random(&seed) % 9;
		struct request q = {(unit_random(&seed) & 1) ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK,
				    1 + (uint32_t)(unit_random(&seed) % 7),
				    (uint32_t)(unit_random(&seed) % 3), (uint32_t)(unit_random(&seed) % 3)};

		for (size_t i = 0; i < n; i++)
			rules[i] = (struct device_rule){(unit_random(&seed) >> 9) & 1,
							types[unit_random(&seed) % 3],
							(int64_t)(unit_random(&seed) % 4) - 1,
							(int64_t)(unit_random(&seed) % 4) - 1,
							accesses[unit_random(&seed) % 6]};
		assert_int_equal(allows(rules, n, q), model(rules, n, q));
	}
}

static void wrong_rules(void **state)
{
	static const struct {
		struct device_rule rule;
		const char *words;
	} cases[] = {{{true, "x", 1, 3, "r"}, "type 'x'"},
		     {{true, "cc", 1, 3, "r"}, "type 'cc'"},
		     {{true, "c", 1, 3, "rx"}, "access 'rx'"},
		     {{true, "c", -2, 3, "r"}, "major number -2"},
		     {{true, "c", 1, INT64_C(1) << 40, "r"}, "minor number 1099511627776"}};
	struct bpf_insn prog[CG_DEV_PROLOGUE + CG_DEV_PER_RULE + CG_DEV_EPILOGUE];
	size_t len = 4711;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_fails(cg_dev_assemble(&cases[i].rule, 1, prog, &len, &e), e, EINVAL, cases[i].words);
	assert_fails(cg_dev_assemble(&cases[0].rule, CG_DEV_RULES_MAX + 1, prog, &len, &e), e, E2BIG,
		     "at most 4096");
	assert_int_equal(len, 4711);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_allowed_by_nothing),
		cmocka_unit_test(usual_rules),
		cmocka_unit_test(order_counts),
		cmocka_unit_test(random_rules_match_the_model),
		cmocka_unit_test(wrong_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
