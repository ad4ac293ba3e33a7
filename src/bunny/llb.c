/* SPDX-License-Identifier: Apache-2.0 */
/* A build as BuildKit takes it (LLB). */
#include "bunny/llb.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bunny/digest.h"
#include "grpc/pb.h"
#include "proto/buildkit/ops.pb-c.h"

#define OPS_MAX 10000
#define CAPS_MAX 12
#define NS_PER_SECOND INT64_C(1000000000)

struct llb_op {
	struct bytes packed;
	const char *digest;
	struct llb_show show;
	bool no_cache, imported;
	const char *caps[CAPS_MAX];
	size_t ncaps;
	Llb__OpMetadata *metadata; /* of an imported one */
};

static void fail_oom(struct llb *g)
{
	if (!g->fail.code)
		err_oom(&g->fail);
}

static void cap(struct llb_op *op, const char *name)
{
	for (size_t i = 0; i < op->ncaps; i++) {
		if (streq(op->caps[i], name))
			return;
	}
	if (op->ncaps < CAPS_MAX)
		op->caps[op->ncaps++] = name;
}

/* Room for one more element of a pointer array in the arena. */
static void *grown(struct llb *g, void *v, size_t n)
{
	void **bigger;

	if (n & (n - 1)) /* full at each power of two */
		return v;
	bigger = arena_array(g->a, n ? n * 2 : 1, sizeof(*bigger));
	if (!bigger)
		fail_oom(g);
	else if (n)
		memcpy(bigger, v, n * sizeof(*bigger));
	return bigger;
}

/* --- operations --- */

static struct llb_at find(const struct llb *g, const char *digest)
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
	if (g->n == g->cap) {
		bigger = arena_array(g->a, g->cap ? g->cap * 2 : 16, sizeof(*bigger));
		if (!bigger) {
			fail_oom(g);
			return NULL;
		}
		if (g->n)
			memcpy(bigger, g->ops, g->n * sizeof(*bigger));
		g->ops = bigger;
		g->cap = g->cap ? g->cap * 2 : 16;
	}
	return &g->ops[g->n++];
}

static struct llb_at add_packed(struct llb *g, struct llb_op op)
{
	const struct digest d = digest_of(op.packed.p, op.packed.n);
	struct llb_at at;
	struct llb_op *new;

	op.digest = digest_text(&d, g->a);
	if (!op.digest) {
		fail_oom(g);
		return LLB_SCRATCH;
	}
	at = find(g, op.digest);
	if (at.op != SIZE_MAX)
		return at;
	new = append(g);
	if (!new)
		return LLB_SCRATCH;
	*new = op;
	return (struct llb_at){g->n - 1, 0};
}

static struct llb_at add(struct llb *g, Llb__Op *message, struct llb_op op)
{
	static Llb__WorkerConstraints anywhere = LLB__WORKER_CONSTRAINTS__INIT;

	if (g->fail.code)
		return LLB_SCRATCH;
	message->constraints = &anywhere;
	cap(&op, "constraints");
	if (message->platform)
		cap(&op, "platform");
	if (op.show.name)
		cap(&op, "meta.description");
	op.no_cache = g->no_cache;
	if (op.no_cache)
		cap(&op, "meta.ignorecache");
	if (pb_pack(&message->base, g->a, &op.packed, &g->fail) < 0)
		return LLB_SCRATCH;
	return add_packed(g, op);
}

/* The inputs of an operation, each once. */
struct inputs {
	Llb__Input **v;
	size_t n;
};

/* Its number among the inputs; -1 for an empty directory. */
static int64_t input(struct llb *g, struct inputs *l, struct llb_at at)
{
	Llb__Input *new;

	if (at.op == SIZE_MAX || g->fail.code)
		return -1;
	for (size_t i = 0; i < l->n; i++) {
		if (streq(l->v[i]->digest, g->ops[at.op].digest) && l->v[i]->index == at.output)
			return (int64_t)i;
	}
	new = arena_alloc(g->a, sizeof(*new));
	l->v = grown(g, l->v, l->n);
	if (!new || !l->v) {
		fail_oom(g);
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
			cap(op, kinds[i].cap);
	}
	for (size_t i = 0; i < sizeof(attr_caps) / sizeof(attr_caps[0]); i++) {
		if (kv_get(attrs, attr_caps[i].attr))
			cap(op, attr_caps[i].cap);
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
		fail_oom(g);
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
	return add(g, &op, new);
}

/* --- files --- */

struct llb_files {
	struct llb *g;
	struct llb_at base;
	struct inputs inputs;
	struct llb_op op;
	Llb__FileAction **v;
	size_t n;
};

struct llb_files *llb_files_begin(struct llb *g, struct llb_at base)
{
	struct llb_files *f = g->fail.code ? NULL : arena_alloc(g->a, sizeof(*f));

	if (!f) {
		fail_oom(g);
		return NULL;
	}
	*f = (struct llb_files){.g = g, .base = base};
	input(g, &f->inputs, base);
	cap(&f->op, "file.base");
	return f;
}

/* A new action; input numbers beyond the inputs mean earlier actions, which is put right at the end. */
static Llb__FileAction *action(struct llb_files *f)
{
	Llb__FileAction *new;

	if (!f || f->g->fail.code)
		return NULL;
	new = arena_alloc(f->g->a, sizeof(*new));
	f->v = grown(f->g, f->v, f->n);
	if (!new || !f->v) {
		fail_oom(f->g);
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
		fail_oom(f->g);
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
		fail_oom(f->g);
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
			fail_oom(f->g);
		return;
	}
	a->secondary_input = input(f->g, &f->inputs, copy->from);
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
		cap(&f->op, "file.copy.includeexcludepatterns");
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
			fail_oom(f->g);
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
			fail_oom(f->g);
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
	return add(f->g, &op, f->op);
}

/* --- a program --- */

static Llb__Mount **make_mounts(struct llb *g, struct inputs *inputs, const struct llb_mount *mounts, size_t n)
{
	Llb__Mount **v = arena_array(g->a, n, sizeof(*v));
	Llb__Mount *each = arena_array(g->a, n, sizeof(*each));
	int64_t outputs = 0;

	if (!v || !each) {
		fail_oom(g);
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		v[i] = &each[i];
		llb__mount__init(v[i]);
		v[i]->input = input(g, inputs, mounts[i].at);
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
	struct inputs inputs = {0};
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
	cap(&new, "exec.meta.base");
	cap(&new, "exec.meta.network");
	cap(&new, "exec.mount.bind");
	return add(g, &op, new);
}

/* --- another's definition --- */

static struct llb_at import_op(struct llb *g, const Llb__Definition *d, size_t i, const char *what)
{
	const struct bytes packed = pb_bytes(d->def[i]);
	const Llb__Op *op = pb_unpack(&llb__op__descriptor, packed, g->a, &g->fail);
	struct llb_op new = {.packed = packed, .imported = true};

	if (!op)
		return LLB_SCRATCH;
	for (size_t k = 0; k < op->n_inputs; k++) {
		struct llb_at from = find(g, op->inputs[k]->digest);

		if (from.op == SIZE_MAX) {
			err_set(&g->fail, EPROTO, "%s: operation %zu needs '%s', which is not before it",
				what, i, op->inputs[k]->digest);
			return LLB_SCRATCH;
		}
		from.output = op->inputs[k]->index;
		/* The last one only names the result. */
		if (i + 1 == d->n_def && op->op_case == LLB__OP__OP__NOT_SET)
			return from;
	}
	if (i + 1 == d->n_def) {
		err_set(&g->fail, EPROTO, "%s names no result", what);
		return LLB_SCRATCH;
	}
	return add_packed(g, new);
}

static void import_metadata(struct llb *g, const Llb__Definition *d)
{
	for (size_t i = 0; i < d->n_metadata; i++) {
		struct llb_at at = find(g, d->metadata[i]->key);

		if (at.op != SIZE_MAX && g->ops[at.op].imported && !g->ops[at.op].metadata)
			g->ops[at.op].metadata = d->metadata[i]->value;
	}
}

struct llb_at llb_import(struct llb *g, struct bytes definition, const char *what)
{
	struct llb_at at = LLB_SCRATCH;
	const Llb__Definition *d;

	if (g->fail.code)
		return at;
	d = pb_unpack(&llb__definition__descriptor, definition, g->a, &g->fail);
	if (!d) {
		err_wrap(&g->fail, "%s", what);
		return at;
	}
	for (size_t i = 0; i < d->n_def && !g->fail.code; i++)
		at = import_op(g, d, i, what);
	import_metadata(g, d);
	return at;
}

/* --- the whole --- */

static int by_digest(const void *a, const void *b)
{
	const Llb__Definition__MetadataEntry *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int describe(const struct llb *g, struct llb_op *op, Llb__OpMetadata *m, struct err *e)
{
	Llb__OpMetadata__CapsEntry **caps = arena_array(g->a, op->ncaps, sizeof(*caps));
	Llb__OpMetadata__CapsEntry *each = arena_array(g->a, op->ncaps, sizeof(*each));
	Llb__OpMetadata__DescriptionEntry **names = arena_array(g->a, 1, sizeof(*names));
	Llb__OpMetadata__DescriptionEntry *name = arena_alloc(g->a, sizeof(*name));

	if (!caps || !each || !names || !name)
		return err_oom(e);
	qsort(op->caps, op->ncaps, sizeof(op->caps[0]), by_name);
	for (size_t i = 0; i < op->ncaps; i++) {
		caps[i] = &each[i];
		llb__op_metadata__caps_entry__init(caps[i]);
		caps[i]->key = pb_str(op->caps[i]);
		caps[i]->value = true;
	}
	m->n_caps = op->ncaps;
	m->caps = caps;
	m->ignore_cache = op->no_cache;
	if (op->show.name) {
		llb__op_metadata__description_entry__init(name);
		name->key = pb_str("llb.customname");
		name->value = pb_str(op->show.name);
		names[0] = name;
		m->n_description = 1;
		m->description = names;
	}
	return 0;
}

static Llb__Definition__MetadataEntry *entry(struct llb *g, struct llb_op *op, struct err *e)
{
	Llb__Definition__MetadataEntry *new = arena_alloc(g->a, sizeof(*new));
	Llb__OpMetadata *m = op->metadata ? op->metadata : arena_alloc(g->a, sizeof(*m));

	if (!new || !m) {
		err_oom(e);
		return NULL;
	}
	if (!op->metadata) {
		llb__op_metadata__init(m);
		if (describe(g, op, m, e) < 0)
			return NULL;
	}
	llb__definition__metadata_entry__init(new);
	new->key = pb_str(op->digest);
	new->value = m;
	return new;
}

/* One place in the file, as the protocol nests it. */
struct place {
	Llb__Source__LocationsEntry entry, *entry_at;
	Llb__Locations locations;
	Llb__Location location, *location_at;
	Llb__Range range, *range_at;
	Llb__Position start, end;
};

static Llb__Source__LocationsEntry *make_place(struct place *p, const struct llb_op *op)
{
	llb__position__init(&p->start);
	llb__position__init(&p->end);
	p->start.line = p->end.line = (int32_t)op->show.pos.line;
	llb__range__init(&p->range);
	p->range.start = &p->start;
	p->range.end = &p->end;
	p->range_at = &p->range;
	llb__location__init(&p->location);
	p->location.n_ranges = 1;
	p->location.ranges = &p->range_at;
	p->location_at = &p->location;
	llb__locations__init(&p->locations);
	p->locations.n_locations = 1;
	p->locations.locations = &p->location_at;
	llb__source__locations_entry__init(&p->entry);
	p->entry.key = pb_str(op->digest);
	p->entry.value = &p->locations;
	return &p->entry;
}

static int add_places(const struct llb *g, Llb__Definition *d, struct err *e)
{
	Llb__Source *source = arena_alloc(g->a, sizeof(*source));
	Llb__SourceInfo *info = arena_alloc(g->a, sizeof(*info));
	Llb__SourceInfo **infos = arena_alloc(g->a, sizeof(*infos));
	Llb__Source__LocationsEntry **v = arena_array(g->a, g->n, sizeof(*v));
	struct place *places = arena_array(g->a, g->n, sizeof(*places));

	if (!source || !info || !infos || !v || !places)
		return err_oom(e);
	llb__source__init(source);
	for (size_t i = 0; i < g->n; i++) {
		if (g->ops[i].show.pos.line)
			v[source->n_locations++] = make_place(&places[i], &g->ops[i]);
	}
	if (source->n_locations == 0)
		return 0;
	llb__source_info__init(info);
	info->filename = pb_str(g->source->name);
	info->data = pb_data(g->source->text);
	infos[0] = info;
	source->n_infos = 1;
	source->infos = infos;
	source->locations = v;
	d->source = source;
	return 0;
}

static int pack_result(struct llb *g, struct llb_at at, struct llb_op *ret, struct err *e)
{
	Llb__Op op = LLB__OP__INIT;
	struct inputs inputs = {0};
	struct digest sum;
	int r;

	cap(ret, "constraints");
	cap(ret, "meta.description");
	cap(ret, "platform");
	input(g, &inputs, at);
	if (g->fail.code)
		return err_oom(e);
	op.n_inputs = inputs.n;
	op.inputs = inputs.v;
	r = pb_pack(&op.base, g->a, &ret->packed, e);
	if (r < 0)
		return r;
	sum = digest_of(ret->packed.p, ret->packed.n);
	ret->digest = digest_text(&sum, g->a);
	return ret->digest ? 0 : err_oom(e);
}

int llb_finish(struct llb *g, struct llb_at at, struct bytes *ret, struct err *e)
{
	Llb__Definition d = LLB__DEFINITION__INIT;
	ProtobufCBinaryData *def = arena_array(g->a, g->n + 1, sizeof(*def));
	Llb__Definition__MetadataEntry **metadata = arena_array(g->a, g->n + 1, sizeof(void *));
	struct llb_op last = {0};
	int r;

	if (g->fail.code)
		return err_set(e, g->fail.code, "%s", g->fail.msg);
	if (!def || !metadata)
		return err_oom(e);
	if (at.op == SIZE_MAX)
		return pb_pack(&d.base, g->a, ret, e);
	r = pack_result(g, at, &last, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i <= g->n; i++) {
		struct llb_op *op = i < g->n ? &g->ops[i] : &last;

		def[i] = pb_data(op->packed);
		metadata[i] = entry(g, op, e);
		if (!metadata[i])
			return -e->code;
	}
	qsort(metadata, g->n + 1, sizeof(*metadata), by_digest);
	d.n_def = d.n_metadata = g->n + 1;
	d.def = def;
	d.metadata = metadata;
	r = g->source ? add_places(g, &d, e) : 0;
	return r < 0 ? r : pb_pack(&d.base, g->a, ret, e);
}
