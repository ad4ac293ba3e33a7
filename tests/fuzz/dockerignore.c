/* SPDX-License-Identifier: Apache-2.0 */
/* A .dockerignore, and the names in its own lines: what is out below a directory is told by the directory. */
/* with: common bunny/diag.c bunny/ignore.c bunny/pattern.c */
#include "bunny/ignore.h"
#include "fuzz.h"

/* If a directory is out and nothing below it can come in again, then all below is out. */
static void hold_below(const struct ignore *ig, const char *dir)
{
	char below[600];

	if (strlen(dir) > 500 || !ignore_match(ig, dir) || ignore_has_exceptions_below(ig, dir))
		return;
	strcpy(below, dir);
	strcat(below, "/x");
	FUZZ_HOLDS(ignore_match(ig, below));
	strcat(below, "/y.md");
	FUZZ_HOLDS(ignore_match(ig, below));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct diags d = DIAGS(&a);
	struct ignore ig;
	char *text = fuzz_text(data, size), *save = NULL;

	FUZZ_HOLDS(ignore_parse(fuzz_bytes(data, size), &a, &ig, &d) == 0 && d.errors == 0);
	for (char *line = strtok_r(text, "\n", &save); line && size < 4096;
	     line = strtok_r(NULL, "\n", &save)) {
		while (*line == '/' || *line == '!')
			line++;
		if (*line)
			hold_below(&ig, line);
		(void)pattern_match(line, "a/b.txt");
	}
	free(text);
	arena_release(&a);
	return 0;
}
