/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines: words out of a text, a text out of words. */
#include "bunny/cmdline.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Where the quote that begins at s is closed: NULL if it is not. Only in "..." is a backslash an escape. */
static const char *closing(const char *s)
{
	char quote = *s++;

	for (; *s && *s != quote; s++)
		if (quote == '"' && *s == '\\' && (s[1] == '"' || s[1] == '\\'))
			s++;
	return *s ? s : NULL;
}

/* Does a quoted part begin here? One whose end is in the middle of a word is no quoting: {"a":"b"}. */
static bool opens(const char *s)
{
	const char *end;

	if (*s != '\'' && *s != '"')
		return false;
	end = closing(s);
	return !end || !end[1] || is_blank(end[1]);
}

/* Adds the part without its quotes. Returns where to go on. */
static const char *quoted(const char *s, struct strbuf *word, bool *open)
{
	const char *end = closing(s);
	char quote = *s++;

	while (*s && s != end) {
		if (quote == '"' && *s == '\\' && (s[1] == '"' || s[1] == '\\'))
			s++;
		sb_addc(word, *s++);
	}
	*open |= !end;
	return end ? end + 1 : s;
}

int cmdline_split(const char *text, struct arena *a, struct strs *ret, bool *ret_open, struct err *e)
{
	struct strv l = STRV(a);
	bool open = false;
	int r;

	for (const char *s = text; *s;) {
		struct strbuf word = STRBUF(a);
		const char *start, *w;

		if (is_blank(*s)) {
			s++;
			continue;
		}
		for (start = s; *s && !is_blank(*s);) {
			if ((s == start || s[-1] == '=') && opens(s)) {
				s = quoted(s, &word, &open);
				break;
			}
			sb_addc(&word, *s++);
		}
		if ((r = sb_done(&word, &w, e)) < 0)
			return r;
		strv_add(&l, w);
	}
	if ((r = strv_done(&l, ret, e)) < 0)
		return r;
	*ret_open = open;
	return 0;
}

int cmdline_join(const struct strs *words, struct arena *a, const char **ret, struct err *e)
{
	struct strbuf out = STRBUF(a);

	for (size_t i = 0; i < words->n; i++) {
		if (i)
			sb_addc(&out, ' ');
		sb_add(&out, words->v[i]);
	}
	return sb_done(&out, ret, e);
}
