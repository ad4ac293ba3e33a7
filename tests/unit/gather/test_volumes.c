/* SPDX-License-Identifier: Apache-2.0 */
/* What is no volume on a block device. With real devices: tests/cli/blocks.bats. */
#include "common/io.h"
#include "gather/parts.h"
#include "gather/scratch.h"

static void no_volumes(void **state)
{
	struct scratch *s = *state;
	struct spec_mount mounts[] = {
		{"/a", "bind", "/proc", {NULL, 0}}, /* a mount, but of no device */
		{"/b", "bind", s->dir, {NULL, 0}},  /* a directory in one */
		{"/c", "tmpfs", "tmpfs", {NULL, 0}}, {"/d", "bind", "/no/such/place", {NULL, 0}},
		{"/e", "bind", NULL, {NULL, 0}},
	};
	struct facts f = {.bundle = "/"};
	struct mount_list l;
	struct bytes text;

	f.spec.mounts.v = mounts;
	f.spec.mounts.n = sizeof(mounts) / sizeof(mounts[0]);
	assert_ok(file_read(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX_BYTES, &s->a, &text, &s->e), s->e);
	assert_ok(mountinfo_parse(text, &s->a, &l, &s->e), s->e);
	assert_ok(gather_volumes(&f, &l, &s->a, &s->e), s->e);
	assert_int_equal(f.volumes.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(no_volumes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
