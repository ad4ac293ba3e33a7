/* SPDX-License-Identifier: Apache-2.0 */
/* The events of a container's memory running out. */
#include "shim/oom.h"

#include <stddef.h>
#include <sys/epoll.h>

#include "common/log.h"
#include "shim/announce.h"
#include "shim/groups.h"
#include "shim/shim.h"
#include "shim/task.h"

void oom_init(struct oom *o)
{
	*o = (struct oom){.w = WATCH_NULL, .group = CGROUP_OOM_NULL};
}

void oom_done(struct oom *o)
{
	watch_remove(&o->w);
	cgroup_oom_done(&o->group);
	oom_init(o);
}

static void look(struct task *t)
{
	bool happened = false;

	/* The group is gone: nothing more will come. */
	if (cgroup_oom_read(&t->oom.group, &happened) < 0)
		watch_pause(&t->oom.w);
	if (happened)
		announce_oom(t);
}

static void woken(struct watch *w, uint32_t events)
{
	(void)events;
	look((struct task *)((char *)w - offsetof(struct oom, w) - offsetof(struct task, oom)));
}

void oom_watch(struct task *t)
{
	struct oom *o = &t->oom;
	struct err e = {0};
	int r;

	if (!groups_dir(t, "memory"))
		return;
	r = cgroup_oom_watch(&t->groups, &o->group, &e);
	if (r == 0)
		r = watch_add(&o->w, &t->s->loop, o->group.fd, EPOLLIN, woken, &e);
	if (r < 0)
		log_warn("%s: nobody will be told that its memory runs out: %s", t->id, e.msg);
}

void oom_last_look(struct task *t)
{
	if (t->oom.group.fd >= 0)
		look(t);
	oom_done(&t->oom);
}
