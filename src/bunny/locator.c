/* SPDX-License-Identifier: Apache-2.0 */
/* Where an image is to be found. */
#include "bunny/locator.h"

#include <errno.h>
#include <string.h>

#include "common/str.h"

static const struct {
	const char *prefix;
	enum locator_kind kind;
} prefixes[] = {
	{"oci-archive:", LOCATE_OCI_ARCHIVE},
	{"docker-archive:", LOCATE_DOCKER_ARCHIVE},
	{"oci:", LOCATE_OCI},
	{"dir:", LOCATE_DIR},
	{"containerd://", LOCATE_CONTAINERD},
	{"containerd:", LOCATE_CONTAINERD},
	{"docker-daemon:", LOCATE_DOCKER},
	{"containers-storage:", LOCATE_PODMAN},
	{"docker://", LOCATE_REGISTRY},
};

static int parse_path(const char *s, const char *rest, struct arena *a, struct locator *l, struct err *e)
{
	/* A path with a ':' in it cannot be said, as with skopeo. */
	const char *colon = l->kind == LOCATE_DIR ? NULL : strchr(rest, ':');

	l->path = colon ? arena_strndup(a, rest, (size_t)(colon - rest)) : rest;
	l->tag = colon && colon[1] ? colon + 1 : NULL;
	if (!l->path)
		return err_oom(e);
	return *l->path ? 0 : err_set(e, EINVAL, "'%.200s': a path must come after the ':'", s);
}

/* No name of an image begins like a path, and none in use ends like an archive. */
static bool is_file(const char *s)
{
	static const char *const begins[] = {"/", "./", "../"}, *const ends[] = {".tar", ".tar.gz", ".tgz",
										 ".tar.zst"};

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		if (str_starts(s, begins[i]))
			return true;
	}
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (str_ends(s, ends[i]) && !strchr(s, ':'))
			return true;
	}
	return false;
}

int locator_parse(const char *s, struct arena *a, struct locator *ret, struct err *e)
{
	struct locator l = {.kind = LOCATE_NAME};
	const char *rest = s;
	int r;

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]) && rest == s; i++) {
		if (str_starts(s, prefixes[i].prefix)) {
			l.kind = prefixes[i].kind;
			rest = s + strlen(prefixes[i].prefix);
		}
	}
	if (rest == s && is_file(s)) {
		l.kind = LOCATE_FILE;
		l.path = s;
		r = 0;
	} else if (l.kind >= LOCATE_OCI && l.kind <= LOCATE_DIR) {
		r = parse_path(s, rest, a, &l, e);
	} else {
		r = ref_parse(rest, a, &l.ref, e);
		l.full = r == 0 ? ref_text(&l.ref, a) : NULL;
		if (r == 0 && !l.full)
			return err_oom(e);
	}
	if (r == 0)
		*ret = l;
	return r;
}

const char *ref_familiar(const struct image_ref *r, struct arena *a)
{
	const char *text = ref_text(r, a);

	if (!text || !streq(r->registry, "docker.io"))
		return text;
	text += sizeof("docker.io/") - 1;
	return str_starts(text, "library/") ? text + sizeof("library/") - 1 : text;
}
