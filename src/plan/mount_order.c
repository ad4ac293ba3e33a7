/* SPDX-License-Identifier: Apache-2.0 */
/* What our init mounts in the guest, one after the other: whatever comes later lies over what was there. The spec's own mounts
 * stand in the spec's order, disks among them. */
#include <string.h>

#include "common/path.h"
#include "plan/internal.h"

int mounts_add(struct build *b, struct app_mount m, struct err *e)
{
	struct app_desc *app = &b->p->app;

	if (m.path == NULL)
		return err_oom(e);
	if (app->mounts.v == NULL) {
		app->mounts.v = arena_array(b->a, b->f->spec.mounts.n + b->p->vm.disks.n,
					    sizeof(*app->mounts.v));
		if (app->mounts.v == NULL)
			return err_oom(e);
	}
	app->mounts.v[app->mounts.n++] = m;
	return 0;
}

int mounts_add_volume(struct build *b, const char *serial, const char *path, struct err *e)
{
	if (serial == NULL)
		return err_oom(e);
	if (b->p->app.init != INIT_URUNIT)
		return 0;
	return mounts_add(b, (struct app_mount){.path = path, .disk = serial}, e);
}

static bool is_listed(const struct app_desc *app, const char *serial)
{
	for (size_t i = 0; i < app->mounts.n; i++)
		if (app->mounts.v[i].disk != NULL && streq(app->mounts.v[i].disk, serial))
			return true;
	return false;
}

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return str_starts(path, dir) && path[n] == '/';
}

/* Behind everything that would hide it, and before all else: at its very place the spec's mount wins. */
static int insert(struct build *b, const struct vm_disk *d, struct err *e)
{
	struct app_desc *app = &b->p->app;
	struct app_mount m = {.path = path_join_clean(b->a, "/", d->mount_point), .disk = d->serial};
	size_t at = app->mounts.n;
	int r = mounts_add(b, m, e);

	if (r < 0)
		return r;
	while (at > 0 && !is_below(m.path, app->mounts.v[at - 1].path)) {
		app->mounts.v[at] = app->mounts.v[at - 1];
		at--;
	}
	app->mounts.v[at] = m;
	return 0;
}

int mounts_add_images(struct build *b, struct err *e)
{
	const struct vm_desc *vm = &b->p->vm;
	int r = 0;

	if (b->p->app.init != INIT_URUNIT)
		return 0;
	for (size_t i = vm->disks.n; r == 0 && i-- > 0;) {
		const struct vm_disk *d = &vm->disks.v[i];

		if (d->mount_point != NULL && !streq(d->mount_point, "/") && !is_listed(&b->p->app, d->serial))
			r = insert(b, d, e);
	}
	return r;
}
