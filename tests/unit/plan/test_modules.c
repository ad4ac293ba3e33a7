/* SPDX-License-Identifier: Apache-2.0 */
/* The modules that a machine needs and no others, each after what it needs itself. */
#include "plan/world.h"

static const char *ring[] = {"/m/ring.ko"};
static struct kernel_module list[] = {
	{.name = "virtio_mmio", .path = "/m/mmio.ko", .needs = {ring, 1}, .bytes = 100},
	{.name = "virtio_pci", .path = "/m/pci.ko", .needs = {ring, 1}, .bytes = 100},
	{.name = "virtio_blk", .path = "/m/blk.ko", .needs = {ring, 1}, .bytes = 100},
	{.name = "virtio_console", .builtin = true},
	{.name = "erofs", .path = "/m/erofs.ko", .bytes = 100},
	{.name = "ext4", .builtin = true},
	{.name = "9p", .path = "/m/9p.ko", .bytes = 100},
	{.name = "9pnet_virtio", .path = "/m/9pnet.ko", .bytes = 100},
	{.name = "virtio_net", .path = "/m/net.ko", .bytes = 100},
	{.name = "overlay", .path = "/m/overlay.ko", .bytes = 100},
};

static void tree(struct world *w, size_t n)
{
	world_drop(w, "initrd");
	w->f.initrd = (struct image_file){.elf_arch = -1};
	world_annotate(w, "mountRootfs", "true");
	w->f.config.cache_dir = "/cache";
	w->f.tree = (struct tree_facts){.imager_path = "/x/urunc-image", .prefix = "/cache/use/me"};
	w->f.modules = (struct module_facts){.release = "6.1", .known = true};
	w->f.modules.list.v = list;
	w->f.modules.list.n = n;
}

static bool has(const struct world *w, const char *path)
{
	for (size_t i = 0; i < w->p.modules->files.n; i++)
		if (streq(w->p.modules->files.v[i], path))
			return true;
	return false;
}

static void those_of_an_image(void **state)
{
	struct world *w = *state;

	tree(w, 10);
	assert_planned(w);
	assert_non_null(w->p.modules);
	assert_string_equal(w->p.modules->files.v[0], "/m/ring.ko");
	assert_string_equal(w->p.modules->path, "/cache/use/me.modules");
	assert_true(has(w, "/m/blk.ko") && has(w, "/m/erofs.ko") && has(w, "/m/overlay.ko") &&
		    has(w, "/m/net.ko"));
	assert_false(has(w, "/m/9p.ko"));
	assert_true(has(w, streq(w->p.vm.machine, "microvm") ? "/m/mmio.ko" : "/m/pci.ko"));
	assert_false(has(w, "/m/mmio.ko") && has(w, "/m/pci.ko"));
	/* None twice. */
	for (size_t i = 1; i < w->p.modules->files.n; i++)
		assert_string_not_equal(w->p.modules->files.v[i], "/m/ring.ko");
	assert_string_equal(machine_initrd_op(&w->p)->host_base, "/cache/use/me.modules");
}

static void those_of_a_share(void **state)
{
	struct world *w = *state;

	tree(w, 10);
	w->f.config.rootfs = "9p";
	assert_planned(w);
	assert_true(has(w, "/m/9p.ko") && has(w, "/m/9pnet.ko"));
	assert_false(has(w, "/m/erofs.ko") || has(w, "/m/blk.ko"));
}

static void what_is_missing_is_named(void **state)
{
	struct world *w = *state;

	tree(w, 9);
	assert_refused(w, ENOENT, "kernel 6.1 has no module 'overlay'");
	tree(w, 10);
	w->f.config.rootfs = "9p";
	w->f.tree.imager_path = NULL;
	assert_refused(w, ENOENT, "urunc-image");
}

static void nothing_is_known_or_needed(void **state)
{
	struct world *w = *state;

	tree(w, 10);
	w->f.modules.known = false;
	assert_planned(w);
	assert_null(w->p.modules);
	assert_null(machine_initrd_op(&w->p)->host_base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(those_of_an_image, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(those_of_a_share, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(what_is_missing_is_named, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(nothing_is_known_or_needed, world_setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
