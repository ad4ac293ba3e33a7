/* SPDX-License-Identifier: Apache-2.0 */
/* The second step: host, mounts, images and monitor. */
#include "gather/gather.h"

#include <fcntl.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "gather/parts.h"
#include "gather/version.h"
#include "monitors/monitor.h"

#define KVM_DEVICE "/dev/kvm"
#define SELF_CGROUP_MAX_BYTES (1u << 20)

/* One look at the mount table serves control groups and container root. */
static int gather_mounts(struct facts *f, struct arena *a, struct err *e)
{
	struct host_mounts own = {.fstab = HOST_FSTAB};
	struct bytes self = {"", 0};
	struct cgroup_layout groups;
	struct mount_list mounts;
	int r;

	r = mountinfo_read(a, &mounts, e);
	if (r < 0)
		return r;
	/* A kernel without control groups has no such file. */
	if (file_read(AT_FDCWD, "/proc/self/cgroup", SELF_CGROUP_MAX_BYTES, a, &self, NULL) < 0)
		self = (struct bytes){"", 0};
	r = cgroup_layout(&mounts, self, a, &groups, e);
	if (r < 0)
		return r;
	f->host.cgroup_version = groups.version;
	f->host.cgroups.v = groups.controllers.v;
	f->host.cgroups.n = groups.controllers.n;
	r = cgroups_ancestor_limit(f->systemd_cgroup, f->spec.cgroups_path, f->id, a, &f->host, e);
	if (r == 0)
		r = gather_root(&f->root, &mounts, &own, a, e);
	return r < 0 ? r : gather_volumes(f, &mounts, &own, a, e);
}

static int gather_images(struct facts *f, const struct plan_wants *w, struct arena *a, struct err *e)
{
	const struct metadata *m = &w->meta;
	_cleanup_fd_ int root = f->root.path ? open(f->root.path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	int r;

	r = gather_image(root, m->binary, IMAGE_KERNEL, a, &f->kernel, e);
	if (r == 0)
		r = gather_image(root, m->initrd, IMAGE_INITRD, a, &f->initrd, e);
	if (r == 0)
		r = gather_image(root, m->block, IMAGE_BLOCK, a, &f->block, e);
	f->blocks.v = arena_array(a, m->blocks.n, sizeof(*f->blocks.v));
	if (!f->blocks.v)
		return err_oom(e);
	for (; r == 0 && f->blocks.n < m->blocks.n; f->blocks.n++)
		r = gather_image(root, m->blocks.v[f->blocks.n].path, IMAGE_BLOCK, a,
				 &f->blocks.v[f->blocks.n], e);
	if (r == 0)
		r = gather_modules(root, f, w, a, e);
	return r == 0 ? gather_tree(f, w, a, e) : r;
}

int gather_rest(struct facts *f, const struct plan_wants *w, const char *search_path, const char *cache_dir,
		struct arena *a, struct err *e)
{
	int r;

	if (!search_path || !*search_path)
		search_path = GATHER_DEFAULT_SEARCH;
	f->stdio_is_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	r = gather_host(f, w, a, e);
	if (r == 0)
		r = gather_mounts(f, a, e);
	if (r == 0)
		r = gather_images(f, w, a, e);
	if (r == 0)
		r = gather_files(f, a, e);
	if (r == 0)
		r = gather_bind_mounts(f, a, e);
	if (r < 0 || !w->monitor)
		return r;
	r = gather_shares(f, w, a, e);
	if (r < 0)
		return r;
	if (w->monitor->caps & (MON_KVM | MON_TCG)) {
		struct kvm_facts k = kvm_probe(KVM_DEVICE, cache_dir, a);

		f->host.kvm = k.verdict;
		f->host.tsc_khz = k.tsc_khz;
	}
	r = gather_monitor(f, w, search_path, a, e);
	if (r == 0 && f->monitor.path && w->monitor->version_formats & (1u << f->kernel.format))
		f->monitor.version = version_ask(f->monitor.path, VERSION_TIMEOUT_MS);
	return r;
}
