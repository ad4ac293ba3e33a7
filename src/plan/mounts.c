/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes: the guest has a kernel of its own and sees no mount of ours, so each one that is left out is told. Three files
 * that engines write for every container are read at start instead. */
#include <string.h>

#include "plan/internal.h"

/* What engines put into every container. The guest makes its own, or our init does. */
static bool is_engines_own(const char *destination)
{
	static const char *const trees[] = {"/proc", "/sys", "/dev"};
	static const char *const files[] = {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf",
					    "/run/.containerenv", "/run/secrets"};

	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		size_t n = strlen(trees[i]);

		if (str_starts(destination, trees[i]) && (destination[n] == '\0' || destination[n] == '/'))
			return true;
	}
	/* Exactly these: what lies below /run/secrets is somebody's secret, and is missed. */
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (streq(destination, files[i]))
			return true;
	return false;
}

void mounts_warn(struct build *b)
{
	const struct oci_spec *s = &b->f->spec;

	for (size_t i = 0; i < s->mounts.n; i++) {
		const struct spec_mount *m = &s->mounts.v[i];

		if (m->destination == NULL || is_engines_own(m->destination))
			continue;
		strv_addf(&b->warnings,
			  "mount '%.256s' (%.32s, source '%.256s') is left out: the guest does not see it, volumes are "
			  "not supported by this version",
			  m->destination, m->type != NULL && m->type[0] != '\0' ? m->type : "bind",
			  m->source != NULL ? m->source : "");
	}
}

static bool has_option(const struct spec_mount *m, const char *word)
{
	for (size_t i = 0; i < m->options.n; i++)
		if (streq(m->options.v[i], word))
			return true;
	return false;
}

static bool is_source(const struct spec_mount *m)
{
	static const char *const files[] = {"/etc/hosts", "/etc/hostname", RESOLV_PATH};
	const char *type = m->type != NULL ? m->type : "";

	if (m->destination == NULL || m->source == NULL || m->source[0] == '\0')
		return false;
	if (!streq(type, "bind") && ((type[0] != '\0' && !streq(type, "none")) ||
				     (!has_option(m, "bind") && !has_option(m, "rbind"))))
		return false;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (streq(m->destination, files[i]))
			return true;
	return false;
}

/* A later mount lies over an earlier one. */
static struct plan_source *place_for(struct launch_plan *p, const char *path)
{
	for (size_t i = 0; i < p->sources.n; i++)
		if (streq(p->sources.v[i].path, path))
			return &p->sources.v[i];
	return &p->sources.v[p->sources.n++];
}

int mounts_find_sources(struct build *b, struct err *e)
{
	const struct oci_spec *s = &b->f->spec;
	struct launch_plan *p = b->p;

	p->sources.v = arena_array(b->a, s->mounts.n, sizeof(*p->sources.v));
	if (p->sources.v == NULL)
		return err_oom(e);
	for (size_t i = 0; i < s->mounts.n; i++) {
		const struct spec_mount *m = &s->mounts.v[i];
		const char *source = m->source;

		if (!is_source(m))
			continue;
		if (source[0] != '/')
			source = arena_printf(b->a, "%s/%s", b->f->bundle, source);
		if (source == NULL)
			return err_oom(e);
		*place_for(p, m->destination) = (struct plan_source){m->destination, source,
								     has_option(m, "ro")};
	}
	return 0;
}
