/* SPDX-License-Identifier: Apache-2.0 */
/* Stats: what the container's control groups have used, in containerd's messages. */
#include <errno.h>

#include "cgroup/stats.h"
#include "proto/shim/task.pb-c.h"
#include "shim/call.h"
#include "shim/methods.h"
#include "shim/metrics.h"
#include "shim/pb.h"
#include "shim/shim.h"
#include "shim/task.h"

void rpc_stats(struct call *c)
{
	const Pb__StatsRequest *req = c->req;
	Pb__StatsResponse r = PB__STATS_RESPONSE__INIT;
	struct task *t = call_task(c, req->id);
	struct cgroup_stats stats = {0};
	struct err e = {0};
	Pb__Any any;
	int err;

	if (!t)
		return;
	err = t->groups.version ? cgroup_stats_read(&t->groups, &c->a, &stats, &e)
				: err_set(&e, ENOENT, "its control groups are not known");
	if (err == -ENOENT) {
		call_fail(c, CODE_NOT_FOUND, "container %s has no statistics: %s: not found", t->id, e.msg);
		return;
	}
	if (err == 0 && !metrics_any(&stats, &c->a, &any))
		err = err_oom(&e);
	if (err < 0) {
		call_fail(c, CODE_UNKNOWN, "%s", e.msg);
		return;
	}
	r.stats = &any;
	call_reply(c, &r);
}
