/* SPDX-License-Identifier: Apache-2.0 */
/* bunny as a BuildKit frontend. */
#include "bunny/frontend.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bunny/content.h"
#include "bunny/frontend_opts.h"
#include "bunny/frontend_result.h"
#include "bunny/gateway.h"
#include "bunny/ignore.h"
#include "bunny/llb_build.h"
#include "bunny/ref.h"
#include "common/io.h"
#include "common/path.h"

#define DEFINITION_MAX_BYTES (1u << 20)

/* An image that BuildKit has been asked for. */
struct resolved {
	const char *ref;
	struct platform platform;
	struct gateway_image image;
};

struct frontend {
	struct arena *a;
	struct gateway g;
	struct frontend_opts o;
	struct llb_world world;
	struct platform worker;
	struct source source; /* the file */
	struct ignore ignore;
	struct resolved *images;
	size_t nimages, cap;
	const char *complaint; /* for the user, instead of the error's one line */
};

/* --- the file, and what is to be left out of the context --- */

/* A client's directory, those of its files that are named. */
static int solve_files(struct frontend *f, const char *context, const struct strs *paths, const char *name,
		       const char **ret_ref, struct err *e)
{
	const struct llb_world world = {.context = context,
					.context_source = f->world.context_source,
					.context_url = f->world.context_url};
	struct llb g = LLB(f->a, NULL);
	struct llb_at at = llb_context(&g, &world, paths, name);
	struct bytes definition;
	int r = llb_finish(&g, at, &definition, e);

	return r < 0 ? r : gateway_solve(&f->g, definition, false, ret_ref, e);
}

static int read_first(struct frontend *f, const char *ref, const struct strs *names, const char **ret_name,
		      struct bytes *ret, struct err *e)
{
	for (size_t i = 0; i < names->n; i++) {
		int r = ref ? gateway_read(&f->g, ref, names->v[i], 0, 0, ret, e) : -ENOENT;

		if (r != -ENOENT) {
			*ret_name = names->v[i];
			return r;
		}
	}
	return err_set(e, ENOENT, "'%s' is not there%s", names->v[0],
		       names->n > 1 ? ", nor under another usual name" : "");
}

/* From the client's own directory for it, or else from the context. *ret_context: which. */
static int find_file(struct frontend *f, const struct strs *names, const char **ret_ref, struct err *e)
{
	const char *const contexts[] = {f->o.dockerfile, f->o.context};
	struct err first = {0};

	for (size_t i = 0; i < 2; i++) {
		struct strv paths = STRV(f->a);
		struct strs all;
		int r;

		for (size_t k = 0; k < names->n; k++) {
			strv_add(&paths, names->v[k]);
			strv_addf(&paths, "%s.dockerignore", names->v[k]);
		}
		r = strv_done(&paths, &all, e);
		if (r == 0)
			r = solve_files(f, contexts[i], &all, "load the build's file", ret_ref, e);
		if (r == 0)
			r = read_first(f, *ret_ref, names, &f->source.name, &f->source.text, e);
		if (r == 0)
			return 0;
		if (f->world.context_source || (r != -ENOENT && f->g.last.code == GRPC_OK))
			return r;
		if (i == 0 || first.code != ENOENT)
			first = *e;
	}
	/* The first place is the one that the user meant, if there is such a directory at all. */
	f->g.last = (struct grpc_status){0};
	*e = first;
	return -e->code;
}

static int read_file(struct frontend *f, const char **ret_ref, struct err *e)
{
	static const char *const usual[] = {"bunnyfile", "Containerfile", "Dockerfile"};
	const struct strs named = {&f->o.filename, 1}, all = {(const char **)(uintptr_t)usual, 3};

	return find_file(f, f->o.filename ? &named : &all, ret_ref, e);
}

/* The patterns as they were written, without comments: BuildKit's client reads them by the same rules. */
static int exclude_patterns(struct frontend *f, struct bytes text, struct err *e)
{
	struct strv l = STRV(f->a);
	char *rest = arena_memdup(f->a, text.p, text.n), *line;

	if (!rest)
		return err_oom(e);
	while ((line = strsep(&rest, "\n")) != NULL) {
		size_t n;

		line += strspn(line, " \t\r");
		for (n = strlen(line); n > 0 && strchr(" \t\r", line[n - 1]); n--)
			line[n - 1] = '\0';
		if (n > 0 && *line != '#')
			strv_add(&l, line);
	}
	return strv_done(&l, &f->world.exclude, e);
}

/* ref: where the file was found. */
static int read_ignore(struct frontend *f, const char *ref, struct err *e)
{
	static const char *const usual[] = {".bunnyignore", ".dockerignore"};
	const char *beside = arena_printf(f->a, "%s.dockerignore", f->source.name), *name;
	const struct strs own = {&beside, 1}, all = {(const char **)(uintptr_t)usual, 2};
	struct diags d = DIAGS(f->a);
	struct bytes text = {0};
	int r;

	if (!beside)
		return err_oom(e);
	r = read_first(f, ref, &own, &name, &text, e);
	if (r == -ENOENT)
		r = solve_files(f, f->o.context, &all, "load .dockerignore", &ref, e);
	if (r == 0 && text.n == 0)
		r = read_first(f, ref, &all, &name, &text, e);
	/* There need be none, and with an image as the only input no context either. */
	if (r == -ENOENT || (r < 0 && f->g.last.code != GRPC_OK)) {
		f->g.last = (struct grpc_status){0};
		*e = (struct err){0};
		return 0;
	}
	if (r == 0)
		r = ignore_parse(text, f->a, &f->ignore, &d);
	return r < 0 ? r : exclude_patterns(f, text, e);
}

/* --- facts --- */

static int resolve(struct frontend *f, const char *ref, const struct platform *p,
		   const struct gateway_image **ret, struct err *e)
{
	const char *named = llb_named_context(&f->world, ref, f->a), *whole;
	struct resolved *bigger;
	struct image_ref name;
	int r;

	for (size_t i = 0; i < f->nimages; i++) {
		const struct platform *q = &f->images[i].platform;

		if (streq(f->images[i].ref, ref) && streq(q->os, p->os) && streq(q->arch, p->arch)) {
			*ret = &f->images[i].image;
			return 0;
		}
	}
	if (f->nimages == f->cap) {
		bigger = arena_array(f->a, f->cap + 16, sizeof(*bigger));
		if (!bigger)
			return err_oom(e);
		if (f->nimages)
			memcpy(bigger, f->images, f->nimages * sizeof(*bigger));
		f->images = bigger;
		f->cap += 16;
	}
	f->images[f->nimages] = (struct resolved){.ref = ref, .platform = *p};
	/* What stands for it may be no image: then it has no config. */
	if (!named || str_starts(named, "docker-image://")) {
		r = ref_parse(named ? named + strlen("docker-image://") : ref, f->a, &name, e);
		whole = r == 0 ? ref_text(&name, f->a) : NULL;
		if (r == 0 && !whole)
			r = err_oom(e);
		if (r == 0)
			r = gateway_image(&f->g, whole, p, f->o.resolve_mode, &f->images[f->nimages].image, e);
		if (r < 0)
			return r;
	}
	*ret = &f->images[f->nimages++].image;
	return 0;
}

static int gather_image(struct frontend *f, const struct image_want *want, struct image_facts *ret,
			struct err *e)
{
	const struct gateway_image *image;
	int r = resolve(f, want->ref, &want->platform, &image, e);

	if (r < 0)
		return r;
	ret->digest = image->digest;
	ret->known = true;
	if (image->config.n == 0) {
		ret->config.platform = want->platform;
		return 0;
	}
	return image_config_parse(image->config, want->ref, f->a, &ret->config, e);
}

static int gather_images(struct frontend *f, const struct recipe *r, struct build_facts *facts, struct err *e)
{
	facts->images = arena_array(f->a, r->nimages, sizeof(*facts->images));
	facts->nimages = r->nimages;
	if (!facts->images)
		return err_oom(e);
	for (size_t i = 0; i < r->nimages; i++) {
		int x = r->images[i].need_config ? gather_image(f, &r->images[i], &facts->images[i], e) : 0;

		if (x < 0)
			return err_wrap(e, "%s:%u: %s", f->source.name, r->images[i].pos.line,
					r->images[i].ref);
	}
	return 0;
}

static int gather_path(struct frontend *f, const char *ref, const struct path_want *want,
		       struct path_facts *ret, struct err *e)
{
	struct gateway_stat st;
	struct bytes head;
	int r;

	ret->ignored = ignore_match(&f->ignore, want->path);
	if (want->pattern || streq(want->path, "."))
		return 0;
	r = ref ? gateway_stat(&f->g, ref, want->path, &st, e) : -ENOENT;
	if (r == -ENOENT) {
		*e = (struct err){0};
		ret->kind = PATH_ABSENT;
		return 0;
	}
	if (r < 0)
		return r;
	ret->size_bytes = st.size;
	ret->kind = S_ISREG(st.mode) ? PATH_FILE : S_ISDIR(st.mode) ? PATH_DIR : PATH_OTHER;
	if (ret->kind != PATH_FILE)
		return 0;
	f->world.modes[f->world.nmodes++] = (struct llb_mode){want->path, st.mode & 0777};
	if (!want->content)
		return 0;
	r = gateway_read(&f->g, ref, want->path, 0, CONTENT_HEAD_BYTES, &head, e);
	if (r == 0)
		ret->content = content_of(head, &ret->arch);
	return r;
}

/* Only what is named is asked for, so only that is sent. */
static int gather_paths(struct frontend *f, const struct recipe *r, struct build_facts *facts, struct err *e)
{
	struct strv paths = STRV(f->a);
	struct llb g = LLB(f->a, NULL);
	const char *ref = NULL;
	struct bytes definition;
	struct strs all;
	int x;

	facts->paths = arena_array(f->a, r->npaths, sizeof(*facts->paths));
	f->world.modes = arena_array(f->a, r->npaths, sizeof(*f->world.modes));
	f->world.nmodes = 0;
	facts->npaths = r->npaths;
	if (!facts->paths || !f->world.modes)
		return err_oom(e);
	for (size_t i = 0; i < r->npaths; i++) {
		if (!streq(r->paths[i].path, "."))
			strv_add(&paths, r->paths[i].path);
	}
	x = strv_done(&paths, &all, e);
	if (x < 0 || all.n == 0)
		return x;
	x = llb_finish(&g, llb_context(&g, &f->world, &all, "look at the context"), &definition, e);
	if (x == 0)
		x = gateway_solve(&f->g, definition, false, &ref, e);
	for (size_t i = 0; i < r->npaths && x == 0; i++)
		x = gather_path(f, ref, &r->paths[i], &facts->paths[i], e);
	return x;
}

/* --- one platform --- */

static int complain(struct frontend *f, const struct diags *d, struct err *e)
{
	struct strbuf text = STRBUF(f->a);
	int r = diags_result(d, &f->source, e);

	if (r < 0) {
		diags_render(d, &f->source, &text);
		f->complaint = text.oom ? NULL : text.p;
	}
	return r < 0 ? r : err_set(e, EINVAL, "%s: refused", f->source.name);
}

static int warn(struct frontend *f, const struct diags *d, struct err *e)
{
	struct strbuf text = STRBUF(f->a);

	for (size_t i = 0; i < d->n; i++) {
		int r = d->v[i].level == DIAG_WARNING ? gateway_warn(&f->g, &d->v[i], &f->source, e) : 0;

		if (r < 0)
			return r;
	}
	diags_render(d, &f->source, &text);
	/* The log is for reading only: whether it is taken makes no difference. */
	if (text.len && write_all(STDERR_FILENO, text.p, text.len) < 0)
		return 0;
	return 0;
}

static struct recipe_options recipe_options(const struct frontend *f, const struct platform *p)
{
	return (struct recipe_options){
		.build_args = f->o.build_args,
		.labels = f->o.labels,
		.target = f->o.target,
		.platform = p ? *p : (struct platform){0},
		.host_arch = f->worker.arch,
		.monitor = f->o.monitor,
		.kernel_ref = f->o.kernel,
		.urunit = f->o.urunit,
	};
}

/* From the file to the decision. */
static int decide(struct frontend *f, const struct platform *p, struct build *ret, struct err *e)
{
	const struct recipe_options opt = recipe_options(f, p);
	struct build_facts facts = {0};
	struct diags d = DIAGS(f->a);
	struct recipe recipe;
	int r = recipe_parse(&f->source, &opt, f->a, &recipe, &d);

	if (r == 0) {
		r = gather_images(f, &recipe, &facts, e);
		if (r < 0)
			return r;
		r = recipe_expand(&recipe, &facts, &opt, f->a, &d);
	}
	if (r == 0) {
		r = gather_paths(f, &recipe, &facts, e);
		if (r < 0)
			return r;
		r = build_decide(&recipe, &facts, &opt, f->a, ret, &d);
	}
	if (r == -ENOMEM || d.oom)
		return err_oom(e);
	return r < 0 ? complain(f, &d, e) : warn(f, &d, e);
}

static int base_config(struct frontend *f, const struct build *b, struct bytes *ret, struct err *e)
{
	const size_t base = result_base(b);
	const struct gateway_image *image;
	int r;

	*ret = (struct bytes){0};
	if (base == SIZE_MAX)
		return 0;
	r = resolve(f, b->inputs[base].ref, &b->inputs[base].platform, &image, e);
	if (r == 0)
		*ret = image->config;
	return r;
}

struct part {
	struct build build;
	const char *ref, *config;
};

static int build_one(struct frontend *f, const struct platform *p, struct part *ret, struct err *e)
{
	struct llb g = LLB(f->a, &f->source);
	struct bytes definition, base;
	struct llb_at at;
	int r = decide(f, p, &ret->build, e);

	if (r < 0)
		return r;
	g.no_cache = f->o.no_cache;
	r = llb_world_urunit(&f->world, ret->build.config.platform.arch, f->a, e);
	if (r == 0)
		r = llb_build(&g, &ret->build, &f->world, &at, e);
	if (r == 0)
		r = llb_finish(&g, at, &definition, e);
	if (r == 0)
		r = base_config(f, &ret->build, &base, e);
	if (r == 0)
		r = result_config(&ret->build, base, f->o.epoch, f->a, &ret->config, e);
	return r == 0 ? gateway_solve(&f->g, definition, true, &ret->ref, e) : r;
}

/* --- all of it --- */

/* The program that makes roots: this one, in its image if BuildKit says which that is, or else by its bytes. */
static int find_tools(struct frontend *f, struct err *e)
{
	int r = file_read(AT_FDCWD, FRONTEND_DEFINITION, DEFINITION_MAX_BYTES, f->a, &f->world.tools, e);

	if (r < 0 && r != -ENOENT)
		return r;
	*e = (struct err){0};
	return llb_world_program(&f->world, f->a, e);
}

static int prepare(struct frontend *f, const struct strs *env, struct err *e)
{
	const char *ref = NULL;
	int r = frontend_opts_read(env, f->a, &f->o, e);

	if (r == 0)
		r = frontend_worker(env, f->a, &f->worker, e);
	if (r == 0)
		r = find_tools(f, e);
	if (r < 0)
		return r;
	f->world.context = f->o.context;
	f->world.context_source = f->o.context_source;
	f->world.context_url = f->o.context_url;
	f->world.contexts = f->o.contexts;
	f->world.resolve_mode = f->o.resolve_mode;
	f->world.epoch = f->o.epoch;
	r = read_file(f, &ref, e);
	return r < 0 ? r : read_ignore(f, ref, e);
}

static int build_all(struct frontend *f, struct err *e)
{
	const size_t n = f->o.nplatforms ? f->o.nplatforms : 1;
	const bool several = n > 1 || f->o.multi_platform;
	struct gateway_result *results = arena_array(f->a, n, sizeof(*results));
	struct platform *platforms = arena_array(f->a, n, sizeof(*platforms));
	const char **ids = arena_array(f->a, n, sizeof(*ids));
	struct key_values metadata = {0};
	int r = 0;

	if (!results || !platforms || !ids)
		return err_oom(e);
	for (size_t i = 0; i < n && r == 0; i++) {
		struct part part = {0};

		r = build_one(f, f->o.nplatforms ? &f->o.platforms[i] : NULL, &part, e);
		if (r < 0)
			return r;
		platforms[i] = part.build.config.platform;
		ids[i] = platform_id(&platforms[i], f->a);
		results[i] = (struct gateway_result){part.ref, several ? ids[i] : NULL};
		r = ids[i] ? result_metadata(&part.build, part.config, results[i].id, f->a, &metadata, e)
			   : err_oom(e);
	}
	if (r == 0 && several)
		r = result_platforms(platforms, ids, n, f->a, &metadata, e);
	return r < 0 ? r : gateway_return(&f->g, results, n, &metadata, e);
}

int frontend_run(int in, int out, const struct strs *env, struct arena *a, struct err *e)
{
	struct frontend f = {.a = a};
	_cleanup_grpc_ struct grpc_conn *conn = NULL;
	const char *message;
	int r = grpc_open(in, out, "localhost", &conn, e);

	if (r == 0)
		r = gateway_open(&f.g, conn, a, e);
	if (r < 0)
		return err_wrap(e, "cannot speak to BuildKit");
	r = prepare(&f, env, e);
	if (r == 0)
		r = build_all(&f, e);
	if (r == 0)
		return 0;
	/* What the server itself says of a failed step is longer than our one line. */
	message = f.complaint ? f.complaint : f.g.last.code != GRPC_OK ? f.g.last.message : e->msg;
	return gateway_fail(&f.g, message, f.g.last.details, e);
}
