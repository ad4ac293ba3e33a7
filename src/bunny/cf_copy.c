/* SPDX-License-Identifier: Apache-2.0 */
/* Containerfiles: COPY, ADD and WORKDIR, which make files. */
#include <stdlib.h>
#include <string.h>

#include "bunny/cf_run.h"
#include "bunny/ignore.h"

static struct recipe_op *add_op(struct cf_run *x, const struct cf_step *s, enum recipe_op_kind kind)
{
	struct stage *stage = x->stage;
	struct recipe_op *op;

	op = arena_room(x->f->a, stage->ops, stage->nops, &x->cap, 8, sizeof(*op));
	if (!op) {
		front_oom(x->f);
		return NULL;
	}
	stage->ops = op;
	op = &stage->ops[stage->nops++];
	*op = (struct recipe_op){.kind = kind, .pos = cf_step_pos(x->f, s), .mode = -1, .rules = COPY_DOCKER};
	op->text = s->n > 200 ? arena_printf(x->f->a, "%.197s...", s->text) : s->text;
	if (!op->text)
		front_oom(x->f);
	return op;
}

static const char *workdir(const struct cf_run *x)
{
	return x->config->workdir ? x->config->workdir : "/";
}

/* "user", "user:group". False: a part is missing. */
static bool split_owner(struct cf_run *x, const char *text, struct owner *owner)
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

static void read_owner(struct cf_run *x, const struct cf_step *s, struct owner *owner)
{
	const struct cf_flag *flag = cf_flag(s, "chown");
	const char *text;

	if (!flag)
		return;
	text = cf_run_expand(x, s,
			     &(struct cf_word){flag->value ? flag->value : "",
					       flag->off + strlen("--chown=")});
	if (!split_owner(x, text, owner))
		diag_error(x->f->d, cf_pos(x->f, s, flag->off, strlen("--chown")),
			   "--chown=user or --chown=user:group", "invalid chown '%s'", text);
}

void cf_run_workdir(struct cf_run *x, const struct cf_step *s)
{
	const char *text = cf_run_expand_one(x, s);
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
static void read_mode(struct cf_run *x, const struct cf_step *s, int *mode)
{
	const struct cf_flag *flag = cf_flag(s, "chmod");
	const char *text;
	size_t n;

	if (!flag)
		return;
	text = cf_run_expand(x, s,
			     &(struct cf_word){flag->value ? flag->value : "",
					       flag->off + strlen("--chmod=")});
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

static void copy_heredoc(struct cf_run *x, const struct cf_step *s, const struct cf_heredoc *doc,
			 const struct recipe_op *like)
{
	const struct cf_scope scope = cf_run_scope(x);
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
static bool copy_source(struct cf_run *x, const struct cf_step *s, size_t i, const struct recipe_op *like,
			struct strv *l)
{
	const char *text = cf_run_expand(x, s, &s->words[i]), *path;
	struct path_want want = {.pos = cf_run_word_pos(x, s, i)};

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

static void read_excludes(struct cf_run *x, const struct cf_step *s, struct strs *ret)
{
	struct strv l = STRV(x->f->a);
	struct err e;

	for (size_t i = 0; i < s->nflags; i++)
		if (streq(s->flags[i].name, "exclude") && s->flags[i].value)
			strv_add(&l, cf_run_expand(x, s,
						   &(struct cf_word){s->flags[i].value,
								     s->flags[i].off + strlen("--exclude=")}));
	if (strv_done(&l, ret, &e) < 0)
		front_oom(x->f);
}

void cf_run_copy(struct cf_run *x, const struct cf_step *s)
{
	static const char *const copy[] = {"from", "chown", "chmod", "link", "exclude"},
				 *const add[] = {"chown", "chmod", "link", "exclude", "unpack"};
	bool is_add = s->kind == CF_ADD, ok = true;
	const struct strs flags = {(const char **)(is_add ? add : copy), 5};
	struct recipe_op like = {.mode = -1}, *op;
	struct strv l = STRV(x->f->a);
	const char *dst;
	struct err e;

	if (!cf_run_known_flags(x, s, &flags) ||
	    (!is_add && !cf_copy_from(x->f, s, x->index, false, &like.from)))
		return;
	like.from.kind = is_add ? FROM_CONTEXT : like.from.kind;
	if (s->nwords < 2) {
		diag_error(x->f->d, cf_step_pos(x->f, s), NULL,
			   "%s requires at least two arguments, but only %s provided. Destination could not be determined",
			   s->keyword, s->nwords ? "one was" : "none were");
		return;
	}
	dst = cf_run_expand(x, s, &s->words[s->nwords - 1]);
	if (!*dst) {
		diag_error(x->f->d, cf_run_word_pos(x, s, s->nwords - 1), NULL,
			   "%s: the destination is empty", s->keyword);
		return;
	}
	like.dst = front_absolute(x->f, workdir(x), dst, true);
	if (!like.dst)
		return;
	if (s->nwords > 2 && !str_ends(like.dst, "/")) {
		diag_error(x->f->d, cf_run_word_pos(x, s, s->nwords - 1),
			   arena_printf(x->f->a, "write %s/", dst),
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
