/* SPDX-License-Identifier: Apache-2.0 */
/* Several images: who is the root, how disks are called, which of them may be written. */
#include "plan/toys.h"

static struct image_file images[2];

static void two_images(struct world *w, const char *blocks)
{
	for (size_t i = 0; i < 2; i++)
		images[i] = (struct image_file){.path = i ? "/b" : "/a",
						.exists = true,
						.size_bytes = MIB,
						.dev = 64,
						.ino = 7 + i,
						.mode = 0644,
						.elf_arch = -1};
	world_annotate(w, "blocks", blocks);
	w->f.blocks.v = images;
	w->f.blocks.n = 2;
}

static void ids_are_serials(void **state)
{
	struct world *w = *state;

	two_images(w,
		   "[{\"path\": \"/a\", \"id\": \"mine\", \"mountPoint\": \"/x\", \"readonly\": true}, {\"path\": \"/b\"}]");
	assert_planned(w);
	assert_int_equal(w->p.rootfs.kind, ROOT_NONE);
	assert_string_equal(w->p.vm.disks.v[0].serial, "mine");
	assert_string_equal(w->p.vm.disks.v[0].mount_point, "/x");
	assert_true(w->p.vm.disks.v[0].readonly);
	assert_int_equal(world_op(w, "/disk0")->mode, 0400);
	assert_int_equal(world_op(w, "/disk0")->ino, 7);
	assert_string_equal(w->p.vm.disks.v[1].serial, "blk1");
	assert_null(w->p.vm.disks.v[1].mount_point);
	assert_int_equal(world_op(w, "/disk1")->mode, 0600);
	two_images(w, "[{\"path\": \"/a\", \"id\": \"blk1\"}, {\"path\": \"/b\"}]");
	assert_refused(w, EINVAL, "two disks are called 'blk1'");
	two_images(w, "[{\"path\": \"/a\", \"id\": \"a23456789012345678901\"}, {\"path\": \"/b\"}]");
	assert_refused(w, EINVAL, "at most 20 bytes");
}

static void one_of_them_is_the_root(void **state)
{
	struct world *w = *state;

	two_images(w, "[{\"path\": \"/a\"}, {\"path\": \"/b\", \"mountPoint\": \"/\"}]");
	images[1].fstype = "ext4";
	assert_planned(w);
	assert_int_equal(w->p.rootfs.kind, ROOT_BLOCK);
	assert_string_equal(w->p.rootfs.source, "/b");
	assert_string_equal(w->p.vm.disks.v[0].serial, "rootfs");
	assert_string_equal(w->p.vm.disks.v[1].serial, "blk0");
	images[1].fstype = "xfs";
	assert_refused(w, EINVAL, "block image '/b' (com.urunc.unikernel.blocks) has file system 'xfs'");
	world_annotate(w, "block", "/c");
	world_annotate(w, "blkMntPoint", "/");
	w->f.block = images[0];
	assert_refused(w, EINVAL, "both have an image for the guest's root");
}

static void images_that_cannot_be_used(void **state)
{
	struct world *w = *state;

	two_images(w, "[{\"path\": \"/a\"}, {\"path\": \"/b\"}]");
	images[1].problem = "is a directory";
	assert_refused(w, EINVAL,
		       "block image '/b' (com.urunc.unikernel.blocks) cannot be used: is a directory");
	images[1].problem = NULL;
	images[1].size_bytes = 0;
	assert_refused(w, EINVAL, "block image '/b' (com.urunc.unikernel.blocks) is empty");
	images[1].size_bytes = MIB;
	images[1].uid = images[1].gid = 5;
	images[1].mode = 0644;
	assert_refused(w, EACCES, "block image '/b' (com.urunc.unikernel.blocks) cannot be written");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		toy_test(ids_are_serials),
		toy_test(one_of_them_is_the_root),
		toy_test(images_that_cannot_be_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
