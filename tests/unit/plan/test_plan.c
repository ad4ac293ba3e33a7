/* SPDX-License-Identifier: Apache-2.0 */
/* The whole decision, and what must hold for any bytes an image or engine may send. */
#include "plan/world.h"

static void namespaces(void **state)
{
	struct world *w = *state;

	w->f.spec.namespaces.n = 0;
	for (int i = 0; ns_kind_names[i] != NULL; i++)
		if (i != NS_USER)
			w->ns[w->f.spec.namespaces.n++] = (struct spec_ns){ns_kind_names[i],
									   i == NS_NET ? "/run/netns/x"
										       : NULL};
	assert_planned(w);
	assert_int_equal(w->p.namespaces.n, 7);
	assert_int_equal(w->p.namespaces.v[0].kind, NS_PID);
	assert_int_equal(w->p.namespaces.v[1].kind, NS_NET);
	assert_string_equal(w->p.namespaces.v[1].path, "/run/netns/x");
	assert_null(w->p.namespaces.v[2].path);
	w->ns[0].type = "pids";
	assert_refused(w, EINVAL, "unknown type 'pids' (allowed: pid, network");
}

/* A typing error in a section's name would else change nothing, without a word. */
static void sections_of_no_monitor(void **state)
{
	struct config_monitor v[] = {{.name = "qmu"}, {.name = "hedge"}, {.name = "hvt"}};
	struct world *w = *state;

	w->f.config.source = "/c.toml";
	w->f.config.monitors.v = v;
	w->f.config.monitors.n = 3;
	assert_planned(w);
	assert_int_equal(w->p.warnings.n, 1);
	assert_non_null(strstr(w->p.warnings.v[0],
			       "/c.toml: [monitors.qmu] has no effect: no monitor is called so "
			       "(allowed: "));
}

static void credentials(void **state)
{
	static uint32_t groups[] = {5, 6};
	struct world *w = *state;
	struct oci_spec *s = &w->f.spec;

	s->uid = 1000;
	s->gid = 1001;
	s->groups = (struct u32s){groups, 2};
	s->has_oom_score_adj = true;
	s->oom_score_adj = -998;
	assert_planned(w);
	assert_int_equal(w->p.creds.uid, 1000);
	assert_int_equal(w->p.creds.gid, 1001);
	assert_int_equal(w->p.creds.groups.n, 2);
	assert_int_equal(w->p.creds.groups.v[1], 6);
	assert_true(w->p.creds.has_oom_score_adj);
	assert_int_equal(w->p.creds.oom_score_adj, -998);
	assert_int_equal(w->p.creds.umask, 077);
	assert_int_equal(w->p.process_uid, 1000);
	assert_int_equal(w->p.process_gid, 1001);
}

/* Limits of address space or processes speak of the application; the monitor must be able to live. */
static void limits_of_the_monitor(void **state)
{
	static const char *const types[] = {"RLIMIT_AS",  "RLIMIT_DATA",  "RLIMIT_NPROC",
					    "RLIMIT_CPU", "RLIMIT_STACK", "RLIMIT_FSIZE"};
	struct world *w = *state;

	for (size_t i = 0; i < 6; i++)
		w->limits[i] = (struct spec_rlimit){types[i], 1, 1};
	w->limits[6] = (struct spec_rlimit){"RLIMIT_NOFILE", 10, 20};
	w->limits[7] = (struct spec_rlimit){"RLIMIT_CORE", 0, 5};
	w->f.spec.rlimits.n = 8;
	assert_planned(w);
	assert_int_equal(w->p.app.rlimits.n, 8);
	assert_int_equal(w->p.creds.rlimits.n, 2);
	assert_string_equal(w->p.creds.rlimits.v[0].type, "RLIMIT_NOFILE");
	assert_int_equal(w->p.creds.rlimits.v[0].soft, 256);
	assert_int_equal(w->p.creds.rlimits.v[0].hard, 256);
	assert_int_equal(w->p.creds.rlimits.v[1].soft, 0);
	assert_int_equal(w->p.creds.rlimits.v[1].hard, 5);
	w->limits[6] = (struct spec_rlimit){"RLIMIT_NOFILE", 1024, 4096};
	assert_planned(w);
	assert_int_equal(w->p.creds.rlimits.v[0].soft, 1024);
	assert_int_equal(w->p.creds.rlimits.v[0].hard, 4096);
}

static void stopping(void **state)
{
	struct world *w = *state;

	w->f.config.stop_grace_ms = 77;
	assert_planned(w);
	assert_true(w->p.supervise && w->p.ctl && w->p.stop_zero_is_signal);
	assert_int_equal(w->p.stop_action, STOP_SIGNAL_MONITOR);
	assert_int_equal(w->p.stop_signo, 15);
	assert_int_equal(w->p.stop_grace_ms, 77);
	assert_int_equal(w->p.vm.ctl_fd, CTL_FD);
	w->f.config.supervise = false; /* nobody would listen */
	assert_planned(w);
	assert_false(w->p.supervise || w->p.ctl);
	assert_int_equal(w->p.vm.ctl_fd, -1);
	assert_null(strstr(w->p.vm.files.v[0].data.p, "ctl 1"));
}

static void firmware_is_what_was_found(void **state)
{
	struct world *w = *state;

	assert_planned(w);
	assert_string_equal(w->p.vm.firmware, "qboot.rom");
	assert_string_equal(world_option(w, "-bios"), "qboot.rom");
	w->files[1].box = "/elsewhere/qboot.rom";
	assert_planned(w);
	assert_null(w->p.vm.firmware);
	assert_null(world_option(w, "-bios"));
	w->files[1].box = "/fw/other.bin";
	assert_planned(w);
	assert_null(w->p.vm.firmware);
}

static void identity_and_hooks(void **state)
{
	static struct spec_hook hook[6] = {{.path = "/a"}, {.path = "/b"}, {.path = "/c"},
					   {.path = "/d"}, {.path = "/e"}, {.path = "/f"}};
	struct world *w = *state;
	struct oci_spec *s = &w->f.spec;
	struct spec_hooks *in[] = {&s->prestart,        &s->create_runtime, &s->create_container,
				   &s->start_container, &s->poststart,      &s->poststop};
	const struct spec_hooks *out[] = {&w->p.prestart,        &w->p.create_runtime, &w->p.create_container,
					  &w->p.start_container, &w->p.poststart,      &w->p.poststop};

	for (int i = 0; i < 6; i++)
		*in[i] = (struct spec_hooks){&hook[i], 1};
	s->hostname = "h";
	w->ns[s->namespaces.n++] = (struct spec_ns){"uts", NULL};
	s->domainname = "d";
	s->has_seccomp = true;
	assert_planned(w);
	for (int i = 0; i < 6; i++)
		assert_string_equal(out[i]->v[0].path, hook[i].path);
	assert_string_equal(w->p.id, "c1");
	assert_string_equal(w->p.bundle, "/run/b/c1");
	assert_string_equal(w->p.oci_version, "1.0.2");
	assert_string_equal(w->p.monitor, "qemu");
	assert_string_equal(w->p.guest, "linux");
	assert_string_equal(w->p.root_path, "/run/b/c1/rootfs");
	assert_string_equal(w->p.hostname, "h");
	assert_string_equal(w->p.domainname, "d");
	assert_int_equal(w->p.annotations.n, 4);
	assert_int_equal(w->p.rootfs.kind, ROOT_INITRD);
	assert_string_equal(w->p.rootfs.source, "/boot/initrd.img");
	assert_true(w->p.vm.seccomp);
	assert_non_null(world_option(w, "-sandbox"));
	assert_string_equal(w->p.seccomp_profile, "monitor");
	s->has_seccomp = false;
	assert_planned(w);
	assert_null(w->p.seccomp_profile);
	assert_int_equal(w->p.envp.n, 1);
	assert_string_equal(w->p.envp.v[0], "QEMU_MODULE_DIR=/fw");
}

static void a_failure_leaves_the_result_alone(void **state)
{
	struct world *w = *state;
	struct launch_plan before;

	assert_ok(plan_identify(&w->f, &w->a, &w->w, &w->e), w->e);
	memset(&w->p, 0x5a, sizeof(w->p));
	before = w->p;
	w->f.spec.resources.memory_limit_bytes = 1;
	assert_fails(plan_build(&w->f, &w->w, &w->a, &w->p, &w->e), w->e, ENOMEM, "too small");
	assert_memory_equal(&w->p, &before, sizeof(before));
}

/* --- any bytes at all --- */

/* Mostly short, of bytes that mean something to somebody on the way. Never a NUL. */
static const char *odd_bytes(struct world *w, uint64_t *seed)
{
	static const char nasty[] = " \t\n\r,=:;'\"\\$`-/.%#&|<>(){}[]*?~!\x01\x7f\xc3\xa0\xff"
				    "aZ09";
	size_t n = unit_random(seed) % 24;
	char *s = arena_alloc(&w->a, n + 1);

	for (size_t i = 0; i < n; i++)
		s[i] = unit_random(seed) % 8 ? nasty[(unit_random(seed) >> 8) % (sizeof(nasty) - 1)]
					     : (char)(1 + (unit_random(seed) >> 8) % 255);
	return s;
}

/* How often exactly this record "KEY N\nVALUE\n" is in urunit's configuration. */
static size_t records(const struct world *w, const char *key, const char *value)
{
	const struct bytes *conf = &w->p.vm.files.v[0].data;
	const char *p = conf->p, *end = p + conf->n;
	size_t hits = 0;

	assert_memory_equal(p, "URS\n", 4);
	for (p += 4; strncmp(p, "URE\n", 4) != 0;) {
		char name[16];
		size_t n;
		int used = 0;

		assert_int_equal(sscanf(p, "%15s %zu%n", name, &n, &used), 2);
		p += used + 1;
		assert_true(p + n + 1 <= end && p[n] == '\n');
		hits += streq(name, key) && strlen(value) == n && memcmp(p, value, n) == 0;
		p += n + 1;
	}
	assert_ptr_equal(p + 4, end);
	return hits;
}

static void with_urunit_any_bytes_arrive_whole(void **state)
{
	struct world *w = *state;
	const char **argv;
	uint64_t seed = 42;
	size_t words;

	assert_planned(w);
	words = w->p.argv.n;
	argv = w->p.argv.v;
	for (int round = 0; round < 3000; round++) {
		const char *arg = odd_bytes(w, &seed), *env = arena_printf(&w->a, "E=%s", odd_bytes(w, &seed));

		w->args[2] = arg;
		w->f.spec.args.n = 3;
		w->env[1] = env;
		w->f.spec.env.n = 2;
		assert_planned(w);
		assert_int_equal(w->p.argv.n, words);
		for (size_t i = 0; i < words;
		     i++) /* nothing but the memory's size may differ, and it does not */
			assert_string_equal(w->p.argv.v[i], argv[i]);
		assert_int_equal(records(w, "arg", arg), 1 + streq(arg, "/bin/app"));
		assert_int_equal(records(w, "env", env), 1);
	}
}

/* What a Linux kernel's isspace() says, which knows Latin 1. */
#define KERNEL_BLANKS " \t\n\v\f\r\xa0"

/* A Linux kernel's next_arg(): the word at *p, quotes taken off as it does. NULL at the end. */
static char *kernel_word(char **p)
{
	char *s = *p + strspn(*p, KERNEL_BLANKS), *out;
	bool quoted = *s == '"', in_quote = quoted;
	size_t i;

	if (*s == '\0')
		return NULL;
	out = s += quoted;
	for (i = 0; s[i] != '\0' && (in_quote || strchr(KERNEL_BLANKS, s[i]) == NULL); i++)
		in_quote ^= s[i] == '"';
	*p = s + i + (s[i] != '\0');
	s[i] = '\0';
	if (quoted && i > 0 && s[i - 1] == '"')
		s[i - 1] = '\0';
	return out;
}

static size_t words_of(struct world *w, const char *cmdline, const char *word, bool after_dashes)
{
	char *copy = arena_strdup(&w->a, cmdline), *s;
	bool after = false;
	size_t hits = 0;

	while ((s = kernel_word(&copy)) != NULL) {
		hits += after == after_dashes && streq(s, word);
		after = after || streq(s, "--");
	}
	return hits;
}

static void with_another_init_bytes_arrive_whole_or_are_refused(void **state)
{
	struct world *w = *state;
	uint64_t seed = 7;
	size_t words, planned = 0;

	w->args[0] = "/init";
	w->args[1] = "first";
	assert_planned(w);
	words = w->p.argv.n;
	for (int round = 0; round < 6000; round++) {
		const char *arg = odd_bytes(w, &seed), *env = arena_printf(&w->a, "E=%s", odd_bytes(w, &seed));

		w->args[2] = round % 2 ? arg : "second";
		w->f.spec.args.n = 3;
		w->env[1] = round % 2 ? "E=e" : env;
		w->f.spec.env.n = 2;
		if (world_plan(w) < 0) {
			assert_int_equal(w->e.code, EINVAL);
			assert_non_null(strstr(w->e.msg, round % 2 ? "process.args[2]" : "process.env[1]"));
			continue;
		}
		planned++;
		assert_int_equal(w->p.argv.n, words);
		assert_string_equal(w->p.argv.v[words - 1], w->p.guest_cmdline);
		assert_int_equal(words_of(w, w->p.guest_cmdline, w->args[2], true), 1);
		assert_int_equal(words_of(w, w->p.guest_cmdline, w->env[1], false), 1);
	}
	assert_true(planned > 100);
}

static void the_inits_path_is_one_word_or_refused(void **state)
{
	struct world *w = *state;
	uint64_t seed = 11;
	size_t words, planned = 0;

	assert_planned(w);
	words = w->p.argv.n;
	for (int round = 0; round < 6000; round++) {
		const char *odd = odd_bytes(w, &seed);

		w->f.config.replace_urunit = round % 2;
		w->args[0] = arena_printf(&w->a, "/%s%s", round % 3 ? "urunit" : "i", odd);
		if (world_plan(w) < 0)
			continue;
		planned++;
		assert_true(w->p.argv.n == words || w->p.app.init != INIT_URUNIT);
		assert_int_equal(words_of(w, w->p.guest_cmdline, arena_printf(&w->a, "rdinit=%s", w->args[0]),
					  false),
				 1);
	}
	assert_true(planned > 100);
}

static void in_annotations_any_bytes_are_a_path_or_refused(void **state)
{
	static const char *const keys[] = {"binary",     "initrd",        "block",      "blkMntPoint",
					   "hypervisor", "unikernelType", "mountRootfs"};
	struct world *w = *state;
	uint64_t seed = 99;
	size_t words, planned = 0;

	assert_planned(w);
	words = w->p.argv.n;
	for (int round = 0; round < 6000; round++) {
		size_t n = w->f.spec.annotations.n;
		struct spec_kv before[16];
		const char *value = odd_bytes(w, &seed);

		memcpy(before, w->ann, sizeof(before));
		world_annotate(w, keys[round % 7], value);
		if (world_plan(w) == 0) {
			planned++;
			assert_int_equal(w->p.argv.n, words);
			for (size_t i = 0; i + 1 < words; i++)
				assert_true(value[0] == '\0' || strlen(value) < 3 ||
					    strstr(w->p.argv.v[i], value) == NULL);
			for (size_t i = 0; i < w->p.box.n; i++)
				assert_true(!streq(w->p.box.v[i].dst, value));
		}
		memcpy(w->ann, before, sizeof(before));
		w->f.spec.annotations.n = n;
	}
	assert_true(planned > 100);
}

/* Every path of a plan lies below a place that was declared. */
static void paths_lie_below_declared_roots(void **state)
{
	struct world *w = *state;

	assert_planned(w);
	for (size_t i = 0; i < w->p.box.n; i++) {
		const struct box_op *op = &w->p.box.v[i];

		assert_int_equal(op->dst[0], '/');
		if (op->kind == BOX_NODE)
			assert_true(str_starts(op->dst, "/dev/"));
		if (op->kind != BOX_BIND)
			continue;
		assert_true(streq(op->src, w->f.monitor.path) || streq(op->src, w->files[0].path) ||
			    streq(op->src, w->files[1].path));
	}
	for (size_t i = 0; i + 1 < w->p.argv.n; i++)
		if (w->p.argv.v[i][0] == '/')
			assert_true(world_op(w, w->p.argv.v[i]) != NULL || streq(w->p.argv.v[i], "/fw"));
}

static void knatives_user_container(void **state)
{
	struct world *w = *state;

	assert_planned(w);
	assert_int_equal(w->p.net_mode, NET_DYNAMIC);
	world_annotate(w, "io.kubernetes.cri.container-name", "queue-proxy");
	assert_planned(w);
	assert_int_equal(w->p.net_mode, NET_DYNAMIC);
	world_annotate(w, "io.kubernetes.cri.container-name", "user-container");
	assert_planned(w);
	assert_int_equal(w->p.net_mode, NET_STATIC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(namespaces),
		world_test(sections_of_no_monitor),
		world_test(credentials),
		world_test(limits_of_the_monitor),
		world_test(stopping),
		world_test(firmware_is_what_was_found),
		world_test(identity_and_hooks),
		world_test(a_failure_leaves_the_result_alone),
		world_test(with_urunit_any_bytes_arrive_whole),
		world_test(with_another_init_bytes_arrive_whole_or_are_refused),
		world_test(the_inits_path_is_one_word_or_refused),
		world_test(in_annotations_any_bytes_are_a_path_or_refused),
		world_test(paths_lie_below_declared_roots),
		world_test(knatives_user_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
