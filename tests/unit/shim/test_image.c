/* SPDX-License-Identifier: Apache-2.0 */
/* Which manifest of an index is ours, and bundles that say enough themselves. */
#include "unit.h"

#include <sys/stat.h>

#include "common/json.h"
#include "shim/image.h"

static struct arena a;

static const char *picked(const char *index)
{
	const char *digest = NULL;
	struct err e = {0};

	json_use_arena(&a);
	assert_ok(image_pick_manifest(unit_text(index), &a, &digest, &e), e);
	return digest;
}

#if defined(__x86_64__)
#define OURS "amd64"
#else
#define OURS "arm64"
#endif

static void the_manifest_for_this_machine(void **state)
{
	(void)state;
	assert_string_equal(
		picked("{\"manifests\":[{\"digest\":\"sha256:a\",\"platform\":{\"architecture\":\"riscv64\"}},"
		       "{\"digest\":\"sha256:b\",\"platform\":{\"architecture\":\"" OURS "\"}},"
		       "{\"digest\":\"sha256:c\",\"platform\":{\"architecture\":\"" OURS "\"}}]}"),
		"sha256:b");
	assert_string_equal(picked("{\"manifests\":[{\"digest\":\"sha256:a\"}]}"), "sha256:a");
	assert_string_equal(picked("{\"manifests\":[{\"digest\":\"sha256:a\"},{\"digest\":\"sha256:b\"}]}"),
			    "");
	assert_string_equal(picked("{\"manifests\":["
				   "{\"digest\":\"sha256:w\",\"platform\":{\"architecture\":\"" OURS
				   "\",\"os\":\"windows\"}},"
				   "{\"digest\":\"sha256:l\",\"platform\":{\"architecture\":\"" OURS
				   "\",\"os\":\"linux\"}}]}"),
			    "sha256:l");
	assert_string_equal(picked("{}"), "");
}

static void a_broken_index(void **state)
{
	const char *digest = NULL;
	struct err e = {0};

	(void)state;
	json_use_arena(&a);
	assert_fails(image_pick_manifest(unit_text("{\"manifests\":{}}"), &a, &digest, &e), e, EINVAL,
		     "manifests");
	assert_fails(image_pick_manifest(unit_text("{"), &a, &digest, &e), e, EINVAL, "index");
}

static void config(const char *dir, const char *text)
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/config.json", dir);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* There is no containerd at that address: who must be asked fails, who need not be does not. */
static void who_need_not_be_asked(void **state)
{
	char dir[256], path[300];
	struct err e = {0};

	(void)state;
	unit_tmpdir(dir);
	config(dir,
	       "{\"annotations\":{\"com.urunc.unikernel.binary\":\"/k\",\"com.urunc.unikernel.hypervisor\":\"qemu\","
	       "\"com.urunc.unikernel.unikernelType\":\"linux\"},\"root\":{\"path\":\"rootfs\"}}");
	assert_int_equal(image_annotate("/nothere/c.sock", "ns", "c", dir, &e), 0);
	/* One wish is not all that a guest needs. */
	config(dir,
	       "{\"annotations\":{\"com.urunc.unikernel.hypervisor\":\"qemu\"},\"root\":{\"path\":\"rootfs\"}}");
	assert_fails(image_annotate("/nothere/c.sock", "ns", "c", dir, &e), e, ENOENT, "/nothere/c.sock");
	config(dir, "{\"annotations\":{\"io.kubernetes.cri.container-type\":\"sandbox\"}}");
	assert_int_equal(image_annotate("/nothere/c.sock", "ns", "c", dir, &e), 0);
	config(dir, "{\"root\":{\"path\":\"rootfs\"}}");
	assert_fails(image_annotate("/nothere/c.sock", "ns", "c", dir, &e), e, ENOENT, "/nothere/c.sock");
	snprintf(path, sizeof(path), "%s/rootfs", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/rootfs/urunc.json", dir);
	fclose(fopen(path, "we"));
	assert_int_equal(image_annotate("/nothere/c.sock", "ns", "c", dir, &e), 0);
	unit_rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manifest_for_this_machine),
		cmocka_unit_test(a_broken_index),
		cmocka_unit_test(who_need_not_be_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
