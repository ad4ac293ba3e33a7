/* SPDX-License-Identifier: Apache-2.0 */
/* Unikraft: the command line of each version, read back as its own parser reads it, and what is refused. */
#include "world.h"

static int setup(void **state)
{
	struct world *w = world_new("unikraft");

	w->app.version = "0.17.0";
	*state = w;
	return 0;
}
#define unikraft_test(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)

/* What a list parameter of the line holds, and where "--" stands, by the rules of lib/uklibparam. */
static struct strs read_list(struct world *w, const struct strs *words, const char *parameter, size_t *stop)
{
	struct strv l = STRV(&w->a);
	bool in_list = false, ours = false;
	size_t n = strlen(parameter);
	struct strs ret;

	for (*stop = 1; *stop < words->n; (*stop)++) {
		const char *s = words->v[*stop];

		if (!in_list) {
			if (strcmp(s, "--") == 0)
				break;
			ours = strncmp(s, parameter, n) == 0 && s[n] == '=';
			if (strchr(s, '=') == NULL || strchr(s, '=')[1] != '[')
				continue;
			in_list = true;
			s = strchr(s, '=') + 2;
			if (*s == '\0')
				continue;
		}
		if (str_ends(s, "]"))
			in_list = false;
		if (strcmp(s, "]") != 0 && ours)
			strv_add(&l, in_list ? s : arena_strndup(&w->a, s, strlen(s) - 1));
	}
	/* A "--" right after the program's name is not noticed. */
	assert_true(*stop > 1 && *stop < words->n);
	assert_ok(strv_done(&l, &ret, &w->e), w->e);
	return ret;
}

/* Everything given arrives. With Multiboot the loader's name is argv[0], else our first word. */
static void arrives(struct world *w)
{
	struct strs words, env;
	size_t stop;

	assert_ok(world_cmdline(w), w->e);
	words = world_split(w,
			    w->vm.kernel_format == KERNEL_ELF_MULTIBOOT
				    ? arena_printf(&w->a, "/kernel %s", w->line)
				    : w->line,
			    false);
	env = read_list(w, &words, "env.vars", &stop);
	world_same("variables", &env, 0, &w->app.env);
	world_same("arguments", &words, stop + 1, &w->app.args);
}

static void nothing(void **state)
{
	struct world *w = *state;

	world_says(w, "Unikraft console=ttyS0 --");
	arrives(w);
	w->vm.kernel_format = KERNEL_ELF;
	arrives(w);
	world_arg(w, "x");
	arrives(w);
	w->vm.arch = ARCH_AARCH64;
	world_says(w, "Unikraft console=ttyS0 -- x");
}

static void everything(void **state)
{
	struct world *w = *state;

	world_env(w, "PATH=/bin");
	world_env(w, "GREETING=hello world");
	world_nic(w, "172.17.0.2/16", "172.17.0.1");
	world_dns(w, "10.0.0.53");
	world_dns(w, "fd00::53");
	world_dns(w, "10.0.0.54");
	w->app.root = ROOT_INITRD;
	world_arg(w, "nginx");
	world_arg(w, "-g");
	world_arg(w, "daemon off;");
	world_says(w, "Unikraft env.vars=[ PATH=/bin 'GREETING=hello world' ] "
		      "netdev.ip=172.17.0.2/16:172.17.0.1:10.0.0.53:10.0.0.54 "
		      "vfs.fstab=[ \"initrd0:/:extract::ramfs=2:\" ] -- nginx -g 'daemon off;'");
	arrives(w);
	w->vm.arch = ARCH_AARCH64;
	assert_ok(world_cmdline(w), w->e);
	assert_true(str_starts(w->line, "Unikraft console=ttyS0 env.vars=[ PATH"));
}

static void networks(void **state)
{
	struct world *w = *state;

	world_nic(w, "10.1.2.3/32", "169.254.1.1");
	world_says(w, "Unikraft netdev.ip=10.1.2.3/32:169.254.1.1 --");
	w->nics[0].gateway = NULL;
	world_says(w, "Unikraft netdev.ip=10.1.2.3/32 --");
	world_dns(w, "10.0.0.53");
	world_says(w, "Unikraft netdev.ip=10.1.2.3/32::10.0.0.53 --");
	w->app.dns.n = 0;
	/* One without IPv4 keeps its place, but only when another follows. */
	world_nic(w, NULL, NULL);
	world_says(w, "Unikraft netdev.ip=10.1.2.3/32 --");
	world_nic(w, "10.9.0.1/8", NULL);
	world_says(w, "Unikraft netdev.ip=10.1.2.3/32 netdev.ip=: netdev.ip=10.9.0.1/8 --");
	assert_int_equal(w->g->max_nics, 4);
}

static void shared_root(void **state)
{
	struct world *w = *state;

	w->app.root = ROOT_9P;
	world_says(w, "Unikraft vfs.fstab=[ \"fs0:/:9pfs:::\" ] --");
	w->shares[0].tag = "root";
	w->vm.shares.n = 1;
	world_says(w, "Unikraft vfs.fstab=[ \"root:/:9pfs:::\" ] --");
	w->app.version = "0.16.0";
	world_says(w, "Unikraft vfs.rootfs=9pfs vfs.rootdev=root --");
}

static void versions(void **state)
{
	static const char *const young[] = {"0.16.1",     "0.16.2",    "0.17",     "1.0.0", "v0.18.0",
					    "0.16.1-rc1", "0.16.1~3a", NULL,       "",      "Calypso",
					    "0.16.x",     "0.99999",   "0.16.1.2", "0..1",  "."};
	static const char *const old[] = {"0.16.0", "0.16", "v0.15.0", "0.5.0", "0", "0.9-dev"};
	struct world *w = *state;

	w->app.root = ROOT_INITRD;
	for (size_t i = 0; i < sizeof(young) / sizeof(young[0]); i++) {
		w->app.version = young[i];
		world_says(w, "Unikraft vfs.fstab=[ \"initrd0:/:extract::ramfs=2:\" ] --");
	}
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		w->app.version = old[i];
		world_says(w, "Unikraft vfs.rootfs=initrd --");
	}
}

static void old_form(void **state)
{
	struct world *w = *state;

	w->app.root = ROOT_INITRD;
	world_env(w, "A=b");
	world_nic(w, "10.1.2.3/22", "10.1.0.1");
	world_dns(w, "10.0.0.53");
	world_arg(w, "redis-server");
	w->app.version = "0.12.0";
	world_says(w, "Unikraft netdev.ipv4_addr=10.1.2.3 netdev.ipv4_gw_addr=10.1.0.1 "
		      "netdev.ipv4_subnet_mask=255.255.252.0 vfs.rootfs=initrd -- redis-server");
	assert_non_null(strstr(world_warnings(w), "the 1 variables of process.env do not reach it"));
	w->app.version = "0.16.0";
	world_says(w,
		   "Unikraft env.vars=[ A=b ] netdev.ipv4_addr=10.1.2.3 netdev.ipv4_gw_addr=10.1.0.1 "
		   "netdev.ipv4_subnet_mask=255.255.252.0 netdev.ipv4_dns0_addr=10.0.0.53 vfs.rootfs=initrd -- "
		   "redis-server");
	assert_string_equal(world_warnings(w), "");
	w->nics[0].gateway = NULL;
	w->app.version = "0.13.0";
	world_says(w, "Unikraft env.vars=[ A=b ] netdev.ipv4_addr=10.1.2.3 "
		      "netdev.ipv4_subnet_mask=255.255.252.0 vfs.rootfs=initrd -- redis-server");
}

static void shapes(void **state)
{
	struct world *w = *state;

	/* All together ... */
	for (size_t i = 0; i < 20; i++)
		world_arg(w, world_nasty[i]);
	arrives(w);
	/* ... each alone, also as the value and as the end of a variable, first, in the middle and last. */
	for (size_t i = 0; i < WORLD_NASTY; i++) {
		w->app.args.n = w->app.env.n = 0;
		world_arg(w, world_nasty[i]);
		world_arg(w, "last");
		world_env(w, arena_printf(&w->a, "A=%s", world_nasty[i]));
		world_env(w, "B=x");
		world_env(w, arena_printf(&w->a, "[C=%s]", world_nasty[i]));
		world_env(w, arena_printf(&w->a, "D=%s", world_nasty[i]));
		arrives(w);
	}
}

static void brackets(void **state)
{
	struct world *w = *state;

	world_env(w, "A=1]");
	world_env(w, "B=2");
	world_env(w, "C=[3]");
	world_says(w, "Unikraft env.vars=[ 'A=1]'] env.vars=[ B=2 'C=[3]'] --");
	arrives(w);
	world_env(w, "D=]]");
	arrives(w);
}

static void separator(void **state)
{
	struct world *w = *state;

	world_env(w, "A=x -- y");
	world_arg(w, "--");
	world_arg(w, " -- ");
	arrives(w);
	/* Monitors put their own parameters before the first one. */
	assert_ptr_equal(strstr(w->line, " -- "), strstr(w->line, " ] -- ") + 2);
}

static void empty_argument(void **state)
{
	struct world *w = *state;

	world_arg(w, "a");
	world_arg(w, "");
	world_refuses(w, EINVAL, "process.args[1] is empty");
}

static void limits(void **state)
{
	struct world *w = *state;

	assert_int_equal(w->g->max_cmdline_bytes, 4087);
	for (int i = 0; i < 57; i++)
		world_arg(w, "x");
	/* "/kernel", "Unikraft", "console", "--" */
	world_refuses(w, E2BIG, "has 61 words");
	w->app.args.n = 56;
	arrives(w);
	w->vm.kernel_format = KERNEL_ELF;
	w->app.args.n = 57;
	arrives(w);
	w->app.args.n = 0;
	for (int i = 0; i < 200; i++)
		world_env(w, "SECRET=s3cr3t");
	world_refuses(w, E2BIG, "after 60");
	assert_null(strstr(w->e.msg, "s3cr3t"));
}

static void warnings(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 8; i++)
		world_env(w, "A=b");
	assert_string_equal(world_warnings(w), "");
	world_env(w, "A=b");
	assert_non_null(strstr(world_warnings(w), "keeps the first 8"));
	w->app.env.n = 0;
	w->app.version = "Calypso";
	assert_non_null(strstr(world_warnings(w), "'Calypso' is no version"));
	w->app.version = NULL;
	assert_string_equal(world_warnings(w), "");
}

static void memory(void **state)
{
	struct world *w = *state;
	struct guest_image img = {.kernel_bytes = 4 * MIB, .initrd_bytes = 3 * MIB};

	assert_true(w->g->min_memory(&img) >= 8 * MIB + 6 * MIB);
	img.kernel_memory_bytes = 5 * MIB;
	assert_true(w->g->min_memory(&img) < 14 * MIB);
	img.initrd_unpacked_bytes = 100 * MIB;
	assert_true(w->g->min_memory(&img) >= 108 * MIB);
}

static void traits(void **state)
{
	struct world *w = *state;

	assert_string_equal(w->g->monitors[0], "qemu");
	assert_string_equal(w->g->monitors[1], "firecracker");
	assert_null(w->g->monitors[2]);
	assert_int_equal(w->g->roots, 1u << ROOT_NONE | 1u << ROOT_INITRD | 1u << ROOT_9P);
	assert_int_equal(w->g->archs, 0);
	assert_int_equal(w->g->max_disks, 0);
	/* Its drivers know the old virtio only, and by default no power button. */
	assert_false(w->g->modern_virtio || w->g->powerdown || w->g->rng);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unikraft_test(nothing),        unikraft_test(everything), unikraft_test(networks),
		unikraft_test(shared_root),    unikraft_test(versions),   unikraft_test(old_form),
		unikraft_test(shapes),         unikraft_test(brackets),   unikraft_test(separator),
		unikraft_test(empty_argument), unikraft_test(limits),     unikraft_test(warnings),
		unikraft_test(memory),         unikraft_test(traits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
