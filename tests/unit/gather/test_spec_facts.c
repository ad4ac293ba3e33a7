/* SPDX-License-Identifier: Apache-2.0 */
/* config.json and urunc.json, also when they are hostile: no hang, no error where a fact will do. */
#include <sys/sysmacros.h>

#include "common/json.h"
#include "gather/gather.h"
#include "gather/parts.h"
#include "gather/scratch.h"

#define MINIMAL "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"rootfs\"}}"

static int gather(struct scratch *s, const char *bundle, struct facts *ret)
{
	struct config cfg;

	config_defaults(&cfg);
	json_use_arena(&s->a);
	s->e = (struct err){0};
	return gather_spec(bundle, "c1", &cfg, &s->a, ret, &s->e);
}

static struct facts with_urunc_json(struct scratch *s)
{
	struct facts f;

	scratch_text(s, "config.json", MINIMAL);
	assert_ok(gather(s, s->dir, &f), s->e);
	return f;
}

static void plain_container(void **state)
{
	struct scratch *s = *state;
	struct facts f;

	scratch_text(s, "rootfs/x", "");
	f = with_urunc_json(s);
	assert_string_equal(f.id, "c1");
	assert_string_equal(f.bundle, s->dir);
	assert_string_equal(f.root.path, scratch_path(s, "rootfs"));
	assert_true(f.root.exists);
	assert_true(f.config.supervise);
	assert_false(f.has_urunc_json);
	assert_null(f.urunc_json_problem);
	assert_null(f.root.fstype);
	assert_int_equal(f.host.cpus, 0);
}

static void members_as_written(void **state)
{
	struct scratch *s = *state;
	struct facts f;

	scratch_text(s, "rootfs/urunc.json",
		     "{\"com.urunc.unikernel.binary\":\"L2s=\",\"binary\":\"not base64!\",\"\":\"\"}\n");
	f = with_urunc_json(s);
	assert_true(f.has_urunc_json);
	assert_null(f.urunc_json_problem);
	assert_int_equal(f.urunc_json.n, 3);
	assert_string_equal(f.urunc_json.v[0].key, "com.urunc.unikernel.binary");
	assert_string_equal(f.urunc_json.v[0].value, "L2s=");
	assert_string_equal(f.urunc_json.v[1].value, "not base64!");
	assert_string_equal(f.urunc_json.v[2].key, "");
}

static void bundle_names(void **state)
{
	struct scratch *s = *state;
	struct facts f;
	char cwd[4096];

	scratch_text(s, "b/config.json", MINIMAL);
	assert_ok(gather(s, arena_printf(&s->a, "%s//x/../b/", s->dir), &f), s->e);
	assert_string_equal(f.bundle, scratch_path(s, "b"));
	assert_non_null(getcwd(cwd, sizeof cwd));
	assert_int_equal(chdir(s->dir), 0);
	assert_int_equal(gather(s, "b", &f), 0);
	assert_string_equal(f.bundle, scratch_path(s, "b"));
	assert_int_equal(chdir("b"), 0);
	assert_int_equal(gather(s, NULL, &f), 0);
	assert_string_equal(f.bundle, scratch_path(s, "b"));
	assert_int_equal(chdir(cwd), 0);
}

static void roots(void **state)
{
	struct scratch *s = *state;
	struct facts f;

	scratch_text(s, "config.json", MINIMAL);
	assert_ok(gather(s, s->dir, &f), s->e);
	assert_false(f.root.exists);
	assert_string_equal(f.root.path, scratch_path(s, "rootfs"));
	scratch_text(s, "rootfs", "a file");
	assert_ok(gather(s, s->dir, &f), s->e);
	assert_false(f.root.exists);
	/* A link is resolved once, here. */
	scratch_text(s, "real/urunc.json", "{\"a\":\"b\"}");
	assert_int_equal(unlink(scratch_path(s, "rootfs")), 0);
	assert_int_equal(symlink("real", scratch_path(s, "rootfs")), 0);
	assert_ok(gather(s, s->dir, &f), s->e);
	assert_string_equal(f.root.path, scratch_path(s, "real"));
	assert_int_equal(f.urunc_json.n, 1);
	scratch_text(s, "config.json", arena_printf(&s->a, "{\"root\":{\"path\":\"%s/real\"}}", s->dir));
	assert_ok(gather(s, s->dir, &f), s->e);
	assert_string_equal(f.root.path, scratch_path(s, "real"));
	scratch_text(s, "config.json", "{}");
	assert_ok(gather(s, s->dir, &f), s->e);
	assert_null(f.root.path);
	assert_false(f.root.exists);
}

static void bad_config_json(void **state)
{
	struct scratch *s = *state;
	struct facts f = {.id = "untouched"};
	const char *path = scratch_path(s, "config.json");
	int fd;

	assert_fails(gather(s, s->dir, &f), s->e, ENOENT, "config.json");
	assert_fails(gather(s, scratch_path(s, "none"), &f), s->e, ENOENT, "none/config.json");
	scratch_text(s, "config.json", "{\"root\":");
	assert_fails(gather(s, s->dir, &f), s->e, EINVAL, "line 1");
	scratch_text(s, "config.json", "{\"root\":7}");
	assert_fails(gather(s, s->dir, &f), s->e, EINVAL, "root must be an object");
	scratch_text(s, "config.json", "");
	assert_fails(gather(s, s->dir, &f), s->e, EINVAL, "config.json");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, 1ll << 40), 0);
	close(fd);
	assert_fails(gather(s, s->dir, &f), s->e, EFBIG, "the limit is 4194304");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0644), 0);
	assert_fails(gather(s, s->dir, &f), s->e, EINVAL, "not a regular file");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_fails(gather(s, s->dir, &f), s->e, EISDIR, "is a directory");
	assert_string_equal(f.id, "untouched");
}

static void assert_problem(struct scratch *s, const char *words)
{
	struct facts f = with_urunc_json(s);

	assert_true(f.has_urunc_json);
	assert_non_null(f.urunc_json_problem);
	if (!strstr(f.urunc_json_problem, words))
		fail_msg("'%s' instead of '%s'", f.urunc_json_problem, words);
	assert_int_equal(f.urunc_json.n, 0);
	assert_null(strchr(f.urunc_json_problem, '\n'));
}

/* Rows 9 to 12 of the list of hostile inputs. */
static void hostile_text(void **state)
{
	static const char *const cases[][2] = {
		{"", "not valid JSON"},
		{"{", "not valid JSON: line 1"},
		{"{} x", "not valid JSON"},
		{"[]", "is not a JSON object"},
		{"\"x\"", ""},
		{"{\"a\":\"b\",\"a\":\"c\"}", "duplicate"},
		{"{\"a\":1}", "a must be a string, not"},
		{"{\"a\":18446744073709551615}", "a must be a string, not"},
		{"{\"ok\":\"x\",\"a\":[\"b\"]}", "a must be a string, not an array"},
		{"{\"a\":null}", "a must be a string, not null"},
		{"{\"a\":\"\\u0000\"}", "not valid JSON"},
		{"{\"a\":\"\xff\"}", "not valid JSON"},
	};
	struct scratch *s = *state;
	char *deep = arena_alloc(&s->a, 20001);

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		scratch_text(s, "rootfs/urunc.json", cases[i][0]);
		assert_problem(s, cases[i][1]);
	}
	memset(deep, '[', 10000);
	memset(deep + 10000, ']', 10000);
	scratch_put(s, "rootfs/urunc.json", deep, 20000);
	assert_problem(s, "not valid JSON");
}

static void too_large(void **state)
{
	struct scratch *s = *state;
	int fd;

	fd = open(scratch_text(s, "rootfs/urunc.json", "{}"), O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, 1ll << 40), 0);
	assert_problem(s, "has 1099511627776 bytes, the limit is 65536");
	assert_int_equal(ftruncate(fd, URUNC_JSON_MAX_BYTES + 1), 0);
	assert_problem(s, "has 65537 bytes");
	close(fd);
}

/* Rows 15 to 19. */
static void not_a_file(void **state)
{
	struct scratch *s = *state;
	const char *path = scratch_path(s, "rootfs/urunc.json");

	scratch_text(s, "rootfs/x", "");
	assert_int_equal(mkfifo(path, 0644), 0);
	assert_problem(s, "is a FIFO, not a regular file");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_problem(s, "is a directory, not a regular file");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("/etc/shadow", path), 0);
	assert_problem(s, "is a symbolic link to nothing in the container root");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/proc/self/mem", path), 0);
	assert_problem(s, "is a symbolic link to nothing in the container root");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("urunc.json", path), 0);
	assert_problem(s, "cannot be opened: Too many levels");
	assert_int_equal(unlink(path), 0);
	if (mknod(path, S_IFCHR | 0644, makedev(1, 5)) == 0)
		assert_problem(s, "is a device, not a regular file");
}

static void links_resolve_inside(void **state)
{
	struct scratch *s = *state;
	struct facts f;

	scratch_text(s, "rootfs/etc/real.json", "{\"k\":\"v\"}");
	assert_int_equal(symlink("../../../etc/real.json", scratch_path(s, "rootfs/urunc.json")), 0);
	f = with_urunc_json(s);
	assert_null(f.urunc_json_problem);
	assert_int_equal(f.urunc_json.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(plain_container),
		scratch_test(members_as_written),
		scratch_test(bundle_names),
		scratch_test(roots),
		scratch_test(bad_config_json),
		scratch_test(hostile_text),
		scratch_test(too_large),
		scratch_test(not_a_file),
		scratch_test(links_resolve_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
