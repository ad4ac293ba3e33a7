/* SPDX-License-Identifier: Apache-2.0 */
/* Errors and warnings about a user's file, with the place shown. */
#include "bunny/diag.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "common/utf8.h"

#define SHOWN_BYTES 160 /* of a line */
#define NEAR_MAX 64     /* longer words are not compared */

static _printf_(5, 0) void add(struct diags *d, enum diag_level level, struct src_pos pos, const char *hint,
			       const char *fmt, va_list ap)
{
	struct diag *to;

	if (level == DIAG_ERROR)
		d->errors++;
	if (d->n == DIAG_MAX) {
		d->dropped++;
		return;
	}
	to = arena_room(d->a, d->v, d->n, &d->cap, 8, sizeof(*to));
	if (!to) {
		d->oom = true;
		return;
	}
	d->v = to;
	to += d->n;
	*to = (struct diag){level, pos, arena_vprintf(d->a, fmt, ap), arena_strdup(d->a, hint)};
	if (!to->text || (hint && !to->hint))
		d->oom = true;
	else
		d->n++;
}

void diag_error(struct diags *d, struct src_pos pos, const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(d, DIAG_ERROR, pos, hint, fmt, ap);
	va_end(ap);
}

void diag_warn(struct diags *d, struct src_pos pos, const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(d, DIAG_WARNING, pos, hint, fmt, ap);
	va_end(ap);
}

/* The line's bytes, without its end. False: there is no such line. */
static bool find_line(const struct source *source, unsigned line, const char **ret, size_t *ret_n)
{
	const char *p = source->text.p, *end = p + source->text.n, *nl;

	if (source->text.n == 0 || line == 0)
		return false;
	while (--line) {
		p = memchr(p, '\n', (size_t)(end - p));
		if (!p || ++p == end)
			return false;
	}
	nl = memchr(p, '\n', (size_t)(end - p));
	*ret = p;
	*ret_n = (size_t)((nl ? nl : end) - p);
	if (*ret_n && p[*ret_n - 1] == '\r')
		--*ret_n;
	return true;
}

/* One character as it may be shown: never a control byte. Returns how many bytes it was. */
static size_t show_char(const char *s, size_t n, struct strbuf *out)
{
	size_t len = utf8_seq(s, n);
	unsigned char c = (unsigned char)*s;

	/* C1 controls are two bytes in UTF-8 */
	if (len == 0 || (c < 0x20 && c != '\t') || c == 0x7f || (c == 0xc2 && (unsigned char)s[1] < 0xa0)) {
		sb_addc(out, '?');
		return len ? len : 1;
	}
	sb_addn(out, c == '\t' ? " " : s, len);
	return len;
}

void diag_show_text(const char *s, struct strbuf *out)
{
	for (size_t n = strlen(s); n;) {
		size_t len = show_char(s, n, out);

		s += len;
		n -= len;
	}
}

/* The line, cut so that the place is in it, and the caret. */
static void show_line(const char *line, size_t n, struct src_pos pos, struct strbuf *out)
{
	size_t at = pos.col ? pos.col - 1 : 0, from = 0, to = n, under = pos.width ? pos.width : 1;

	if (at > n)
		at = n;
	if (n > SHOWN_BYTES) {
		from = at > SHOWN_BYTES / 2 ? at - SHOWN_BYTES / 2 : 0;
		to = n - from > SHOWN_BYTES ? from + SHOWN_BYTES : n;
		/* never in the middle of a character */
		while (from > 0 && from < n && ((unsigned char)line[from] & 0xc0) == 0x80 &&
		       at - from < SHOWN_BYTES)
			from--;
	}
	sb_add(out, from ? "    ..." : "    ");
	for (size_t i = from; i < to;)
		i += show_char(line + i, n - i, out);
	sb_add(out, to < n ? "...\n" : "\n");
	if (pos.col == 0)
		return;
	sb_add(out, from ? "       " : "    ");
	for (size_t i = from; i < at;) {
		size_t len = utf8_seq(line + i, n - i);

		sb_addc(out, ' ');
		i += len ? len : 1;
	}
	sb_addc(out, '^');
	for (size_t i = at + 1, end = at + under < to ? at + under : to; i < end; i++)
		if (((unsigned char)line[i] & 0xc0) != 0x80)
			sb_addc(out, '~');
	sb_addc(out, '\n');
}

static void show_place(const struct diag *d, const struct source *source, struct strbuf *out)
{
	if (!source)
		return;
	diag_show_text(source->name, out);
	if (d->pos.line)
		sb_addf(out, ":%u", d->pos.line);
	if (d->pos.line && d->pos.col)
		sb_addf(out, ":%u", d->pos.col);
	sb_add(out, ": ");
}

void diag_render(const struct diag *d, const struct source *source, struct strbuf *out)
{
	const char *line;
	size_t n;

	show_place(d, source, out);
	sb_add(out, d->level == DIAG_ERROR ? "error: " : "warning: ");
	diag_show_text(d->text, out);
	sb_addc(out, '\n');
	if (source && find_line(source, d->pos.line, &line, &n))
		show_line(line, n, d->pos, out);
	if (d->hint) {
		sb_add(out, "    hint: ");
		diag_show_text(d->hint, out);
		sb_addc(out, '\n');
	}
}

void diags_render(const struct diags *d, const struct source *source, struct strbuf *out)
{
	for (size_t i = 0; i < d->n; i++)
		diag_render(&d->v[i], source, out);
	if (d->dropped)
		sb_addf(out, "... and %zu more of them\n", d->dropped);
}

static void json_member(const char *key, const char *value, struct strbuf *out)
{
	if (!value)
		return;
	sb_addf(out, ",\"%s\":", key);
	sb_json_str(out, value, strlen(value));
}

void diags_json(const struct diags *d, const struct source *source, struct strbuf *out)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct diag *v = &d->v[i];

		sb_addf(out, "{\"level\":\"%s\"", v->level == DIAG_ERROR ? "error" : "warning");
		json_member("file", source ? source->name : NULL, out);
		if (v->pos.line)
			sb_addf(out, ",\"line\":%u,\"column\":%u", v->pos.line, v->pos.col);
		json_member("text", v->text, out);
		json_member("hint", v->hint, out);
		sb_add(out, "}\n");
	}
}

int diags_result(const struct diags *d, const struct source *source, struct err *e)
{
	char space[ERR_MSG_BYTES];
	struct strbuf text = {.p = space, .cap = sizeof(space)};
	const struct diag *first = NULL;

	if (d->oom)
		return err_oom(e);
	if (d->errors == 0)
		return 0;
	for (size_t i = 0; i < d->n && !first; i++)
		if (d->v[i].level == DIAG_ERROR)
			first = &d->v[i];
	if (!first)
		return err_set(e, EINVAL, "%zu errors", d->errors);
	show_place(first, source, &text);
	if (d->errors > 1)
		return err_set(e, EINVAL, "%.*s%s (and %zu more)", (int)text.len, text.len ? text.p : "",
			       first->text, d->errors - 1);
	return err_set(e, EINVAL, "%.*s%s", (int)text.len, text.len ? text.p : "", first->text);
}

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* How many letters must be changed, added, left out or swapped with the next. */
static size_t distance(const char *s, size_t n, const char *t, size_t m)
{
	size_t rows[3][NEAR_MAX + 1], *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= m; j++)
		above[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *spare = before;

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t best = above[j - 1] + (lower(s[i - 1]) != lower(t[j - 1]));

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && lower(s[i - 1]) == lower(t[j - 2]) &&
			    lower(s[i - 2]) == lower(t[j - 1]) && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
		before = above;
		above = row;
		row = spare;
	}
	return above[m];
}

const char *nearest_word(const char *s, const struct strs *words)
{
	size_t n = strlen(s), best = SIZE_MAX;
	const char *found = NULL;

	if (n == 0 || n > NEAR_MAX)
		return NULL;
	for (size_t i = 0; i < words->n; i++) {
		size_t m = strlen(words->v[i]), longer = m > n ? m : n, d;

		if (m == 0 || m > NEAR_MAX || streq(s, words->v[i]))
			continue;
		d = distance(s, n, words->v[i], m);
		/* One word inside the other is near, too: rootfs.ext2 and nginx_rootfs.ext2. */
		if (d > longer / 3 && n > 3 && m > 3 && (strstr(words->v[i], s) || strstr(s, words->v[i])))
			d = longer / 3;
		if (d <= (longer < 3 ? 0 : longer / 3) && d < best) {
			best = d;
			found = words->v[i];
		}
	}
	return found;
}
