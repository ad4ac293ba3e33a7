/* SPDX-License-Identifier: Apache-2.0 */
/* Solo5 binaries are built for one tender, and no other one starts them. */
#include <errno.h>

#include "plan/internal.h"

static const struct monitor_ops *monitor_of(int target)
{
	const struct monitor_ops *m;

	for (size_t i = 0; (m = monitor_next(&i)) != NULL;)
		if (m->solo5_target == target)
			return m;
	return NULL;
}

/* The guest starts with all its devices or not at all: nothing is made for one that has too many. */
static int check_nets(const struct build *b, struct err *e)
{
	size_t wants = solo5_nets(&b->f->kernel.solo5);
	size_t most = plan_max_nics(b->w->guest, b->w->monitor);

	if (wants <= most || most == 0)
		return 0;
	return err_set(e, E2BIG,
		       "kernel '%.256s': its Solo5 manifest declares %zu network devices, but guest '%s' on monitor '%s' can "
		       "have at most %zu: build it with fewer",
		       b->f->kernel.path, wants, b->w->guest->name, b->w->monitor->name, most);
}

int check_solo5(const struct build *b, struct err *e)
{
	const struct image_file *k = &b->f->kernel;
	const struct monitor_ops *right;

	if (k->solo5.target == SOLO5_NONE)
		return 0;
	if (k->solo5.target == b->w->monitor->solo5_target)
		return check_nets(b, e);
	right = monitor_of(k->solo5.target);
	if (right == NULL)
		return err_set(e, EINVAL,
			       "kernel '%.256s' is built for Solo5 target '%s', for which there is no monitor (build it for "
			       "'hvt' or 'spt')",
			       k->path, solo5_target_names[k->solo5.target]);
	return err_set(e, EINVAL,
		       "kernel '%.256s' is built for Solo5 target '%s', but the monitor is '%s': set '" KEY_PREFIX
		       "hypervisor' to '%s', or build it for another target",
		       k->path, solo5_target_names[k->solo5.target], b->w->monitor->name, right->name);
}
