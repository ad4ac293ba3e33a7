/* SPDX-License-Identifier: Apache-2.0 */
/* The decided build as LLB. */
#include "bunny/llb_build.h"

#include <errno.h>
#include <string.h>

#include "bunny/ref.h"
#include "common/path.h"

/* What is being made of what. */
struct maker {
	struct llb *g;
	const struct build *b;
	const struct llb_world *w;
	struct llb_at *trees; /* those that are done */
	struct llb_at context;
	bool has_context;
	struct err *e;
};

static struct llb_show show(const char *name)
{
	return (struct llb_show){.name = name};
}

/* Sets unless memory is gone, which the graph remembers. */
static void set(struct llb *g, struct key_values *l, const char *key, const char *value)
{
	if (!g->fail.code && !value)
		err_oom(&g->fail);
	if (!g->fail.code && kv_set(l, g->a, key, value, &g->fail) < 0)
		return;
}

/* ["a","b"] */
static const char *json_list(struct llb *g, const struct strs *l)
{
	struct strbuf b = STRBUF(g->a);

	sb_addc(&b, '[');
	for (size_t i = 0; i < l->n; i++) {
		sb_add(&b, i ? "," : "");
		sb_json_str(&b, l->v[i], strlen(l->v[i]));
	}
	sb_addc(&b, ']');
	return b.oom ? NULL : b.p;
}

/* --- where things come from --- */

struct llb_at llb_context(struct llb *g, const struct llb_world *w, const struct strs *paths, const char *name)
{
	const char *context = w->context ? w->context : "context";
	struct key_values attrs = {0};

	if (w->context_source && w->context_url)
		set(g, &attrs, "git.fullurl", w->context_url);
	if (w->context_source)
		return llb_source(g, w->context_source, &attrs, NULL, show(name));
	if (w->exclude.n)
		set(g, &attrs, "local.excludepatterns", json_list(g, &w->exclude));
	if (paths->n)
		set(g, &attrs, "local.followpaths", json_list(g, paths));
	set(g, &attrs, "local.sharedkeyhint", context);
	return llb_source(g, arena_printf(g->a, "local://%s", context), &attrs, NULL, show(name));
}

const char *llb_named_context(const struct llb_world *w, const char *ref, struct arena *a)
{
	const char *found = kv_get(&w->contexts, ref);
	struct image_ref r;
	const char *whole;

	if (found || ref_parse(ref, a, &r, NULL) < 0)
		return found;
	whole = ref_text(&r, a);
	for (size_t i = 0; i < w->contexts.n && whole; i++) {
		const char *name;

		if (ref_parse(w->contexts.v[i].key, a, &r, NULL) == 0 && (name = ref_text(&r, a)) != NULL &&
		    streq(name, whole))
			return w->contexts.v[i].value;
	}
	return NULL;
}

static struct llb_at image(struct llb *g, const char *ref, const struct build_input *in,
			   const struct llb_world *w, struct err *e)
{
	struct key_values attrs = {0};
	struct image_ref r;

	if (ref_parse(ref, g->a, &r, e) < 0)
		return LLB_SCRATCH;
	if (!r.digest)
		r.digest = in->digest;
	if (w->resolve_mode)
		set(g, &attrs, "image.resolvemode", w->resolve_mode);
	return llb_source(g, arena_printf(g->a, "docker-image://%s", ref_text(&r, g->a)), &attrs,
			  &in->platform, show(NULL));
}

struct llb_at llb_image(struct llb *g, const struct build_input *in, const struct llb_world *w, struct err *e)
{
	const char *named = llb_named_context(w, in->ref, g->a);
	struct key_values attrs = {0};

	if (!named)
		return image(g, in->ref, in, w, e);
	if (str_starts(named, "docker-image://"))
		return image(g, named + strlen("docker-image://"), in, w, e);
	if (str_starts(named, "local:")) {
		const char *name = named + strlen("local:");

		set(g, &attrs, "local.sharedkeyhint", name);
		return llb_source(g, arena_printf(g->a, "local://%s", name), &attrs, NULL, show(NULL));
	}
	if (str_starts(named, "git://") || str_starts(named, "oci-layout://"))
		return llb_source(g, named, &attrs, &in->platform, show(NULL));
	err_set(e, EINVAL,
		"build context '%s': '%s' is not known here: docker-image://, local directories, git:// and oci-layout:// are",
		in->ref, named);
	return LLB_SCRATCH;
}

/* All files that the build wants of the context, so that no others are sent. "." wants everything. */
static int context_paths(const struct build *b, struct arena *a, struct strs *ret, struct err *e)
{
	struct strv l = STRV(a);

	for (size_t t = 0; t < b->ntrees; t++) {
		for (size_t i = 0; i < b->trees[t].nlayers; i++) {
			const struct build_layer *layer = &b->trees[t].layers[i];

			for (size_t k = 0; k < layer->nops; k++) {
				const struct build_op *op = &layer->ops[k];

				const struct from *from = op->kind == BUILD_ROOT ? &op->after : &op->from;

				if ((op->kind != BUILD_COPY && op->kind != BUILD_ROOT) ||
				    from->kind != FROM_CONTEXT)
					continue;
				if (streq(op->source, ".") || *op->source == '\0') {
					*ret = (struct strs){0};
					return 0;
				}
				strv_add(&l, op->source);
			}
		}
	}
	return strv_done(&l, ret, e);
}

static struct llb_at context_of(struct maker *m)
{
	struct strs paths;

	if (m->has_context)
		return m->context;
	if (context_paths(m->b, m->g->a, &paths, m->e) < 0)
		return LLB_SCRATCH;
	m->context = llb_context(m->g, m->w, &paths, "load the context");
	m->has_context = true;
	return m->context;
}

static struct llb_at urunit(struct maker *m)
{
	struct llb_files *f;

	if (m->w->urunit.n == 0) {
		err_set(m->e, ENOENT, "urunit: %s",
			m->w->urunit_why ? m->w->urunit_why : "this bunny has none");
		return LLB_SCRATCH;
	}
	f = llb_files_begin(m->g, LLB_SCRATCH);
	llb_file(f, "/urunit", 0755, m->w->urunit, (struct owner){0}, m->w->epoch);
	return llb_files_end(f, show("write urunit"));
}

static struct llb_at from(struct maker *m, const struct from *f)
{
	switch (f->kind) {
	case FROM_CONTEXT:
		return context_of(m);
	case FROM_STAGE:
		return m->trees[f->index];
	case FROM_IMAGE:
		return llb_image(m->g, &m->b->inputs[f->index], m->w, m->e);
	case FROM_URUNIT:
		return urunit(m);
	case FROM_SCRATCH:
		break;
	}
	return LLB_SCRATCH;
}

/* --- a root as one file --- */

#define IN "/in"
#define FIRST "/first"
#define OUT "/out"

static struct llb_at tools(struct maker *m, const char **ret_path)
{
	struct llb_files *f;

	if (m->w->tools.n) {
		*ret_path = m->w->tools_path;
		return llb_import(m->g, m->w->tools, "the frontend's own definition");
	}
	*ret_path = "/bunny";
	f = llb_files_begin(m->g, LLB_SCRATCH);
	llb_file(f, "/bunny", 0755, m->w->self, (struct owner){0}, m->w->epoch);
	return llb_files_end(f, show("write bunny"));
}

static struct llb_at make_root(struct maker *m, const struct build_op *op, const char *name)
{
	const struct llb_at tree = m->trees[op->from.index];
	const char *program = NULL;
	/* A root that is no output is one that the container's own mount points cannot be made in. */
	const struct llb_mount mounts[] = {
		{.at = tools(m, &program), .dst = "/", .result = true},
		{.at = tree, .dst = IN, .readonly = tree.op != SIZE_MAX},
		{.at = LLB_SCRATCH, .dst = OUT, .result = true},
		{.at = from(m, &op->after), .dst = FIRST, .readonly = true},
	};
	const bool after = op->after.kind != FROM_SCRATCH;
	struct strv args = STRV(m->g->a), env = STRV(m->g->a);
	struct strs words, vars;
	struct llb_at done;

	strv_add(&args, program);
	strv_add(&args, op->root == ROOT_KIND_INITRD ? "mkinitrd" : "mkfs");
	if (op->root != ROOT_KIND_INITRD) {
		strv_add(&args, "--fs");
		strv_add(&args, op->root == ROOT_KIND_EXT4 ? "ext4" : "ext2");
	}
	if (op->root != ROOT_KIND_INITRD && op->size_bytes) {
		strv_add(&args, "--size");
		strv_addf(&args, "%llu", (unsigned long long)op->size_bytes);
	}
	if (after) {
		strv_add(&args, "--after");
		strv_addf(&args, FIRST "%s%s", op->source[0] == '/' ? "" : "/", op->source);
	}
	strv_add(&args, IN);
	strv_add(&args, OUT "/root");
	strv_add(&env, "PATH=/bin");
	strv_addf(&env, "SOURCE_DATE_EPOCH=%lld", (long long)m->w->epoch);
	if (strv_done(&args, &words, m->e) < 0 || strv_done(&env, &vars, m->e) < 0)
		return LLB_SCRATCH;
	done = llb_run(m->g, &words, &vars, mounts, sizeof(mounts) / sizeof(mounts[0]) - (after ? 0 : 1),
		       (struct llb_show){name, op->pos});
	done.output = 1;
	return done;
}

/* --- layers --- */

static const char *with_slash(struct maker *m, const char *path)
{
	const char *s = str_ends(path, "/") ? path : arena_printf(m->g->a, "%s/", path);

	if (!s)
		err_oom(m->e);
	return s;
}

/* The mode that a single file of the context gets, as `bunny build` gives it; -1 when nobody looked. */
static int usual_mode(const struct llb_world *w, const struct build_op *op)
{
	if (op->mode >= 0 || op->from.kind != FROM_CONTEXT || op->wildcard || op->unpack)
		return op->mode;
	for (size_t i = 0; i < w->nmodes; i++) {
		if (streq(w->modes[i].path, op->source))
			return w->modes[i].mode & 0111 ? 0755 : 0644;
	}
	return -1;
}

static void copy(struct maker *m, struct llb_files *f, const struct build_op *op)
{
	const bool docker = op->rules == COPY_DOCKER;
	struct llb_copy c = {
		.from = from(m, &op->from),
		.src = op->source,
		.dst = op->dst_dir ? with_slash(m, op->dst) : op->dst,
		.exclude = op->exclude,
		.owner = op->owner,
		.mode = usual_mode(m->w, op),
		.follow_links = docker,
		.contents = docker,
		.unpack = op->unpack,
		.wildcard = op->wildcard,
	};

	if (op->from.kind == FROM_CONTEXT)
		c.src = path_join_clean(m->g->a, "/", op->source);
	if (!c.src)
		err_oom(m->e);
	if (!m->e->code)
		llb_copy(f, &c, m->w->epoch);
}

/* A file needs its directory; a copy makes its own. */
static void directory_for(struct maker *m, struct llb_files *f, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *dir = slash && slash > path ? arena_strndup(m->g->a, path, (size_t)(slash - path)) : NULL;

	if (slash && slash > path && !dir)
		err_oom(m->e);
	if (dir)
		llb_dir(f, dir, 0755, (struct owner){0}, m->w->epoch);
}

static void add_op(struct maker *m, struct llb_files *f, const struct build_op *op, const char *name)
{
	struct llb_copy c;

	switch (op->kind) {
	case BUILD_COPY:
		copy(m, f, op);
		return;
	case BUILD_FILE:
		directory_for(m, f, op->dst);
		llb_file(f, op->dst, op->mode >= 0 ? op->mode : 0644, op->bytes, op->owner, m->w->epoch);
		return;
	case BUILD_DIR:
		llb_dir(f, op->dst, op->mode >= 0 ? op->mode : 0755, op->owner, m->w->epoch);
		return;
	case BUILD_ROOT:
		c = (struct llb_copy){
			.from = make_root(m, op, name),
			.src = "/root",
			.dst = op->dst,
			.owner = op->owner,
			.mode = op->mode >= 0 ? op->mode : 0644,
		};
		llb_copy(f, &c, m->w->epoch);
		return;
	}
}

static struct llb_at add_layer(struct maker *m, struct llb_at base, const struct build_layer *layer)
{
	struct llb_files *f = llb_files_begin(m->g, base);
	struct llb_show named = {.name = layer->created_by};

	for (size_t i = 0; i < layer->nops && !m->e->code; i++) {
		add_op(m, f, &layer->ops[i], layer->created_by);
		if (!named.pos.line)
			named.pos = layer->ops[i].pos;
	}
	return llb_files_end(f, named);
}

int llb_build(struct llb *g, const struct build *b, const struct llb_world *w, struct llb_at *ret,
	      struct err *e)
{
	struct err mine = {0};
	struct maker m = {.g = g, .b = b, .w = w, .e = &mine};

	m.trees = arena_array(g->a, b->ntrees, sizeof(*m.trees));
	if (!m.trees)
		return err_oom(e);
	for (size_t t = 0; t < b->ntrees && !mine.code; t++) {
		struct llb_at at = from(&m, &b->trees[t].base);

		for (size_t i = 0; i < b->trees[t].nlayers && !mine.code; i++)
			at = add_layer(&m, at, &b->trees[t].layers[i]);
		m.trees[t] = at;
	}
	if (mine.code)
		return err_set(e, mine.code, "%s", mine.msg);
	*ret = m.trees[b->result];
	return 0;
}
