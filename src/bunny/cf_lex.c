/* SPDX-License-Identifier: Apache-2.0 */
/* Containerfiles: lines, continuations, comments, directives and heredocs made into instructions. */
#include <errno.h>
#include <string.h>

#include "bunny/cf.h"
#include "common/json.h"

/* A line of the file without its end; n excludes a '\r' before it. */
struct line {
	const char *p;
	size_t n;
};

struct lexer {
	struct front *f;
	const char *next, *end; /* what is not read yet */
	char escape;
	size_t cap;
	struct cf_file file;
};

/* How an instruction's arguments are written. */
enum shape {
	SHAPE_TEXT,       /* one text */
	SHAPE_WORDS,      /* words between blanks */
	SHAPE_QUOTED,     /* words, with quotes around blanks: ARG */
	SHAPE_PAIRS,      /* ENV, LABEL */
	SHAPE_JSON_TEXT,  /* JSON, or one text */
	SHAPE_JSON_WORDS, /* JSON, or words */
};

static const struct instruction {
	const char *name;
	enum cf_kind kind;
	enum shape shape;
	bool docs; /* takes heredocs */
} instructions[] = {
	{"ADD", CF_ADD, SHAPE_JSON_WORDS, true},
	{"ARG", CF_ARG, SHAPE_QUOTED, false},
	{"CMD", CF_CMD, SHAPE_JSON_TEXT, false},
	{"COPY", CF_COPY, SHAPE_JSON_WORDS, true},
	{"ENTRYPOINT", CF_ENTRYPOINT, SHAPE_JSON_TEXT, false},
	{"ENV", CF_ENV, SHAPE_PAIRS, false},
	{"EXPOSE", CF_EXPOSE, SHAPE_WORDS, false},
	{"FROM", CF_FROM, SHAPE_WORDS, false},
	{"HEALTHCHECK", CF_HEALTHCHECK, SHAPE_TEXT, false},
	{"LABEL", CF_LABEL, SHAPE_PAIRS, false},
	{"MAINTAINER", CF_MAINTAINER, SHAPE_TEXT, false},
	{"ONBUILD", CF_ONBUILD, SHAPE_TEXT, false},
	{"RUN", CF_RUN, SHAPE_JSON_TEXT, true},
	{"SHELL", CF_SHELL, SHAPE_JSON_TEXT, false},
	{"STOPSIGNAL", CF_STOPSIGNAL, SHAPE_TEXT, false},
	{"USER", CF_USER, SHAPE_TEXT, false},
	{"VOLUME", CF_VOLUME, SHAPE_JSON_WORDS, false},
	{"WORKDIR", CF_WORKDIR, SHAPE_TEXT, false},
};
#define N_INSTRUCTIONS (sizeof(instructions) / sizeof(instructions[0]))

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f' || c == '\n';
}

/* --- places --- */

struct src_pos cf_pos(const struct front *f, const struct cf_step *s, size_t off, size_t width)
{
	const char *text = f->source->text.p, *p = text, *at, *nl;
	unsigned line = 1;

	if (s->n == 0)
		return (struct src_pos){0};
	at = text + (off < s->n ? s->at[off] : s->at[s->n - 1] + 1);
	while ((nl = memchr(p, '\n', (size_t)(at - p)))) {
		p = nl + 1;
		line++;
	}
	return (struct src_pos){line, (unsigned)(at - p) + 1, (unsigned)width};
}

struct src_pos cf_step_pos(const struct front *f, const struct cf_step *s)
{
	return cf_pos(f, s, 0, strlen(s->keyword));
}

const struct cf_flag *cf_flag(const struct cf_step *s, const char *name)
{
	for (size_t i = 0; i < s->nflags; i++)
		if (streq(s->flags[i].name, name))
			return &s->flags[i];
	return NULL;
}

/* --- lines --- */

static bool next_line(struct lexer *in, struct line *ret)
{
	const char *nl;

	if (in->next >= in->end)
		return false;
	nl = memchr(in->next, '\n', (size_t)(in->end - in->next));
	ret->p = in->next;
	ret->n = (size_t)((nl ? nl : in->end) - in->next);
	in->next = nl ? nl + 1 : in->end;
	if (ret->n && ret->p[ret->n - 1] == '\r')
		ret->n--;
	return true;
}

static struct line trim_left(struct line l)
{
	while (l.n && is_blank(*l.p))
		l.p++, l.n--;
	return l;
}

/* Without the escape at its end, if there is one that is not escaped itself. */
static bool continues(struct lexer *in, struct line *l)
{
	size_t n = l->n;

	while (n && (l->p[n - 1] == ' ' || l->p[n - 1] == '\t'))
		n--;
	if (n == 0 || l->p[n - 1] != in->escape || (n > 1 && l->p[n - 2] == in->escape))
		return false;
	l->n = n - 1;
	return true;
}

/* --- directives --- */

/* "# name = value". False: a comment like any other. */
static bool read_directive(struct lexer *in, struct line l, bool *had_escape)
{
	struct src_pos pos = {0};
	const char *name, *value;
	size_t n = 0;

	l = trim_left(l);
	if (!l.n || *l.p != '#')
		return false;
	l.p++, l.n--;
	l = trim_left(l);
	while (n < l.n && ((l.p[n] >= 'a' && l.p[n] <= 'z') || (l.p[n] >= 'A' && l.p[n] <= 'Z') ||
			   (n && l.p[n] >= '0' && l.p[n] <= '9')))
		n++;
	name = arena_strndup(in->f->a, l.p, n);
	l.p += n, l.n -= n;
	l = trim_left(l);
	if (!n || !l.n || *l.p != '=')
		return false;
	l.p++, l.n--;
	l = trim_left(l);
	while (l.n && is_blank(l.p[l.n - 1]))
		l.n--;
	value = arena_strndup(in->f->a, l.p, l.n);
	if (!name || !value) {
		front_oom(in->f);
		return true;
	}
	if (!*value)
		return false;
	if (strcasecmp(name, "escape") != 0)
		return true;
	for (const char *p = in->f->source->text.p; p < l.p; p++)
		pos.line += *p == '\n';
	pos.line++;
	if (*had_escape)
		diag_error(in->f->d, pos, NULL, "only one '# escape=' line can be used");
	else if (!streq(value, "\\") && !streq(value, "`"))
		diag_error(in->f->d, pos, "allowed: \\ and `", "'%s' cannot be the escape character", value);
	else
		in->escape = *value;
	*had_escape = true;
	return true;
}

static void read_directives(struct lexer *in)
{
	const char *before = in->next;
	bool had_escape = false;
	struct line l;

	while (next_line(in, &l) && read_directive(in, l, &had_escape))
		before = in->next;
	in->next = before;
}

/* --- one instruction's text --- */

struct text {
	struct strbuf chars;
	uint32_t *at;
	size_t cap;
};

static void add_text(struct lexer *in, struct text *t, struct line l)
{
	const char *start = in->f->source->text.p;
	size_t n = t->chars.len;

	if (n + l.n > t->cap) {
		size_t cap = (n + l.n) * 2;
		uint32_t *at = arena_array(in->f->a, cap, sizeof(*at));

		if (!at) {
			front_oom(in->f);
			return;
		}
		if (n)
			memcpy(at, t->at, n * sizeof(*at));
		t->at = at;
		t->cap = cap;
	}
	for (size_t i = 0; i < l.n; i++)
		t->at[n + i] = (uint32_t)(l.p + i - start);
	sb_addn(&t->chars, l.p, l.n);
}

/* The instruction that begins with this line, to the end of its last one. */
static int read_text(struct lexer *in, struct line first, struct cf_step *s)
{
	struct text t = {.chars = STRBUF(in->f->a)};
	struct line l = first;
	struct err e;
	bool more = continues(in, &l);
	int r;

	add_text(in, &t, l);
	while (more && next_line(in, &l)) {
		struct line trimmed = trim_left(l);

		/* Comments and empty lines between are as if they were not there. */
		if (!trimmed.n || *trimmed.p == '#')
			continue;
		more = continues(in, &l);
		add_text(in, &t, l);
	}
	if (in->f->d->oom || (r = sb_done(&t.chars, &s->text, &e)) < 0)
		return -ENOMEM;
	s->at = t.at;
	s->n = t.chars.len;
	while (s->n && is_blank(s->text[s->n - 1]))
		s->n--;
	s->text = arena_strndup(in->f->a, s->text, s->n);
	return s->text ? 0 : -ENOMEM;
}

/* --- its pieces --- */

/* The end of the word at i: blanks end it, but not inside quotes. */
static size_t word_end(const struct cf_step *s, size_t i)
{
	char quote = 0;

	for (; i < s->n; i++) {
		char c = s->text[i];

		if (quote == 0 && is_blank(c))
			break;
		if (c == s->escape && quote != '\'' && i + 1 < s->n)
			i++;
		else if (quote && c == quote)
			quote = 0;
		else if (!quote && (c == '"' || c == '\''))
			quote = c;
	}
	return i < s->n ? i : s->n;
}

static size_t skip_blanks(const struct cf_step *s, size_t i)
{
	while (i < s->n && is_blank(s->text[i]))
		i++;
	return i;
}

/* A list that doubles its room. */
static void *more_room(struct front *f, const void *v, size_t n, size_t *cap, size_t size)
{
	void *p = arena_room(f->a, v, n, cap, 4, size);

	if (!p)
		front_oom(f);
	return p;
}

static void add_word(struct lexer *in, struct cf_step *s, size_t *cap, const char *p, size_t n, size_t off)
{
	struct cf_word *v;

	if (s->nwords == CF_MAX_WORDS) {
		diag_error(in->f->d, cf_pos(in->f, s, off, n), NULL, "more than %d words", CF_MAX_WORDS);
		s->nwords++;
	}
	if (s->nwords > CF_MAX_WORDS)
		return;
	v = more_room(in->f, s->words, s->nwords, cap, sizeof(*v));
	if (!v)
		return;
	s->words = v;
	v[s->nwords++] = (struct cf_word){arena_strndup(in->f->a, p, n), off};
	if (!v[s->nwords - 1].text)
		front_oom(in->f);
}

static void read_flags(struct lexer *in, struct cf_step *s)
{
	size_t cap = 0;

	for (;;) {
		size_t end;
		struct cf_flag *v;
		char *text, *eq;

		s->args = skip_blanks(s, s->args);
		if (s->n - s->args < 2 || memcmp(s->text + s->args, "--", 2) != 0)
			return;
		end = word_end(s, s->args);
		if (end - s->args == 2) {
			s->args = skip_blanks(s, end);
			return;
		}
		text = arena_strndup(in->f->a, s->text + s->args + 2, end - s->args - 2);
		v = more_room(in->f, s->flags, s->nflags, &cap, sizeof(*v));
		if (!text || !v) {
			front_oom(in->f);
			return;
		}
		eq = strchr(text, '=');
		if (eq)
			*eq++ = '\0';
		s->flags = v;
		v[s->nflags++] = (struct cf_flag){text, eq, s->args};
		s->args = end;
	}
}

static void read_words(struct lexer *in, struct cf_step *s, bool quotes)
{
	size_t cap = 0;

	for (size_t i = skip_blanks(s, s->args); i < s->n;) {
		size_t end = i;

		if (quotes)
			end = word_end(s, i);
		else
			while (end < s->n && !is_blank(s->text[end]))
				end++;
		add_word(in, s, &cap, s->text + i, end - i, i);
		i = skip_blanks(s, end);
	}
}

static void read_rest(struct lexer *in, struct cf_step *s, size_t from)
{
	size_t cap = s->nwords;

	if (from < s->n)
		add_word(in, s, &cap, s->text + from, s->n - from, from);
}

/* An array of strings. False: it is none, and so a text. */
static bool read_json(struct lexer *in, struct cf_step *s)
{
	struct bytes text = {s->text + s->args, s->n - s->args};
	json_t *doc, *v;
	struct err e;
	size_t cap = 0, i;

	if (!text.n || s->text[s->args] != '[' || json_parse(text, "", &doc, &e) < 0)
		return false;
	if (!json_is_array(doc))
		return false;
	json_array_foreach(doc, i, v) if (!json_is_string(v)) return false;
	json_array_foreach(doc, i, v)
	{
		const char *str = json_string_value(v);

		add_word(in, s, &cap, str, strlen(str), s->args);
	}
	s->json = true;
	return true;
}

/* key=value ..., or key and the rest of the line. */
static void read_pairs(struct lexer *in, struct cf_step *s)
{
	size_t end, cap = 0, i = s->args;

	end = word_end(s, i);
	s->pairs = memchr(s->text + i, '=', end - i) != NULL;
	if (s->pairs) {
		read_words(in, s, true);
		return;
	}
	while (i < s->n && !is_blank(s->text[i]))
		i++;
	if (i > s->args)
		add_word(in, s, &cap, s->text + s->args, i - s->args, s->args);
	read_rest(in, s, skip_blanks(s, i));
}

/* --- heredocs --- */

/* <<NAME, <<-NAME, <<"NAME": is the word one? */
static bool is_heredoc(const char *w, struct cf_heredoc *doc, struct arena *a)
{
	size_t n;
	char quote;

	if (strncmp(w, "<<", 2) != 0)
		return false;
	w += 2;
	doc->strip_tabs = *w == '-';
	w += doc->strip_tabs;
	quote = *w == '"' || *w == '\'' ? *w : '\0';
	w += quote != '\0';
	n = strlen(w);
	if (quote) {
		if (n < 2 || w[n - 1] != quote)
			return false;
		n--;
	}
	if (n == 0 || strcspn(w, "<\"' \t") < n)
		return false;
	doc->expand = !quote;
	doc->name = arena_strndup(a, w, n);
	return doc->name != NULL;
}

static void read_heredoc(struct lexer *in, struct cf_step *s, struct cf_heredoc *doc)
{
	struct strbuf out = STRBUF(in->f->a);
	size_t name = strlen(doc->name);
	struct line l;
	const char *text;
	struct err e;

	while (next_line(in, &l)) {
		struct line end = l;

		while (doc->strip_tabs && l.n && *l.p == '\t')
			l.p++, l.n--;
		if (doc->strip_tabs)
			end = l;
		if (end.n == name && memcmp(end.p, doc->name, name) == 0) {
			doc->bytes.n = out.len;
			if (sb_done(&out, &text, &e) < 0)
				front_oom(in->f);
			else
				doc->bytes.p = text;
			return;
		}
		sb_addn(&out, l.p, l.n);
		sb_addc(&out, '\n');
	}
	diag_error(in->f->d, cf_pos(in->f, s, doc->off, name + 2),
		   arena_printf(in->f->a, "end it with a line that is only '%s'", doc->name),
		   "the file ends inside heredoc '%s'", doc->name);
}

static void read_heredocs(struct lexer *in, struct cf_step *s)
{
	size_t cap = 0;

	for (size_t i = s->args; i < s->n && !in->f->d->oom;) {
		struct cf_heredoc doc = {.off = i}, *v;
		size_t end = word_end(s, i);
		char *word = arena_strndup(in->f->a, s->text + i, end - i);

		if (!word) {
			front_oom(in->f);
			return;
		}
		if (is_heredoc(word, &doc, in->f->a)) {
			read_heredoc(in, s, &doc);
			v = more_room(in->f, s->docs, s->ndocs, &cap, sizeof(*v));
			if (!v)
				return;
			v[s->ndocs++] = doc;
			s->docs = v;
		}
		i = skip_blanks(s, end);
	}
}

/* --- instructions --- */

static void read_arguments(struct lexer *in, struct cf_step *s, const struct instruction *ins)
{
	switch (ins->shape) {
	case SHAPE_TEXT:
		read_rest(in, s, s->args);
		break;
	case SHAPE_WORDS:
		read_words(in, s, false);
		break;
	case SHAPE_QUOTED:
		read_words(in, s, true);
		break;
	case SHAPE_PAIRS:
		read_pairs(in, s);
		break;
	case SHAPE_JSON_TEXT:
		if (!read_json(in, s))
			read_rest(in, s, s->args);
		break;
	case SHAPE_JSON_WORDS:
		if (!read_json(in, s))
			read_words(in, s, false);
		break;
	}
	if (s->nwords > CF_MAX_WORDS)
		s->nwords = CF_MAX_WORDS;
}

static void unknown_instruction(struct lexer *in, struct cf_step *s, size_t n)
{
	const char *names[N_INSTRUCTIONS], *near, *word = arena_strndup(in->f->a, s->text, n > 40 ? 40 : n);
	struct strs words = {names, N_INSTRUCTIONS};

	for (size_t i = 0; i < N_INSTRUCTIONS; i++)
		names[i] = instructions[i].name;
	near = word ? nearest_word(word, &words) : NULL;
	diag_error(in->f->d, cf_pos(in->f, s, 0, n),
		   near ? arena_printf(in->f->a, "did you mean %s?", near) : NULL, "unknown instruction '%s'",
		   word ? word : "");
}

static int read_instruction(struct lexer *in, struct line first)
{
	struct cf_step s = {.escape = in->escape}, *v;
	const struct instruction *ins = NULL;
	size_t n = 0;

	if (read_text(in, first, &s) < 0)
		return -ENOMEM;
	if (s.n == 0)
		return 0;
	while (n < s.n && !is_blank(s.text[n]))
		n++;
	for (size_t i = 0; i < N_INSTRUCTIONS && !ins; i++)
		if (strlen(instructions[i].name) == n && strncasecmp(instructions[i].name, s.text, n) == 0)
			ins = &instructions[i];
	if (!ins) {
		unknown_instruction(in, &s, n);
		return 0;
	}
	if (in->file.nsteps == RECIPE_MAX_STEPS) {
		diag_error(in->f->d, cf_pos(in->f, &s, 0, n), NULL, "more than %d instructions",
			   RECIPE_MAX_STEPS);
		in->next = in->end;
		return 0;
	}
	s.kind = ins->kind;
	s.keyword = ins->name;
	s.args = n;
	read_flags(in, &s);
	if (ins->docs)
		read_heredocs(in, &s);
	read_arguments(in, &s, ins);
	v = more_room(in->f, in->file.steps, in->file.nsteps, &in->cap, sizeof(*v));
	if (!v)
		return -ENOMEM;
	v[in->file.nsteps++] = s;
	in->file.steps = v;
	return 0;
}

int cf_read(struct front *f, struct cf_file *ret)
{
	struct lexer in = {.f = f, .escape = '\\'};
	struct line l;

	in.next = f->source->text.p;
	in.end = in.next + f->source->text.n;
	if (f->source->text.n >= 3 && memcmp(in.next, "\xef\xbb\xbf", 3) == 0)
		in.next += 3;
	json_use_arena(f->a);
	read_directives(&in);
	while (!f->d->oom && next_line(&in, &l)) {
		l = trim_left(l);
		if (l.n && *l.p != '#' && read_instruction(&in, l) < 0)
			return -ENOMEM;
	}
	*ret = in.file;
	return f->d->oom ? -ENOMEM : 0;
}
