/* SPDX-License-Identifier: Apache-2.0 */
/* A build as BuildKit takes it (LLB). */
#include "bunny/llb_parts.h"

#include <errno.h>
#include <string.h>

#include "bunny/digest.h"
#include "grpc/pb.h"

#define OPS_MAX 10000

void llb_fail_oom(struct llb *g)
{
	if (!g->fail.code)
		err_oom(&g->fail);
}

void llb_cap(struct llb_op *op, const char *name)
{
	for (size_t i = 0; i < op->ncaps; i++) {
		if (streq(op->caps[i], name))
			return;
	}
	if (op->ncaps < LLB_CAPS_MAX)
		op->caps[op->ncaps++] = name;
}

void *llb_grown(struct llb *g, void *v, size_t n)
{
	void *bigger = arena_append(g->a, v, n, sizeof(void *));

	if (!bigger)
		llb_fail_oom(g);
	return bigger;
}

/* --- operations --- */

struct llb_at llb_find(const struct llb *g, const char *digest)
{
	for (size_t i = 0; i < g->n; i++) {
		if (streq(g->ops[i].digest, digest))
			return (struct llb_at){i, 0};
	}
	return LLB_SCRATCH;
}

static struct llb_op *append(struct llb *g)
{
	struct llb_op *bigger;

	if (g->n == OPS_MAX) {
		err_set(&g->fail, E2BIG, "the build has more than %d operations", OPS_MAX);
		return NULL;
	}
	bigger = arena_room(g->a, g->ops, g->n, &g->cap, 16, sizeof(*bigger));
	if (!bigger) {
		llb_fail_oom(g);
		return NULL;
	}
	g->ops = bigger;
	return &g->ops[g->n++];
}

struct llb_at llb_add_packed(struct llb *g, struct llb_op op)
{
	const struct digest d = digest_of(op.packed.p, op.packed.n);
	struct llb_at at;
	struct llb_op *new;

	op.digest = digest_text(&d, g->a);
	if (!op.digest) {
		llb_fail_oom(g);
		return LLB_SCRATCH;
	}
	at = llb_find(g, op.digest);
	if (at.op != SIZE_MAX)
		return at;
	new = append(g);
	if (!new)
		return LLB_SCRATCH;
	*new = op;
	return (struct llb_at){g->n - 1, 0};
}

struct llb_at llb_add(struct llb *g, Llb__Op *message, struct llb_op op)
{
	static Llb__WorkerConstraints anywhere = LLB__WORKER_CONSTRAINTS__INIT;

	if (g->fail.code)
		return LLB_SCRATCH;
	message->constraints = &anywhere;
	llb_cap(&op, "constraints");
	if (message->platform)
		llb_cap(&op, "platform");
	if (op.show.name)
		llb_cap(&op, "meta.description");
	op.no_cache = g->no_cache;
	if (op.no_cache)
		llb_cap(&op, "meta.ignorecache");
	if (pb_pack(&message->base, g->a, &op.packed, &g->fail) < 0)
		return LLB_SCRATCH;
	return llb_add_packed(g, op);
}

int64_t llb_input(struct llb *g, struct llb_inputs *l, struct llb_at at)
{
	Llb__Input *new;

	if (at.op == SIZE_MAX || g->fail.code)
		return -1;
	for (size_t i = 0; i < l->n; i++) {
		if (streq(l->v[i]->digest, g->ops[at.op].digest) && l->v[i]->index == at.output)
			return (int64_t)i;
	}
	new = arena_alloc(g->a, sizeof(*new));
	l->v = llb_grown(g, l->v, l->n);
	if (!new || !l->v) {
		llb_fail_oom(g);
		return -1;
	}
	llb__input__init(new);
	new->digest = pb_str(g->ops[at.op].digest);
	new->index = at.output;
	l->v[l->n] = new;
	return (int64_t)l->n++;
}

static Llb__SourceOp__AttrsEntry **pairs(struct llb *g, const struct key_values *l)
{
	Llb__SourceOp__AttrsEntry **v = arena_array(g->a, l->n, sizeof(void *));
	Llb__SourceOp__AttrsEntry *each = arena_array(g->a, l->n, sizeof(*each));

	if (!v || !each)
		return NULL;
	for (size_t i = 0; i < l->n; i++) {
		v[i] = &each[i];
		llb__source_op__attrs_entry__init(v[i]);
		v[i]->key = pb_str(l->v[i].key);
		v[i]->value = pb_str(l->v[i].value);
	}
	return v;
}

static void source_caps(struct llb_op *op, const char *identifier, const struct key_values *attrs)
{
	static const struct {
		const char *scheme, *cap;
	} kinds[] = {
		{"docker-image://", "source.image"},
		{"local://", "source.local"},
		{"git://", "source.git"},
		{"https://", "source.http"},
		{"oci-layout://", "source.ocilayout"},
	};
	static const struct {
		const char *attr, *cap;
	} attr_caps[] = {
		{"local.includepattern", "source.local.includepatterns"},
		{"local.followpaths", "source.local.followpaths"},
		{"local.excludepatterns", "source.local.excludepatterns"},
		{"local.session", "source.local.sessionid"},
		{"local.sharedkeyhint", "source.local.sharedkeyhint"},
		{"image.resolvemode", "source.image.resolvemode"},
		{"git.fullurl", "source.git.fullurl"},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (str_starts(identifier, kinds[i].scheme))
			llb_cap(op, kinds[i].cap);
	}
	for (size_t i = 0; i < sizeof(attr_caps) / sizeof(attr_caps[0]); i++) {
		if (kv_get(attrs, attr_caps[i].attr))
			llb_cap(op, attr_caps[i].cap);
	}
}

struct llb_at llb_source(struct llb *g, const char *identifier, const struct key_values *attrs,
			 const struct platform *platform, struct llb_show show)
{
	Llb__Op op = LLB__OP__INIT;
	Llb__SourceOp source = LLB__SOURCE_OP__INIT;
	Llb__Platform p = LLB__PLATFORM__INIT;
	struct llb_op new = {.show = show};

	source.identifier = pb_str(identifier);
	source.n_attrs = attrs->n;
	source.attrs = attrs->n ? pairs(g, attrs) : NULL;
	if (attrs->n && !source.attrs) {
		llb_fail_oom(g);
		return LLB_SCRATCH;
	}
	op.op_case = LLB__OP__OP_SOURCE;
	op.source = &source;
	if (platform) {
		p.os = pb_str(platform->os);
		p.architecture = pb_str(platform->arch);
		p.variant = pb_str(platform->variant ? platform->variant : "");
		op.platform = &p;
	}
	source_caps(&new, identifier, attrs);
	return llb_add(g, &op, new);
}

/* --- a program --- */

static Llb__Mount **make_mounts(struct llb *g, struct llb_inputs *inputs, const struct llb_mount *mounts,
				size_t n)
{
	Llb__Mount **v = arena_array(g->a, n, sizeof(*v));
	Llb__Mount *each = arena_array(g->a, n, sizeof(*each));
	int64_t outputs = 0;

	if (!v || !each) {
		llb_fail_oom(g);
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		v[i] = &each[i];
		llb__mount__init(v[i]);
		v[i]->input = llb_input(g, inputs, mounts[i].at);
		v[i]->dest = pb_str(mounts[i].dst);
		v[i]->readonly = mounts[i].readonly;
		v[i]->output = mounts[i].result ? outputs++ : -1;
	}
	return v;
}

struct llb_at llb_run(struct llb *g, const struct strs *args, const struct strs *env,
		      const struct llb_mount *mounts, size_t n, struct llb_show show)
{
	Llb__Op op = LLB__OP__INIT;
	Llb__ExecOp exec = LLB__EXEC_OP__INIT;
	Llb__Meta meta = LLB__META__INIT;
	struct llb_inputs inputs = {0};
	struct llb_op new = {.show = show};

	if (g->fail.code)
		return LLB_SCRATCH;
	meta.n_args = args->n;
	meta.args = (char **)(uintptr_t)args->v;
	meta.n_env = env->n;
	meta.env = (char **)(uintptr_t)env->v;
	meta.cwd = pb_str("/");
	exec.meta = &meta;
	exec.network = 2; /* none */
	exec.n_mounts = n;
	exec.mounts = make_mounts(g, &inputs, mounts, n);
	if (!exec.mounts)
		return LLB_SCRATCH;
	op.n_inputs = inputs.n;
	op.inputs = inputs.v;
	op.op_case = LLB__OP__OP_EXEC;
	op.exec = &exec;
	llb_cap(&new, "exec.meta.base");
	llb_cap(&new, "exec.meta.network");
	llb_cap(&new, "exec.mount.bind");
	return llb_add(g, &op, new);
}
