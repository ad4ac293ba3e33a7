/* SPDX-License-Identifier: Apache-2.0 */
/* Which mounts and devices of the spec become disks, and with what the host has to do for it. */
#include "plan/toys.h"

static const char *words[] = {"rbind", "rw", "nosuid", "nodev"};
static struct spec_mount mount = {"/data", "bind", "/srv/data", {NULL, 0}};
static struct claim_mount places[] = {{"/plugins/kubernetes.io/x", "ext4", "rw", "rw"},
				      {"/srv/data", "ext4", "rw", "rw"}};
static struct volume_facts volume;
static struct spec_device device = {"/dev/data", "b", 7, 3, 0600, 0, 0};
static struct spec_device_rule rule = {true, "b", 7, 3, "rwm"};

static void with_volume(struct world *w)
{
	volume = (struct volume_facts){.mount = 0,
				       .device = "/dev/sdb",
				       .major = 8,
				       .minor = 16,
				       .fstype = "ext4"};
	volume.mounts.v = places;
	volume.mounts.n = 2;
	w->f.volumes.v = &volume;
	w->f.volumes.n = 1;
	w->f.spec.mounts.v = &mount;
	w->f.spec.mounts.n = 1;
	toy_guest.urunit = true;
	w->args[0] = "/urunit";
	if (w->f.spec.args.n < 2)
		world_arg(w, "/app");
}

static void a_volume(void **state)
{
	struct world *w = *state;

	with_volume(w);
	assert_planned(w);
	assert_int_equal(w->p.vm.disks.n, 1);
	assert_string_equal(w->p.vm.disks.v[0].path, "/dev/vol0");
	assert_string_equal(w->p.vm.disks.v[0].serial, "vol0");
	assert_string_equal(w->p.vm.disks.v[0].mount_point, "/data");
	assert_false(w->p.vm.disks.v[0].readonly);
	assert_int_equal(world_op(w, "/dev/vol0")->kind, BOX_BLOCK);
	assert_int_equal(w->p.claims.n, 1);
	assert_string_equal(w->p.claims.v[0].source, "/dev/sdb");
	assert_string_equal(w->p.claims.v[0].node, "/dev/vol0");
	assert_int_equal(w->p.claims.v[0].mounts.n, 2);
	volume.readonly = true;
	assert_planned(w);
	assert_true(w->p.vm.disks.v[0].readonly && w->p.claims.v[0].readonly);
}

static void options_of_a_volume(void **state)
{
	struct world *w = *state;

	with_volume(w);
	assert_planned(w);
	assert_null(w->p.vm.disks.v[0].options);
	mount.options = (struct strs){words, 4};
	assert_planned(w);
	assert_string_equal(w->p.vm.disks.v[0].options, "nosuid,nodev");
	assert_false(w->p.vm.disks.v[0].readonly);
	words[1] = "rro";
	assert_planned(w);
	assert_true(w->p.vm.disks.v[0].readonly);
	words[1] = "ro";
	assert_planned(w);
	assert_true(w->p.vm.disks.v[0].readonly);
	mount.options.n = 0;
}

/* What the container has of a device besides would be taken away from under it. */
static void one_device_at_two_places(void **state)
{
	struct spec_mount mounts[2] = {mount, {"/again", "bind", "/srv/data", {NULL, 0}}};
	struct volume_facts two[2];
	struct mount_facts sources[2] = {{.index = 0, .source = "/srv/data"},
					 {.index = 1, .source = "/srv/data/sub"}};
	struct world *w = *state;

	with_volume(w);
	two[0] = two[1] = volume;
	two[1].mount = 1;
	w->b = (struct build){.f = &w->f, .w = &w->w, .p = &w->p, .a = &w->a};
	w->w.guest = &toy_guest;
	w->w.monitor = &toy_monitor;
	w->p.app.init = INIT_URUNIT;
	w->f.spec.mounts.v = mounts;
	w->f.spec.mounts.n = 2;
	w->f.volumes.v = two;
	w->f.volumes.n = 2;
	assert_false(volumes_take_mount(&w->b, 0));
	assert_false(volumes_take_mount(&w->b, 1));
	two[1].minor++;
	assert_true(volumes_take_mount(&w->b, 0));
	assert_true(volumes_take_mount(&w->b, 1));
	two[1].minor--;
	w->f.volumes.n = 1;
	w->f.mounts.v = sources;
	w->f.mounts.n = 2;
	assert_false(volumes_take_mount(&w->b, 0));
	sources[1].source = "/srv/database";
	assert_true(volumes_take_mount(&w->b, 0));
	sources[1].real = "/srv/data/sub"; /* through a link */
	assert_false(volumes_take_mount(&w->b, 0));
	sources[1].real = "/srv/database";
	assert_true(volumes_take_mount(&w->b, 0));
	w->f.root.path = "/srv/data/root";
	assert_false(volumes_take_mount(&w->b, 0));
	assert_string_equal(volumes_why_not(&w->b, 0), "the container has '/dev/sdb' at another place, too");
}

static void nobody_to_hold_a_device(void **state)
{
	struct world *w = *state;

	with_volume(w);
	w->f.config.supervise = false;
	assert_refused(
		w, EINVAL,
		"block device '/dev/sdb' (mount '/data') cannot be given to a guest with [runtime] supervise");
	w->f.volumes.n = 0;
	w->f.spec.mounts.n = 0;
	w->f.spec.devices.v = &device;
	w->f.spec.devices.n = 1;
	assert_planned(w); /* no rule names it */
	w->f.spec.resources.devices.v = &rule;
	w->f.spec.resources.devices.n = 1;
	assert_refused(w, EINVAL,
		       "block device '/dev/data' (device '/dev/data') cannot be given to a guest with [runtime]");
	w->f.config.supervise = true;
	assert_planned(w);
}

static void assert_left(struct world *w, const char *why)
{
	assert_false(volumes_take_mount(&w->b, 0));
	assert_string_equal(volumes_why_not(&w->b, 0), why);
}

static void what_is_left_to_others(void **state)
{
	struct world *w = *state;

	with_volume(w);
	volume.user = "/srv/elsewhere";
	w->b = (struct build){.f = &w->f, .w = &w->w, .p = &w->p, .a = &w->a};
	w->w.guest = &toy_guest;
	w->w.monitor = &toy_monitor;
	w->p.app.init = INIT_URUNIT;
	assert_left(w, "'/dev/sdb' is mounted on '/srv/elsewhere', too");
	volume.user = NULL;
	assert_true(volumes_take_mount(&w->b, 0));
	assert_null(volumes_why_not(&w->b, 0));
	assert_false(volumes_take_mount(&w->b, 1));
	assert_null(volumes_why_not(&w->b, 1));
	volume.own = "it is the host's own";
	assert_left(w, "it is the host's own");
	volume.own = NULL;
	volume.mounts.n = 0;
	assert_left(w, "its mount is not known");
	volume.mounts.n = 2;
	volume.fstype = "xfs";
	assert_left(w, "the guest cannot read file system 'xfs'");
	volume.fstype = "ext2";
	w->p.app.init = INIT_APP;
	assert_left(w, "only a Linux guest with urunit mounts disks");
	w->p.app.init = INIT_URUNIT_COMPAT;
	assert_true(volumes_take_mount(&w->b, 0));
	toy_monitor.caps &= ~(unsigned)MON_BLOCK;
	assert_left(w, "the monitor cannot");
}

static void devices(void **state)
{
	struct world *w = *state;

	w->f.spec.devices.v = &device;
	w->f.spec.devices.n = 1;
	assert_planned(w);
	assert_int_equal(w->p.vm.disks.n, 0);
	w->f.spec.resources.devices.v = &rule;
	w->f.spec.resources.devices.n = 1;
	assert_planned(w);
	assert_string_equal(w->p.vm.disks.v[0].path, "/dev/dev0");
	assert_null(w->p.vm.disks.v[0].mount_point);
	assert_false(w->p.vm.disks.v[0].readonly);
	rule.access = "rm";
	assert_planned(w);
	assert_true(w->p.vm.disks.v[0].readonly);
	rule.major = -1; /* everything is allowed, which asks for nothing */
	assert_planned(w);
	assert_int_equal(w->p.vm.disks.n, 0);
	rule.major = 7;
	toy_guest.max_disks = 0;
	assert_planned(w);
	assert_true(toys_warned(w, "device '/dev/data' is left out"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		toy_test(a_volume),
		toy_test(options_of_a_volume),
		toy_test(one_device_at_two_places),
		toy_test(what_is_left_to_others),
		toy_test(nobody_to_hold_a_device),
		toy_test(devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
