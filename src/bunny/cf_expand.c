/* SPDX-License-Identifier: Apache-2.0 */
/* Containerfiles: what each instruction of the needed stages does, once the configs of the base images are known. */
#include <errno.h>
#include <string.h>

#include "bunny/build.h"
#include "bunny/cf_run.h"

struct cf_scope cf_run_scope(const struct cf_run *x)
{
	return (struct cf_scope){&x->env, &x->args, x->expanded};
}

struct src_pos cf_run_word_pos(const struct cf_run *x, const struct cf_step *s, size_t i)
{
	return cf_pos(x->f, s, s->words[i].off, s->json ? 1 : strlen(s->words[i].text));
}

const char *cf_run_expand(struct cf_run *x, const struct cf_step *s, const struct cf_word *w)
{
	const struct cf_scope scope = cf_run_scope(x);

	return cf_expand(x->f, s, w, &scope);
}

const char *cf_run_expand_one(struct cf_run *x, const struct cf_step *s)
{
	const char *text = s->nwords ? cf_run_expand(x, s, &s->words[0]) : "";

	if (s->nwords == 0)
		diag_error(x->f->d, cf_step_pos(x->f, s), NULL, "%s requires exactly one argument",
			   s->keyword);
	return *text ? text : NULL;
}

bool cf_run_known_flags(struct cf_run *x, const struct cf_step *s, const struct strs *known)
{
	bool ok = true;

	for (size_t i = 0; i < s->nflags; i++) {
		const char *name = s->flags[i].name, *near = nearest_word(name, known);
		size_t k = 0;

		while (k < known->n && !streq(known->v[k], name))
			k++;
		if (k < known->n)
			continue;
		ok = false;
		diag_error(x->f->d, cf_pos(x->f, s, s->flags[i].off, strlen(name) + 2),
			   near ? arena_printf(x->f->a, "did you mean --%s?", near) : NULL,
			   "unknown flag: --%s", name);
	}
	return ok;
}

/* --- key=value --- */

typedef void set_fn(struct cf_run *x, const struct cf_step *s, const char *key, const char *value);

static void set_env(struct cf_run *x, const struct cf_step *s, const char *key, const char *value)
{
	if (x->env.n >= CF_MAX_VARS && !cf_find(&x->env, key))
		diag_error(x->f->d, cf_step_pos(x->f, s), NULL, "more than %d variables", CF_MAX_VARS);
	else
		cf_set(x->f, &x->env, key, value);
}

static void set_label(struct cf_run *x, const struct cf_step *s, const char *key, const char *value)
{
	struct err e;

	if (x->config->labels.n >= CF_MAX_LABELS)
		diag_error(x->f->d, cf_step_pos(x->f, s), NULL, "more than %d labels", CF_MAX_LABELS);
	else if (kv_set(&x->config->labels, x->f->a, key, value, &e) < 0)
		front_oom(x->f);
}

struct pair {
	const char *key, *value;
};

/* All pairs of an instruction see the variables as they were before it. */
static void run_pairs(struct cf_run *x, const struct cf_step *s, set_fn *set)
{
	size_t n = s->pairs ? s->nwords : 1;
	struct pair *v = arena_array(x->f->a, n, sizeof(*v));

	if (!v) {
		front_oom(x->f);
		return;
	}
	if (!s->pairs && s->nwords != 2) {
		diag_error(x->f->d, cf_step_pos(x->f, s), "write KEY=value", "%s must have two arguments",
			   s->keyword);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const struct cf_word *w = &s->words[i];
		const char *eq = s->pairs ? strchr(w->text, '=') : NULL;
		struct cf_word key = *w, value = s->words[s->pairs ? i : 1];

		if (s->pairs && !eq) {
			diag_error(x->f->d, cf_run_word_pos(x, s, i),
				   "write KEY=value, with quotes around blanks",
				   "Syntax error - can't find = in \"%s\". Must be of the form: name=value",
				   w->text);
			return;
		}
		if (eq) {
			key.text = arena_strndup(x->f->a, w->text, (size_t)(eq - w->text));
			value = (struct cf_word){eq + 1, w->off + (size_t)(eq - w->text) + 1};
		}
		if (!key.text) {
			front_oom(x->f);
			return;
		}
		v[i] = (struct pair){cf_run_expand(x, s, &key), cf_run_expand(x, s, &value)};
		if (!*v[i].key) {
			diag_error(x->f->d, cf_run_word_pos(x, s, i), NULL, "%s names can not be blank",
				   s->keyword);
			return;
		}
	}
	for (size_t i = 0; i < n; i++)
		set(x, s, v[i].key, v[i].value);
}

static void run_arg(struct cf_run *x, const struct cf_step *s)
{
	if (s->nwords == 0)
		diag_error(x->f->d, cf_step_pos(x->f, s), NULL, "ARG requires at least one argument");
	for (size_t i = 0; i < s->nwords; i++) {
		const char *text = s->words[i].text, *eq = strchr(text, '='), *value = NULL;
		char *name = arena_strndup(x->f->a, text, strcspn(text, "="));
		const struct cf_var *global;
		bool given;

		if (!name) {
			front_oom(x->f);
			return;
		}
		if (!*name) {
			diag_error(x->f->d, cf_run_word_pos(x, s, i), NULL, "ARG names can not be blank");
			return;
		}
		global = x->f->r->globals ? cf_find(&x->f->r->globals->args, name) : NULL;
		value = cf_build_arg(x->f->opt, name, &given);
		if (!given && eq)
			value = cf_run_expand(x, s,
					      &(struct cf_word){eq + 1,
								s->words[i].off + (size_t)(eq - text) + 1});
		else if (!given && global)
			value = global->value;
		if (x->args.n >= CF_MAX_VARS && !cf_find(&x->args, name)) {
			diag_error(x->f->d, cf_run_word_pos(x, s, i), NULL, "more than %d variables",
				   CF_MAX_VARS);
			return;
		}
		cf_set(x->f, &x->args, name, value);
	}
}

/* --- CMD, ENTRYPOINT, SHELL --- */

static struct strs command(struct cf_run *x, const struct cf_step *s)
{
	static const char *const sh[] = {"/bin/sh", "-c"};
	struct strv l = STRV(x->f->a);
	struct strs ret = {0};
	struct err e;

	for (size_t i = 0; s->json && i < s->nwords; i++)
		strv_add(&l, s->words[i].text);
	if (!s->json && s->nwords) {
		if (s->words[0].text[0] == '[')
			diag_warn(x->f->d, cf_run_word_pos(x, s, 0),
				  "a list is JSON: [\"a\", \"b\"], with double quotes",
				  "this is no JSON list, and so a command for the shell");
		for (size_t i = 0; i < x->config->shell.n; i++)
			strv_add(&l, x->config->shell.v[i]);
		for (size_t i = 0; !x->config->shell.n && i < 2; i++)
			strv_add(&l, sh[i]);
		strv_add(&l, s->words[0].text);
	}
	if (strv_done(&l, &ret, &e) < 0)
		front_oom(x->f);
	return ret;
}

static void run_shell(struct cf_run *x, const struct cf_step *s)
{
	if (!s->json || s->nwords == 0)
		diag_error(x->f->d, cf_step_pos(x->f, s), "SHELL [\"/bin/sh\", \"-c\"]",
			   "SHELL requires the arguments to be in JSON form");
	else
		x->config->shell = command(x, s);
}

/* --- sets of names --- */

static void add_name(struct cf_run *x, struct strs *l, const char *name)
{
	const char **v;
	size_t i = 0;
	int c = 1;

	while (i < l->n && (c = strcmp(l->v[i], name)) < 0)
		i++;
	if (i < l->n && c == 0)
		return;
	if (l->n == CF_MAX_WORDS) {
		diag_error(x->f->d, x->stage->pos, NULL, "more than %d ports or volumes", CF_MAX_WORDS);
		return;
	}
	v = arena_array(x->f->a, l->n + 1, sizeof(*v));
	if (!v) {
		front_oom(x->f);
		return;
	}
	if (i)
		memcpy(v, l->v, i * sizeof(*v));
	v[i] = name;
	if (i < l->n)
		memcpy(v + i + 1, l->v + i, (l->n - i) * sizeof(*v));
	l->v = v;
	l->n++;
}

static bool read_port(const char **s, unsigned *ret)
{
	unsigned long v = 0;
	const char *p = *s;

	while (*p >= '0' && *p <= '9' && v <= 65535)
		v = v * 10 + (unsigned)(*p++ - '0');
	if (p == *s || v == 0 || v > 65535)
		return false;
	*s = p;
	*ret = (unsigned)v;
	return true;
}

static const char *protocol(const char *s)
{
	static const char *const known[] = {"tcp", "udp", "sctp"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcasecmp(known[i], s) == 0)
			return known[i];
	return NULL;
}

/* "80", "80/udp", "8000-8005/tcp" */
static void run_port(struct cf_run *x, const struct cf_step *s, const char *text, struct src_pos pos)
{
	const char *p = text, *proto = "tcp", *name = NULL;
	unsigned first = 0, last;
	bool ok = read_port(&p, &first);

	last = first;
	if (ok && *p == '-') {
		p++;
		ok = read_port(&p, &last) && last >= first;
	}
	if (ok && *p == '/')
		proto = p + 1;
	else if (*p)
		ok = false;
	if (!ok || !(name = protocol(proto))) {
		diag_error(x->f->d, pos,
			   "a number from 1 to 65535, or two with '-' between; then /tcp or /udp if wanted",
			   "%s: invalid port '%s'", s->keyword, text);
		return;
	}
	if (last - first > 1024) {
		diag_error(x->f->d, pos, NULL, "%s: more than 1024 ports in '%s'", s->keyword, text);
		return;
	}
	for (unsigned port = first; port <= last; port++) {
		const char *whole = arena_printf(x->f->a, "%u/%s", port, name);

		if (!whole)
			front_oom(x->f);
		else
			add_name(x, &x->config->ports, whole);
	}
}

static void run_expose(struct cf_run *x, const struct cf_step *s)
{
	if (s->nwords == 0)
		diag_error(x->f->d, cf_step_pos(x->f, s), NULL, "EXPOSE requires at least one argument");
	for (size_t i = 0; i < s->nwords; i++) {
		char *text = arena_strdup(x->f->a, cf_run_expand(x, s, &s->words[i])), *save = NULL;

		if (!text) {
			front_oom(x->f);
			return;
		}
		/* A variable may hold several. */
		for (char *w = strtok_r(text, " \t\n", &save); w; w = strtok_r(NULL, " \t\n", &save))
			run_port(x, s, w, cf_run_word_pos(x, s, i));
	}
}

static void run_volume(struct cf_run *x, const struct cf_step *s)
{
	if (s->nwords == 0)
		diag_error(x->f->d, cf_step_pos(x->f, s), NULL, "VOLUME requires at least one argument");
	for (size_t i = 0; i < s->nwords; i++) {
		const char *v = cf_run_expand(x, s, &s->words[i]);

		if (!*v)
			diag_error(x->f->d, cf_run_word_pos(x, s, i), NULL,
				   "VOLUME specified can not be an empty string");
		else
			add_name(x, &x->config->volumes, v);
	}
}

/* --- the others --- */

static void run_onbuild(struct cf_run *x, const struct cf_step *s)
{
	struct strv l = STRV(x->f->a);
	const char *text = s->nwords ? s->words[0].text : "";
	struct err e;

	if (!*text || strncasecmp(text, "ONBUILD", 7) == 0 || strncasecmp(text, "FROM", 4) == 0 ||
	    strncasecmp(text, "MAINTAINER", 10) == 0) {
		diag_error(x->f->d, cf_step_pos(x->f, s), NULL,
			   *text ? "%.10s isn't allowed as an ONBUILD trigger"
				 : "ONBUILD requires at least one argument%s",
			   text);
		return;
	}
	for (size_t i = 0; i < x->config->onbuild.n; i++)
		strv_add(&l, x->config->onbuild.v[i]);
	strv_add(&l, text);
	if (strv_done(&l, &x->config->onbuild, &e) < 0)
		front_oom(x->f);
}

static void run_stopsignal(struct cf_run *x, const struct cf_step *s)
{
	const char *text = cf_run_expand_one(x, s);

	if (!text)
		return;
	if (text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-")])
		diag_error(x->f->d, cf_run_word_pos(x, s, 0), "a name such as SIGTERM, or a number",
			   "'%s' is no signal", text);
	else
		x->config->stop_signal = text;
}

static void run_user(struct cf_run *x, const struct cf_step *s)
{
	const char *text = cf_run_expand_one(x, s);

	if (text)
		x->config->user = text;
}

static void run_step(struct cf_run *x, const struct cf_step *s)
{
	static const struct strs none = {0};

	if (s->kind != CF_COPY && s->kind != CF_ADD && s->kind != CF_HEALTHCHECK &&
	    !cf_run_known_flags(x, s, &none))
		return;
	switch (s->kind) {
	case CF_COPY:
	case CF_ADD:
		cf_run_copy(x, s);
		break;
	case CF_ARG:
		run_arg(x, s);
		break;
	case CF_CMD:
		x->config->cmd = command(x, s);
		x->stage->own_cmd = x->cmd_here = true;
		break;
	case CF_ENTRYPOINT:
		x->config->entrypoint = command(x, s);
		x->stage->own_entrypoint = true;
		/* The base's CMD was for the base's ENTRYPOINT. */
		if (!x->cmd_here)
			x->config->cmd = (struct strs){0};
		break;
	case CF_ENV:
		run_pairs(x, s, set_env);
		break;
	case CF_LABEL:
		run_pairs(x, s, set_label);
		break;
	case CF_EXPOSE:
		run_expose(x, s);
		break;
	case CF_VOLUME:
		run_volume(x, s);
		break;
	case CF_SHELL:
		run_shell(x, s);
		break;
	case CF_STOPSIGNAL:
		run_stopsignal(x, s);
		break;
	case CF_USER:
		run_user(x, s);
		break;
	case CF_WORKDIR:
		cf_run_workdir(x, s);
		break;
	case CF_ONBUILD:
		run_onbuild(x, s);
		break;
	case CF_MAINTAINER:
		diag_warn(x->f->d, cf_step_pos(x->f, s), "write LABEL org.opencontainers.image.authors=...",
			  "MAINTAINER is deprecated: nothing is done with it");
		break;
	case CF_HEALTHCHECK:
		diag_warn(x->f->d, cf_step_pos(x->f, s), NULL,
			  "HEALTHCHECK is left out: its command would run in the guest, which engines cannot do");
		break;
	case CF_FROM:
	case CF_RUN:
		break;
	}
}

/* --- stages --- */

static void begin_config(struct cf_run *x, const struct build_facts *facts)
{
	const struct stage *stage = x->stage;
	const struct recipe *r = x->f->r;
	struct image_config *c = x->config;

	*c = (struct image_config){0};
	if (stage->base.kind == FROM_STAGE) {
		*c = r->stages[stage->base.index].config;
	} else if (stage->base.kind == FROM_IMAGE && stage->base.index < facts->nimages &&
		   facts->images[stage->base.index].known) {
		*c = facts->images[stage->base.index].config;
	}
	/* Triggers are the business of who builds on it, and end there. */
	if (c->onbuild.n)
		diag_warn(x->f->d, stage->pos, "write what they do into this stage",
			  "the base has ONBUILD instructions: they are not carried out");
	c->onbuild = (struct strs){0};
	for (size_t i = 0; i < c->env.n; i++) {
		const char *s = c->env.v[i], *eq = strchr(s, '=');
		char *name = arena_strndup(x->f->a, s, strcspn(s, "="));

		if (!name) {
			front_oom(x->f);
			return;
		}
		cf_set(x->f, &x->env, name, eq ? eq + 1 : "");
	}
}

static void end_config(struct cf_run *x)
{
	struct strv l = STRV(x->f->a);
	struct err e;

	for (size_t i = 0; i < x->env.n; i++)
		strv_addf(&l, "%s=%s", x->env.v[i].name, x->env.v[i].value);
	if (strv_done(&l, &x->config->env, &e) < 0)
		front_oom(x->f);
}

/* Files of the last stage that its labels call kernel, initrd or block: it matters what they are. */
static void want_contents(struct front *f)
{
	static const char *const keys[] = {BUNNY_KEY("binary"), BUNNY_KEY("initrd"), BUNNY_KEY("block")};
	const struct stage *stage = &f->r->stages[f->r->final_stage];

	for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
		const char *path = kv_get(&stage->config.labels, keys[k]);

		for (size_t i = 0; path && i < stage->nops; i++) {
			const struct recipe_op *op = &stage->ops[i];

			if (op->kind != OP_COPY || op->from.kind != FROM_CONTEXT || op->sources.n != 1 ||
			    !streq(op->dst, path))
				continue;
			for (size_t p = 0; p < f->r->npaths; p++)
				if (streq(f->r->paths[p].path, op->sources.v[0]) && !f->r->paths[p].pattern)
					f->r->paths[p].content = true;
		}
	}
}

/* A kernel that the command line names. */
static void want_kernel(struct front *f)
{
	struct path_want want = {.content = true};

	want.path = front_context_path(f, f->opt->kernel_file, want.pos);
	if (want.path && recipe_add_path(f->r, f->a, &want) == SIZE_MAX)
		front_oom(f);
}

struct src_pos recipe_label_pos(const struct recipe *r, const char *key)
{
	const struct front f = {.source = &r->source};
	size_t i = r->final_stage;

	while (i < r->nstages) {
		const struct stage *stage = &r->stages[i];

		for (size_t s = stage->nsteps; s-- > 0;)
			for (size_t w = 0; stage->steps[s].kind == CF_LABEL && w < stage->steps[s].nwords; w++)
				if (strstr(stage->steps[s].words[w].text, key))
					return cf_pos(&f, &stage->steps[s], stage->steps[s].words[w].off,
						      strlen(stage->steps[s].words[w].text));
		i = stage->base.kind == FROM_STAGE ? stage->base.index : r->nstages;
	}
	return (struct src_pos){0};
}

int recipe_expand(struct recipe *r, const struct build_facts *facts, const struct recipe_options *opt,
		  struct arena *a, struct diags *d)
{
	struct front f = {.source = &r->source, .opt = opt, .a = a, .r = r, .d = d};
	struct cf_vars *args;
	size_t expanded = 0;

	if (opt->kernel_file && !opt->kernel_bytes.p)
		want_kernel(&f);
	if (r->kind != RECIPE_CONTAINERFILE)
		return front_result(&f);
	/* What ARG declares in a stage, stages that begin with it see, too. */
	args = arena_array(a, r->nstages, sizeof(*args));
	if (!args)
		return -ENOMEM;
	for (size_t i = 0; i < r->nstages; i++) {
		struct stage *stage = &r->stages[i];
		struct cf_run x = {.f = &f,
				   .stage = stage,
				   .index = i,
				   .config = &stage->config,
				   .expanded = &expanded};

		if (!stage->used)
			continue;
		stage->ops = NULL;
		stage->nops = 0;
		begin_config(&x, facts);
		if (stage->base.kind == FROM_STAGE) {
			const struct cf_vars *from = &args[stage->base.index];

			stage->own_cmd = r->stages[stage->base.index].own_cmd;
			stage->own_entrypoint = r->stages[stage->base.index].own_entrypoint;
			for (size_t v = 0; v < from->n; v++)
				cf_set(&f, &x.args, from->v[v].name, from->v[v].value);
		}
		for (size_t s = 0; s < stage->nsteps && !d->oom; s++)
			run_step(&x, &stage->steps[s]);
		end_config(&x);
		args[i] = x.args;
	}
	want_contents(&f);
	return front_result(&f);
}
