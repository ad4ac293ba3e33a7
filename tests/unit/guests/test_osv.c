/* SPDX-License-Identifier: Apache-2.0 */
/* OSv: options and program on one line, read back by the rules of its two parsers, and what is refused. */
#include "world.h"

static int setup(void **state)
{
	struct world *w = world_new("osv");

	w->vm.kernel_format = KERNEL_ELF_PVH;
	world_arg(w, "/app");
	*state = w;
	return 0;
}
#define osv_test(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)

/* One option: a backslash takes the meaning from what follows it. */
static const char *read_option(struct world *w, const char **s)
{
	struct strbuf b = STRBUF(&w->a);
	const char *ret;

	for (; **s && strchr(" \t\n", **s) == NULL; (*s)++) {
		if (**s == '\\')
			(*s)++;
		assert_true(**s);
		sb_addc(&b, **s);
	}
	assert_ok(sb_done(&b, &ret, &w->e), w->e);
	return ret;
}

/* One word of the program's, quoted or not; both know the same escapes. */
static const char *read_word(struct world *w, const char **s)
{
	static const char escapes[] = "abfnrtv\\'\"", bytes[] = "\a\b\f\n\r\t\v\\'\"";
	struct strbuf b = STRBUF(&w->a);
	bool quoted = **s == '"';
	const char *ret;

	for (*s += quoted; **s && (quoted ? **s != '"' : strchr(" ;&!", **s) == NULL); (*s)++) {
		const char *e = **s == '\\' && (*s)[1] ? strchr(escapes, (*s)[1]) : NULL;

		assert_true((unsigned char)**s < 128);
		if (e != NULL)
			(*s)++;
		sb_addc(&b, e != NULL ? bytes[e - escapes] : **s);
	}
	if (quoted)
		assert_int_equal(*(*s)++, '"');
	assert_true(**s == '\0' || **s == ' ');
	assert_ok(sb_done(&b, &ret, &w->e), w->e);
	assert_null(strchr(ret, '$'));
	return ret;
}

static void arrives(struct world *w)
{
	struct strv env = STRV(&w->a), args = STRV(&w->a);
	struct strs got;
	const char *s;

	assert_ok(world_cmdline(w), w->e);
	for (s = w->line; *s == '-'; s += strspn(s, " ")) {
		const char *o = read_option(w, &s);

		if (str_starts(o, "--env="))
			strv_add(&env, o + 6);
	}
	for (; *s; s += strspn(s, " "))
		strv_add(&args, read_word(w, &s));
	assert_ok(strv_done(&env, &got, &w->e), w->e);
	world_same("variables", &got, 0, &w->app.env);
	assert_ok(strv_done(&args, &got, &w->e), w->e);
	world_same("arguments", &got, 0, &w->app.args);
}

static void lines(void **state)
{
	struct world *w = *state;

	world_says(w, "/app");
	world_arg(w, "-x");
	world_arg(w, "a b");
	world_arg(w, "");
	world_env(w, "A=b c");
	world_says(w, "--env=A=b\\ c /app -x \"a b\" \"\"");
	world_nic(w, "10.0.0.2/24", "10.0.0.1");
	world_dns(w, "fd00::1");
	world_dns(w, "10.0.0.53");
	world_dns(w, "10.0.0.54");
	world_says(w,
		   "--ip=eth0,10.0.0.2,255.255.255.0 --defaultgw=10.0.0.1 --nameserver=10.0.0.53 --env=A=b\\ c "
		   "/app -x \"a b\" \"\"");
	arrives(w);
}

static void networks(void **state)
{
	struct world *w = *state;

	world_dns(w, "10.0.0.53");
	world_says(w, "/app");
	/* Not in its own network: BSD would refuse the route. */
	world_nic(w, "192.168.4.2/32", "169.254.1.1");
	world_says(w, "--ip=eth0,192.168.4.2,128.0.0.0 --defaultgw=169.254.1.1 --nameserver=10.0.0.53 /app");
	w->nics[0].gateway = NULL;
	w->app.dns.n = 0;
	world_says(w, "--ip=eth0,192.168.4.2,255.255.255.255 /app");
	world_nic(w, NULL, NULL);
	world_nic(w, "10.0.0.2/8", "10.0.0.1");
	world_says(w, "--ip=eth0,192.168.4.2,255.255.255.255 --ip=eth2,10.0.0.2,255.0.0.0 "
		      "--defaultgw=10.0.0.1 /app");
}

static void shapes(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < WORLD_NASTY; i++) {
		const char *s = world_nasty[i];

		w->app.args.n = 1;
		w->app.env.n = 0;
		world_env(w, arena_printf(&w->a, "A=%s", s));
		world_env(w, arena_printf(&w->a, "B=%s", s));
		arrives(w);
		world_arg(w, s);
		if (strchr(s, '$') != NULL)
			world_refuses(w, EINVAL, "process.args[1] has a '$'");
		else if (!strcmp(s, "\xc3\xa4 \xe2\x82\xac"))
			world_refuses(w, EINVAL, "process.args[1] has a byte that is not ASCII");
		else
			arrives(w);
	}
}

static void many(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 200; i++)
		world_env(w, arena_printf(&w->a, "VAR%d=value %d", i, i));
	for (int i = 0; i < 100; i++)
		world_arg(w, "a b");
	arrives(w);
	w->vm.arch = ARCH_AARCH64;
	world_refuses(w, E2BIG, "OSv on aarch64 takes at most 1023");
	w->app.args.n = 1;
	w->app.env.n = 20;
	arrives(w);
}

static void programs(void **state)
{
	struct world *w = *state;

	w->args[0] = "-x";
	world_refuses(w, EINVAL, "process.args[0] '-x' begins with '-'");
	w->args[0] = "";
	world_refuses(w, EINVAL, "process.args is empty");
	w->app.args.n = 0;
	world_refuses(w, EINVAL, "process.args is empty");
}

static void memory(void **state)
{
	struct world *w = *state;
	struct guest_image img = {.kernel_bytes = 7 * MIB};

	assert_int_equal(w->g->min_memory(&img), 46 * MIB);
	img.kernel_memory_bytes = 10 * MIB;
	assert_int_equal(w->g->min_memory(&img), 42 * MIB);
}

static void traits(void **state)
{
	struct world *w = *state;

	assert_string_equal(w->g->monitors[0], "qemu");
	assert_string_equal(w->g->monitors[1], "firecracker");
	assert_null(w->g->monitors[2]);
	assert_int_equal(w->g->roots, 1u << ROOT_NONE | 1u << ROOT_BLOCK);
	assert_true(w->g->powerdown && w->g->rng && !w->g->modern_virtio);
	assert_int_equal(w->g->max_vcpus, 64);
	assert_int_equal(w->g->max_cmdline_bytes, 65535);
	for (size_t i = 0; w->g->machines[i] != NULL; i++)
		assert_string_not_equal(w->g->machines[i], "microvm");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		osv_test(lines),    osv_test(networks), osv_test(shapes), osv_test(many),
		osv_test(programs), osv_test(memory),   osv_test(traits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
