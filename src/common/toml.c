/* SPDX-License-Identifier: Apache-2.0 */
/* A strict reader for a subset of TOML: lines, tables and keys. Values are in toml_value.c. */
#include "common/toml.h"

#include <errno.h>
#include <string.h>

#include "common/toml_reader.h"

const char *const toml_kind_names[] = {"a string", "an integer", "a boolean", "an array of strings"};

int toml_fail(struct toml_reader *in, struct err *e, const char *text)
{
	return err_set(e, EINVAL, "%s: line %u: %s", in->what, in->line, text);
}

char toml_peek(const struct toml_reader *in)
{
	return in->i < in->n ? in->s[in->i] : '\0';
}

void toml_blanks(struct toml_reader *in)
{
	while (toml_peek(in) == ' ' || toml_peek(in) == '\t')
		in->i++;
}

static bool is_bare(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '-';
}

static int read_name(struct toml_reader *in, const char **ret, struct err *e)
{
	size_t start = in->i;

	if (toml_peek(in) == '"' || toml_peek(in) == '\'')
		return toml_read_string(in, ret, e);
	while (is_bare(toml_peek(in)))
		in->i++;
	if (in->i == start)
		return toml_fail(in, e, "a name is expected here");
	*ret = arena_strndup(in->a, in->s + start, in->i - start);
	return *ret ? 0 : err_oom(e);
}

int toml_line_end(struct toml_reader *in, struct err *e)
{
	toml_blanks(in);
	if (toml_peek(in) == '#') {
		while (in->i < in->n && in->s[in->i] != '\n') {
			unsigned char c = (unsigned char)in->s[in->i];

			if ((c < 0x20 && c != '\t' &&
			     !(c == '\r' && in->i + 1 < in->n && in->s[in->i + 1] == '\n')) ||
			    c == 0x7f)
				return toml_fail(in, e, "a control character in a comment");
			in->i++;
		}
	}
	if (in->i + 1 < in->n && in->s[in->i] == '\r' && in->s[in->i + 1] == '\n')
		in->i++;
	if (in->i == in->n)
		return 0;
	if (in->s[in->i] != '\n')
		return toml_fail(in, e, "the line should end here");
	in->i++;
	in->line++;
	return 0;
}

/* Does table t's path begin with the n names of path, and then, if extra is given, with that? */
static bool path_begins(const struct toml_table *t, const struct strs *path, const char *extra)
{
	if (t->path.n < path->n + (extra ? 1 : 0))
		return false;
	for (size_t i = 0; i < path->n; i++)
		if (!streq(t->path.v[i], path->v[i]))
			return false;
	return !extra || streq(t->path.v[path->n], extra);
}

static bool has_key(const struct toml_table *t, const char *name)
{
	for (size_t i = 0; i < t->nkeys; i++)
		if (streq(t->keys[i].name, name))
			return true;
	return false;
}

/* A header may not repeat another one, nor name what is a key of a table above it. */
static int check_header(struct toml_reader *in, const struct strs *path, struct err *e)
{
	for (size_t t = 0; t < in->doc.ntables; t++) {
		const struct toml_table *other = &in->doc.tables[t];
		size_t above = other->path.n;

		if (path_begins(other, path, NULL) && above == path->n)
			return err_set(e, EINVAL, "%s: line %u: this table was already begun in line %u",
				       in->what, in->line, other->line);
		if (above >= path->n)
			continue;
		if (path_begins(&(struct toml_table){.path = *path}, &other->path, NULL) &&
		    has_key(other, path->v[above]))
			return err_set(e, EINVAL, "%s: line %u: '%s' is a key already, not a table", in->what,
				       in->line, path->v[above]);
	}
	return 0;
}

static int add_table(struct toml_reader *in, const struct strs *path, struct err *e)
{
	struct toml_table *t;

	if (in->doc.ntables == TOML_MAX_TABLES)
		return toml_fail(in, e, "too many tables");
	t = &in->doc.tables[in->doc.ntables++];
	t->path = *path;
	t->line = in->line;
	t->keys = in->keys + in->nkeys;
	return 0;
}

static int read_header(struct toml_reader *in, struct err *e)
{
	struct strv names = STRV(in->a);
	struct strs path;
	int r;

	in->i++;
	if (toml_peek(in) == '[')
		return toml_fail(in, e, "arrays of tables are not known here");
	for (;;) {
		const char *name = NULL;

		toml_blanks(in);
		r = read_name(in, &name, e);
		if (r < 0)
			return r;
		strv_add(&names, name);
		toml_blanks(in);
		if (toml_peek(in) != '.')
			break;
		in->i++;
	}
	if (toml_peek(in) != ']')
		return toml_fail(in, e, "']' is expected after the table's name");
	in->i++;
	r = strv_done(&names, &path, e);
	if (r < 0)
		return r;
	r = check_header(in, &path, e);
	return r < 0 ? r : add_table(in, &path, e);
}

static int check_key(struct toml_reader *in, const struct toml_table *t, const char *name, struct err *e)
{
	if (has_key(t, name))
		return err_set(e, EINVAL, "%s: line %u: key '%s' is there twice", in->what, in->line, name);
	for (size_t i = 0; i < in->doc.ntables; i++)
		if (path_begins(&in->doc.tables[i], &t->path, name))
			return err_set(e, EINVAL, "%s: line %u: '%s' is a table already, not a key", in->what,
				       in->line, name);
	if (in->nkeys == TOML_MAX_KEYS)
		return toml_fail(in, e, "too many keys");
	return 0;
}

static int read_pair(struct toml_reader *in, struct err *e)
{
	struct toml_table *t = &in->doc.tables[in->doc.ntables - 1];
	struct toml_key *k;
	const char *name = NULL;
	int r;

	r = read_name(in, &name, e);
	if (r < 0)
		return r;
	toml_blanks(in);
	if (toml_peek(in) == '.')
		return toml_fail(in, e, "dotted keys are not known here: write a [table] header");
	if (toml_peek(in) != '=')
		return toml_fail(in, e, "'=' is expected after the key");
	in->i++;
	toml_blanks(in);
	r = check_key(in, t, name, e);
	if (r < 0)
		return r;
	k = &in->keys[in->nkeys];
	k->name = name;
	k->line = in->line;
	r = toml_read_value(in, k, e);
	if (r < 0)
		return r;
	in->nkeys++;
	t->nkeys++;
	return 0;
}

static int read_line(struct toml_reader *in, struct err *e)
{
	int r = 0;

	toml_blanks(in);
	switch (toml_peek(in)) {
	case '[':
		r = read_header(in, e);
		break;
	case '#':
	case '\r':
	case '\n':
		break;
	default:
		if (in->i < in->n)
			r = read_pair(in, e);
		break;
	}
	return r < 0 ? r : toml_line_end(in, e);
}

int toml_parse(struct bytes text, const char *what, struct arena *a, struct toml_doc *ret, struct err *e)
{
	struct toml_reader in = {.s = text.p, .n = text.n, .line = 1, .what = what, .a = a};
	int r;

	if (!str_is_utf8(text.p, text.n) || (text.n && memchr(text.p, 0, text.n)))
		return err_set(e, EINVAL, "%s: is not UTF-8 text", what);
	/* Fixed room: no pointer into it moves while the file is read. */
	in.doc.tables = arena_array(a, TOML_MAX_TABLES, sizeof(*in.doc.tables));
	in.keys = arena_array(a, TOML_MAX_KEYS, sizeof(*in.keys));
	if (!in.doc.tables || !in.keys)
		return err_oom(e);
	r = add_table(&in, &(struct strs){0}, e);
	while (r == 0 && in.i < in.n)
		r = read_line(&in, e);
	if (r < 0)
		return r;
	*ret = in.doc;
	return 0;
}
