/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments out of words; urunit has this file too, so it allocates nothing. */
#include "common/words.h"

#include <string.h>

static char opening_quote(const char *word)
{
	/* A lone quote cannot open a group: the writer of a command line trims what it groups. */
	return (word[0] == '\'' || word[0] == '"') && word[1] ? word[0] : '\0';
}

size_t words_group(const char *const *words, size_t n, enum words_kind *ret)
{
	char quote = opening_quote(words[0]);

	*ret = quote ? WORDS_QUOTED : WORDS_PLAIN;
	if (!quote)
		return 1;
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(words[i]);

		if (len > 0 && words[i][len - 1] == quote)
			return i + 1;
	}
	*ret = WORDS_OPEN;
	return n;
}

size_t words_bytes(const char *const *words, size_t n)
{
	size_t bytes = 0;

	for (size_t i = 0; i < n; i++)
		bytes += strlen(words[i]) + 1;
	return bytes;
}

void words_join(const char *const *words, size_t n, enum words_kind kind, char *to)
{
	for (size_t i = 0; i < n; i++) {
		const char *from = words[i] + (i == 0 && kind != WORDS_PLAIN);
		size_t len = strlen(from) - (i == n - 1 && kind == WORDS_QUOTED);

		memmove(to, from, len);
		to += len;
		*to++ = ' ';
	}
	to[-1] = '\0';
}
