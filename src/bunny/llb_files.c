/* SPDX-License-Identifier: Apache-2.0 */
/* Layers of a build in LLB: file operations one after another. */
#include "bunny/llb_parts.h"
#include "grpc/pb.h"

#define NS_PER_SECOND INT64_C(1000000000)

struct llb_files {
	struct llb *g;
	struct llb_at base;
	struct llb_inputs inputs;
	struct llb_op op;
	Llb__FileAction **v;
	size_t n;
};

struct llb_files *llb_files_begin(struct llb *g, struct llb_at base)
{
	struct llb_files *f = g->fail.code ? NULL : arena_alloc(g->a, sizeof(*f));

	if (!f) {
		llb_fail_oom(g);
		return NULL;
	}
	*f = (struct llb_files){.g = g, .base = base};
	llb_input(g, &f->inputs, base);
	llb_cap(&f->op, "file.base");
	return f;
}

/* A new action; input numbers beyond the inputs mean earlier actions, which is put right at the end. */
static Llb__FileAction *action(struct llb_files *f)
{
	Llb__FileAction *new;

	if (!f || f->g->fail.code)
		return NULL;
	new = arena_alloc(f->g->a, sizeof(*new));
	f->v = llb_grown(f->g, f->v, f->n);
	if (!new || !f->v) {
		llb_fail_oom(f->g);
		return NULL;
	}
	llb__file_action__init(new);
	new->secondary_input = -1;
	f->v[f->n++] = new;
	return new;
}

static int64_t nanoseconds(int64_t epoch)
{
	return epoch == LLB_KEEP_TIME ? -1 : epoch * NS_PER_SECOND;
}

static Llb__UserOpt *user_opt(struct llb_files *f, const char *text)
{
	Llb__UserOpt *u = arena_alloc(f->g->a, sizeof(*u));
	Llb__NamedUserOpt *named = arena_alloc(f->g->a, sizeof(*named));
	uint64_t id;

	if (!u || !named) {
		llb_fail_oom(f->g);
		return NULL;
	}
	llb__user_opt__init(u);
	if (str_u64(text, 0, UINT32_MAX, &id)) {
		u->user_case = LLB__USER_OPT__USER_BY_ID;
		u->by_id = (uint32_t)id;
		return u;
	}
	/* Looked up in the files of what it is copied onto; without those there are no names. */
	llb__named_user_opt__init(named);
	named->name = pb_str(text);
	named->input = f->base.op == SIZE_MAX ? -1 : 0;
	u->user_case = LLB__USER_OPT__USER_BY_NAME;
	u->by_name = named;
	return u;
}

static Llb__ChownOpt *chown_opt(struct llb_files *f, struct owner owner)
{
	Llb__ChownOpt *c;

	if (!owner.user && !owner.group)
		return NULL;
	c = arena_alloc(f->g->a, sizeof(*c));
	if (!c) {
		llb_fail_oom(f->g);
		return NULL;
	}
	llb__chown_opt__init(c);
	if (owner.user)
		c->user = user_opt(f, owner.user);
	if (owner.group)
		c->group = user_opt(f, owner.group);
	return c;
}

void llb_copy(struct llb_files *f, const struct llb_copy *copy, int64_t epoch)
{
	Llb__FileAction *a = action(f);
	Llb__FileActionCopy *c = a ? arena_alloc(f->g->a, sizeof(*c)) : NULL;

	if (!c) {
		if (a)
			llb_fail_oom(f->g);
		return;
	}
	a->secondary_input = llb_input(f->g, &f->inputs, copy->from);
	llb__file_action_copy__init(c);
	c->src = pb_str(copy->src);
	c->dest = pb_str(copy->dst);
	c->owner = chown_opt(f, copy->owner);
	c->mode = copy->mode;
	c->timestamp = nanoseconds(epoch);
	c->follow_symlink = copy->follow_links;
	c->dir_copy_contents = copy->contents;
	c->attempt_unpack = copy->unpack;
	c->create_dest_path = true;
	c->allow_wildcard = copy->wildcard;
	c->n_exclude_patterns = copy->exclude.n;
	c->exclude_patterns = (char **)(uintptr_t)copy->exclude.v;
	if (copy->exclude.n)
		llb_cap(&f->op, "file.copy.includeexcludepatterns");
	a->action_case = LLB__FILE_ACTION__ACTION_COPY;
	a->copy = c;
}

void llb_file(struct llb_files *f, const char *path, int mode, struct bytes bytes, struct owner owner,
	      int64_t epoch)
{
	Llb__FileAction *a = action(f);
	Llb__FileActionMkFile *m = a ? arena_alloc(f->g->a, sizeof(*m)) : NULL;

	if (!m) {
		if (a)
			llb_fail_oom(f->g);
		return;
	}
	llb__file_action_mk_file__init(m);
	m->path = pb_str(path);
	m->mode = mode;
	m->data = pb_data(bytes);
	m->owner = chown_opt(f, owner);
	m->timestamp = nanoseconds(epoch);
	a->action_case = LLB__FILE_ACTION__ACTION_MKFILE;
	a->mkfile = m;
}

void llb_dir(struct llb_files *f, const char *path, int mode, struct owner owner, int64_t epoch)
{
	Llb__FileAction *a = action(f);
	Llb__FileActionMkDir *m = a ? arena_alloc(f->g->a, sizeof(*m)) : NULL;

	if (!m) {
		if (a)
			llb_fail_oom(f->g);
		return;
	}
	llb__file_action_mk_dir__init(m);
	m->path = pb_str(path);
	m->mode = mode;
	m->make_parents = true;
	m->owner = chown_opt(f, owner);
	m->timestamp = nanoseconds(epoch);
	a->action_case = LLB__FILE_ACTION__ACTION_MKDIR;
	a->mkdir = m;
}

struct llb_at llb_files_end(struct llb_files *f, struct llb_show show)
{
	Llb__Op op = LLB__OP__INIT;
	Llb__FileOp file = LLB__FILE_OP__INIT;

	if (!f)
		return LLB_SCRATCH;
	if (f->n == 0)
		return f->base;
	/* Each action works on what the one before left; only the last one's work is kept. */
	for (size_t i = 0; i < f->n; i++) {
		f->v[i]->input = i ? (int64_t)(f->inputs.n + i - 1) : f->base.op == SIZE_MAX ? -1 : 0;
		f->v[i]->output = i + 1 == f->n ? 0 : -1;
	}
	file.n_actions = f->n;
	file.actions = f->v;
	op.n_inputs = f->inputs.n;
	op.inputs = f->inputs.v;
	op.op_case = LLB__OP__OP_FILE;
	op.file = &file;
	f->op.show = show;
	return llb_add(f->g, &op, f->op);
}
