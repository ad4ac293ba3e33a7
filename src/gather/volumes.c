/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts of the spec behind which there is the file system of a whole block device, and who else has that mounted. */
#include <string.h>
#include <sys/sysmacros.h>

#include "common/path.h"
#include "gather/parts.h"

/* Kubelet mounts a volume here first and binds it to the pod's own place. Nobody else works in these directories. */
#define KUBELETS_OWN "/plugins/kubernetes.io/"

static bool is_bind(const struct spec_mount *m)
{
	const char *type = m->type ? m->type : "";

	if (!m->source || !*m->source || !m->destination)
		return false;
	if (!*type || streq(type, "bind") || streq(type, "none"))
		return true;
	for (size_t i = 0; i < m->options.n; i++)
		if (streq(m->options.v[i], "bind") || streq(m->options.v[i], "rbind"))
			return true;
	return false;
}

static bool is_kubelets(const char *target)
{
	return strstr(target, KUBELETS_OWN);
}

/* Everything that is mounted from the device: what can be taken away with it, or who keeps us from that. */
static int look_around(struct volume_facts *v, dev_t device, const char *path,
		       const struct mount_list *mounts, struct arena *a, struct err *e)
{
	dev_t other;

	v->mounts.v = arena_array(a, mounts->n, sizeof(*v->mounts.v));
	if (!v->mounts.v)
		return err_oom(e);
	for (size_t i = 0; i < mounts->n; i++) {
		const struct mount_entry *m = &mounts->v[i];

		if (!gather_is_block(m->source, &other) || other != device)
			continue;
		if (!streq(m->root, "/") || (!streq(m->mountpoint, path) && !is_kubelets(m->mountpoint))) {
			v->user = m->mountpoint;
			continue;
		}
		v->mounts.v[v->mounts.n++] = (struct claim_mount){
			.target = m->mountpoint,
			.fstype = m->fstype,
			.options = m->options,
			.super_options = m->super_options,
		};
	}
	return 0;
}

static int look_at(struct facts *f, size_t index, const struct mount_list *mounts, struct host_mounts *own,
		   struct arena *a, struct err *e)
{
	const char *source = path_join_clean(a, f->bundle, f->spec.mounts.v[index].source);
	/* Mounts are known by the names that no link is in. */
	const char *path = source ? gather_real_path(source, a) : NULL;
	struct volume_facts *v = &f->volumes.v[f->volumes.n];
	const struct mount_entry *m;
	const char *hosts;
	dev_t device;
	int r;

	if (!path)
		return err_oom(e);
	m = mountinfo_find(mounts, path, mountinfo_id(path));
	if (m && mount_is_guard(m))
		return gather_is_taken(e, "source", source, m->mountpoint);
	if (!m || !streq(m->mountpoint, path) || !streq(m->root, "/") || !gather_is_block(m->source, &device))
		return 0;
	r = host_mounts_has(own, mounts, path, a, &hosts, e);
	if (r < 0)
		return r;
	*v = (struct volume_facts){
		.mount = (uint32_t)index,
		.device = m->source,
		.major = major(device),
		.minor = minor(device),
		.fstype = m->fstype,
		.readonly = mount_option_has(m->options, "ro") || mount_option_has(m->super_options, "ro"),
		.own = hosts,
	};
	f->volumes.n++;
	return hosts ? 0 : look_around(v, device, path, mounts, a, e);
}

int gather_volumes(struct facts *f, const struct mount_list *mounts, struct host_mounts *own, struct arena *a,
		   struct err *e)
{
	int r = 0;

	f->volumes.n = 0;
	f->volumes.v = arena_array(a, f->spec.mounts.n, sizeof(*f->volumes.v));
	if (!f->volumes.v)
		return err_oom(e);
	for (size_t i = 0; r == 0 && i < f->spec.mounts.n; i++)
		if (is_bind(&f->spec.mounts.v[i]))
			r = look_at(f, i, mounts, own, a, e);
	return r;
}
