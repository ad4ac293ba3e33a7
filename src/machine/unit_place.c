/* SPDX-License-Identifier: Apache-2.0 */
/* Where systemd keeps a container. */
#include "machine/unit_place.h"

#include <errno.h>
#include <string.h>

#include "common/str.h"

#define SUFFIX ".slice"
#define NAME_MAX_BYTES 255

/* What systemd allows in names of units. */
static bool is_name(const char *s)
{
	return strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_.\\-@") == strlen(s);
}

/* "a-b.slice" is "/a.slice/a-b.slice", "-.slice" is "". */
static int expand(struct arena *a, const char *slice, const char **ret, struct err *e)
{
	size_t n = strlen(slice), stem = n > strlen(SUFFIX) ? n - strlen(SUFFIX) : 0;
	struct strbuf b = STRBUF(a);

	if (streq(slice, "-" SUFFIX)) {
		*ret = "";
		return 0;
	}
	if (stem == 0 || n > NAME_MAX_BYTES || !str_ends(slice, SUFFIX) || !is_name(slice) ||
	    slice[0] == '-' || slice[stem - 1] == '-' || strstr(slice, "--"))
		return err_set(e, EINVAL,
			       "linux.cgroupsPath: '%.128s' is no slice of systemd's (like machine.slice or "
			       "kubepods-burstable.slice)",
			       slice);
	for (size_t i = 0; i <= stem; i++) {
		if (i < stem && slice[i] != '-')
			continue;
		sb_addc(&b, '/');
		sb_addn(&b, slice, i);
		sb_add(&b, SUFFIX);
	}
	return sb_done(&b, ret, e);
}

/* Three parts, no more and no less. */
static bool split(char *s, const char *parts[3])
{
	size_t n = 0;

	for (;;) {
		char *colon = strchr(s, ':');

		if (n == 3)
			return false;
		parts[n++] = s;
		if (!colon)
			return n == 3;
		*colon = '\0';
		s = colon + 1;
	}
}

int unit_place_decide(struct arena *a, const char *wanted, const char *id, struct unit_place *ret,
		      struct err *e)
{
	bool given = wanted != NULL && wanted[0] != '\0';
	const char *parts[3] = {"system.slice", "urunc", id};
	char *copy = given ? arena_strdup(a, wanted) : NULL;
	struct unit_place p;
	int r;

	if (given && copy == NULL)
		return err_oom(e);
	if (given && !split(copy, parts))
		return err_set(e, EINVAL,
			       "linux.cgroupsPath: expected to be of the form \"slice:prefix:name\" for systemd cgroups, "
			       "got '%.128s' (without --systemd-cgroup it is a path)",
			       wanted);
	p.slice = parts[0][0] != '\0' ? parts[0] : "system.slice";
	if (parts[2][0] == '\0' || !is_name(parts[1]) || !is_name(parts[2]) || parts[1][0] == '.')
		return err_set(e, EINVAL,
			       "linux.cgroupsPath '%.128s': prefix and name must make a name for a unit of systemd's "
			       "(letters, digits and : _ . - @)",
			       given ? wanted : id);
	r = expand(a, p.slice, &p.path, e);
	if (r < 0)
		return r;
	p.name = arena_printf(a, "%s-%s.scope", parts[1], parts[2]);
	if (p.name != NULL && strlen(p.name) > NAME_MAX_BYTES)
		return err_set(e, EINVAL,
			       "linux.cgroupsPath: the unit's name '%.64s...' has more than %d bytes", p.name,
			       NAME_MAX_BYTES);
	p.path = p.name != NULL ? arena_printf(a, "%s/%s", p.path, p.name) : NULL;
	if (p.path == NULL)
		return err_oom(e);
	*ret = p;
	return 0;
}
