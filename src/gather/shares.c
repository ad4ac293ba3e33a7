/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the container root and the mounts of the spec can be shared with a guest, and by what. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/walk.h"
#include "gather/closure.h"
#include "gather/parts.h"
#include "guests/guest.h"
#include "monitors/monitor.h"

static bool can(const struct plan_wants *w, unsigned monitor, int root)
{
	return w->monitor && w->monitor->caps & monitor && w->guest && w->guest->roots & 1u << root;
}

/* asked: what the configuration says. */
static bool is_wanted(const char *asked, const char *way)
{
	return !asked || streq(asked, "auto") || streq(asked, way);
}

/* One that cannot be started is as good as none. That of QEMU is made with QEMU's libraries, the other needs hardly
 * any: so they are told apart without being run. */
static int find_daemon(struct facts *f, struct arena *a, struct err *e)
{
	const char *const places[] = {f->config.virtiofsd_path, "/usr/libexec/virtiofsd",
				      "/usr/lib/qemu/virtiofsd"};
	struct err why = {0};

	for (size_t i = 0; i < sizeof places / sizeof places[0] && !f->virtiofsd_path; i++) {
		struct file_list files = {0};
		struct closure c = {.a = a, .files = &files};
		int r;

		if (!places[i] || access(places[i], X_OK) < 0)
			continue;
		r = closure_program(&c, places[i], "/", &why);
		if (r == -ENOMEM)
			return err_oom(e);
		if (r < 0)
			continue;
		f->virtiofsd_path = places[i];
		f->share.files.v = files.v;
		f->share.files.n = files.n;
		for (size_t k = 0; k < files.n; k++)
			if (strstr(files.v[k].box, "/libglib-2.0.so"))
				f->share.c_options = true;
	}
	return 0;
}

/* Who else has something in a tree. */
struct search {
	uint32_t uid;
	struct arena *a;
	const char *other; /* NULL: nobody, so far */
	uint32_t other_uid;
};

static int look_at(const struct walk_entry *entry, void *arg, struct err *e)
{
	struct search *s = arg;

	if (entry->st->st_uid == s->uid)
		return 0;
	s->other = arena_printf(s->a, "/%s", entry->path);
	s->other_uid = entry->st->st_uid;
	return s->other ? 1 : err_oom(e);
}

/* One that cannot be read is told of by those who need it. */
static int search_tree(struct search *s, const char *path, const char *what, struct err *e)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err why = {0};
	int r = fd < 0 ? 0 : walk_tree(fd, what, look_at, s, &why);

	return r == -ENOMEM ? err_oom(e) : 0;
}

static bool starts_urunit(const struct facts *f)
{
	return f->spec.args.n > 0 && strstr(f->spec.args.v[0], "urunit");
}

/* The walk is not cheap: only where nothing but 9p is left. */
static bool comes_to_9p(const struct facts *f, const struct plan_wants *w)
{
	if (!can(w, MON_9P, ROOT_9P) || !w->meta.mount_rootfs || w->meta.initrd || w->meta.block ||
	    !is_wanted(f->config.rootfs, "9p") || f->spec.root_readonly || f->root.readonly || !f->root.path)
		return false;
	if (streq(f->config.rootfs, "9p"))
		return true;
	return !f->virtiofsd_path &&
	       !(can(w, MON_BLOCK, ROOT_IMAGE) && f->tree.imager_path && starts_urunit(f));
}

static int search_root(struct facts *f, struct arena *a, struct err *e)
{
	struct search s = {.uid = f->spec.uid, .a = a};
	int r = search_tree(&s, f->root.path, "container root", e);

	f->share.other = s.other;
	f->share.other_uid = s.other_uid;
	return r;
}

/* Where the kernel's modules are known, 9p must be among them. */
static bool kernel_has_9p(const struct facts *f, const struct plan_wants *w)
{
	if (!f->modules.known || w->meta.initrd)
		return true;
	for (size_t i = 0; i < f->modules.list.n; i++)
		if (streq(f->modules.list.v[i].name, "9p"))
			return f->modules.list.v[i].builtin || f->modules.list.v[i].path;
	return false;
}

static bool mounts_come_to_9p(const struct facts *f, const struct plan_wants *w)
{
	return can(w, MON_9P, ROOT_9P) && is_wanted(f->config.mounts_by, "9p") && starts_urunit(f) &&
	       kernel_has_9p(f, w) && (streq(f->config.mounts_by, "9p") || !f->virtiofsd_path);
}

static int search_mount(const struct facts *f, struct mount_facts *m, struct arena *a, struct err *e)
{
	struct search s = {.uid = f->spec.uid, .a = a};
	int r = 0;

	if (m->kind == MOUNT_DIRECTORY) {
		r = search_tree(&s, m->source, m->source, e);
	} else if (m->kind == MOUNT_FILE && m->uid != f->spec.uid) {
		s.other = "/";
		s.other_uid = m->uid;
	}
	m->other = s.other;
	m->other_uid = s.other_uid;
	return r;
}

/* Looking for a daemon is not free either, and engines bring some files for every container. */
static bool may_share_mounts(const struct facts *f)
{
	for (size_t i = 0; i < f->mounts.n; i++)
		if (!spec_mount_is_engines(&f->spec.mounts.v[f->mounts.v[i].index]))
			return starts_urunit(f);
	return false;
}

int gather_shares(struct facts *f, const struct plan_wants *w, struct arena *a, struct err *e)
{
	bool root = w->meta.mount_rootfs && is_wanted(f->config.rootfs, "virtiofs");
	bool mounts = is_wanted(f->config.mounts_by, "virtiofs") && may_share_mounts(f);
	int r = 0;

	if (can(w, MON_VIRTIOFS, ROOT_VIRTIOFS) && (root || mounts))
		r = find_daemon(f, a, e);
	if (r == 0 && comes_to_9p(f, w))
		r = search_root(f, a, e);
	if (r < 0 || !mounts_come_to_9p(f, w))
		return r;
	for (size_t i = 0; r == 0 && i < f->mounts.n; i++)
		if (!spec_mount_is_readonly(&f->spec.mounts.v[f->mounts.v[i].index]))
			r = search_mount(f, &f->mounts.v[i], a, e);
	return r;
}
