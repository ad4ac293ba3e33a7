/* SPDX-License-Identifier: Apache-2.0 */
/* What the monitor's box holds, and that no name in it is the image's. */
#include "plan/world.h"

static void all_destinations_are_ours_and_unique(void **state)
{
	struct world *w = *state;

	world_annotate(w, "binary", "/some/where/My-Kernel_1.0");
	world_annotate(w, "initrd", "other/ram.disk");
	w->f.kernel.path = "/some/where/My-Kernel_1.0";
	w->f.initrd.path = "other/ram.disk";
	assert_planned(w);
	for (size_t i = 0; i < w->p.box.n; i++) {
		const struct box_op *op = &w->p.box.v[i];

		assert_int_equal(op->dst[0], '/');
		assert_null(strstr(op->dst, "//"));
		assert_null(strstr(op->dst, ".."));
		assert_null(strstr(op->dst, "My-Kernel"));
		assert_null(strstr(op->dst, "ram.disk"));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(op->dst, w->p.box.v[k].dst);
	}
	assert_string_equal(world_op(w, "/kernel")->src, "/some/where/My-Kernel_1.0");
	assert_string_equal(world_op(w, "/initrd")->src, "other/ram.disk");
	for (size_t i = 0; i < w->p.argv.n; i++) {
		assert_null(strstr(w->p.argv.v[i], "My-Kernel"));
		assert_null(strstr(w->p.argv.v[i], "ram.disk"));
	}
}

static void monitor_and_its_files_are_bound(void **state)
{
	struct world *w = *state;
	const struct box_op *op;

	assert_planned(w);
	op = world_op(w, BOX_MONITOR_PATH);
	assert_int_equal(op->kind, BOX_BIND);
	assert_string_equal(op->src, "/usr/bin/qemu-system-x86_64");
	assert_false(op->optional);
	op = world_op(w, "/fw/qboot.rom");
	assert_int_equal(op->kind, BOX_BIND);
	assert_string_equal(op->src, "/usr/share/qemu/qboot.rom");
	assert_true(op->optional);
	assert_false(world_op(w, "/lib/libc.so.6")->optional);
}

static void files_that_the_machine_does_not_open_stay_out(void **state)
{
	struct host_file files[] = {{"/usr/share/qemu/qboot.rom", "/fw/qboot.rom", true},
				    {"/usr/share/qemu/pvh.bin", "/fw/pvh.bin", true},
				    {"/lib/pvh.bin", "/lib/pvh.bin", false}};
	struct world *w = *state;

	w->f.monitor.files.v = files;
	w->f.monitor.files.n = 3;
	assert_planned(w);
	assert_string_equal(w->p.vm.machine, "microvm");
	assert_non_null(world_op(w, "/fw/qboot.rom"));
	assert_null(world_op(w, "/fw/pvh.bin"));
	assert_non_null(world_op(w, "/lib/pvh.bin"));
	w->f.config.machine = "q35";
	assert_planned(w);
	assert_non_null(world_op(w, "/fw/pvh.bin"));
}

static void devices(void **state)
{
	static const struct {
		const char *path;
		uint32_t minor;
	} mem[] = {{"/dev/null", 3}, {"/dev/zero", 5}, {"/dev/random", 8}, {"/dev/urandom", 9}};
	struct world *w = *state;
	const struct box_op *op;
	size_t nodes = 0;

	w->f.spec.uid = 1000;
	w->f.spec.gid = 1001;
	assert_planned(w);
	for (size_t i = 0; i < 4; i++) {
		op = world_op(w, mem[i].path);
		assert_int_equal(op->kind, BOX_NODE);
		assert_int_equal(op->major, 1);
		assert_int_equal(op->minor, mem[i].minor);
		assert_int_equal(op->mode, 0666);
	}
	op = world_op(w, "/dev/kvm");
	assert_int_equal(op->major, 10);
	assert_int_equal(op->minor, 232);
	assert_int_equal(op->mode, 0600);
	assert_int_equal(op->uid, 1000);
	assert_int_equal(op->gid, 1001);
	for (size_t i = 0; i < w->p.box.n; i++)
		nodes += w->p.box.v[i].kind == BOX_NODE;
	assert_int_equal(nodes, 5);
	w->f.host.kvm = KVM_ABSENT;
	assert_planned(w);
	assert_null(world_op(w, "/dev/kvm"));
}

static void files_of_the_image_are_pinned(void **state)
{
	struct world *w = *state;

	w->args[0] = "/init";
	assert_planned(w);
	assert_int_equal(world_op(w, "/kernel")->kind, BOX_IMAGE);
	assert_int_equal(world_op(w, "/kernel")->dev, 64);
	assert_int_equal(world_op(w, "/kernel")->ino, 1001);
	assert_int_equal(world_op(w, "/initrd")->kind, BOX_IMAGE);
	assert_int_equal(world_op(w, "/initrd")->ino, 1002);
}

static void what_the_user_cannot_read_is_copied(void **state)
{
	struct world *w = *state;

	w->args[0] = "/init";
	w->f.spec.uid = w->f.spec.gid = 1000;
	w->f.kernel.mode = 0600;
	w->f.initrd.mode = 0640;
	assert_planned(w);
	assert_int_equal(world_op(w, "/kernel")->kind, BOX_IMAGE_COPY);
	assert_int_equal(world_op(w, "/kernel")->mode, 0400);
	assert_int_equal(world_op(w, "/kernel")->uid, 1000);
	assert_int_equal(world_op(w, "/initrd")->kind, BOX_IMAGE_COPY);
}

static void readable_is_what_the_kernel_would_say(void **state)
{
	uint32_t group[] = {50};
	const struct confine_creds c = {.uid = 10, .gid = 20, .groups = {group, 1}};
	static const struct {
		uint32_t uid, gid, mode;
		bool yes;
	} t[] = {
		{10, 0, 0400, true}, {10, 0, 0044, false}, /* the owner's class decides, not the best one */
		{0, 20, 0040, true}, {0, 20, 0404, false}, {0, 50, 0040, true}, {0, 51, 0040, false},
		{0, 51, 0004, true}, {0, 51, 0440, false}, {0, 0, 0000, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct image_file f = {.uid = t[i].uid, .gid = t[i].gid, .mode = t[i].mode};

		assert_int_equal(image_readable(&f, &c), t[i].yes);
	}
}

static void our_files_make_the_initrd_ours(void **state)
{
	struct world *w = *state;
	const struct box_op *op;

	assert_planned(w);
	op = world_op(w, "/initrd");
	assert_int_equal(op->kind, BOX_INITRD);
	assert_int_equal(op->mode, 0400);
	assert_int_equal(op->ino, 1002);
	assert_string_equal(op->host_src, "/usr/libexec/urunc/urunit");
	assert_int_equal(op->host_bytes, 40001);
	world_drop(w, "initrd");
	w->f.initrd = (struct image_file){0};
	assert_planned(w);
	op = world_op(w, "/initrd");
	assert_int_equal(op->kind, BOX_INITRD);
	assert_null(op->src);
	w->args[0] = "/init";
	assert_planned(w);
	assert_null(world_op(w, "/initrd"));
}

static void one_operation_for_one_place(void **state)
{
	struct world *w = *state;
	size_t n;

	assert_planned(w);
	n = w->p.box.n;
	assert_ok(box_put(&w->p, &w->a, (struct box_op){.kind = BOX_DIR, .dst = "/kernel", .mode = 1}, &w->e),
		  w->e);
	assert_int_equal(w->p.box.n, n);
	assert_int_equal(world_op(w, "/kernel")->kind, BOX_DIR);
	assert_ok(box_put(&w->p, &w->a, (struct box_op){.kind = BOX_DIR, .dst = "/new"}, &w->e), w->e);
	assert_int_equal(w->p.box.n, n + 1);
	assert_ptr_equal(world_op(w, "/new"), &w->p.box.v[n]);
	assert_null(world_op(w, "/none"));
	w->p.box.n = 0;
	assert_ok(box_put(&w->p, &w->a, (struct box_op){.dst = "/first"}, &w->e), w->e);
	assert_int_equal(w->p.box.n, 1);
}

static void writable_is_what_the_kernel_would_say(void **state)
{
	uint32_t groups[] = {5};
	struct confine_creds c = {.uid = 1, .gid = 2, .groups = {groups, 1}};
	struct image_file f = {.uid = 1, .gid = 2, .mode = 0200};

	(void)state;
	assert_true(image_writable(&f, &c));
	f.mode = 0566;
	assert_false(image_writable(&f, &c));
	f.uid = 9;
	assert_true(image_writable(&f, &c));
	f.gid = 5;
	f.mode = 0646;
	assert_false(image_writable(&f, &c));
	f.gid = 9;
	assert_true(image_writable(&f, &c));
	f.mode = 0665;
	assert_false(image_writable(&f, &c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(all_destinations_are_ours_and_unique),
		world_test(monitor_and_its_files_are_bound),
		world_test(files_that_the_machine_does_not_open_stay_out),
		world_test(devices),
		world_test(files_of_the_image_are_pinned),
		world_test(what_the_user_cannot_read_is_copied),
		world_test(readable_is_what_the_kernel_would_say),
		world_test(our_files_make_the_initrd_ours),
		world_test(one_operation_for_one_place),
		world_test(writable_is_what_the_kernel_would_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
