/* SPDX-License-Identifier: Apache-2.0 */
/* Words of the kernel's command line into arguments: none is lost, nothing but quotes goes away. */
/* with: urunit/args.c urunit/text.c common/words.c */
#include "fuzz.h"
#include "urunit/args.h"

#define WORDS_MAX 512

static size_t letters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += *s != '\'' && *s != '"' && *s != ' ';
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *words[WORDS_MAX + 1];
	struct uvec out = {0};
	size_t n = 0, before = 0, after = 0;

	/* Cut at newlines, so that a word may have anything else in it, and be empty. */
	for (char *p = text; p <= text + size && n < WORDS_MAX; p += strlen(p) + 1) {
		p[strcspn(p, "\n")] = '\0';
		before += letters(p);
		words[n++] = p;
	}
	words[n] = NULL;
	FUZZ_HOLDS(uargs_regroup(words, n, &out) == 0);

	char *const *args = out.p;
	size_t nargs = out.bytes / sizeof(*args);

	FUZZ_HOLDS(nargs >= 1 && nargs <= n && !args[nargs]);
	for (size_t i = 0; i < nargs; i++) {
		after += letters(args[i]);
		/* What was joined has a mapping of its own. */
		if (args[i] < text || args[i] > text + size)
			munmap(args[i], strlen(args[i]) + 1);
	}
	FUZZ_HOLDS(before == after);
	munmap(out.p, out.cap);
	free(text);
	return 0;
}
