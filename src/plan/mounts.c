/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes: the guest has a kernel of its own and sees no mount of ours, so each one that is left out is told. */
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
