/* SPDX-License-Identifier: Apache-2.0 */
/* Gather and decide as one: ours, a delegate's, or refused. */
#include "runtime/decide.h"

#include "common/io.h"
#include "common/log.h"
#include "fake_container.h"

struct bundle {
	struct fake *f;
	char dir[400];
};

static const char rootless_config[] =
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"/init\"],\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":0}},"
	"\"root\":{\"path\":\"rootfs\"},\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"mount\"}]}%s}";

static void make_bundle(struct bundle *b, struct fake *f, const char *more)
{
	char text[2048];

	b->f = f;
	mkdir(f->root, 0700);
	fake_dir(f, "bundle");
	fake_dir(f, "bundle/rootfs");
	fake_file(f, "empty.toml", "");
	snprintf(text, sizeof(text), "%s/empty.toml", f->root);
	setenv("URUNC_CONFIG_FILE", text, 1);
	snprintf(text, sizeof(text), rootless_config, more);
	fake_file(f, "bundle/config.json", text);
	snprintf(b->dir, sizeof(b->dir), "%s/bundle", f->root);
}

static int decide_it(struct bundle *b, struct launch_plan *plan, const char **delegate, struct err *e)
{
	const struct decide_in in = {.id = "c1", .bundle = b->dir};

	struct decide_out out = {0};
	int r = decide(&b->f->rt, &in, plan, &out, e);

	if (r >= 0)
		*delegate = out.config->delegate;
	return r;
}

static void without_metadata_it_is_a_delegate_s(void **state)
{
	struct fake *f = *state;
	struct strbuf out = STRBUF(&f->arena);
	const char *delegate = "x";
	struct launch_plan plan;
	struct err e = {0};
	struct bundle b;

	make_bundle(&b, f, "");
	assert_int_equal(decide_it(&b, &plan, &delegate, &e), 1);
	assert_null(delegate);
	fake_file(f, "empty.toml", "[runtime]\ndelegate = \"crun\"\n");
	assert_int_equal(decide_it(&b, &plan, &delegate, &e), 1);
	assert_string_equal(delegate, "crun");
	assert_fails(runtime_plan(&f->rt, "c1", b.dir, NULL, &out, &e), e, EINVAL, "would be handed to crun");
}

static void wrong_metadata_is_refused(void **state)
{
	struct fake *f = *state;
	struct launch_plan plan;
	const char *delegate = NULL;
	struct err e = {0};
	struct bundle b;

	make_bundle(&b, f,
		    ",\"annotations\":{\"com.urunc.unikernel.unikernelType\":\"linux\","
		    "\"com.urunc.unikernel.hypervisor\":\"qemu \",\"com.urunc.unikernel.binary\":\"/k\"}");
	assert_fails(decide_it(&b, &plan, &delegate, &e), e, EINVAL, "qemu ");
	fake_file(f, "empty.toml", "[runtime]\nnonsense = 1\n");
	assert_fails(decide_it(&b, &plan, &delegate, &e), e, EINVAL, "empty.toml");
	fake_file(f, "bundle/config.json", "{\"a");
	fake_file(f, "empty.toml", "");
	assert_fails(decide_it(&b, &plan, &delegate, &e), e, EINVAL, "config.json");
}

/* The configuration's level holds unless the command line gave one. */
static void the_log_level(void **state)
{
	struct fake *f = *state;
	struct launch_plan plan;
	const char *delegate = NULL;
	struct bytes text = {0};
	struct err e = {0};
	struct bundle b;
	char path[600];

	make_bundle(&b, f, "");
	fake_file(f, "empty.toml", "[log]\nlevel = \"error\"\n");
	snprintf(path, sizeof(path), "%s/log", f->root);
	assert_ok(log_open(path, false, LOG_LVL_INFO, &e), e);
	f->rt.log_level_given = true;
	assert_int_equal(decide_it(&b, &plan, &delegate, &e), 1);
	log_warn("first");
	f->rt.log_level_given = false;
	assert_int_equal(decide_it(&b, &plan, &delegate, &e), 1);
	log_warn("second");
	assert_ok(log_open(NULL, false, LOG_LVL_INFO, &e), e);
	assert_ok(file_read(AT_FDCWD, path, 4096, &f->arena, &text, &e), e);
	assert_non_null(strstr(text.p, "first"));
	assert_null(strstr(text.p, "second"));
}

static void wrong_words(void **state)
{
	struct fake *f = *state;
	struct strbuf out = STRBUF(&f->arena);
	struct err e = {0};
	struct bundle b;

	make_bundle(&b, f, "");
	assert_fails(runtime_plan(&f->rt, "a/b", b.dir, NULL, &out, &e), e, EINVAL, "invalid container ID");
	assert_int_not_equal(runtime_plan(&f->rt, "c1", b.dir, "/nonexistent/ns", &out, &e), 0);
	assert_non_null(strstr(e.msg, "/nonexistent/ns"));
	assert_int_equal(out.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_metadata_it_is_a_delegate_s, fake_setup,
						fake_teardown),
		cmocka_unit_test_setup_teardown(wrong_metadata_is_refused, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(the_log_level, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(wrong_words, fake_setup, fake_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
