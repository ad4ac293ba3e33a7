/* SPDX-License-Identifier: Apache-2.0 */
/* A root out of three disks: a read-only image of the container root's lower layers, one of its own layer where that is not
 * empty, and a writable one that lives and dies with the container root. The guest's init joins them. */
#include <errno.h>

#include "plan/internal.h"

/* Within the container root. Images and 9p never show it to a guest as a file of its own. */
#define WRITABLE_PATH "/.urunc/rw.img"

const char *image_why_not(const struct build *b)
{
	if (!(b->w->guest->roots & 1u << ROOT_IMAGE) || !b->w->guest->urunit)
		return "the guest cannot";
	if (!(b->w->monitor->caps & MON_BLOCK) || !(b->w->monitor->caps & MON_INITRD))
		return "the monitor cannot";
	if (b->p->app.init != INIT_URUNIT)
		return "only urunc's own urunit can join the layers, and the guest's init is another program";
	return b->f->tree.imager_path == NULL ? "the program urunc-image is not installed" : NULL;
}

static int add_layer(struct build *b, struct vm_disk disk, struct box_op op, struct err *e)
{
	disk.path = arena_printf(b->a, BOX_DISK_PATH "%zu", b->p->vm.disks.n);
	disk.mount_point = "/";
	return disks_add(b, disk, op, "'" KEY_PREFIX "mountRootfs' as an image", e);
}

static int add_image(struct build *b, const char *serial, const char *layer, const char *path, struct err *e)
{
	return add_layer(b,
			 (struct vm_disk){.serial = serial,
					  .fstype = b->p->image->format,
					  .readonly = true,
					  .layer = layer},
			 (struct box_op){.kind = BOX_BIND, .src = path}, e);
}

/* EROFS is read in place and costs less to make, but not every kernel has it. */
static const char *choose_format(const struct build *b)
{
	const char *asked = b->f->config.image_format;

	if (asked != NULL && !streq(asked, "auto"))
		return asked;
	return modules_known(b, "erofs") == 0 && modules_known(b, "ext4") == 1 ? "ext4" : "erofs";
}

static int add_disks(struct build *b, const struct plan_image *im, struct err *e)
{
	int r = add_image(b, "rootfs", "lower", im->lower_path, e);

	if (r == 0 && im->upper_path != NULL)
		r = add_image(b, "rootup", "upper", im->upper_path, e);
	if (r == 0 && im->writable != NULL)
		r = add_layer(b, (struct vm_disk){.serial = "rootrw", .fstype = "ext4", .layer = "rw"},
			      (struct box_op){.kind = BOX_DISK, .src = im->writable}, e);
	return r;
}

int image_use(struct build *b, struct err *e)
{
	const struct tree_facts *t = &b->f->tree;
	const struct config *c = &b->f->config;
	struct plan_image *im = arena_alloc(b->a, sizeof(*im));
	const char *format = choose_format(b);

	if (im == NULL)
		return err_oom(e);
	*im = (struct plan_image){
		.imager = t->imager_path,
		.format = format,
		.lower = t->lower,
		.base = t->base,
		.upper = t->lower != NULL ? t->upper : NULL,
		.cache_dir = c->cache_dir,
		.cache_max_bytes = c->cache_max_mb * MIB,
		.key = t->key,
		.cached = streq(format, "ext4") ? t->cached_ext4 : t->cached,
		.lower_path = arena_printf(b->a, "%s.%s", t->prefix, format),
	};
	if (im->upper != NULL)
		im->upper_path = arena_printf(b->a, "%s.upper.%s", t->prefix, format);
	if (im->lower_path == NULL || (im->upper != NULL && im->upper_path == NULL))
		return err_oom(e);
	if (!storage_readonly(b)) {
		im->writable = WRITABLE_PATH;
		im->writable_bytes = c->writable_mb * MIB;
	}
	b->p->image = im;
	b->p->rootfs = (struct plan_rootfs){ROOT_IMAGE, b->f->root.path};
	b->p->app.root = ROOT_IMAGE;
	return add_disks(b, im, e);
}
