/* SPDX-License-Identifier: Apache-2.0 */
/* .dockerignore and .bunnyignore: which files of the context stay out. */
#include "bunny/ignore.h"

#include <errno.h>
#include <string.h>

#include "common/path.h"

#define MAX_RULES 4096

struct ignore_rule {
	const char *pattern; /* relative, cleaned */
	bool exception;      /* "!": what matches comes in again */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* One line without its end. Lines that say nothing leave *ret_pattern NULL. */
static int read_rule(const char *s, size_t n, struct arena *a, struct ignore_rule *ret)
{
	const char *clean;

	*ret = (struct ignore_rule){0};
	if (n && *s == '#')
		return 0;
	while (n && is_blank(*s))
		s++, n--;
	while (n && is_blank(s[n - 1]))
		n--;
	if (n && *s == '!') {
		ret->exception = true;
		s++, n--;
		while (n && is_blank(*s))
			s++, n--;
	}
	if (n == 0)
		return 0;
	clean = arena_strndup(a, s, n);
	clean = clean ? path_join_clean(a, "/", clean) : NULL;
	if (!clean)
		return -ENOMEM;
	/* "." and "/" are the context itself, which is never left out. */
	ret->pattern = clean[1] ? clean + 1 : NULL;
	return 0;
}

static int add_rule(struct ignore *ig, size_t *cap, struct arena *a, const struct ignore_rule *rule)
{
	struct ignore_rule *v = arena_room(a, ig->rules, ig->n, cap, 16, sizeof(*v));

	if (!v)
		return -ENOMEM;
	ig->rules = v;
	ig->rules[ig->n++] = *rule;
	return 0;
}

int ignore_parse(struct bytes text, struct arena *a, struct ignore *ret, struct diags *d)
{
	struct ignore ig = {0};
	const char *p = text.p, *end = p + text.n;
	size_t cap = 0;

	if (text.n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	for (unsigned line = 1; p < end; line++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((nl ? nl : end) - p);
		struct src_pos pos = {line, 1, (unsigned)n};
		struct ignore_rule rule = {0};

		if (!memchr(p, '\0', n) && read_rule(p, n, a, &rule) < 0)
			return -ENOMEM;
		if (memchr(p, '\0', n)) {
			diag_warn(d, pos, NULL, "a NUL byte: the line is skipped");
		} else if (rule.pattern && !pattern_valid(rule.pattern)) {
			diag_warn(d, pos,
				  "close every '[', put something behind '\\', at most 1024 characters",
				  "no pattern: the line is skipped");
		} else if (rule.pattern && ig.n == MAX_RULES) {
			diag_warn(d, pos, NULL, "more than %d patterns: the rest is skipped", MAX_RULES);
			break;
		} else if (rule.pattern && add_rule(&ig, &cap, a, &rule) < 0) {
			return -ENOMEM;
		}
		p += n + 1;
		if (!nl)
			break;
	}
	*ret = ig;
	return d->oom ? -ENOMEM : 0;
}

/* Does the pattern match path, or a directory above it? */
static bool match_upwards(const char *pattern, const char *path)
{
	char part[4096];
	size_t n = strnlen(path, sizeof(part));

	if (n == sizeof(part))
		return false; /* no file has such a name */
	memcpy(part, path, n + 1);
	for (;;) {
		char *slash;

		if (pattern_match(pattern, part))
			return true;
		slash = strrchr(part, '/');
		if (!slash)
			return false;
		*slash = '\0';
	}
}

bool ignore_match(const struct ignore *ig, const char *path)
{
	bool out = false;

	for (size_t i = 0; i < ig->n; i++)
		if (ig->rules[i].exception == out && match_upwards(ig->rules[i].pattern, path))
			out = !ig->rules[i].exception;
	return out;
}

/* Might the pattern match something below dir (or a directory above it, and so all below)? */
static bool may_match_below(const char *pattern, const char *dir)
{
	while (*pattern && *dir) {
		char name[4096], part[4096];
		size_t n = strcspn(dir, "/"), m = strcspn(pattern, "/");

		if (n >= sizeof(name) || m >= sizeof(part))
			return true;
		memcpy(name, dir, n);
		name[n] = '\0';
		memcpy(part, pattern, m);
		part[m] = '\0';
		if (strstr(part, "**"))
			return true;
		if (!pattern_match(part, name))
			return false;
		dir += n + (dir[n] == '/');
		pattern += m + (pattern[m] == '/');
	}
	return true;
}

bool ignore_has_exceptions_below(const struct ignore *ig, const char *dir)
{
	for (size_t i = 0; i < ig->n; i++)
		if (ig->rules[i].exception && may_match_below(ig->rules[i].pattern, dir))
			return true;
	return false;
}
