/* SPDX-License-Identifier: Apache-2.0 */
/* Containerfiles: quotes and variables of one word. */
#include <errno.h>
#include <string.h>

#include "bunny/cf.h"

#define MAX_NESTING 16 /* of ${a:-${b:-...}} */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* --- variables --- */

const struct cf_var *cf_find(const struct cf_vars *vars, const char *name)
{
	for (size_t i = 0; i < vars->n; i++)
		if (streq(vars->v[i].name, name))
			return &vars->v[i];
	return NULL;
}

void cf_set(struct front *f, struct cf_vars *vars, const char *name, const char *value)
{
	struct cf_var *v;

	for (size_t i = 0; i < vars->n; i++)
		if (streq(vars->v[i].name, name)) {
			vars->v[i].value = value;
			return;
		}
	v = arena_room(f->a, vars->v, vars->n, &vars->cap, 16, sizeof(*v));
	if (!v) {
		front_oom(f);
		return;
	}
	vars->v = v;
	v[vars->n++] = (struct cf_var){name, value};
}

const char *cf_build_arg(const struct recipe_options *opt, const char *name, bool *ret_given)
{
	size_t n = strlen(name);

	*ret_given = false;
	/* The last one counts. */
	for (size_t i = opt->build_args.n; i-- > 0;) {
		const char *s = opt->build_args.v[i];

		if (strncmp(s, name, n) != 0 || (s[n] && s[n] != '='))
			continue;
		*ret_given = true;
		return s[n] ? s + n + 1 : NULL;
	}
	return NULL;
}

void cf_platform_args(struct front *f, struct cf_vars *vars)
{
	const struct platform *p = &f->r->platform;
	bool variant = p->variant && *p->variant;

	cf_set(f, vars, "TARGETPLATFORM",
	       arena_printf(f->a, "%s/%s%s%s", p->os, p->arch, variant ? "/" : "", variant ? p->variant : ""));
	cf_set(f, vars, "TARGETOS", p->os);
	cf_set(f, vars, "TARGETARCH", p->arch);
	cf_set(f, vars, "TARGETVARIANT", variant ? p->variant : "");
	cf_set(f, vars, "BUILDPLATFORM", arena_printf(f->a, "linux/%s", f->opt->host_arch));
	cf_set(f, vars, "BUILDOS", "linux");
	cf_set(f, vars, "BUILDARCH", f->opt->host_arch);
	cf_set(f, vars, "BUILDVARIANT", "");
}

/* --- one word --- */

struct expander {
	struct front *f;
	const struct cf_step *s;
	const struct cf_scope *scope;
	const char *start, *p;
	size_t off;      /* of start in the step's text; SIZE_MAX: the text is elsewhere (JSON, heredoc) */
	size_t fallback; /* the place to show then */
	char escape;
	bool doc; /* a heredoc: quotes are letters */
	bool failed;
};

static struct src_pos pos_at(const struct expander *x, const char *p, size_t width)
{
	if (x->off == SIZE_MAX)
		return cf_pos(x->f, x->s, x->fallback, 1);
	return cf_pos(x->f, x->s, x->off + (size_t)(p - x->start), width);
}

static void fail(struct expander *x, const char *at, const char *hint, const char *text)
{
	if (!x->failed)
		diag_error(x->f->d, pos_at(x, at, 1), hint, "%s", text);
	x->failed = true;
}

static bool is_name_char(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (!first && c >= '0' && c <= '9');
}

/* NULL: not set. */
static const char *lookup(const struct expander *x, const char *name)
{
	const struct cf_var *v = cf_find(x->scope->env, name);

	if (!v || !v->value)
		v = cf_find(x->scope->args, name);
	if (v && v->value)
		return v->value;
	return streq(name, "PATH") ? DEFAULT_PATH : NULL;
}

static void warn_unset(struct expander *x, const char *name, const char *at)
{
	struct strv l = STRV(x->f->a);
	struct strs words;
	struct err e;
	const char *near;

	for (size_t i = 0; i < x->scope->env->n; i++)
		strv_add(&l, x->scope->env->v[i].name);
	for (size_t i = 0; i < x->scope->args->n; i++)
		strv_add(&l, x->scope->args->v[i].name);
	if (strv_done(&l, &words, &e) < 0) {
		front_oom(x->f);
		return;
	}
	near = nearest_word(name, &words);
	diag_warn(x->f->d, pos_at(x, at, strlen(name) + 1),
		  near ? arena_printf(x->f->a, "did you mean $%s?", near)
		       : "declare it in this stage with ARG, or set it with ENV",
		  "variable '%s' is not set: it stands for nothing", name);
}

static void expand_until(struct expander *x, struct strbuf *out, char stop, unsigned depth);

/* p stands behind "${name". */
static void expand_modifier(struct expander *x, struct strbuf *out, const char *name, const char *at,
			    unsigned depth)
{
	const char *value = lookup(x, name), *word;
	struct strbuf alternative = STRBUF(x->f->a);
	bool set, colon = *x->p == ':';
	struct err e;
	char op;

	if (colon)
		x->p++;
	op = *x->p;
	if (op != '-' && op != '+' && op != '?') {
		fail(x, at, "possible: ${X}, ${X:-default}, ${X:+alternative}, ${X:?message}",
		     "no such form of ${...}");
		return;
	}
	x->p++;
	expand_until(x, &alternative, '}', depth + 1);
	if (x->failed)
		return;
	x->p++;
	if (sb_done(&alternative, &word, &e) < 0) {
		front_oom(x->f);
		x->failed = true;
		return;
	}
	set = value && (!colon || *value);
	if (op == '?' && !set) {
		diag_error(x->f->d, pos_at(x, at, 1), "give it with --build-arg, or set it with ENV",
			   "variable '%s': %s", name, *word ? word : "not set");
		x->failed = true;
	} else if (op == '+') {
		sb_add(out, set ? word : "");
	} else {
		sb_add(out, set ? value : op == '-' ? word : "");
	}
}

/* p stands on the '$'. */
static void expand_variable(struct expander *x, struct strbuf *out, unsigned depth)
{
	const char *at = x->p++, *start, *value;
	bool brace = *x->p == '{';
	char *name;

	if (brace)
		x->p++;
	start = x->p;
	while (is_name_char(*x->p, x->p == start))
		x->p++;
	if (x->p == start && !brace) {
		sb_addc(out, '$');
		return;
	}
	if (x->p == start) {
		fail(x, at, "a name begins with a letter or '_'", "no name in ${...}");
		return;
	}
	name = arena_strndup(x->f->a, start, (size_t)(x->p - start));
	if (!name) {
		front_oom(x->f);
		x->failed = true;
		return;
	}
	if (brace && *x->p != '}') {
		if (!*x->p)
			fail(x, at, "close it with '}'", "'${' is never closed");
		else
			expand_modifier(x, out, name, at, depth);
		return;
	}
	x->p += brace;
	value = lookup(x, name);
	if (value)
		sb_add(out, value);
	else
		warn_unset(x, name, at);
}

static void single_quoted(struct expander *x, struct strbuf *out)
{
	const char *end = strchr(x->p + 1, '\'');

	if (!end) {
		fail(x, x->p, "close it, or put a backslash before it", "a single quote (') is never closed");
		return;
	}
	sb_addn(out, x->p + 1, (size_t)(end - x->p - 1));
	x->p = end + 1;
}

static void double_quoted(struct expander *x, struct strbuf *out, unsigned depth)
{
	const char *at = x->p++;

	while (*x->p && *x->p != '"' && !x->failed) {
		if (*x->p == '$') {
			expand_variable(x, out, depth);
			continue;
		}
		if (*x->p == x->escape && (x->p[1] == '"' || x->p[1] == '$' || x->p[1] == x->escape))
			x->p++;
		sb_addc(out, *x->p++);
	}
	if (!*x->p)
		fail(x, at, "close it, or put a backslash before it", "a double quote (\") is never closed");
	else
		x->p++;
}

/* To `stop`, on which p then stands, or the end. */
static void expand_until(struct expander *x, struct strbuf *out, char stop, unsigned depth)
{
	const char *at = x->p;

	if (depth > MAX_NESTING) {
		fail(x, x->p, NULL, "${...} nested too deep");
		return;
	}
	while (*x->p && (!stop || *x->p != stop) && !x->failed) {
		if (out->len > CF_MAX_VALUE_BYTES) {
			fail(x, x->start, NULL, "the value gets longer than 64 KiB");
			return;
		}
		if (*x->p == '\'' && !x->doc) {
			single_quoted(x, out);
		} else if (*x->p == '"' && !x->doc) {
			double_quoted(x, out, depth);
		} else if (*x->p == '$') {
			expand_variable(x, out, depth);
		} else if (*x->p == x->escape && (!x->doc || x->p[1] == '$' || x->p[1] == x->escape)) {
			x->p++;
			if (*x->p)
				sb_addc(out, *x->p++);
		} else {
			sb_addc(out, *x->p++);
		}
	}
	if (stop && !*x->p)
		fail(x, at, "close it with '}'", "'${' is never closed");
}

static const char *finish(struct expander *x, struct strbuf *out, size_t *ret_n)
{
	const char *text = "";
	struct err e;

	if (x->failed)
		return "";
	if (sb_done(out, &text, &e) < 0) {
		front_oom(x->f);
		return "";
	}
	*x->scope->expanded += out->len;
	if (out->len > CF_MAX_VALUE_BYTES && !x->doc) {
		fail(x, x->start, NULL, "the value gets longer than 64 KiB");
		return "";
	}
	if (*x->scope->expanded > CF_MAX_EXPANDED_BYTES) {
		fail(x, x->start, NULL, "all values together get longer than 8 MiB");
		return "";
	}
	if (ret_n)
		*ret_n = out->len;
	return text;
}

const char *cf_expand(struct front *f, const struct cf_step *s, const struct cf_word *w,
		      const struct cf_scope *scope)
{
	struct strbuf out = STRBUF(f->a);
	struct expander x = {.f = f,
			     .s = s,
			     .scope = scope,
			     .start = w->text,
			     .p = w->text,
			     .off = s->json ? SIZE_MAX : w->off,
			     .fallback = w->off,
			     .escape = s->escape};

	expand_until(&x, &out, '\0', 0);
	return finish(&x, &out, NULL);
}

struct bytes cf_expand_doc(struct front *f, const struct cf_step *s, const struct cf_heredoc *doc,
			   const struct cf_scope *scope)
{
	struct strbuf out = STRBUF(f->a);
	struct expander x = {.f = f,
			     .s = s,
			     .scope = scope,
			     .off = SIZE_MAX,
			     .fallback = doc->off,
			     .escape = s->escape,
			     .doc = true};
	struct bytes ret = {"", 0};

	if (!doc->expand)
		return doc->bytes;
	for (const char *p = doc->bytes.p, *end = p + doc->bytes.n; p && p < end && !x.failed;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		struct strbuf line = STRBUF(f->a);

		x.start = x.p = arena_strndup(f->a, p, (size_t)((nl ? nl : end) - p));
		if (!x.p) {
			front_oom(f);
			return ret;
		}
		expand_until(&x, &line, '\0', 0);
		if (line.len)
			sb_addn(&out, line.p, line.len);
		if (nl)
			sb_addc(&out, '\n');
		p = nl ? nl + 1 : end;
	}
	ret.p = finish(&x, &out, &ret.n);
	return ret;
}
