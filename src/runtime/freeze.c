/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc pause` and `urunc resume`. */
#include "runtime/freeze.h"

#include <errno.h>

#include "runtime/state.h"
#include "sandbox/cgroup.h"

#define FREEZE_MS 10000

static int open_with_status(const struct runtime *rt, const char *id, struct container *ret_c,
			    enum status *ret_s, struct err *e)
{
	int r = container_get(rt, id, 0, ret_c, e);

	return r < 0 ? r : status_read(ret_c, false, ret_s, e);
}

int runtime_pause(const struct runtime *rt, const char *id, struct err *e)
{
	_cleanup_container_ struct container c = CONTAINER_NULL;
	enum status s;
	int r = open_with_status(rt, id, &c, &s, e);

	if (r < 0)
		return r;
	if (s != ST_RUNNING && s != ST_CREATED)
		return err_set(e, EINVAL, "container not running");
	if (c.head.cgroup.version == 0)
		return err_set(e, ENOTSUP,
			       "cannot pause container '%s': it has no cgroup (no cgroup file system is mounted)",
			       id);
	return cgroup_freeze(&c.head.cgroup, true, FREEZE_MS, e);
}

int runtime_resume(const struct runtime *rt, const char *id, struct err *e)
{
	_cleanup_container_ struct container c = CONTAINER_NULL;
	enum status s;
	int r = open_with_status(rt, id, &c, &s, e);

	if (r < 0)
		return r;
	if (s != ST_PAUSED)
		return err_set(e, EINVAL, "container not paused");
	return cgroup_freeze(&c.head.cgroup, false, FREEZE_MS, e);
}
