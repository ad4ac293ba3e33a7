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

bool storage_readonly(const struct build *b)
{
	return b->f->spec.root_readonly || b->f->root.readonly;
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

/* The image that is to be the guest's root: that of the key `block`, or one of `blocks`. */
struct root_image {
	const struct image_file *f; /* NULL = none */
	struct block_wish wish;
	const char *key;
};

static struct block_wish block_wish(const struct build *b)
{
	return (struct block_wish){.path = b->w->meta.block, .mount_point = b->w->meta.blk_mount_point};
}

static bool is_root(const char *mount_point)
{
	return mount_point != NULL && streq(mount_point, "/");
}

static int find_root_image(const struct build *b, struct root_image *ret, struct err *e)
{
	const struct metadata *m = &b->w->meta;

	*ret = (struct root_image){.f = NULL};
	if (m->block != NULL && is_root(m->blk_mount_point))
		*ret = (struct root_image){&b->f->block, block_wish(b), "block"};
	for (size_t i = 0; i < m->blocks.n; i++) {
		if (!is_root(m->blocks.v[i].mount_point))
			continue;
		if (ret->f != NULL)
			return err_set(e, EINVAL,
				       "'" KEY_PREFIX "block' and '" KEY_PREFIX
				       "blocks' both have an image for the guest's root ('/')");
		*ret = (struct root_image){&b->f->blocks.v[i], m->blocks.v[i], "blocks"};
	}
	return 0;
}

static int use_block_image(struct build *b, const struct root_image *image, struct err *e)
{
	const struct guest_ops *g = b->w->guest;
	const struct image_file *f = image->f;
	int kind = kind_of_image(b);

	if (g->max_disks == 0 || (kind == ROOT_NONE && g->block_filesystems != NULL))
		return err_set(e, EINVAL,
			       "guest '%s' cannot take its root from a block image ('" KEY_PREFIX "%s')",
			       g->name, image->key);
	if (kind == ROOT_BLOCK && g->block_filesystems != NULL && f->fstype != NULL &&
	    !is_listed(g->block_filesystems, f->fstype))
		return err_set(e, EINVAL,
			       "block image '%.128s' (" KEY_PREFIX
			       "%s) has file system '%s', which guest '%s' cannot read (allowed: %s)",
			       f->path, image->key, f->fstype, g->name,
			       list_names(b->a, g->block_filesystems));
	put_root(b, kind, f->path);
	return disks_add_image(b, f, &image->wish, "rootfs", image->key, e);
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
	if (root->own != NULL)
		return root->own;
	if (!root->source_is_block)
		return "the container root is no block device with this one mount";
	if (!is_listed(known, root->fstype))
		return arena_printf(b->a, "the guest cannot read file system '%.32s' (allowed: %s)",
				    root->fstype != NULL ? root->fstype : "", list_names(b->a, known));
	return NULL;
}

static int use_snapshot(struct build *b, struct err *e)
{
	const struct root_facts *root = &b->f->root;
	struct claim_mount *m = arena_alloc(b->a, sizeof(*m));
	struct block_claim claim = {.source = root->source,
				    .major = root->source_major,
				    .minor = root->source_minor};

	if (m == NULL)
		return err_oom(e);
	*m = (struct claim_mount){root->path, root->fstype, root->options, root->super_options};
	claim.mounts.v = m;
	claim.mounts.n = 1;
	put_root(b, ROOT_BLOCK, root->source);
	return disks_add_device(b,
				(struct vm_disk){.path = BOX_SNAPSHOT_PATH,
						 .serial = "rootfs",
						 .mount_point = "/",
						 .fstype = root->fstype,
						 .readonly = storage_readonly(b)},
				claim, "'" KEY_PREFIX "mountRootfs'", e);
}

/* The ways for a tree, best first, each with what forbids it. */
struct way {
	int kind;
	const char *name, *why_not;
};

static int take_way(struct build *b, const struct way *w, struct err *e)
{
	return w->kind == ROOT_IMAGE ? image_use(b, e) : shares_use(b, w->kind, e);
}

static int use_container_root(struct build *b, struct err *e)
{
	const struct way ways[] = {{ROOT_IMAGE, "image", image_why_not(b)},
				   {ROOT_VIRTIOFS, "virtiofs", shares_why_not_virtiofs(b)},
				   {ROOT_9P, "9p", shares_why_not_9p(b)}};
	const char *block = why_not_snapshot(b), *wanted = b->f->config.rootfs;
	bool any = wanted == NULL || streq(wanted, "auto");

	if (block == NULL)
		return use_snapshot(b, e);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (!any && !streq(wanted, ways[i].name))
			continue;
		if (ways[i].why_not == NULL)
			return take_way(b, &ways[i], e);
		if (!any)
			return err_set(
				e, EINVAL,
				"[runtime] rootfs = \"%s\" is not possible for guest '%s' on monitor '%s': %s",
				wanted, b->w->guest->name, b->w->monitor->name, ways[i].why_not);
	}
	return err_set(e, EINVAL,
		       "'" KEY_PREFIX
		       "mountRootfs' (true) is not possible for guest '%s' on monitor '%s'. As a block device: %s; as an "
		       "image: %s; by virtiofs: %s; by 9p: %s",
		       b->w->guest->name, b->w->monitor->name, block, ways[0].why_not, ways[1].why_not,
		       ways[2].why_not);
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

/* Every image that is not the root. */
static int add_images(struct build *b, const struct root_image *root, struct err *e)
{
	const struct metadata *m = &b->w->meta;
	struct block_wish wish = block_wish(b);
	int r = 0;

	if (m->block != NULL && root->f != &b->f->block)
		r = disks_add_image(b, &b->f->block, &wish, "annot_vol", "block", e);
	for (size_t i = 0; r == 0 && i < m->blocks.n; i++)
		if (root->f != &b->f->blocks.v[i])
			r = disks_add_image(b, &b->f->blocks.v[i], &m->blocks.v[i],
					    arena_printf(b->a, "blk%zu", i), "blocks", e);
	return r;
}

static int choose_root(struct build *b, const struct root_image *image, struct err *e)
{
	const struct metadata *m = &b->w->meta;

	if (m->initrd != NULL) {
		int r = use_initrd(b, e);

		if (r == 0 && image->f != NULL)
			strv_addf(&b->warnings,
				  "'" KEY_PREFIX
				  "%s' is left out: the guest's root is its initrd, not the image",
				  image->key);
		return r;
	}
	if (image->f != NULL)
		return use_block_image(b, image, e);
	return m->mount_rootfs ? use_container_root(b, e) : use_none(b, e);
}

int storage_decide(struct build *b, struct err *e)
{
	struct root_image image;
	int r;

	if ((r = check_block_keys(b, e)) < 0 || (r = find_root_image(b, &image, e)) < 0 ||
	    (r = choose_root(b, &image, e)) < 0 || (r = add_images(b, &image, e)) < 0)
		return r;
	return volumes_decide(b, e);
}

size_t storage_ops(const struct build *b)
{
	return b->disks.n + shares_ops(b);
}

void storage_box(const struct build *b, struct op_list *l)
{
	for (size_t i = 0; i < b->disks.n; i++)
		box_add(l, b->disks.v[i]);
	shares_box(b, l);
}
