/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc update`. */
#include "runtime/update.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/io.h"
#include "common/log.h"
#include "runtime/state.h"
#include "sandbox/cgroup.h"
#include "sandbox/unit.h"

#define RESOURCES_MAX_BYTES (1u << 20)

int update_read_resources(const char *file, struct arena *a, struct spec_resources *ret, struct err *e)
{
	bool standard = streq(file, "-");
	const char *what = standard ? "standard input" : file;
	struct bytes text;
	int r = standard ? read_all(STDIN_FILENO, RESOURCES_MAX_BYTES, a, &text, what, e)
			 : file_read(AT_FDCWD, file, RESOURCES_MAX_BYTES, a, &text, e);

	return r == 0 ? spec_parse_resources(text, what, a, ret, e) : r;
}

static int apply(const struct confine_cgroup *write, const struct confine_cgroup *before, struct err *e)
{
	struct err ignored = {0};
	int r = cgroup_set(write, e);

	if (r < 0 || !write->unit)
		return r;
	r = unit_set(write->unit, e);
	if (r < 0 && cgroup_set(before, &ignored) < 0)
		log_warn("%s", ignored.msg);
	return r;
}

int runtime_update(const struct runtime *rt, const char *id, const struct spec_resources *wanted,
		   struct err *e)
{
	_cleanup_container_ struct container c = CONTAINER_NULL;
	struct confine_cgroup write, after;
	struct strs warnings;
	enum status s;
	int r;

	r = container_get(rt, id, OPEN_PLAN | OPEN_LOCK, &c, e);
	if (r < 0)
		return r;
	r = status_read(&c, true, &s, e);
	if (r < 0)
		return r;
	if (s == ST_STOPPED)
		return err_set(e, ESRCH, "container not running");
	r = plan_update(c.plan, wanted, rt->arena, &write, &after, &warnings, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < warnings.n; i++)
		log_warn("%s", warnings.v[i]);
	r = apply(&write, &c.plan->cgroup, e);
	if (r < 0)
		return r;
	c.head.cgroup = c.plan->cgroup = after;
	return container_write(c.dirfd, &c.head, c.plan, rt->arena, e);
}
