/* SPDX-License-Identifier: Apache-2.0 */
/* The client's options, in the forms that docker, buildx and buildctl give them. */
#include "bunny/frontend_opts.h"

#include "common/json.h"
#include "unit.h"

static struct arena arena;

static int read_opts(struct frontend_opts *o, struct err *e, ...)
{
	const char *v[32];
	struct strs env = {v, 0};
	va_list ap;

	va_start(ap, e);
	for (const char *s; (s = va_arg(ap, const char *)) != NULL; env.n++)
		v[env.n] = arena_printf(&arena, "BUILDKIT_FRONTEND_OPT_%zu=%s", env.n, s);
	va_end(ap);
	return frontend_opts_read(&env, &arena, o, e);
}

static void what_docker_build_says(void **state)
{
	struct frontend_opts o;
	struct err e = {0};

	(void)state;
	assert_ok(read_opts(&o, &e, "filename=dir/bunnyfile", "source=bunny:test", "cmdline=bunny:test",
			    "target=last", "build-arg:A=b=c", "build-arg:EMPTY=", "label:x.y=a b",
			    "label:b=", "image-resolve-mode=local", "no-cache=", "force-network-mode=default",
			    "shm-size=0", "context:base=docker-image://redis:7", "build-arg:BUILDKIT_SYNTAX=x",
			    "build-arg:SOURCE_DATE_EPOCH=17", "build-arg:BUNNY_MONITOR=hvt",
			    "build-arg:BUNNY_KERNEL=k:1", "build-arg:BUNNY_URUNIT=false", NULL),
		  e);
	assert_string_equal(o.filename, "dir/bunnyfile");
	assert_string_equal(o.target, "last");
	assert_int_equal(o.build_args.n, 2);
	assert_string_equal(o.build_args.v[0], "A=b=c");
	assert_string_equal(o.build_args.v[1], "EMPTY=");
	assert_string_equal(kv_get(&o.labels, "x.y"), "a b");
	assert_string_equal(kv_get(&o.labels, "b"), "");
	assert_string_equal(kv_get(&o.contexts, "base"), "docker-image://redis:7");
	assert_string_equal(o.resolve_mode, "local");
	assert_true(o.no_cache);
	assert_int_equal(o.epoch, 17);
	assert_string_equal(o.monitor, "hvt");
	assert_string_equal(o.kernel, "k:1");
	assert_int_equal(o.urunit, URUNIT_NO);
	assert_int_equal(o.nplatforms, 0);
	assert_string_equal(o.context, "context");
	assert_string_equal(o.dockerfile, "dockerfile");
}

static void nothing_said(void **state)
{
	const char *v[] = {"PATH=/bin", "BUILDKIT_FRONTEND_OPT_0", "BUILDKIT_FRONTEND_OPT_1=odd",
			   "BUILDKIT_SESSION_ID=x"};
	struct frontend_opts o;
	struct err e = {0};

	(void)state;
	assert_ok(frontend_opts_read(&(struct strs){v, 4}, &arena, &o, &e), e);
	assert_null(o.filename);
	assert_null(o.target);
	assert_false(o.no_cache);
	assert_int_equal(o.epoch, 0);
	assert_int_equal(o.urunit, URUNIT_AUTO);
}

static void platforms(void **state)
{
	struct frontend_opts o;
	struct err e = {0};

	(void)state;
	assert_ok(read_opts(&o, &e, "platform=linux/amd64,linux/arm/v7", "multi-platform=true", NULL), e);
	assert_int_equal(o.nplatforms, 2);
	assert_string_equal(o.platforms[0].arch, "amd64");
	assert_string_equal(o.platforms[1].arch, "arm");
	assert_string_equal(o.platforms[1].variant, "v7");
	assert_true(o.multi_platform);
	assert_ok(read_opts(&o, &e, "platform=", "build-arg:BUILDKIT_MULTI_PLATFORM=1", NULL), e);
	assert_int_equal(o.nplatforms, 0);
	assert_true(o.multi_platform);
}

static void contexts_that_are_no_directory(void **state)
{
	static const char *const git[][2] = {
		{"context=https://host.example/a/b.git#v1:dir", "git://host.example/a/b.git#v1:dir"},
		{"context=git://host.example/a", "git://host.example/a"},
		{"context=git@host.example:a/b", "git://host.example:a/b"},
	};
	struct frontend_opts o;
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(git) / sizeof(git[0]); i++) {
		assert_ok(read_opts(&o, &e, git[i][0], NULL), e);
		assert_string_equal(o.context_source, git[i][1]);
		assert_int_equal(strcspn(o.context_url, "#"), strlen(o.context_url));
		assert_memory_equal(o.context_url, git[i][0] + strlen("context="), strlen(o.context_url));
	}
	assert_ok(read_opts(&o, &e, "contextkey=other", "dockerfilekey=df", NULL), e);
	assert_string_equal(o.context, "other");
	assert_string_equal(o.dockerfile, "df");
	assert_null(o.context_source);
}

static void values_that_are_refused(void **state)
{
	static const char *const bad[][2] = {
		{"platform=linux", "option platform is 'linux': OS/ARCH"},
		{"platform=a/b,a/b,a/b,a/b,a/b,a/b,a/b,a/b,a/b,a/b,a/b,a/b,a/b,a/b,a/b,a/b,a/b", "at most 16"},
		{"image-resolve-mode=never", "default, pull and local"},
		{"build-arg:SOURCE_DATE_EPOCH=yesterday", "whole seconds"},
		{"multi-platform=perhaps", "true and false"},
		{"build-arg:BUNNY_URUNIT=perhaps", "true and false"},
		{"context=https://host.example/x.tar", "a directory or the address of a git repository"},
		{"requestid=frontend.subrequests.describe", "no other requests"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct frontend_opts o;
		struct err e = {0};

		assert_fails(read_opts(&o, &e, bad[i][0], NULL), e, EINVAL, bad[i][1]);
	}
}

static void the_workers_platform(void **state)
{
	static const char *const good[] = {
		"BUILDKIT_WORKERS=[{\"ID\":\"x\",\"Labels\":{},\"Platforms\":[{\"architecture\":\"arm64\",\"os\":\"linux\"},"
		"{\"architecture\":\"386\",\"os\":\"linux\"}],\"GCPolicy\":null}]",
		"BUILDKIT_WORKERS=[{\"platforms\":[{\"architecture\":\"arm64\",\"os\":\"linux\",\"variant\":\"v8\"}]}]",
	};
	static const char *const bad[][2] = {
		{"X=", "is not set"},
		{"BUILDKIT_WORKERS=", "BUILDKIT_WORKERS"},
		{"BUILDKIT_WORKERS=[]", "names no platform"},
		{"BUILDKIT_WORKERS={}", "names no platform"},
		{"BUILDKIT_WORKERS=[{\"Platforms\":[{\"os\":3}]}]", "os"},
	};
	struct platform p;
	struct err e = {0};

	(void)state;
	json_use_arena(&arena);
	for (size_t i = 0; i < 2; i++) {
		const char *v = good[i];

		assert_ok(frontend_worker(&(struct strs){&v, 1}, &arena, &p, &e), e);
		assert_string_equal(p.os, "linux");
		assert_string_equal(p.arch, "arm64");
		assert_null(p.variant);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *v = bad[i][0];

		assert_fails(frontend_worker(&(struct strs){&v, 1}, &arena, &p, &e), e, EINVAL, bad[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_docker_build_says),
		cmocka_unit_test(nothing_said),
		cmocka_unit_test(platforms),
		cmocka_unit_test(contexts_that_are_no_directory),
		cmocka_unit_test(values_that_are_refused),
		cmocka_unit_test(the_workers_platform),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	arena_release(&arena);
	return r;
}
