/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the container root can be shared with a guest, and by what. */
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

static bool is_wanted(const struct facts *f, const char *way)
{
	return !f->config.rootfs || streq(f->config.rootfs, "auto") || streq(f->config.rootfs, way);
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

struct search {
	struct facts *f;
	struct arena *a;
};

static int look_at(const struct walk_entry *entry, void *arg, struct err *e)
{
	const struct search *s = arg;

	if (entry->st->st_uid == s->f->spec.uid)
		return 0;
	s->f->share.other = arena_printf(s->a, "/%s", entry->path);
	s->f->share.other_uid = entry->st->st_uid;
	return s->f->share.other ? 1 : err_oom(e);
}

/* The walk is not cheap: only where nothing but 9p is left. */
static bool comes_to_9p(const struct facts *f, const struct plan_wants *w)
{
	bool urunit = f->spec.args.n > 0 && strstr(f->spec.args.v[0], "urunit");

	if (!can(w, MON_9P, ROOT_9P) || !w->meta.mount_rootfs || w->meta.initrd || w->meta.block ||
	    !is_wanted(f, "9p") || f->spec.root_readonly || f->root.readonly)
		return false;
	if (streq(f->config.rootfs, "9p"))
		return true;
	return !f->virtiofsd_path && !(can(w, MON_BLOCK, ROOT_IMAGE) && f->tree.imager_path && urunit);
}

int gather_shares(struct facts *f, const struct plan_wants *w, struct arena *a, struct err *e)
{
	_cleanup_fd_ int fd = -1;
	struct search s = {f, a};
	int r = 0;

	if (can(w, MON_VIRTIOFS, ROOT_VIRTIOFS) && w->meta.mount_rootfs && is_wanted(f, "virtiofs"))
		r = find_daemon(f, a, e);
	if (r < 0 || !comes_to_9p(f, w) || !f->root.path)
		return r;
	fd = open(f->root.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* A root that cannot be read is told of by those who need it. */
	r = fd < 0 ? 0 : walk_tree(fd, "container root", look_at, &s, e);
	return r > 0 ? 0 : r;
}
