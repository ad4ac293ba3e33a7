/* SPDX-License-Identifier: Apache-2.0 */
/* A root out of disks: when, which, and what of it lies where. */
#include "plan/world.h"

static void tree(struct world *w)
{
	world_drop(w, "initrd");
	w->f.initrd = (struct image_file){.elf_arch = -1};
	world_annotate(w, "mountRootfs", "true");
	w->f.config.cache_dir = "/cache";
	w->f.config.cache_max_mb = 5;
	w->f.config.writable_mb = 64;
	w->f.tree = (struct tree_facts){.imager_path = "/x/urunc-image", .prefix = "/cache/use/me"};
}

static const struct box_op *op_of(struct world *w, const char *dst)
{
	const struct box_op *op = box_find(&w->p, dst);

	assert_non_null(op);
	return op;
}

static void a_plain_tree(void **state)
{
	struct world *w = *state;

	tree(w);
	assert_planned(w);
	assert_int_equal(w->p.rootfs.kind, ROOT_IMAGE);
	assert_int_equal(w->p.app.root, ROOT_IMAGE);
	assert_non_null(w->p.image);
	assert_null(w->p.image->key);
	assert_null(w->p.image->lower);
	assert_int_equal(w->p.image->cache_max_bytes, 5 * MIB);
	assert_int_equal(w->p.image->writable_bytes, 64 * MIB);
	assert_int_equal(w->p.vm.disks.n, 2);
	assert_string_equal(w->p.vm.disks.v[0].serial, "rootfs");
	assert_string_equal(w->p.vm.disks.v[0].layer, "lower");
	assert_true(w->p.vm.disks.v[0].readonly);
	assert_string_equal(w->p.vm.disks.v[1].layer, "rw");
	assert_false(w->p.vm.disks.v[1].readonly);
	/* The image is on the host, what is written lies with the container root. */
	assert_int_equal(op_of(w, "/disk0")->kind, BOX_BIND);
	assert_string_equal(op_of(w, "/disk0")->src, "/cache/use/me.erofs");
	assert_int_equal(op_of(w, "/disk1")->kind, BOX_DISK);
	assert_string_equal(op_of(w, "/disk1")->src, "/.urunc/rw.img");
}

static void a_kernel_without_erofs_gets_ext4(void **state)
{
	struct kernel_module modules[] = {{.name = "ext4", .builtin = true},
					  {.name = "virtio_mmio", .builtin = true},
					  {.name = "virtio_blk", .builtin = true},
					  {.name = "overlay", .builtin = true},
					  {.name = "virtio_console", .builtin = true},
					  {.name = "erofs"}};
	struct world *w = *state;

	tree(w);
	w->f.tree.cached = true;
	w->f.config.image_format = "erofs";
	assert_planned(w);
	assert_true(w->p.image->cached);
	w->f.config.image_format = "ext4";
	assert_planned(w);
	assert_false(w->p.image->cached);
	w->f.config.image_format = "auto";
	w->f.modules.known = true;
	w->f.modules.release = "6.1.0";
	w->f.modules.list.v = modules;
	w->f.modules.list.n = sizeof(modules) / sizeof(modules[0]);
	assert_planned(w);
	assert_string_equal(w->p.image->format, "ext4");
	assert_string_equal(w->p.vm.disks.v[0].fstype, "ext4");
	assert_string_equal(op_of(w, "/disk0")->src, "/cache/use/me.ext4");
	modules[5].builtin = true;
	assert_planned(w);
	assert_string_equal(w->p.image->format, "erofs");
}

static void an_overlay(void **state)
{
	struct world *w = *state;

	tree(w);
	w->f.tree.lower = "/l2:/l1";
	w->f.tree.base = "/";
	w->f.tree.key = "aa";
	w->f.tree.cached = true;
	assert_planned(w);
	assert_true(w->p.image->cached);
	assert_int_equal(w->p.vm.disks.n, 2);
	w->f.tree.upper = "/u";
	assert_planned(w);
	assert_int_equal(w->p.vm.disks.n, 3);
	assert_string_equal(w->p.vm.disks.v[1].layer, "upper");
	assert_string_equal(op_of(w, "/disk1")->src, "/cache/use/me.upper.erofs");
	/* Where the layers cannot be had one by one, the own one is in the image of all. */
	w->f.tree.lower = NULL;
	assert_planned(w);
	assert_int_equal(w->p.vm.disks.n, 2);
}

static void a_read_only_root_has_nothing_to_write_to(void **state)
{
	struct world *w = *state;

	tree(w);
	w->f.spec.root_readonly = true;
	assert_planned(w);
	assert_int_equal(w->p.vm.disks.n, 1);
	assert_null(w->p.image->writable);
}

static void what_forbids_it(void **state)
{
	struct world *w = *state;

	tree(w);
	w->f.config.rootfs = "image";
	w->f.tree.imager_path = NULL;
	assert_refused(w, EINVAL, "the program urunc-image is not installed");
	w->f.config.rootfs = "auto";
	assert_planned(w);
	assert_int_equal(w->p.rootfs.kind, ROOT_9P);
	w->f.tree.imager_path = "/x/urunc-image";
	w->f.config.rootfs = "9p";
	assert_planned(w);
	assert_int_equal(w->p.rootfs.kind, ROOT_9P);
	w->f.config.rootfs = "virtiofs";
	assert_refused(w, EINVAL, "[runtime] rootfs = \"virtiofs\" is not possible");
	w->f.config.rootfs = "image";
	w->args[0] = "/sbin/init";
	assert_refused(w, EINVAL, "only urunc's own urunit can join the layers");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_plain_tree, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(an_overlay, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(a_kernel_without_erofs_gets_ext4, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(a_read_only_root_has_nothing_to_write_to, world_setup,
						world_teardown),
		cmocka_unit_test_setup_teardown(what_forbids_it, world_setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
