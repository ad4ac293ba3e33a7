/* SPDX-License-Identifier: Apache-2.0 */
/* What a container image becomes, for each kind of root. */
#include "bunny/convert.h"

#include "unit.h"

static struct arena a;
static const char *entry[] = {"/docker-entrypoint.sh"}, *cmd[] = {"nginx", "-g", "daemon off;"};
static struct kernel_module_file module = {"kernel/virtio.ko", {"M", 1}};
static struct guest_kernel kernel = {.where = "k",
				     .bytes = {"K", 1},
				     .release = "6.1",
				     .dep = {"d", 1},
				     .builtin = {"b", 1}};

static int clean(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static struct convert wants(enum root_type root)
{
	kernel.modules = &module;
	kernel.nmodules = 1;
	return (struct convert){.ref = "nginx",
				.digest = "sha256:x",
				.config = {.platform = {"linux", "amd64", NULL},
					   .entrypoint = {entry, 1},
					   .cmd = {cmd, 3}},
				.monitor = "qemu",
				.root = root,
				.ext4 = true,
				.urunit = true,
				.kernel = &kernel};
}

static const char *steps(const struct build *b)
{
	struct strbuf out = STRBUF(&a);

	for (size_t t = 0; t < b->ntrees; t++) {
		for (size_t i = 0; i < b->trees[t].nlayers; i++) {
			for (size_t k = 0; k < b->trees[t].layers[i].nops; k++)
				sb_addf(&out, "%zu %s\n", t, b->trees[t].layers[i].ops[k].dst);
		}
	}
	return out.p;
}

static void an_initrd(void **state)
{
	struct convert c = wants(ROOT_INITRD);
	struct build b;
	struct err e = {0};

	(void)state;
	assert_ok(convert_decide(&c, &a, &b, &e), e);
	assert_string_equal(steps(&b), "0 /urunit\n0 /lib/modules/6.1/kernel/virtio.ko\n0 /urunit.modules\n"
				       "1 /.boot/kernel\n1 /.boot/rootfs\n1 /urunc.json\n");
	assert_int_equal(b.result, 1);
	assert_string_equal(b.config.entrypoint.v[0], "/urunit");
	assert_string_equal(b.config.entrypoint.v[1], "/docker-entrypoint.sh");
	assert_int_equal(b.config.cmd.n, 3);
	assert_string_equal(kv_get(&b.annotations, BUNNY_KEY("initrd")), "/.boot/rootfs");
	assert_string_equal(kv_get(&b.annotations, BUNNY_KEY("cmdline")),
			    "/urunit /docker-entrypoint.sh nginx -g daemon off;");
	assert_string_equal(kv_get(&b.config.labels, BUNNY_KEY("hypervisor")), "qemu");
	assert_string_equal(kv_get(&b.annotations, "org.opencontainers.image.base.digest"), "sha256:x");
	assert_null(kv_get(&b.config.labels, "org.opencontainers.image.base.digest"));
}

static void a_disk(void **state)
{
	struct convert c = wants(ROOT_BLOCK);
	struct build b;
	struct err e = {0};

	(void)state;
	assert_ok(convert_decide(&c, &a, &b, &e), e);
	assert_string_equal(steps(&b), "0 /urunit\n1 /.boot/kernel\n1 /lib/modules/6.1/kernel/virtio.ko\n"
				       "1 /lib/modules/6.1/modules.dep\n1 /lib/modules/6.1/modules.builtin\n"
				       "1 /.boot/rootfs\n1 /urunc.json\n");
	assert_string_equal(kv_get(&b.annotations, BUNNY_KEY("blkMntPoint")), "/");
	assert_string_equal(kv_get(&b.annotations, BUNNY_KEY("mountRootfs")), "false");
}

static void the_files_themselves(void **state)
{
	struct convert c = wants(ROOT_RAW);
	struct build b;
	struct err e = {0};

	(void)state;
	c.urunit = false;
	assert_ok(convert_decide(&c, &a, &b, &e), e);
	assert_int_equal(b.ntrees, 1);
	assert_string_equal(
		steps(&b),
		"0 /.boot/kernel\n0 /lib/modules/6.1/kernel/virtio.ko\n"
		"0 /lib/modules/6.1/modules.dep\n0 /lib/modules/6.1/modules.builtin\n0 /urunc.json\n");
	assert_string_equal(kv_get(&b.annotations, BUNNY_KEY("mountRootfs")), "true");
	assert_string_equal(b.config.entrypoint.v[0], "/docker-entrypoint.sh");
}

static void the_command(void **state)
{
	const char *other[] = {"sh"};
	struct convert c = wants(ROOT_INITRD);
	struct build b;
	struct err e = {0};

	(void)state;
	c.command = (struct strs){other, 1};
	assert_ok(convert_decide(&c, &a, &b, &e), e);
	assert_string_equal(b.config.cmd.v[0], "sh");
	assert_int_equal(b.config.cmd.n, 1);
	c.command.n = c.config.entrypoint.n = c.config.cmd.n = 0;
	assert_fails(convert_decide(&c, &a, &b, &e), e, EINVAL, "says no command; give one");
	/* An image that has an urunit first already. */
	entry[0] = "/usr/bin/urunit";
	c = wants(ROOT_INITRD);
	assert_ok(convert_decide(&c, &a, &b, &e), e);
	assert_int_equal(b.config.entrypoint.n, 1);
	entry[0] = "/docker-entrypoint.sh";
	other[0] = "/urunit";
	c = wants(ROOT_INITRD);
	c.config.entrypoint.n = 0;
	c.command = (struct strs){other, 1};
	assert_ok(convert_decide(&c, &a, &b, &e), e);
	assert_int_equal(b.config.entrypoint.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(an_initrd, clean),
		cmocka_unit_test_teardown(a_disk, clean),
		cmocka_unit_test_teardown(the_files_themselves, clean),
		cmocka_unit_test_teardown(the_command, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
