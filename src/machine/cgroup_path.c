/* SPDX-License-Identifier: Apache-2.0 */
/* Where a container's cgroup lies. */
#include "machine/cgroup_path.h"

#include <errno.h>
#include <string.h>

#include "common/path.h"
#include "common/str.h"
#include "machine/unit_place.h"

static int check_wanted(const char *wanted, struct err *e)
{
	for (const char *c = wanted; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			return err_set(e, EINVAL, "linux.cgroupsPath has a control byte");
	return 0;
}

/* v2: a cgroup with processes in it (ours) cannot hand controllers down, so its parent is used. */
static const char *own_base(struct arena *a, uint32_t version, const char *self)
{
	return version == 2 ? path_join_clean(a, self, "..") : self;
}

int cgroup_path_decide(struct arena *a, uint32_t version, bool systemd, const char *wanted, const char *id,
		       const char *self, const char **ret, struct err *e)
{
	const char *inner, *path, *base;
	struct unit_place unit;
	int r;

	if (systemd) {
		r = unit_place_decide(a, wanted, id, &unit, e);
		if (r == 0)
			*ret = unit.path;
		return r;
	}
	if (wanted == NULL || wanted[0] == '\0')
		wanted = id;
	else if ((r = check_wanted(wanted, e)) < 0)
		return r;
	/* Cleaned as if it began at the root, so that ".." ends there. */
	inner = path_join_clean(a, "/", wanted);
	if (inner == NULL)
		return err_oom(e);
	if (streq(inner, "/"))
		return err_set(e, EINVAL,
			       "linux.cgroupsPath '%.128s' names the root of the hierarchy; name a group below it",
			       wanted);
	if (wanted[0] == '/') {
		*ret = inner;
		return 0;
	}
	base = own_base(a, version, self);
	path = base == NULL ? NULL : path_join_clean(a, base, inner + 1);
	if (path == NULL)
		return err_oom(e);
	*ret = path;
	return 0;
}
