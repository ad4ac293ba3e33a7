/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever is mounted in the guest is seen there: nothing that is mounted later hides it by accident. */
#include "plan/toys.h"

static struct spec_mount mounts[4];
static struct vm_disk disks[8];

static struct build *with(struct world *w, enum init_kind init)
{
	w->b = (struct build){.f = &w->f, .w = &w->w, .p = &w->p, .a = &w->a};
	w->p.app.init = init;
	w->p.app.mounts.v = NULL;
	w->p.app.mounts.n = 0;
	w->f.spec.mounts.v = mounts;
	w->f.spec.mounts.n = 4;
	w->p.vm.disks.v = disks;
	w->p.vm.disks.n = 0;
	return &w->b;
}

static void disk(struct world *w, const char *serial, const char *mount_point)
{
	disks[w->p.vm.disks.n++] = (struct vm_disk){.serial = serial, .mount_point = mount_point};
}

static void order_is(const struct world *w, const char *want)
{
	char got[256] = "";

	for (size_t i = 0; i < w->p.app.mounts.n; i++) {
		const struct app_mount *m = &w->p.app.mounts.v[i];

		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s=%s", i ? " " : "", m->path,
			 m->disk   ? m->disk
			 : m->from ? "bind"
				   : "tmpfs");
	}
	assert_string_equal(got, want);
}

static void volumes_keep_their_place(void **state)
{
	struct world *w = *state;
	struct build *b = with(w, INIT_URUNIT);

	disk(w, "rootfs", "/");
	disk(w, "vol1", "/data/./db");
	disk(w, "vol2", "/v");
	assert_ok(mounts_add(b, (struct app_mount){.path = "/data"}, &w->e), w->e);
	assert_ok(mounts_add_volume(b, "vol1", "/data/db", &w->e), w->e);
	assert_ok(mounts_add_volume(b, "vol2", "/v", &w->e), w->e);
	assert_ok(mounts_add(b, (struct app_mount){.path = "/v/in", .from = "/m0"}, &w->e), w->e);
	assert_ok(mounts_add_images(b, &w->e), w->e);
	order_is(w, "/data=tmpfs /data/db=vol1 /v=vol2 /v/in=bind");
}

static void disks_of_the_image_are_hidden_only_by_what_goes_to_their_place(void **state)
{
	struct world *w = *state;
	struct build *b = with(w, INIT_URUNIT);

	disk(w, "rootfs", "/");
	disk(w, "device", NULL);
	disk(w, "below", "/a/x/y");
	disk(w, "above", "/a/x");
	disk(w, "same", "/a/b");
	disk(w, "alone", "/alone");
	disk(w, "vol0", "/a");
	assert_ok(mounts_add(b, (struct app_mount){.path = "/a/x/y/z"}, &w->e), w->e);
	assert_ok(mounts_add_volume(b, "vol0", "/a", &w->e), w->e);
	assert_ok(mounts_add(b, (struct app_mount){.path = "/a/b"}, &w->e), w->e);
	assert_ok(mounts_add(b, (struct app_mount){.path = "/a/x/y/z"}, &w->e), w->e);
	assert_ok(mounts_add_images(b, &w->e), w->e);
	order_is(w, "/alone=alone /a/x/y/z=tmpfs /a=vol0 /a/x=above /a/x/y=below /a/b=same /a/b=tmpfs "
		    "/a/x/y/z=tmpfs");
}

/* Their configuration has one list of disks, and nothing else in it. */
static void other_inits_are_told_of_disks_alone(void **state)
{
	struct world *w = *state;
	struct build *b = with(w, INIT_URUNIT_COMPAT);

	disk(w, "vol0", "/data");
	disk(w, "annot_vol", "/x");
	assert_ok(mounts_add_volume(b, "vol0", "/data", &w->e), w->e);
	assert_ok(mounts_add_images(b, &w->e), w->e);
	order_is(w, "");
	b = with(w, INIT_URUNIT);
	assert_fails(mounts_add_volume(b, NULL, "/data", &w->e), w->e, ENOMEM, "memory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		toy_test(volumes_keep_their_place),
		toy_test(disks_of_the_image_are_hidden_only_by_what_goes_to_their_place),
		toy_test(other_inits_are_told_of_disks_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
