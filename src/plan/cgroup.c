/* SPDX-License-Identifier: Apache-2.0 */
/* The container's cgroup: where it lies, what is written into it, which devices may be opened inside. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "machine/cgroup_path.h"
#include "plan/internal.h"

void setting_add(struct setting_list *l, const char *controller, const char *file, bool optional,
		 const char *fmt, ...)
{
	struct cgroup_setting s = {.controller = controller, .file = file, .optional = optional};
	struct cgroup_setting *v = arena_room(l->a, l->v, l->n, &l->cap, 16, sizeof(*v));
	va_list ap;

	if (v == NULL) {
		l->oom = true;
		return;
	}
	l->v = v;
	va_start(ap, fmt);
	s.value = arena_vprintf(l->a, fmt, ap);
	va_end(ap);
	if (s.value == NULL)
		l->oom = true;
	l->v[l->n++] = s;
}

static int place(struct build *b, struct err *e)
{
	const struct host_facts *h = &b->f->host;
	struct confine_cgroup *cg = &b->p->cgroup;
	int r;

	cg->dirs.v = arena_array(b->a, h->cgroups.n, sizeof(*cg->dirs.v));
	if (cg->dirs.v == NULL)
		return err_oom(e);
	for (size_t i = 0; i < h->cgroups.n; i++) {
		const struct cgroup_controller *c = &h->cgroups.v[i];
		struct cgroup_dir *d = &cg->dirs.v[i];
		const char *path;

		r = cgroup_path_decide(b->a, h->cgroup_version, b->f->systemd_cgroup, b->f->spec.cgroups_path,
				       b->f->id, c->self, &path, e);
		if (r < 0)
			return r;
		*d = (struct cgroup_dir){c->names, c->mountpoint,
					 arena_printf(b->a, "%s%s", c->mountpoint, path)};
		if (d->path == NULL)
			return err_oom(e);
		if (i == 0 || strstr(c->names, "memory") != NULL)
			cg->path = path;
	}
	cg->dirs.n = h->cgroups.n;
	return 0;
}

/* Others get their taps as descriptors, opened where no rule of this group counts. */
static bool opens_tap(const struct build *b)
{
	for (size_t i = 0; i < b->p->vm.nics.n; i++)
		if (b->p->vm.nics.v[i].fd < 0)
			return true;
	return (b->w->monitor->caps & MON_NET) && !(b->w->monitor->caps & MON_TAP_FD);
}

static int add_devices(struct build *b, struct err *e)
{
	/* The spec's rules speak about the application, whose devices are the guest's; this list is what the monitor
	 * and its terminal can need. */
	static const struct device_rule base[] = {
		{true, "c", 1, 3, "rwm"}, {true, "c", 1, 5, "rwm"}, {true, "c", 1, 7, "rwm"},
		{true, "c", 1, 8, "rwm"}, {true, "c", 1, 9, "rwm"},
	};
	static const struct device_rule terminal[] = {{true, "c", 5, 0, "rwm"},
						      {true, "c", 5, 2, "rwm"},
						      {true, "c", 136, -1, "rwm"}};
	static const struct device_rule kvm = {true, "c", MISC_MAJOR, KVM_MINOR, "rwm"},
					tun = {true, "c", MISC_MAJOR, TUN_MINOR, "rwm"},
					vhost = {true, "c", MISC_MAJOR, VHOST_NET_MINOR, "rwm"};
	struct device_rule *v = arena_array(b->a, 12 + b->p->claims.n, sizeof(*v));
	size_t n = 0;

	if (v == NULL)
		return err_oom(e);
	for (size_t i = 0; i < sizeof(base) / sizeof(base[0]); i++)
		v[n++] = base[i];
	for (size_t i = 0; b->f->spec.terminal && i < sizeof(terminal) / sizeof(terminal[0]); i++)
		v[n++] = terminal[i];
	if (b->p->vm.accel == ACCEL_KVM)
		v[n++] = kvm;
	if (opens_tap(b))
		v[n++] = tun;
	if ((b->w->monitor->caps & MON_NET) && b->p->vm.vhost)
		v[n++] = vhost;
	for (size_t i = 0; i < b->p->claims.n; i++)
		v[n++] = (struct device_rule){true, "b", b->p->claims.v[i].major, b->p->claims.v[i].minor,
					      b->p->claims.v[i].readonly ? "rm" : "rwm"};
	b->p->cgroup.devices.v = v;
	b->p->cgroup.devices.n = n;
	return 0;
}

int cgroup_check_swap(const struct spec_resources *r, uint64_t limit, struct err *e)
{
	if (r->memory_swap_bytes <= 0)
		return 0;
	if (limit == 0)
		return err_set(e, EINVAL, "linux.resources.memory.swap needs linux.resources.memory.limit");
	if ((uint64_t)r->memory_swap_bytes < limit)
		return err_set(
			e, EINVAL,
			"linux.resources.memory.swap (%lld, memory and swap together) is below memory.limit (%llu)",
			(long long)r->memory_swap_bytes, (unsigned long long)limit);
	return 0;
}

int cgroup_decide(struct build *b, struct err *e)
{
	const struct spec_resources *res = &b->f->spec.resources;
	struct confine_cgroup *cg = &b->p->cgroup;
	const struct group_memory m = {true, cg->memory_limit_bytes, spec_memory_limit(res),
				       b->p->overhead_bytes};
	struct setting_list l = {.a = b->a};
	int r;

	cg->version = b->f->host.cgroup_version;
	if (b->f->systemd_cgroup && (!b->f->host.systemd || cg->version == 0))
		return err_set(e, ENOTSUP,
			       "--systemd-cgroup: this host's init is not systemd (there is no /run/systemd/system) or "
			       "no cgroup file system is mounted: use the engine's cgroup driver cgroupfs");
	if (cg->version == 0) {
		strv_add(&b->warnings,
			 "no cgroup file system is mounted: no limit is enforced on the monitor");
		return 0;
	}
	if ((r = place(b, e)) < 0 || (r = add_devices(b, e)) < 0 ||
	    (r = cgroup_check_swap(res, m.asked_bytes, e)) < 0)
		return r;
	if (cg->version == 1 && res->unified.n > 0)
		return err_set(e, EINVAL,
			       "linux.resources.unified ('%.64s') needs cgroup v2, but this host has v1",
			       res->unified.v[0].key);
	if (cg->version == 1)
		cgroup_v1_settings(res, &m, &l);
	else if ((r = cgroup_v2_settings(res, &m, &l, e)) < 0)
		return r;
	if (l.oom)
		return err_oom(e);
	cg->settings.v = l.v;
	cg->settings.n = l.n;
	return b->f->systemd_cgroup ? unit_decide(b, e) : 0;
}
