/* SPDX-License-Identifier: Apache-2.0 */
/* The files that engines write for a container: read when it starts, and never a reason to fail. */
#include "gather/start.h"

#include "gather/parts.h"
#include "gather/scratch.h"

static struct start_facts read_now(struct scratch *s, struct plan_source *v, size_t n, struct strs *warnings)
{
	struct launch_plan p = {0};
	struct start_facts f;

	p.sources.v = v;
	p.sources.n = n;
	assert_ok(gather_start(&p, &s->a, &f, warnings, &s->e), s->e);
	return f;
}

static void as_they_are_now(void **state)
{
	struct scratch *s = *state;
	struct plan_source v[] = {
		{.path = "/etc/hosts", .source = scratch_text(s, "hosts", "127.0.0.1 localhost\n")},
		{.path = "/etc/hostname", .source = scratch_text(s, "hostname", "")},
	};
	struct start_facts f;
	struct strs warnings;

	assert_int_equal(chmod(v[0].source, 0604), 0);
	f = read_now(s, v, 2, &warnings);
	assert_int_equal(warnings.n, 0);
	assert_true(f.network_known);
	assert_true(f.clock_ms > 1600000000000ull);
	assert_int_equal(f.nics.n, 0);
	assert_int_equal(f.files.n, 2);
	assert_string_equal(f.files.v[0].path, "/etc/hosts");
	assert_int_equal(f.files.v[0].mode, 0604);
	assert_int_equal(f.files.v[0].data.n, 20);
	assert_memory_equal(f.files.v[0].data.p, "127.0.0.1 localhost\n", 20);
	assert_int_equal(f.files.v[1].data.n, 0);
	scratch_text(s, "hosts", "new");
	f = read_now(s, v, 1, &warnings);
	assert_int_equal(f.files.v[0].data.n, 3);
	f = read_now(s, v, 0, &warnings);
	assert_int_equal(f.files.n, 0);
}

static void trouble_is_a_warning(void **state)
{
	static char big[START_FILE_MAX_BYTES + 1];
	struct scratch *s = *state;
	struct plan_source v[] = {
		{.path = "/etc/hosts", .source = scratch_path(s, "none")},
		{.path = "/etc/hostname", .source = s->dir},
		{.path = "/etc/resolv.conf", .source = scratch_path(s, "fifo")},
		{.path = "/etc/hosts", .source = "/dev/zero"},
		{.path = "/etc/hosts", .source = scratch_put(s, "big", big, sizeof big)},
		{.path = "/etc/hosts", .source = scratch_put(s, "just", big, sizeof big - 1)},
	};
	static const char *const words[] = {"'/etc/hosts' is not given to the guest: '",
					    "is not a regular file", "is not a regular file",
					    "'/dev/zero' is not a regular file", "the limit is 1048576"};
	struct strs warnings;
	struct start_facts f;

	assert_int_equal(mkfifo(v[2].source, 0644), 0);
	f = read_now(s, v, 6, &warnings);
	assert_int_equal(f.files.n, 1);
	assert_int_equal(f.files.v[0].data.n, sizeof big - 1);
	assert_int_equal(warnings.n, 5);
	for (size_t i = 0; i < 5; i++)
		assert_non_null(strstr(warnings.v[i], words[i]));
}

static struct spec_mount bind_mount(const char *destination, const char *type, const char *source)
{
	return (struct spec_mount){.destination = destination, .type = type, .source = source};
}

/* At create: from the mounts, silently; the last one on a place counts. */
static void at_create(void **state)
{
	struct scratch *s = *state;
	struct spec_mount v[] = {
		bind_mount("/etc/hosts", "bind", scratch_text(s, "first", "first")),
		bind_mount("/etc/hosts", NULL, "second"),
		bind_mount("/etc/hostname", "none", scratch_path(s, "missing")),
		bind_mount("/etc/resolv.conf", "tmpfs", scratch_path(s, "first")),
		bind_mount("/etc/passwd", "bind", scratch_path(s, "first")),
		bind_mount("/etc/resolv.conf", "bind", NULL),
		bind_mount(NULL, "bind", scratch_path(s, "first")),
	};
	struct facts f = {.bundle = s->dir};

	scratch_text(s, "second", "2");
	f.spec.mounts.v = v;
	f.spec.mounts.n = sizeof v / sizeof v[0];
	assert_ok(gather_files(&f, &s->a, &s->e), s->e);
	assert_int_equal(f.start.files.n, 1);
	assert_string_equal(f.start.files.v[0].path, "/etc/hosts");
	assert_int_equal(f.start.files.v[0].data.n, 1);
	assert_false(f.start.network_known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(as_they_are_now),
		scratch_test(trouble_is_a_warning),
		scratch_test(at_create),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
