/* SPDX-License-Identifier: Apache-2.0 */
/* Containerfiles: what each instruction of the needed stages does, once the configs of the base images are known. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bunny/build.h"
#include "bunny/cf.h"
#include "bunny/ignore.h"

struct run {
	struct front *f;
	struct stage *stage;
	size_t index;
	struct image_config *config; /* the stage's */
	struct cf_vars env, args;
	size_t cap;    /* of the stage's ops */
	bool cmd_here; /* CMD came in this stage */
	size_t *expanded;
};

static struct cf_scope scope_of(const struct run *x)
{
	return (struct cf_scope){&x->env, &x->args, x->expanded};
}

static struct src_pos word_pos(const struct run *x, const struct cf_step *s, size_t i)
{
	return cf_pos(x->f, s, s->words[i].off, s->json ? 1 : strlen(s->words[i].text));
}

static const char *expand(struct run *x, const struct cf_step *s, const struct cf_word *w)
{
	const struct cf_scope scope = scope_of(x);

	return cf_expand(x->f, s, w, &scope);
}

/* The only argument, or NULL and an error. */
static const char *expand_one(struct run *x, const struct cf_step *s)
{
	const char *text = s->nwords ? expand(x, s, &s->words[0]) : "";

	if (s->nwords == 0)
		diag_error(x->f->d, cf_step_pos(x->f, s), NULL, "%s requires exactly one argument",
			   s->keyword);
	return *text ? text : NULL;
}

static bool known_flags(struct run *x, const struct cf_step *s, const struct strs *known)
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

typedef void set_fn(struct run *x, const struct cf_step *s, const char *key, const char *value);

static void set_env(struct run *x, const struct cf_step *s, const char *key, const char *value)
{
	if (x->env.n >= CF_MAX_VARS && !cf_find(&x->env, key))
		diag_error(x->f->d, cf_step_pos(x->f, s), NULL, "more than %d variables", CF_MAX_VARS);
	else
		cf_set(x->f, &x->env, key, value);
}

static void set_label(struct run *x, const struct cf_step *s, const char *key, const char *value)
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
static void run_pairs(struct run *x, const struct cf_step *s, set_fn *set)
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
			diag_error(x->f->d, word_pos(x, s, i), "write KEY=value, with quotes around blanks",
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
		v[i] = (struct pair){expand(x, s, &key), expand(x, s, &value)};
		if (!*v[i].key) {
			diag_error(x->f->d, word_pos(x, s, i), NULL, "%s names can not be blank", s->keyword);
			return;
		}
	}
	for (size_t i = 0; i < n; i++)
		set(x, s, v[i].key, v[i].value);
}

static void run_arg(struct run *x, const struct cf_step *s)
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
			diag_error(x->f->d, word_pos(x, s, i), NULL, "ARG names can not be blank");
			return;
		}
		global = x->f->r->globals ? cf_find(&x->f->r->globals->args, name) : NULL;
		value = cf_build_arg(x->f->opt, name, &given);
		if (!given && eq)
			value = expand(x, s,
				       &(struct cf_word){eq + 1, s->words[i].off + (size_t)(eq - text) + 1});
		else if (!given && global)
			value = global->value;
		if (x->args.n >= CF_MAX_VARS && !cf_find(&x->args, name)) {
			diag_error(x->f->d, word_pos(x, s, i), NULL, "more than %d variables", CF_MAX_VARS);
			return;
		}
		cf_set(x->f, &x->args, name, value);
	}
}

/* --- CMD, ENTRYPOINT, SHELL --- */

static struct strs command(struct run *x, const struct cf_step *s)
{
	static const char *const sh[] = {"/bin/sh", "-c"};
	struct strv l = STRV(x->f->a);
	struct strs ret = {0};
	struct err e;

	for (size_t i = 0; s->json && i < s->nwords; i++)
		strv_add(&l, s->words[i].text);
	if (!s->json && s->nwords) {
		if (s->words[0].text[0] == '[')
			diag_warn(x->f->d, word_pos(x, s, 0),
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

static void run_shell(struct run *x, const struct cf_step *s)
{
	if (!s->json || s->nwords == 0)
		diag_error(x->f->d, cf_step_pos(x->f, s), "SHELL [\"/bin/sh\", \"-c\"]",
			   "SHELL requires the arguments to be in JSON form");
	else
		x->config->shell = command(x, s);
}

/* --- sets of names --- */

static void add_name(struct run *x, struct strs *l, const char *name)
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
static void run_port(struct run *x, const struct cf_step *s, const char *text, struct src_pos pos)
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

static void run_expose(struct run *x, const struct cf_step *s)
{
	if (s->nwords == 0)
		diag_error(x->f->d, cf_step_pos(x->f, s), NULL, "EXPOSE requires at least one argument");
	for (size_t i = 0; i < s->nwords; i++) {
		char *text = arena_strdup(x->f->a, expand(x, s, &s->words[i])), *save = NULL;

		if (!text) {
			front_oom(x->f);
			return;
		}
		/* A variable may hold several. */
		for (char *w = strtok_r(text, " \t\n", &save); w; w = strtok_r(NULL, " \t\n", &save))
			run_port(x, s, w, word_pos(x, s, i));
	}
}

static void run_volume(struct run *x, const struct cf_step *s)
{
	if (s->nwords == 0)
		diag_error(x->f->d, cf_step_pos(x->f, s), NULL, "VOLUME requires at least one argument");
	for (size_t i = 0; i < s->nwords; i++) {
		const char *v = expand(x, s, &s->words[i]);

		if (!*v)
			diag_error(x->f->d, word_pos(x, s, i), NULL,
				   "VOLUME specified can not be an empty string");
		else
			add_name(x, &x->config->volumes, v);
	}
}

/* --- files --- */

static struct recipe_op *add_op(struct run *x, const struct cf_step *s, enum recipe_op_kind kind)
{
	struct stage *stage = x->stage;
	struct recipe_op *op;

	if (stage->nops == x->cap) {
		size_t cap = x->cap ? x->cap * 2 : 8;

		op = arena_array(x->f->a, cap, sizeof(*op));
		if (!op) {
			front_oom(x->f);
			return NULL;
		}
		if (stage->nops)
			memcpy(op, stage->ops, stage->nops * sizeof(*op));
		stage->ops = op;
		x->cap = cap;
	}
	op = &stage->ops[stage->nops++];
	*op = (struct recipe_op){.kind = kind, .pos = cf_step_pos(x->f, s), .mode = -1, .rules = COPY_DOCKER};
	op->text = s->n > 200 ? arena_printf(x->f->a, "%.197s...", s->text) : s->text;
	if (!op->text)
		front_oom(x->f);
	return op;
}

static const char *workdir(const struct run *x)
{
	return x->config->workdir ? x->config->workdir : "/";
}

/* "user", "user:group". False: a part is missing. */
static bool split_owner(struct run *x, const char *text, struct owner *owner)
{
	const char *colon = strchr(text, ':');

	owner->user = colon ? arena_strndup(x->f->a, text, (size_t)(colon - text)) : text;
	owner->group = colon ? colon + 1 : NULL;
	if (!owner->user) {
		front_oom(x->f);
		return true;
	}
	if (!*owner->user || (owner->group && (!*owner->group || strchr(owner->group, ':'))))
		return false;
	/* A number stands for the user and the group. */
	if (!owner->group && owner->user[strspn(owner->user, "0123456789")] == '\0')
		owner->group = owner->user;
	return true;
}

static void read_owner(struct run *x, const struct cf_step *s, struct owner *owner)
{
	const struct cf_flag *flag = cf_flag(s, "chown");
	const char *text;

	if (!flag)
		return;
	text = expand(x, s, &(struct cf_word){flag->value ? flag->value : "", flag->off + strlen("--chown=")});
	if (!split_owner(x, text, owner))
		diag_error(x->f->d, cf_pos(x->f, s, flag->off, strlen("--chown")),
			   "--chown=user or --chown=user:group", "invalid chown '%s'", text);
}

static void run_workdir(struct run *x, const struct cf_step *s)
{
	const char *text = expand_one(x, s);
	struct recipe_op *op;

	if (!text)
		return;
	x->config->workdir = front_absolute(x->f, workdir(x), text, false);
	op = x->config->workdir ? add_op(x, s, OP_DIR) : NULL;
	if (!op)
		return;
	op->dst = x->config->workdir;
	/* It is its user's, if it is made. */
	if (x->config->user && !split_owner(x, x->config->user, &op->owner))
		op->owner = (struct owner){0};
}

/* --chmod=0755 */
static void read_mode(struct run *x, const struct cf_step *s, int *mode)
{
	const struct cf_flag *flag = cf_flag(s, "chmod");
	const char *text;
	size_t n;

	if (!flag)
		return;
	text = expand(x, s, &(struct cf_word){flag->value ? flag->value : "", flag->off + strlen("--chmod=")});
	n = strspn(text, "01234567");
	if (n == 0 || text[n] || n > 5 || strtol(text, NULL, 8) > 07777)
		diag_error(x->f->d, cf_pos(x->f, s, flag->off, strlen("--chmod")),
			   "write it as a number: --chmod=0755", "invalid chmod '%s'", text);
	else
		*mode = (int)strtol(text, NULL, 8);
}

static bool is_url(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");

	return (n && strncmp(s + n, "://", 3) == 0) || str_starts(s, "git@");
}

static bool flag_true(const struct cf_step *s, const char *name, bool otherwise)
{
	const struct cf_flag *flag = cf_flag(s, name);

	if (!flag)
		return otherwise;
	return !flag->value || strcasecmp(flag->value, "true") == 0 || streq(flag->value, "1");
}

static const struct cf_heredoc *heredoc_at(const struct cf_step *s, size_t off)
{
	for (size_t i = 0; !s->json && i < s->ndocs; i++)
		if (s->docs[i].off == off)
			return &s->docs[i];
	return NULL;
}

static void copy_heredoc(struct run *x, const struct cf_step *s, const struct cf_heredoc *doc,
			 const struct recipe_op *like)
{
	const struct cf_scope scope = scope_of(x);
	struct recipe_op *op = add_op(x, s, OP_FILE);

	if (!op)
		return;
	op->pos = cf_pos(x->f, s, doc->off, strlen(doc->name) + 2);
	op->bytes = cf_expand_doc(x->f, s, doc, &scope);
	op->mode = like->mode;
	op->owner = like->owner;
	op->dst = str_ends(like->dst, "/") ? arena_printf(x->f->a, "%s%s", like->dst, doc->name) : like->dst;
	if (!op->dst)
		front_oom(x->f);
}

/* Adds one source. False: it is wrong. */
static bool copy_source(struct run *x, const struct cf_step *s, size_t i, const struct recipe_op *like,
			struct strv *l)
{
	const char *text = expand(x, s, &s->words[i]), *path;
	struct path_want want = {.pos = word_pos(x, s, i)};

	if (like->from.kind != FROM_CONTEXT) {
		path = front_absolute(x->f, "/", text, false);
		if (path)
			strv_add(l, path);
		return path != NULL;
	}
	if (!*text) {
		if (x->f->d->errors == 0)
			diag_error(x->f->d, want.pos, "write '.' for the whole context",
				   "%s: a source is empty", s->keyword);
		return false;
	}
	if (is_url(text)) {
		diag_error(x->f->d, want.pos, "fetch it first, check what came, and COPY the file",
			   "%s of '%s': bunny fetches nothing while it builds", s->keyword, text);
		return false;
	}
	path = front_context_path(x->f, text, want.pos);
	if (!path)
		return false;
	want.path = path;
	want.pattern = pattern_has_wildcards(path);
	if (want.pattern && !pattern_valid(path)) {
		diag_error(x->f->d, want.pos, "close every '[', or write [[] for a bracket itself",
			   "'%s' is no pattern", path);
		return false;
	}
	if (x->f->r->npaths == RECIPE_MAX_PATHS) {
		diag_error(x->f->d, want.pos, "copy the directory that they are in",
			   "more than %d files are named", RECIPE_MAX_PATHS);
		return false;
	}
	if (recipe_add_path(x->f->r, x->f->a, &want) == SIZE_MAX)
		front_oom(x->f);
	strv_add(l, path);
	return true;
}

static void read_excludes(struct run *x, const struct cf_step *s, struct strs *ret)
{
	struct strv l = STRV(x->f->a);
	struct err e;

	for (size_t i = 0; i < s->nflags; i++)
		if (streq(s->flags[i].name, "exclude") && s->flags[i].value)
			strv_add(&l, expand(x, s,
					    &(struct cf_word){s->flags[i].value,
							      s->flags[i].off + strlen("--exclude=")}));
	if (strv_done(&l, ret, &e) < 0)
		front_oom(x->f);
}

static void run_copy(struct run *x, const struct cf_step *s)
{
	static const char *const copy[] = {"from", "chown", "chmod", "link", "exclude"},
				 *const add[] = {"chown", "chmod", "link", "exclude", "unpack"};
	bool is_add = s->kind == CF_ADD, ok = true;
	const struct strs flags = {(const char **)(is_add ? add : copy), 5};
	struct recipe_op like = {.mode = -1}, *op;
	struct strv l = STRV(x->f->a);
	const char *dst;
	struct err e;

	if (!known_flags(x, s, &flags) || (!is_add && !cf_copy_from(x->f, s, x->index, false, &like.from)))
		return;
	like.from.kind = is_add ? FROM_CONTEXT : like.from.kind;
	if (s->nwords < 2) {
		diag_error(x->f->d, cf_step_pos(x->f, s), NULL,
			   "%s requires at least two arguments, but only %s provided. Destination could not be determined",
			   s->keyword, s->nwords ? "one was" : "none were");
		return;
	}
	dst = expand(x, s, &s->words[s->nwords - 1]);
	if (!*dst) {
		diag_error(x->f->d, word_pos(x, s, s->nwords - 1), NULL, "%s: the destination is empty",
			   s->keyword);
		return;
	}
	like.dst = front_absolute(x->f, workdir(x), dst, true);
	if (!like.dst)
		return;
	if (s->nwords > 2 && !str_ends(like.dst, "/")) {
		diag_error(x->f->d, word_pos(x, s, s->nwords - 1), arena_printf(x->f->a, "write %s/", dst),
			   "When using %s with more than one source file, the destination must be a directory and end with a /",
			   s->keyword);
		return;
	}
	read_owner(x, s, &like.owner);
	read_mode(x, s, &like.mode);
	read_excludes(x, s, &like.exclude);
	like.unpack = is_add && flag_true(s, "unpack", true);
	for (size_t i = 0; i + 1 < s->nwords; i++) {
		const struct cf_heredoc *doc = heredoc_at(s, s->words[i].off);

		if (doc)
			copy_heredoc(x, s, doc, &like);
		else
			ok &= copy_source(x, s, i, &like, &l);
	}
	if (!ok || l.n == 0 || !(op = add_op(x, s, OP_COPY)))
		return;
	like.kind = OP_COPY;
	like.pos = op->pos;
	like.text = op->text;
	like.rules = COPY_DOCKER;
	*op = like;
	if (strv_done(&l, &op->sources, &e) < 0)
		front_oom(x->f);
}

/* --- the others --- */

static void run_onbuild(struct run *x, const struct cf_step *s)
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

static void run_stopsignal(struct run *x, const struct cf_step *s)
{
	const char *text = expand_one(x, s);

	if (!text)
		return;
	if (text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-")])
		diag_error(x->f->d, word_pos(x, s, 0), "a name such as SIGTERM, or a number",
			   "'%s' is no signal", text);
	else
		x->config->stop_signal = text;
}

static void run_user(struct run *x, const struct cf_step *s)
{
	const char *text = expand_one(x, s);

	if (text)
		x->config->user = text;
}

static void run_step(struct run *x, const struct cf_step *s)
{
	static const struct strs none = {0};

	if (s->kind != CF_COPY && s->kind != CF_ADD && s->kind != CF_HEALTHCHECK && !known_flags(x, s, &none))
		return;
	switch (s->kind) {
	case CF_COPY:
	case CF_ADD:
		run_copy(x, s);
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
		run_workdir(x, s);
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

static void begin_config(struct run *x, const struct build_facts *facts)
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

static void end_config(struct run *x)
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
		struct run x = {.f = &f,
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
