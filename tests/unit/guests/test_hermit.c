/* SPDX-License-Identifier: Apache-2.0 */
/* Hermit: the command line, read back as its kernel does, and what its loader has no room for. */
#include "world.h"

static int setup(void **state)
{
	*state = world_new("hermit");
	return 0;
}
#define hermit_test(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)

/* Words before the first "--" that begin with env= are variables, those after it arguments. */
static void arrives(struct world *w, bool env)
{
	struct strs words, vars;
	struct strv l = STRV(&w->a);
	size_t i;

	assert_ok(world_cmdline(w), w->e);
	words = world_split(w, w->line, true);
	for (i = 0; i < words.n && strcmp(words.v[i], "--") != 0; i++)
		if (str_starts(words.v[i], "env="))
			strv_add(&l, words.v[i] + 4);
	assert_ok(strv_done(&l, &vars, &w->e), w->e);
	world_same("arguments", &words, i < words.n ? i + 1 : i, &w->app.args);
	if (env)
		world_same("variables", &vars, 0, &w->app.env);
	else
		assert_int_equal(vars.n, 0);
}

static void lines(void **state)
{
	struct world *w = *state;

	world_says(w, "");
	world_arg(w, "a b");
	world_says(w, "-- 'a b'");
	world_nic(w, "10.0.5.3/24", "10.0.5.1");
	world_says(w, "-ip 10.0.5.3 -mask 255.255.255.0 -gateway 10.0.5.1 -- 'a b'");
	world_env(w, "A=b c");
	world_dns(w, "::1");
	world_dns(w, "10.0.0.53");
	world_dns(w, "10.0.0.54");
	world_says(w,
		   "'env=A=b c' -ip 10.0.5.3 -mask 255.255.255.0 -gateway 10.0.5.1 env=HERMIT_DNS1=10.0.0.53 "
		   "env=HERMIT_DNS2=10.0.0.54 -- 'a b'");
	w->app.args.n = w->app.env.n = w->app.dns.n = 0;
	w->nics[0] = (struct vm_nic){.address = "10.1.2.3/32", .gateway = "169.254.1.1"};
	world_says(w, "-ip 10.1.2.3 -mask 255.255.255.255 -gateway 169.254.1.1");
	w->nics[0].gateway = NULL;
	world_says(w, "-ip 10.1.2.3 -mask 255.255.255.255");
	w->nics[0].address = NULL;
	world_says(w, "");
}

static void shapes(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < WORLD_NASTY; i++) {
		w->app.args.n = w->app.env.n = 0;
		world_arg(w, world_nasty[i]);
		world_arg(w, "");
		world_arg(w, "-ip");
		world_env(w, arena_printf(&w->a, "A=%s", world_nasty[i]));
		arrives(w, true);
	}
	w->app.env.n = 0;
	for (size_t i = 0; i < WORLD_NASTY; i++)
		world_arg(w, world_nasty[i]);
	arrives(w, true);
}

static void room(void **state)
{
	struct world *w = *state;

	world_arg(w, "run");
	for (int i = 0; i < 10; i++)
		world_env(w, "ABCDEFG=hijklm");
	assert_string_equal(world_warnings(w), "");
	arrives(w, true);
	world_env(w, "ABCDEFG=hijklm");
	arrives(w, false);
	assert_non_null(strstr(world_warnings(w), "the 11 variables of process.env do not reach the guest"));
	assert_null(strstr(world_warnings(w), "hijklm"));
	/* Arguments are never left out. */
	w->app.env.n = 0;
	for (int i = 0; i < 100; i++)
		world_arg(w, "argument");
	arrives(w, true);
	assert_string_equal(world_warnings(w), "");
}

static void not_utf8(void **state)
{
	struct world *w = *state;

	world_arg(w, "a\xff");
	world_refuses(w, EINVAL, "process.args[0] is not UTF-8");
	w->app.args.n = 0;
	world_env(w, "A=b");
	world_env(w, "S3CRET=\xc3");
	world_refuses(w, EINVAL, "process.env[1] is not UTF-8");
	assert_null(strstr(w->e.msg, "S3CRET="));
}

static void memory(void **state)
{
	struct world *w = *state;
	struct guest_image img = {.kernel_bytes = MIB, .initrd_bytes = 5 * MIB};

	assert_int_equal(w->g->min_memory(&img), 43 * MIB);
	img.kernel_memory_bytes = 2 * MIB;
	assert_int_equal(w->g->min_memory(&img), 44 * MIB);
}

static void traits(void **state)
{
	struct world *w = *state;

	assert_string_equal(w->g->monitors[0], "qemu");
	assert_null(w->g->monitors[1]);
	assert_int_equal(w->g->roots, 1u << ROOT_INITRD);
	assert_int_equal(w->g->archs, 1u << ARCH_X86_64);
	assert_true(w->g->modern_virtio);
	assert_int_equal(w->g->exit_port, 0xf4);
	assert_int_equal(w->g->exit_ok, 1);
	assert_int_equal(w->g->max_nics, 1);
	assert_int_equal(w->g->max_cmdline_bytes, 131071);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		hermit_test(lines),    hermit_test(shapes), hermit_test(room),
		hermit_test(not_utf8), hermit_test(memory), hermit_test(traits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
