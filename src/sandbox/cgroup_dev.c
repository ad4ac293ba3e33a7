/* SPDX-License-Identifier: Apache-2.0 */
/* Device rules of cgroup v2: a small BPF program assembled by hand and attached with bpf(2). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/fd.h"
#include "sandbox/cgroup_internal.h"

/*
 * The program keeps in r7 what has been granted so far and looks at every rule in order, as v1 does:
 * an allow rule that fits adds its accesses, a deny rule takes them away. At the end the request passes if
 * nothing of it is missing. No early exits, so the last word is always the last rule's.
 *   r2 type, r3 asked accesses, r4 major, r5 minor
 */
enum {
	R_TYPE = BPF_REG_2,
	R_ASKED = BPF_REG_3,
	R_MAJOR = BPF_REG_4,
	R_MINOR = BPF_REG_5,
	R_GRANTED = BPF_REG_7
};

static struct bpf_insn insn(int code, int dst, int src, int off, int imm)
{
	return (struct bpf_insn){.code = (__u8)code,
				 .dst_reg = (__u8)(dst & 15),
				 .src_reg = (__u8)(src & 15),
				 .off = (__s16)off,
				 .imm = imm};
}

static struct bpf_insn load(int dst, size_t off)
{
	return insn(BPF_LDX | BPF_MEM | BPF_W, dst, BPF_REG_1, (int)off, 0);
}

static struct bpf_insn alu(int op, int dst, int imm)
{
	return insn(BPF_ALU | op | BPF_K, dst, 0, 0, imm);
}

static int rule_type(const struct device_rule *r, int *ret, struct err *e)
{
	const char *t = r->type ? r->type : "a";

	if (strlen(t) != 1 || !strchr("abcu", t[0]))
		return err_set(e, EINVAL, "device rule: type '%.16s' is none of a, b, c", t);
	*ret = t[0] == 'a' ? 0 : t[0] == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
	return 0;
}

static int rule_access(const struct device_rule *r, int *ret, struct err *e)
{
	const char *p = r->access ? r->access : "rwm";
	int bits = 0;

	for (; *p; p++) {
		if (!strchr("rwm", *p))
			return err_set(e, EINVAL, "device rule: access '%.16s' is not made of r, w, m",
				       r->access);
		bits |= *p == 'r'   ? BPF_DEVCG_ACC_READ
			: *p == 'w' ? BPF_DEVCG_ACC_WRITE
				    : BPF_DEVCG_ACC_MKNOD;
	}
	*ret = bits;
	return 0;
}

static int rule_number(int64_t number, const char *what, struct err *e)
{
	if (number < -1 || number > INT32_MAX)
		return err_set(e, EINVAL, "device rule: %s number %lld is out of range", what,
			       (long long)number);
	return 0;
}

static int assemble_rule(const struct device_rule *r, struct bpf_insn *out, size_t *n, struct err *e)
{
	int type = 0, bits = 0, tests, rest, err;

	if ((err = rule_type(r, &type, e)) < 0 || (err = rule_access(r, &bits, e)) < 0 ||
	    (err = rule_number(r->major, "major", e)) < 0 || (err = rule_number(r->minor, "minor", e)) < 0)
		return err;
	/* Each test that fails jumps over the tests after it and the one instruction that changes the grant. */
	tests = (type != 0) + (r->major >= 0) + (r->minor >= 0);
	rest = tests;
	if (type != 0)
		out[(*n)++] = insn(BPF_JMP | BPF_JNE | BPF_K, R_TYPE, 0, rest--, type);
	if (r->major >= 0)
		out[(*n)++] = insn(BPF_JMP | BPF_JNE | BPF_K, R_MAJOR, 0, rest--, (int)r->major);
	if (r->minor >= 0)
		out[(*n)++] = insn(BPF_JMP | BPF_JNE | BPF_K, R_MINOR, 0, rest--, (int)r->minor);
	out[(*n)++] = r->allow ? alu(BPF_OR, R_GRANTED, bits) : alu(BPF_AND, R_GRANTED, ~bits & 7);
	return 0;
}

int cg_dev_assemble(const struct device_rule *rules, size_t n, struct bpf_insn *out, size_t *ret_n,
		    struct err *e)
{
	size_t len = 0, i;
	int r;

	if (n > CG_DEV_RULES_MAX)
		return err_set(e, E2BIG, "%zu device rules, at most %d are possible", n, CG_DEV_RULES_MAX);
	out[len++] = load(R_TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	out[len++] = insn(BPF_ALU | BPF_MOV | BPF_X, R_ASKED, R_TYPE, 0, 0);
	out[len++] = alu(BPF_RSH, R_ASKED, 16);
	out[len++] = alu(BPF_AND, R_TYPE, 0xffff);
	out[len++] = load(R_MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	out[len++] = load(R_MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
	out[len++] = alu(BPF_MOV, R_GRANTED, 0);
	for (i = 0; i < n; i++) {
		r = assemble_rule(&rules[i], out, &len, e);
		if (r < 0)
			return r;
	}
	/* granted = ~granted & asked: what is missing */
	out[len++] = alu(BPF_XOR, R_GRANTED, -1);
	out[len++] = insn(BPF_ALU | BPF_AND | BPF_X, R_GRANTED, R_ASKED, 0, 0);
	out[len++] = alu(BPF_MOV, BPF_REG_0, 0);
	out[len++] = insn(BPF_JMP | BPF_JNE | BPF_K, R_GRANTED, 0, 1, 0);
	out[len++] = alu(BPF_MOV, BPF_REG_0, 1);
	out[len++] = insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	*ret_n = len;
	return 0;
}

static int bpf(int cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int load_and_attach(const char *dir, const struct bpf_insn *prog, size_t n, struct err *e)
{
	_cleanup_fd_ int prog_fd = -1, dir_fd = -1;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (__u64)(uintptr_t)prog;
	attr.insn_cnt = (__u32)n;
	attr.license = (__u64)(uintptr_t) "Apache-2.0";
	prog_fd = bpf(BPF_PROG_LOAD, &attr);
	if (prog_fd < 0)
		return err_sys(e, "cgroup '%s': the kernel refuses the device program", dir);
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return err_sys(e, "cgroup '%s'", dir);
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (__u32)dir_fd;
	attr.attach_bpf_fd = (__u32)prog_fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (bpf(BPF_PROG_ATTACH, &attr) < 0)
		return err_sys(e, "cgroup '%s': cannot attach the device program", dir);
	return 0;
}

int cg_dev_attach(const char *dir, const struct device_rule *rules, size_t n, struct err *e)
{
	struct arena a = {0};
	struct bpf_insn *prog;
	size_t len = 0;
	int r;

	prog = arena_array(&a, CG_DEV_PROLOGUE + n * CG_DEV_PER_RULE + CG_DEV_EPILOGUE, sizeof(*prog));
	if (!prog)
		return err_oom(e);
	r = cg_dev_assemble(rules, n, prog, &len, e);
	if (r == 0)
		r = load_and_attach(dir, prog, len, e);
	arena_release(&a);
	return r;
}
