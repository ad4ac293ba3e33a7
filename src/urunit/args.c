/* SPDX-License-Identifier: Apache-2.0 */
/* The application's arguments out of the words that the kernel cut its command line into. */
#include "urunit/args.h"

#include <errno.h>
#include <string.h>

static char opening_quote(const char *word)
{
	/* A lone quote cannot open a group: the writer of the command line trims what it groups. */
	return (word[0] == '\'' || word[0] == '"') && word[1] ? word[0] : '\0';
}

static bool closes(const char *word, char quote)
{
	size_t n = strlen(word);

	return n > 0 && word[n - 1] == quote;
}

/* The number of words of the group that begins at words[0]; 1 when it is no group. */
static size_t group_length(char *const *words, size_t n)
{
	char quote = opening_quote(words[0]);

	if (!quote)
		return 1;
	for (size_t i = 0; i < n; i++)
		if (closes(words[i], quote))
			return i + 1;
	return 1;
}

/* Copies the words with blanks between, then takes the first and last byte (the quotes) away. */
static char *join(char *const *words, size_t n)
{
	size_t bytes = 0;

	for (size_t i = 0; i < n; i++)
		bytes += strlen(words[i]) + 1;

	char *text = umem_map(bytes), *to = text;

	if (!text)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(words[i]);

		memcpy(to, words[i], len);
		to += len;
		*to++ = ' ';
	}
	text[bytes - 2] = '\0';
	return text + 1;
}

static char *one_argument(char *const *words, size_t n)
{
	char quote = opening_quote(words[0]);

	if (!quote || !closes(words[n - 1], quote))
		return words[0];
	if (n > 1)
		return join(words, n);
	/* In place: the words are ours to write to. */
	words[0][strlen(words[0]) - 1] = '\0';
	return words[0] + 1;
}

int uargs_regroup(char *const *words, size_t n, struct uvec *out)
{
	for (size_t at = 0; at < n;) {
		size_t len = group_length(words + at, n - at);
		char *arg = one_argument(words + at, len);

		if (!arg || uvec_add(out, &arg, sizeof(arg)) < 0)
			return -ENOMEM;
		at += len;
	}
	return 0;
}
