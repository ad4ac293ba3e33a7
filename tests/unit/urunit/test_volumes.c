/* SPDX-License-Identifier: Apache-2.0 */
/* Which disk a volume is, and which file system types are tried. */
#include "urunit/volumes.h"

#include <errno.h>

#include "tree.h"

static void check(const char *id, size_t order, const char *want)
{
	char got[UVOLUME_NAME_BYTES] = "";

	assert_int_equal(uvolume_find(tree_dir, id, order, got), want ? 0 : -ENODEV);
	assert_string_equal(got, want ? want : "");
}

static void disks(void)
{
	tree_put("vda", "serial", "rootfs\n");
	tree_put("vda", "size", "1\n");
	tree_put("vdb", "serial", "vol10\n");
	tree_put("vdb", "size", "1\n");
	tree_put("vdc", "serial", "vol1\n");
	tree_put("vdc", "size", "1\n");
	tree_put("vdd", "serial", "\n");
	tree_put("vdd", "size", "1\n");
	tree_put("sda", "serial", "other\n");
}

static void a_serial_is_compared_whole(void **state)
{
	(void)state;
	disks();
	check("vol1", 0, "vdc");
	check("vol10", 5, "vdb");
	check("vol", 0, NULL);
	check("other", 0, NULL);
}

static void twenty_bytes_of_a_serial_count(void **state)
{
	(void)state;
	/* QEMU gives no more than these to the guest. */
	tree_put("vdb", "serial", "12345678901234567890");
	check("12345678901234567890", 0, "vdb");
	check("12345678901234567890-and-more", 0, "vdb");
	check("1234567890123456789", 0, NULL);
}

static void some_ids_mean_an_order(void **state)
{
	(void)state;
	disks();
	check("FCvol3", 0, "vdb");
	check("FCvol3", 1, "vdc");
	check("FCx", 2, "vdd");
	check("FCx", 3, NULL);
	check("FCx", 24, NULL);
	check("FCx", 25, NULL);
	check("FCx", SIZE_MAX, NULL);
	check("FC", 0, NULL);
}

static void a_disk_without_serial_goes_by_order_one_with_another_never(void **state)
{
	(void)state;
	disks();
	check("lost", 2, "vdd");
	check("lost", 0, NULL);
	check("lost", 1, NULL);
}

static void check_exact(const char *id, size_t order, const char *want)
{
	/* "other" is the id of the volume that vda says it is */
	struct uvolume v[] = {{.id = id, .order = order, .exact = true},
			      {.id = "rootfs", .order = 9, .exact = true},
			      {.id = "vol1", .share = true, .exact = true}};
	struct uvec all = {.p = v, .bytes = sizeof(v)};
	char got[UVOLUME_NAME_BYTES] = "";

	assert_int_equal(uvolume_find_exact(tree_dir, &all, &v[0], got), want ? 0 : -ENODEV);
	assert_string_equal(got, want ? want : "");
}

static void a_serial_of_the_monitors_own_leaves_the_order(void **state)
{
	(void)state;
	disks();
	check_exact("vol1", 0, "vdc");
	check_exact("FCvol3", 1, "vdb"); /* no second meaning */
	check_exact("mine", 1, "vdb");
	check_exact("mine", 2, "vdc"); /* a share's tag is no serial */
	check_exact("mine", 3, "vdd");
	check_exact("mine", 0, NULL); /* the root's */
	check_exact("mine", 4, NULL);
	check_exact("mine", 25, NULL);
	check_exact("mine", SIZE_MAX, NULL);
}

static void types_that_need_a_disk_are_tried(void **state)
{
	char text[] = "nodev\tsysfs\n\text3\nnodev\tproc\n\tsquashfs\n\t\n\tvfat";
	char *cursor = text;

	(void)state;
	assert_string_equal(uvolume_next_type(&cursor), "ext3");
	assert_string_equal(uvolume_next_type(&cursor), "squashfs");
	assert_string_equal(uvolume_next_type(&cursor), "vfat");
	assert_null(uvolume_next_type(&cursor));
	assert_null(uvolume_next_type(&cursor));
}

static void a_missing_volume_is_named(void **state)
{
	struct uvolume v = {.id = "no-such-volume", .path = "/nowhere"};
	struct uvec list = {0};
	struct utext why = {0};

	(void)state;
	assert_int_equal(uvolume_mount_due(&list, 0, &why), 0);
	assert_int_equal(uvec_add(&list, &v, sizeof(v)), 0);
	assert_int_equal(uvolume_mount_due(&list, 1, &why), 0);
	assert_int_equal(uvolume_mount_due(&list, 0, &why), -ENODEV);
	assert_string_equal(why.s, "volume no-such-volume: no disk has this serial");
	assert_int_equal(uvolume_move_to_root(&list, &why), 0); /* none is the root */
}

static void those_for_binds_are_mounted_on_their_own(void **state)
{
	struct uvolume v[] =
		{{.id = "late", .path = "/nowhere", .exact = true, .order = 25},
		 {.id = "early", .path = "/nowhere/a", .exact = true, .order = 24, .archive = true}};
	struct uvec list = {0};
	struct utext why = {0};

	(void)state;
	assert_int_equal(uvolume_mount_archive(&list, &why), 0);
	assert_int_equal(uvec_add(&list, v, sizeof(v)), 0);
	assert_int_equal(uvolume_mount_archive(&list, &why), -ENODEV);
	assert_string_equal(why.s, "volume early: no disk has this serial");
	why.n = 0;
	assert_int_equal(uvolume_mount_due(&list, 0, &why), -ENODEV);
	assert_string_equal(why.s, "volume late: no disk has this serial");
	uvolume_hide_archive(&list); /* what was never mounted is no trouble */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(a_serial_is_compared_whole),
		tree_test(twenty_bytes_of_a_serial_count),
		tree_test(some_ids_mean_an_order),
		tree_test(a_disk_without_serial_goes_by_order_one_with_another_never),
		tree_test(a_serial_of_the_monitors_own_leaves_the_order),
		cmocka_unit_test(types_that_need_a_disk_are_tried),
		cmocka_unit_test(a_missing_volume_is_named),
		cmocka_unit_test(those_for_binds_are_mounted_on_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
