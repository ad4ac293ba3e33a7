/* SPDX-License-Identifier: Apache-2.0 */
/* Names of images in registries, whole and in short. */
#include "bunny/ref.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "bunny/digest.h"
#include "common/str.h"

#define TAG_MAX 128

static bool is_lower(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_word(char c)
{
	return is_lower(c) || (c >= 'A' && c <= 'Z') || c == '_';
}

/* What may stand between two runs of letters: ".", "_", "__", any number of "-". */
static size_t separator(const char *s)
{
	if (s[0] == '-')
		return strspn(s, "-");
	if (s[0] == '_' && s[1] == '_')
		return 2;
	return s[0] == '.' || s[0] == '_' ? 1 : 0;
}

static bool repository_good(const char *s)
{
	for (;;) {
		size_t n;

		if (!is_lower(*s))
			return false;
		while (is_lower(*s))
			s++;
		n = separator(s);
		if (*s == '\0')
			return true;
		if (n == 0 && *s != '/')
			return false;
		s += n ? n : 1;
	}
}

static bool registry_good(const char *s)
{
	const char *colon = strrchr(s, ':');
	uint64_t port;

	if (colon && !str_u64(colon + 1, 1, 65535, &port))
		return false;
	if (*s == '[') /* an IPv6 address */
		return strspn(s + 1, "0123456789abcdefABCDEF:.") > 0 && strchr(s, ']');
	for (const char *p = s; *p && p != colon; p++) {
		if (!(is_word(*p) && *p != '_') && *p != '-' && *p != '.')
			return false;
	}
	return *s && s != colon && *s != '-' && *s != '.';
}

static bool tag_good(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > TAG_MAX || !is_word(*s))
		return false;
	for (; *s; s++) {
		if (!is_word(*s) && *s != '.' && *s != '-')
			return false;
	}
	return true;
}

static int wrong(const char *text, const char *why, struct err *e)
{
	return err_set(e, EINVAL, "'%.200s' is no name of an image: %s", text, why);
}

/* Cuts what is behind c off s; NULL if there is no c. */
static char *cut(char *s, char c)
{
	char *p = strrchr(s, c);

	if (p)
		*p++ = '\0';
	return p;
}

static bool names_registry(const char *s, size_t n)
{
	return memchr(s, '.', n) || memchr(s, ':', n) || (n == 9 && memcmp(s, "localhost", 9) == 0);
}

int ref_parse(const char *text, struct arena *a, struct image_ref *ret, struct err *e)
{
	struct image_ref r = {.registry = "docker.io"};
	struct digest digest;
	const char *slash;
	char *s, *last;

	if (strlen(text) > REF_MAX_BYTES)
		return wrong(text, "it is longer than 512 bytes", e);
	s = arena_strdup(a, text);
	if (!s)
		return err_oom(e);
	r.digest = cut(s, '@');
	if (r.digest && !digest_parse(r.digest, &digest))
		return wrong(text, "its digest is not 'sha256:' and 64 digits", e);
	last = strrchr(s, '/');
	r.tag = cut(last ? last : s, ':');
	if (r.tag && !tag_good(r.tag))
		return wrong(text, "its tag may have letters, digits, '_', '.' and '-', at most 128", e);
	slash = strchr(s, '/');
	if (slash && names_registry(s, (size_t)(slash - s))) {
		r.registry = arena_strndup(a, s, (size_t)(slash - s));
		r.repository = slash + 1;
		if (!r.registry)
			return err_oom(e);
		if (streq(r.registry, "index.docker.io"))
			r.registry = "docker.io";
	} else {
		r.repository = s;
	}
	if (!registry_good(r.registry))
		return wrong(text, "what is before its first '/' is no host", e);
	if (!repository_good(r.repository))
		return wrong(text,
			     "its parts may have lower-case letters and digits, with '.', '_', '__' or '-' between them",
			     e);
	if (streq(r.registry, "docker.io") && !strchr(r.repository, '/'))
		r.repository = arena_printf(a, "library/%s", r.repository);
	if (!r.tag && !r.digest)
		r.tag = "latest";
	if (!r.repository)
		return err_oom(e);
	*ret = r;
	return 0;
}

const char *ref_text(const struct image_ref *r, struct arena *a)
{
	return arena_printf(a, "%s/%s%s%s%s%s", r->registry, r->repository, r->tag ? ":" : "",
			    r->tag ? r->tag : "", r->digest ? "@" : "", r->digest ? r->digest : "");
}
