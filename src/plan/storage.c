/* SPDX-License-Identifier: Apache-2.0 */
/* Where the guest's root comes from, and which disks and shares it gets besides. The first way that metadata asks for is
 * taken; one that cannot work is refused, never replaced by another. */
#include <errno.h>

#include "plan/internal.h"

static bool guest_takes(const struct build *b, int kind)
{
	return b->w->guest->roots & (1u << kind);
}

static bool is_listed(const char *const *names, const char *name)
{
	for (size_t i = 0; names != NULL && names[i] != NULL; i++)
		if (streq(names[i], name))
			return true;
	return false;
}

static void put_root(struct build *b, int kind, const char *source)
{
	b->p->rootfs = (struct plan_rootfs){kind, source};
	b->p->app.root = kind;
}

static bool readonly(const struct build *b)
{
	return b->f->spec.root_readonly || b->f->root.readonly;
}

/* --- disks --- */

static int add_disk(struct build *b, struct vm_disk disk, struct err *e)
{
	struct vm_desc *vm = &b->p->vm;
	const struct guest_ops *g = b->w->guest;
	struct vm_disk *v = arena_array(b->a, vm->disks.n + 1, sizeof(*v));

	if (v == NULL || disk.path == NULL)
		return err_oom(e);
	if (!(b->w->monitor->caps & MON_BLOCK))
		return err_set(e, EINVAL, "monitor '%s' cannot give a guest a disk ('" KEY_PREFIX "%s')",
			       b->w->monitor->name, b->w->meta.block != NULL ? "block" : "mountRootfs");
	if (g->max_disks == 0)
		return err_set(e, EINVAL, "guest '%s' cannot use a disk ('" KEY_PREFIX "block')", g->name);
	if (vm->disks.n >= g->max_disks)
		return err_set(e, EINVAL, "guest '%s' can have at most %u disks ('" KEY_PREFIX "block')",
			       g->name, g->max_disks);
	for (size_t i = 0; i < vm->disks.n; i++)
		v[i] = vm->disks.v[i];
	v[vm->disks.n++] = disk;
	vm->disks.v = v;
	return 0;
}

/* The box can lend the monitor a file, not the right to open it. */
static int check_access(const struct build *b, struct err *e)
{
	const struct image_file *f = &b->f->block;
	const struct confine_creds *c = &b->p->creds;
	bool read = image_readable(f, c);

	if (read && (readonly(b) || image_writable(f, c)))
		return 0;
	return err_set(e, EACCES,
		       "block image '%.128s' (" KEY_PREFIX
		       "block) cannot be %s by the monitor's user %u:%u (owner %u:%u, mode %04o): "
		       "change that in the image, or set process.user to the owner%s",
		       f->path, read ? "written" : "read", c->uid, c->gid, f->uid, f->gid, f->mode,
		       read ? ", or set root.readonly" : "");
}

static int add_image(struct build *b, const char *serial, struct err *e)
{
	int r = check_access(b, e);

	if (r < 0)
		return r;
	if (b->f->block.size_bytes == 0)
		return err_set(e, EINVAL, "block image '%.128s' (" KEY_PREFIX "block) is empty",
			       b->f->block.path);
	return add_disk(b,
			(struct vm_disk){.path = arena_printf(b->a, BOX_DISK_PATH "%zu", b->p->vm.disks.n),
					 .serial = serial,
					 .mount_point = b->w->meta.blk_mount_point,
					 .fstype = b->f->block.fstype,
					 .readonly = readonly(b),
					 .size_bytes = b->f->block.size_bytes},
			e);
}

/* --- the root --- */

static int use_initrd(struct build *b, struct err *e)
{
	const struct metadata *m = &b->w->meta;

	if (!guest_takes(b, ROOT_INITRD))
		return err_set(e, EINVAL, "guest '%s' cannot take an initrd ('" KEY_PREFIX "initrd')",
			       b->w->guest->name);
	if (!(b->w->monitor->caps & MON_INITRD))
		return err_set(e, EINVAL,
			       "monitor '%s' cannot give a guest an initrd ('" KEY_PREFIX "initrd')",
			       b->w->monitor->name);
	if (m->mount_rootfs)
		strv_add(&b->warnings,
			 "'" KEY_PREFIX "mountRootfs' has no effect: the guest's root is its initrd");
	put_root(b, ROOT_INITRD, m->initrd);
	return 0;
}

/* ROOT_IMAGE: the guest brings its own idea of what is on the disk; ROOT_NONE: it has disks, but no root. */
static int kind_of_image(const struct build *b)
{
	if (guest_takes(b, ROOT_BLOCK))
		return ROOT_BLOCK;
	if (guest_takes(b, ROOT_IMAGE))
		return ROOT_IMAGE;
	return ROOT_NONE;
}

static int use_block_image(struct build *b, struct err *e)
{
	const struct guest_ops *g = b->w->guest;
	const struct image_file *f = &b->f->block;
	int kind = kind_of_image(b);

	if (g->max_disks == 0 || (kind == ROOT_NONE && g->block_filesystems != NULL))
		return err_set(e, EINVAL,
			       "guest '%s' cannot take its root from a block image ('" KEY_PREFIX "block')",
			       g->name);
	if (kind == ROOT_BLOCK && g->block_filesystems != NULL && f->fstype != NULL &&
	    !is_listed(g->block_filesystems, f->fstype))
		return err_set(e, EINVAL,
			       "block image '%.128s' (" KEY_PREFIX
			       "block) has file system '%s', which guest '%s' cannot read (allowed: %s)",
			       f->path, f->fstype, g->name, list_names(b->a, g->block_filesystems));
	put_root(b, kind, f->path);
	return add_image(b, "rootfs", e);
}

static const char *why_not_snapshot(const struct build *b)
{
	const struct root_facts *root = &b->f->root;
	const char *const *known = b->w->guest->block_filesystems;

	if (!guest_takes(b, ROOT_BLOCK) || known == NULL)
		return "the guest cannot";
	if (!(b->w->monitor->caps & MON_BLOCK))
		return "the monitor cannot";
	if (!root->is_mountpoint)
		return "the container root is no mount of its own";
	if (!root->source_is_block)
		return "the container root is no block device with this one mount";
	if (!is_listed(known, root->fstype))
		return arena_printf(b->a, "the guest cannot read file system '%.32s' (allowed: %s)",
				    root->fstype != NULL ? root->fstype : "", list_names(b->a, known));
	return NULL;
}

static const char *why_not_virtiofs(const struct build *b)
{
	if (!guest_takes(b, ROOT_VIRTIOFS))
		return "the guest cannot";
	if (!(b->w->monitor->caps & MON_VIRTIOFS))
		return "the monitor cannot";
	return b->f->virtiofsd_path == NULL ? "this host has no virtiofsd" : NULL;
}

static const char *why_not_9p(const struct build *b)
{
	if (!guest_takes(b, ROOT_9P))
		return "the guest cannot";
	return b->w->monitor->caps & MON_9P ? NULL : "the monitor cannot";
}

static int use_snapshot(struct build *b, struct err *e)
{
	put_root(b, ROOT_BLOCK, b->f->root.source);
	return add_disk(b,
			(struct vm_disk){.path = BOX_SNAPSHOT_PATH,
					 .serial = "rootfs",
					 .mount_point = "/",
					 .fstype = b->f->root.fstype,
					 .readonly = readonly(b)},
			e);
}

static int use_share(struct build *b, int kind, struct err *e)
{
	struct vm_share *s = arena_alloc(b->a, sizeof(*s));

	if (s == NULL)
		return err_oom(e);
	*s = (struct vm_share){.tag = "fs0", .mount_point = "/", .readonly = readonly(b)};
	if (kind == ROOT_VIRTIOFS)
		s->socket = BOX_SHARE_SOCKET;
	else
		s->path = BOX_SHARE_PATH;
	b->p->vm.shares.v = s;
	b->p->vm.shares.n = 1;
	put_root(b, kind, b->f->root.path);
	return 0;
}

static int use_container_root(struct build *b, struct err *e)
{
	const char *block = why_not_snapshot(b), *virtiofs = why_not_virtiofs(b), *ninep = why_not_9p(b);

	if (block == NULL)
		return use_snapshot(b, e);
	if (virtiofs == NULL)
		return use_share(b, ROOT_VIRTIOFS, e);
	if (ninep == NULL)
		return use_share(b, ROOT_9P, e);
	return err_set(e, EINVAL,
		       "'" KEY_PREFIX
		       "mountRootfs' (true) is not possible for guest '%s' on monitor '%s'. As a block device: %s; by "
		       "virtiofs: %s; by 9p: %s",
		       b->w->guest->name, b->w->monitor->name, block, virtiofs, ninep);
}

/* The keys by which this guest can be given a root. */
static const char *wanted_keys(const struct build *b)
{
	bool share = guest_takes(b, ROOT_9P) || guest_takes(b, ROOT_VIRTIOFS) || guest_takes(b, ROOT_BLOCK);
	bool block = guest_takes(b, ROOT_BLOCK) || guest_takes(b, ROOT_IMAGE);

	return arena_printf(b->a, "%s%s%s%s%s", guest_takes(b, ROOT_INITRD) ? "initrd" : "",
			    guest_takes(b, ROOT_INITRD) && block ? ", " : "", block ? "block" : "",
			    (guest_takes(b, ROOT_INITRD) || block) && share ? ", " : "",
			    share ? "mountRootfs" : "");
}

static int use_none(struct build *b, struct err *e)
{
	if (!guest_takes(b, ROOT_NONE))
		return err_set(e, EINVAL, "guest '%s' needs a root (set " KEY_PREFIX "*, one of: %s)",
			       b->w->guest->name, wanted_keys(b));
	put_root(b, ROOT_NONE, NULL);
	return 0;
}

static int check_block_keys(struct build *b, struct err *e)
{
	const struct metadata *m = &b->w->meta;

	if (m->block != NULL && m->blk_mount_point == NULL)
		return err_set(e, EINVAL,
			       "'" KEY_PREFIX "block' ('%.128s') needs '" KEY_PREFIX
			       "blkMntPoint': where the guest mounts it ('/' makes it the guest's root)",
			       m->block);
	if (m->block == NULL && m->blk_mount_point != NULL)
		strv_add(&b->warnings,
			 "'" KEY_PREFIX "blkMntPoint' has no effect without '" KEY_PREFIX "block'");
	return 0;
}

bool storage_is_snapshot(const struct build *b)
{
	return b->p->vm.disks.n > 0 && streq(b->p->vm.disks.v[0].path, BOX_SNAPSHOT_PATH);
}

int storage_decide(struct build *b, struct err *e)
{
	const struct metadata *m = &b->w->meta;
	bool root_image = m->block != NULL && streq(m->blk_mount_point, "/");
	int r = check_block_keys(b, e);

	if (r < 0)
		return r;
	if (m->initrd != NULL)
		r = use_initrd(b, e);
	else if (root_image)
		r = use_block_image(b, e);
	else if (m->mount_rootfs)
		r = use_container_root(b, e);
	else
		r = use_none(b, e);
	if (r < 0 || m->block == NULL)
		return r;
	if (!root_image)
		return add_image(b, "annot_vol", e);
	if (m->initrd != NULL)
		strv_add(&b->warnings,
			 "'" KEY_PREFIX "block' is left out: the guest's root is its initrd, not the image");
	return 0;
}

/* --- its place in the box --- */

static struct box_op disk_op(const struct build *b, const struct vm_disk *d)
{
	struct box_op op = {.dst = d->path, .mode = d->readonly ? 0400 : 0600};

	if (streq(d->path, BOX_SNAPSHOT_PATH)) {
		op.kind = BOX_BLOCK;
		op.uid = b->p->creds.uid;
		op.gid = b->p->creds.gid;
		op.major = b->f->root.source_major;
		op.minor = b->f->root.source_minor;
		return op;
	}
	op.kind = BOX_DISK;
	op.src = b->f->block.path;
	op.dev = b->f->block.dev;
	op.ino = b->f->block.ino;
	return op;
}

void storage_box(const struct build *b, struct op_list *l)
{
	const struct vm_desc *vm = &b->p->vm;

	for (size_t i = 0; i < vm->disks.n; i++)
		box_add(l, disk_op(b, &vm->disks.v[i]));
	for (size_t i = 0; i < vm->shares.n; i++)
		if (vm->shares.v[i].path != NULL)
			box_add(l, (struct box_op){.kind = BOX_TREE,
						   .dst = vm->shares.v[i].path,
						   .src = "/",
						   .mode = vm->shares.v[i].readonly ? 0500 : 0700});
}
