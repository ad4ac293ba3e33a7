/* SPDX-License-Identifier: Apache-2.0 */
/* Disks of the machine: image files of the container and block devices of the host, with their places in the box. */
#include <errno.h>
#include <string.h>

#include "plan/internal.h"

/* What a virtio block device can tell of itself. */
#define SERIAL_MAX_BYTES 20

static int check_room(const struct build *b, const struct vm_disk *d, const char *asked, struct err *e)
{
	const struct guest_ops *g = b->w->guest;
	const struct vm_desc *vm = &b->p->vm;

	if (!(b->w->monitor->caps & MON_BLOCK))
		return err_set(e, EINVAL, "monitor '%s' cannot give a guest a disk (%s)", b->w->monitor->name,
			       asked);
	if (g->max_disks == 0)
		return err_set(e, EINVAL, "guest '%s' cannot use a disk (%s)", g->name, asked);
	if (vm->disks.n >= g->max_disks)
		return err_set(e, EINVAL, "guest '%s' can have at most %u disks (%s)", g->name, g->max_disks,
			       asked);
	if (strlen(d->serial) > SERIAL_MAX_BYTES)
		return err_set(e, EINVAL, "disk '%.80s' (%s): a serial can have at most %d bytes", d->serial,
			       asked, SERIAL_MAX_BYTES);
	for (size_t i = 0; i < vm->disks.n; i++)
		if (streq(vm->disks.v[i].serial, d->serial))
			return err_set(e, EINVAL, "two disks are called '%s' (%s): choose another id",
				       d->serial, asked);
	return 0;
}

int disks_add(struct build *b, struct vm_disk disk, struct box_op op, const char *asked, struct err *e)
{
	struct vm_desc *vm = &b->p->vm;
	struct vm_disk *v = arena_array(b->a, vm->disks.n + 1, sizeof(*v));
	struct box_op *ops = arena_array(b->a, b->disks.n + 1, sizeof(*ops));
	int r;

	if (v == NULL || ops == NULL || disk.path == NULL || disk.serial == NULL || asked == NULL)
		return err_oom(e);
	r = check_room(b, &disk, asked, e);
	if (r < 0)
		return r;
	if (vm->disks.n > 0)
		memcpy(v, vm->disks.v, vm->disks.n * sizeof(*v));
	if (b->disks.n > 0)
		memcpy(ops, b->disks.v, b->disks.n * sizeof(*ops));
	op.dst = disk.path;
	op.mode = disk.readonly ? 0400 : 0600;
	v[vm->disks.n++] = disk;
	vm->disks.v = v;
	ops[b->disks.n++] = op;
	b->disks.v = ops;
	return 0;
}

/* --- image files --- */

static bool readonly(const struct build *b, const struct block_wish *wish)
{
	return wish->readonly || b->f->spec.root_readonly || b->f->root.readonly;
}

/* The box can lend the monitor a file, not the right to open it. */
static int check_access(const struct build *b, const struct image_file *f, bool ro, const char *key,
			struct err *e)
{
	const struct confine_creds *c = &b->p->creds;
	bool read = image_readable(f, c);

	if (read && (ro || image_writable(f, c)))
		return 0;
	return err_set(e, EACCES,
		       "block image '%.128s' (" KEY_PREFIX
		       "%s) cannot be %s by the monitor's user %u:%u (owner %u:%u, mode %04o): "
		       "change that in the image, or set process.user to the owner%s",
		       f->path, key, read ? "written" : "read", c->uid, c->gid, f->uid, f->gid, f->mode,
		       read ? ", or set root.readonly" : "");
}

static int check_image(const struct build *b, const struct image_file *f, bool ro, const char *key,
		       struct err *e)
{
	int r = check_access(b, f, ro, key, e);

	if (r < 0)
		return r;
	if (f->size_bytes == 0)
		return err_set(e, EINVAL, "block image '%.128s' (" KEY_PREFIX "%s) is empty", f->path, key);
	if (storage_is_snapshot(b))
		return err_set(e, EINVAL,
			       "block image '%.128s' (" KEY_PREFIX
			       "%s) lies on the container root, which the guest gets whole as its own disk ('" KEY_PREFIX
			       "mountRootfs'): leave one of them out",
			       f->path, key);
	return 0;
}

int disks_add_image(struct build *b, const struct image_file *f, const struct block_wish *wish,
		    const char *serial, const char *key, struct err *e)
{
	bool ro = readonly(b, wish), solo5 = b->f->kernel.solo5.target != SOLO5_NONE;
	int r = check_image(b, f, ro, key, e);

	if (r < 0)
		return r;
	return disks_add(b,
			 (struct vm_disk){.path = arena_printf(b->a, BOX_DISK_PATH "%zu", b->p->vm.disks.n),
					  .serial = wish->id != NULL && !solo5 ? wish->id : serial,
					  .name = solo5 ? wish->id : NULL,
					  .mount_point = wish->mount_point,
					  .fstype = f->fstype,
					  .readonly = ro,
					  .size_bytes = f->size_bytes},
			 (struct box_op){.kind = BOX_DISK, .src = f->path, .dev = f->dev, .ino = f->ino},
			 arena_printf(b->a, "'" KEY_PREFIX "%s'", key), e);
}

/* --- block devices --- */

static int add_claim(struct build *b, struct block_claim claim, struct err *e)
{
	struct launch_plan *p = b->p;
	struct block_claim *v = arena_array(b->a, p->claims.n + 1, sizeof(*v));

	if (v == NULL)
		return err_oom(e);
	for (size_t i = 0; i < p->claims.n; i++) {
		v[i] = p->claims.v[i];
		if (v[i].major == claim.major && v[i].minor == claim.minor)
			return err_set(
				e, EINVAL,
				"block device '%.128s' (%u:%u) is wanted as two disks of the guest ('%.128s')",
				claim.source, claim.major, claim.minor, v[i].source);
	}
	v[p->claims.n++] = claim;
	p->claims.v = v;
	return 0;
}

/* Locks are descriptors, and without a supervisor nobody is left who could keep them while the guest runs. */
static int check_held(const struct build *b, const struct block_claim *claim, const char *asked, struct err *e)
{
	if (b->f->config.supervise)
		return 0;
	return err_set(e, EINVAL,
		       "block device '%.128s' (%s) cannot be given to a guest with [runtime] supervise = false: only "
		       "the supervisor keeps it from other containers and from being mounted; set it to true",
		       claim->source, asked);
}

int disks_add_device(struct build *b, struct vm_disk disk, struct block_claim claim, const char *asked,
		     struct err *e)
{
	const struct box_op op = {
		.kind = BOX_BLOCK,
		.uid = b->p->creds.uid,
		.gid = b->p->creds.gid,
		.major = claim.major,
		.minor = claim.minor,
	};
	int r = disks_add(b, disk, op, asked, e);

	if (r == 0)
		r = check_held(b, &claim, asked, e);
	claim.node = disk.path;
	claim.readonly = disk.readonly;
	return r < 0 ? r : add_claim(b, claim, e);
}
