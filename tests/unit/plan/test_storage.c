/* SPDX-License-Identifier: Apache-2.0 */
/* The first way that metadata asks for is taken; what cannot work is refused with what is missing. */
#include "plan/toys.h"

static void block_image(struct world *w, const char *mount_point)
{
	world_annotate(w, "block", "/disk.img");
	world_annotate(w, "blkMntPoint", mount_point);
	w->f.block = (struct image_file){.path = "/disk.img",
					 .exists = true,
					 .size_bytes = 16 * MIB,
					 .dev = 64,
					 .ino = 1003,
					 .mode = 0644,
					 .elf_arch = -1};
}

static void snapshot(struct world *w)
{
	w->f.root.fstype = "ext4";
	w->f.root.source = "/dev/mapper/snap-7";
	w->f.root.is_mountpoint = w->f.root.source_is_block = true;
	w->f.root.source_major = 253;
	w->f.root.source_minor = 7;
	world_annotate(w, "mountRootfs", "true");
}

static void nothing_asked_for(void **state)
{
	struct world *w = *state;

	assert_planned(w);
	assert_int_equal(w->p.rootfs.kind, ROOT_NONE);
	assert_null(w->p.rootfs.source);
	assert_int_equal(w->p.vm.disks.n + w->p.vm.shares.n, 0);
	toy_guest.roots = 1u << ROOT_INITRD | 1u << ROOT_9P;
	assert_refused(w, EINVAL, "needs a root (set com.urunc.unikernel.*, one of: initrd, mountRootfs)");
	toy_guest.roots = 1u << ROOT_BLOCK;
	assert_refused(w, EINVAL, "one of: block, mountRootfs)");
	toy_guest.roots = 1u << ROOT_INITRD;
	assert_refused(w, EINVAL, "one of: initrd)");
}

static void the_initrd_comes_first(void **state)
{
	struct world *w = *state;

	world_annotate(w, "initrd", "/i");
	w->f.initrd = (struct image_file){.path = "/i", .exists = true, .mode = 0644, .elf_arch = -1};
	block_image(w, "/");
	snapshot(w);
	assert_planned(w);
	assert_int_equal(w->p.rootfs.kind, ROOT_INITRD);
	assert_int_equal(w->p.app.root, ROOT_INITRD);
	assert_string_equal(w->p.rootfs.source, "/i");
	assert_int_equal(w->p.vm.disks.n, 0);
	assert_true(toys_warned(w, "mountRootfs' has no effect") && toys_warned(w, "block' is left out"));
	toy_monitor.caps &= ~(unsigned)MON_INITRD;
	assert_refused(w, EINVAL, "monitor 'toymon' cannot give a guest an initrd");
	toy_guest.roots = 1u << ROOT_NONE;
	assert_refused(w, EINVAL, "guest 'toyguest' cannot take an initrd");
}

static void a_block_image_as_root(void **state)
{
	struct world *w = *state;
	const struct box_op *op;

	block_image(w, "/");
	snapshot(w); /* comes after it */
	w->f.block.fstype = "ext2";
	assert_planned(w);
	assert_int_equal(w->p.rootfs.kind, ROOT_BLOCK);
	assert_int_equal(w->p.app.root, ROOT_BLOCK);
	assert_string_equal(w->p.rootfs.source, "/disk.img");
	assert_int_equal(w->p.vm.disks.n, 1);
	assert_string_equal(w->p.vm.disks.v[0].path, "/disk0");
	assert_string_equal(w->p.vm.disks.v[0].serial, "rootfs");
	assert_string_equal(w->p.vm.disks.v[0].mount_point, "/");
	assert_string_equal(w->p.vm.disks.v[0].fstype, "ext2");
	assert_int_equal(w->p.vm.disks.v[0].size_bytes, 16 * MIB);
	assert_false(w->p.vm.disks.v[0].readonly);
	op = world_op(w, "/disk0");
	assert_int_equal(op->kind, BOX_DISK);
	assert_string_equal(op->src, "/disk.img");
	assert_int_equal(op->ino, 1003);
	assert_int_equal(op->mode, 0600);
	w->f.spec.root_readonly = true;
	assert_planned(w);
	assert_true(w->p.vm.disks.v[0].readonly);
	assert_int_equal(world_op(w, "/disk0")->mode, 0400);
}

static void a_root_that_the_guest_cannot_read(void **state)
{
	struct world *w = *state;

	block_image(w, "/");
	w->f.block.fstype = "squashfs";
	assert_refused(w, EINVAL,
		       "file system 'squashfs', which guest 'toyguest' cannot read (allowed: ext2, ext4)");
	w->f.block.fstype = NULL; /* nobody knows: the guest may */
	assert_planned(w);
	w->f.block.size_bytes = 0;
	assert_refused(w, EINVAL, "block image '/disk.img' (" KEY_PREFIX "block) is empty");
	w->f.block.size_bytes = MIB;
	w->f.block.fstype = "squashfs";
	toy_guest.block_filesystems = NULL;
	assert_planned(w);
	toy_guest.roots = 1u << ROOT_IMAGE;
	assert_planned(w);
	assert_int_equal(w->p.rootfs.kind, ROOT_IMAGE);
	toy_guest.roots = 1u << ROOT_NONE; /* a disk is a disk */
	assert_planned(w);
	assert_int_equal(w->p.rootfs.kind, ROOT_NONE);
	assert_int_equal(w->p.vm.disks.n, 1);
	toy_guest.block_filesystems = toy_filesystems;
	assert_refused(w, EINVAL, "cannot take its root from a block image");
	toy_guest.max_disks = 0;
	assert_refused(w, EINVAL, "cannot take its root from a block image");
}

static void another_disk(void **state)
{
	struct world *w = *state;

	block_image(w, "/data");
	w->f.block.fstype = "squashfs"; /* not its root: the application's business */
	assert_planned(w);
	assert_int_equal(w->p.rootfs.kind, ROOT_NONE);
	assert_string_equal(w->p.vm.disks.v[0].serial, "annot_vol");
	assert_string_equal(w->p.vm.disks.v[0].mount_point, "/data");
	snapshot(w);
	assert_refused(w, EINVAL,
		       "block image '/disk.img' (com.urunc.unikernel.block) lies on the container root");
	world_drop(w, "mountRootfs");
	world_annotate(w, "blocks", "[{\"path\": \"/b\", \"mountPoint\": \"/b\"}]");
	w->f.blocks.v = &w->f.block;
	w->f.blocks.n = 1;
	assert_planned(w);
	assert_int_equal(w->p.vm.disks.n, 2);
	assert_string_equal(w->p.vm.disks.v[0].path, "/disk0");
	assert_string_equal(w->p.vm.disks.v[1].path, "/disk1");
	assert_string_equal(w->p.vm.disks.v[1].serial, "blk0");
	assert_non_null(world_op(w, "/disk1"));
	toy_guest.max_disks = 1;
	assert_refused(w, EINVAL, "guest 'toyguest' can have at most 1 disks ('com.urunc.unikernel.blocks')");
	toy_guest.max_disks = 2;
	toy_monitor.caps &= ~(unsigned)(MON_BLOCK | MON_9P | MON_VIRTIOFS);
	assert_refused(w, EINVAL, "monitor 'toymon' cannot give a guest a disk");
}

static void keys_of_a_block_image(void **state)
{
	struct world *w = *state;

	block_image(w, "/");
	world_drop(w, "blkMntPoint");
	assert_refused(w, EINVAL, "block' ('/disk.img') needs 'com.urunc.unikernel.blkMntPoint'");
	world_drop(w, "block");
	world_annotate(w, "blkMntPoint", "/data");
	w->f.block = (struct image_file){.elf_arch = -1};
	assert_planned(w);
	assert_true(toys_warned(w, "blkMntPoint' has no effect"));
}

/* The monitor has the process' user and no capabilities. */
static void a_block_image_of_somebody_else(void **state)
{
	struct world *w = *state;

	block_image(w, "/data");
	w->f.spec.uid = w->f.spec.gid = 65534;
	assert_refused(w, EACCES,
		       "cannot be written by the monitor's user 65534:65534 (owner 0:0, mode 0644)");
	assert_non_null(strstr(w->e.msg, "root.readonly"));
	w->f.spec.root_readonly = true;
	assert_planned(w);
	w->f.block.mode = 0600;
	assert_refused(w, EACCES, "cannot be read by the monitor's user 65534:65534 (owner 0:0, mode 0600)");
	w->f.spec.root_readonly = false;
	w->f.block.uid = 65534;
	assert_planned(w);
	w->f.block.uid = 0;
	w->f.block.gid = 65534;
	w->f.block.mode = 0660;
	assert_planned(w);
	w->f.spec.uid = 0; /* the owner's bits count, whatever the others say */
	w->f.block.mode = 0066;
	assert_refused(w, EACCES, "cannot be read");
}

static void a_snapshot(void **state)
{
	struct world *w = *state;
	const struct box_op *op;
	const struct device_rule *rule;

	snapshot(w);
	assert_planned(w);
	assert_int_equal(w->p.rootfs.kind, ROOT_BLOCK);
	assert_string_equal(w->p.rootfs.source, "/dev/mapper/snap-7");
	assert_string_equal(w->p.vm.disks.v[0].path, "/dev/disk0");
	assert_string_equal(w->p.vm.disks.v[0].serial, "rootfs");
	assert_string_equal(w->p.vm.disks.v[0].mount_point, "/");
	assert_string_equal(w->p.vm.disks.v[0].fstype, "ext4");
	op = world_op(w, "/dev/disk0");
	assert_int_equal(op->kind, BOX_BLOCK);
	assert_int_equal(op->major, 253);
	assert_int_equal(op->minor, 7);
	assert_int_equal(world_op(w, "/kernel")->kind, BOX_IMAGE_COPY);
	rule = &w->p.cgroup.devices.v[w->p.cgroup.devices.n - 1];
	assert_string_equal(rule->type, "b");
	assert_true(rule->major == 253 && rule->minor == 7);
	assert_string_equal(rule->access, "rwm");
	w->f.root.readonly = true;
	assert_planned(w);
	assert_true(w->p.vm.disks.v[0].readonly);
	assert_string_equal(w->p.cgroup.devices.v[w->p.cgroup.devices.n - 1].access, "rm");
}

/* A directory of the host's own disk, or a device that is in use elsewhere, must never become a guest's disk. */
static void what_is_no_snapshot(void **state)
{
	struct world *w = *state;

	snapshot(w);
	toy_guest.roots = 1u << ROOT_BLOCK;
	w->f.root.is_mountpoint = false;
	assert_refused(w, EINVAL, "As a block device: the container root is no mount of its own");
	w->f.root.is_mountpoint = true;
	w->f.root.source_is_block = false;
	assert_refused(w, EINVAL,
		       "As a block device: the container root is no block device with this one mount");
	w->f.root.own = "it is the host's own (/etc/fstab names it)";
	assert_refused(w, EINVAL,
		       "As a block device: it is the host's own (/etc/fstab names it); as an image");
	w->f.root.own = NULL;
	w->f.root.source_is_block = true;
	w->f.root.fstype = "xfs";
	assert_refused(w, EINVAL, "cannot read file system 'xfs' (allowed: ext2, ext4)");
	toy_guest.block_filesystems = NULL;
	assert_refused(w, EINVAL,
		       "As a block device: the guest cannot; as an image: the guest cannot; by virtiofs: the guest cannot; "
		       "by 9p: the guest");
	toy_guest.block_filesystems = toy_filesystems;
	toy_monitor.caps &= ~(unsigned)MON_BLOCK;
	assert_refused(w, EINVAL, "As a block device: the monitor cannot");
}

static void virtiofs_then_9p(void **state)
{
	struct world *w = *state;

	world_annotate(w, "useDMBlock", "1");
	w->f.virtiofsd_path = "/usr/libexec/virtiofsd";
	assert_planned(w);
	assert_int_equal(w->p.rootfs.kind, ROOT_VIRTIOFS);
	assert_string_equal(w->p.rootfs.source, "/run/b/c1/rootfs");
	assert_string_equal(w->p.vm.shares.v[0].tag, "fs0");
	assert_string_equal(w->p.vm.shares.v[0].socket, "/run/virtiofs0.sock");
	assert_null(w->p.vm.shares.v[0].path);
	assert_int_equal(world_op(w, "/run")->kind, BOX_TMPFS);
	w->f.virtiofsd_path = NULL;
	assert_planned(w);
	assert_int_equal(w->p.rootfs.kind, ROOT_9P);
	assert_string_equal(w->p.vm.shares.v[0].tag, "fs0");
	assert_string_equal(w->p.vm.shares.v[0].path, "/share0");
	assert_null(w->p.vm.shares.v[0].socket);
	assert_string_equal(w->p.vm.shares.v[0].mount_point, "/");
	assert_int_equal(world_op(w, "/share0")->kind, BOX_TREE);
	assert_string_equal(world_op(w, "/share0")->src, "/");
	assert_int_equal(world_op(w, "/share0")->mode, 0700);
	w->f.spec.root_readonly = true;
	assert_planned(w);
	assert_true(w->p.vm.shares.v[0].readonly);
	assert_int_equal(world_op(w, "/share0")->mode, 0500);
	toy_monitor.caps &= ~(unsigned)MON_9P;
	assert_refused(w, EINVAL, "by virtiofs: this host has no virtiofsd; by 9p: the monitor cannot");
	toy_monitor.caps &= ~(unsigned)MON_VIRTIOFS;
	assert_refused(w, EINVAL, "by virtiofs: the monitor cannot");
	world_annotate(w, "mountRootfs", "0"); /* the true name wins */
	assert_planned(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		toy_test(nothing_asked_for),
		toy_test(the_initrd_comes_first),
		toy_test(a_block_image_as_root),
		toy_test(a_root_that_the_guest_cannot_read),
		toy_test(another_disk),
		toy_test(keys_of_a_block_image),
		toy_test(a_block_image_of_somebody_else),
		toy_test(a_snapshot),
		toy_test(what_is_no_snapshot),
		toy_test(virtiofs_then_9p),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
