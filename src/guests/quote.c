/* SPDX-License-Identifier: Apache-2.0 */
/* Quoting for the word splitters of guests. */
#include "guests/quote.h"

#include <string.h>

/* Bytes that mean nothing to any of the splitters, wherever they stand in a word. */
static bool is_plain(const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:=,+@%";

	return word[0] != '\0' && word[strspn(word, plain)] == '\0';
}

void quote_shell(struct strbuf *out, const char *word)
{
	if (is_plain(word)) {
		sb_add(out, word);
		return;
	}
	sb_addc(out, '\'');
	for (const char *s = word; *s; s++) {
		if (*s == '\'')
			sb_add(out, "'\"'\"'");
		else if (s > word && str_starts(s - 1, " -- "))
			sb_add(out, "-''");
		else
			sb_addc(out, *s);
	}
	sb_addc(out, '\'');
}

void quote_backslash(struct strbuf *out, const char *word)
{
	for (; *word; word++) {
		if (strchr(" \t\n\\", *word) != NULL)
			sb_addc(out, '\\');
		sb_addc(out, *word);
	}
}

void quote_double(struct strbuf *out, const char *word)
{
	static const char from[] = "\a\b\f\n\r\t\v\\\"", to[] = "abfnrtv\\\"";

	if (is_plain(word)) {
		sb_add(out, word);
		return;
	}
	sb_addc(out, '"');
	for (; *word; word++) {
		const char *p = strchr(from, *word);

		if (p != NULL)
			sb_addc(out, '\\');
		sb_addc(out, p != NULL ? to[p - from] : *word);
	}
	sb_addc(out, '"');
}

const char *quote_label(char *buf, const char *list, size_t i)
{
	struct strbuf b = {.p = buf, .cap = QUOTE_LABEL_BYTES};

	sb_addf(&b, "%s[%zu]", list, i);
	return buf;
}

int quote_name_bytes(const char *entry)
{
	size_t n = strcspn(entry, "=");

	return n > QUOTE_SHOWN_BYTES ? QUOTE_SHOWN_BYTES : (int)n;
}
