/* SPDX-License-Identifier: Apache-2.0 */
/* Who is process 1 in the guest, and what it is told to run. */
#include "plan/toys.h"

static void urunit_is_replaced_when_ours_is_known(void **state)
{
	struct world *w = *state;

	assert_planned(w);
	assert_int_equal(w->p.app.init, INIT_URUNIT);
	assert_string_equal(w->p.app.urunit_host_path, "/usr/libexec/urunc/urunit");
	assert_int_equal(w->p.app.urunit_host_bytes, 40001);
	assert_true(w->p.ctl);
	w->f.config.replace_urunit = false;
	assert_planned(w);
	assert_int_equal(w->p.app.init, INIT_URUNIT_COMPAT);
	assert_null(w->p.app.urunit_host_path);
	assert_false(w->p.ctl);
	assert_int_equal(w->p.warnings.n, 0); /* that is how it was wanted */
	w->f.config.replace_urunit = true;
	w->f.host.urunit_path = NULL;
	assert_planned(w);
	assert_int_equal(w->p.app.init, INIT_URUNIT_COMPAT);
	assert_int_equal(w->p.warnings.n, 1);
	assert_non_null(strstr(w->p.warnings.v[0], "[runtime] urunit_path"));
}

static void another_init_is_the_application(void **state)
{
	struct world *w = *state;

	w->args[0] = "/init";
	assert_planned(w);
	assert_int_equal(w->p.app.init, INIT_APP);
	assert_int_equal(w->p.vm.files.n, 0);
	assert_int_equal(w->p.vm.ctl_fd, -1);
	w->args[0] = "/opt/my-urunit-2/init";
	assert_planned(w);
	assert_int_equal(w->p.app.init, INIT_URUNIT);
}

static void cmdline_counts_only_without_args(void **state)
{
	struct world *w = *state;

	world_annotate(w, "cmdline", " \t/urunit  /bin/other x\n");
	assert_planned(w);
	assert_int_equal(w->p.app.args.n, 2);
	assert_string_equal(w->p.app.args.v[1], "/bin/app");
	w->f.spec.args.n = 0;
	assert_planned(w);
	assert_int_equal(w->p.app.args.n, 3);
	assert_string_equal(w->p.app.args.v[0], "/urunit");
	assert_string_equal(w->p.app.args.v[1], "/bin/other");
	assert_string_equal(w->p.app.args.v[2], "x");
	world_annotate(w, "cmdline", " \t ");
	assert_refused(w, EINVAL, "process.args is empty");
	world_drop(w, "cmdline");
	assert_refused(w, EINVAL, "process.args is empty");
}

static void check_args(struct world *w, const char *cmdline, const char *args, const char *want)
{
	static const char *v[16];
	char *text = arena_strdup(&w->a, args), got[256] = "";

	w->f.spec.args = (struct strs){v, 0};
	for (char *p = text; *p; p += strlen(p) + 1) {
		v[w->f.spec.args.n++] = p;
		p[strcspn(p, "|")] = '\0';
		if (p + strlen(p) == text + strlen(args))
			break;
	}
	world_annotate(w, "cmdline", cmdline);
	assert_planned(w);
	for (size_t i = 0; i < w->p.app.args.n; i++) {
		strcat(got, i ? "|" : "");
		strcat(got, w->p.app.args.v[i]);
	}
	assert_string_equal(got, want);
	world_drop(w, "cmdline");
}

static void a_command_that_says_nothing(void **state)
{
	struct world *w = *state;

	check_args(w, "/urunit /bin/app x", "unikernel", "/urunit|/bin/app|x");
	check_args(w, "/urunit /bin/app x", "/urunit", "/urunit|/bin/app|x");
	check_args(w, "redis-server /c", w->w.meta.binary, "redis-server|/c");
	check_args(w, "/urunit /bin/app x", "/bin/sh", "/bin/sh");
	check_args(w, "/urunit /bin/app x", "unikernel|y", "unikernel|y");
	check_args(w, "  ", "unikernel", "unikernel");
	w->f.spec.args = (struct strs){w->args, 1}; /* "/urunit" */
	world_annotate(w, "cmdline", "/urunit2 /bin/app");
	assert_refused(w, EINVAL, "names only the init '/urunit'");
}

static void quotes_of_the_cmdline_key(void **state)
{
	struct world *w = *state;

	check_args(w, "/urunit nginx -g 'daemon off;' \"a  b\" 'x'", "unikernel",
		   "/urunit|nginx|-g|daemon off;|a b|x");
	assert_false(toys_warned(w, "never closed"));
	check_args(w, "/urunit nginx -g 'daemon off;error_log stderr debug;", "",
		   "/urunit|nginx|-g|daemon off;error_log stderr debug;");
	assert_true(toys_warned(w, "the quote before 'daemon' is never closed"));
}

/* Builders of the original cut the key at its blanks to make the command. */
static void a_command_cut_out_of_the_key(void **state)
{
	struct world *w = *state;

	check_args(w, "/urunit nginx -g 'daemon off;' x", "/urunit|nginx|-g|'daemon|off;'|x",
		   "/urunit|nginx|-g|daemon off;|x");
	check_args(w, "nginx -g 'daemon off;'", "/urunit|nginx|-g|'daemon|off;'",
		   "/urunit|nginx|-g|daemon off;");
	/* Another command, or one that was a list from the beginning, is exact. */
	check_args(w, "/urunit nginx -g 'daemon off;' x", "/urunit|nginx|-g|'daemon|off;'|y",
		   "/urunit|nginx|-g|'daemon|off;'|y");
	check_args(w, "/urunit sh 'a b' c'", "/urunit|sh|'a b'|c'", "/urunit|sh|'a b'|c'");
	check_args(w, "/urunit psql 'x'", "/urunit|psql|'x'", "/urunit|psql|'x'");
}

static void the_process_is_carried_over(void **state)
{
	struct world *w = *state;
	struct oci_spec *s = &w->f.spec;
	static uint32_t groups[] = {7, 8};

	s->uid = 1000;
	s->gid = 1001;
	s->groups = (struct u32s){groups, 2};
	s->hostname = "box";
	w->ns[s->namespaces.n++] = (struct spec_ns){"uts", NULL};
	s->terminal = s->has_umask = true;
	s->umask = 027;
	s->cwd = NULL;
	w->limits[s->rlimits.n++] = (struct spec_rlimit){"RLIMIT_AS", 5, 6};
	assert_planned(w);
	assert_int_equal(w->p.app.uid, 1000);
	assert_int_equal(w->p.app.gid, 1001);
	assert_int_equal(w->p.app.groups.n, 2);
	assert_int_equal(w->p.app.groups.v[1], 8);
	assert_string_equal(w->p.app.hostname, "box");
	assert_true(w->p.app.terminal && w->p.app.has_umask);
	assert_int_equal(w->p.app.umask, 027);
	assert_string_equal(w->p.app.cwd, "/");
	assert_int_equal(w->p.app.rlimits.n, 1);
	assert_string_equal(w->p.app.rlimits.v[0].type, "RLIMIT_AS");
	assert_int_equal(w->p.app.rlimits.v[0].hard, 6);
	assert_string_equal(w->p.app.console, "ttyS0");
	assert_int_equal(w->p.app.root, ROOT_INITRD);
}

/* A word that happens to contain the name means nothing to a guest without our init. */
static void only_guests_with_urunit_have_it(void **state)
{
	struct world *w = *state;
	struct guest_ops other;

	assert_planned(w);
	other = *w->w.guest;
	other.urunit = false;
	w->w.guest = &other;
	w->p.app = (struct app_desc){0};
	w->b = (struct build){.f = &w->f, .w = &w->w, .a = &w->a, .p = &w->p};
	assert_int_equal(app_fill(&w->b, &w->e), 0);
	assert_int_equal(w->p.app.init, INIT_APP);
	assert_null(w->p.app.urunit_host_path);
	other.urunit = true;
	assert_int_equal(app_fill(&w->b, &w->e), 0);
	assert_int_equal(w->p.app.init, INIT_URUNIT);
}

static void what_cannot_be_told(void **state)
{
	struct world *w = *state;

	world_env(w, "TERM=xterm");
	world_env(w, "HOSTNAME=h");
	world_env(w, "HOME=/root");
	assert_planned(w);
	assert_int_equal(w->p.warnings.n, 0);
	toy_guest.no_args = toy_guest.no_env = true;
	assert_planned(w); /* every engine sets these variables */
	assert_int_equal(w->p.warnings.n, 1);
	assert_true(toys_warned(w, "process.args is left out: guest 'toyguest' takes no arguments"));
	world_env(w, "TOKEN=hush");
	world_env(w, "PATHS=/x");
	assert_planned(w);
	assert_int_equal(w->p.warnings.n, 2);
	assert_true(
		toys_warned(w,
			    "process.env is left out (2 variables, the first one is TOKEN): guest 'toyguest'"));
	assert_false(toys_warned(w, "hush"));
	w->f.spec.args.n = 0;
	assert_planned(w);
	assert_int_equal(w->p.warnings.n, 1);
}

static void what_metadata_says_of_the_guest(void **state)
{
	struct world *w = *state;

	assert_planned(w);
	assert_null(w->p.app.version);
	world_annotate(w, "unikernelVersion", "0.16.0");
	world_annotate(w, "solo5NetDev", "net0");
	world_annotate(w, "solo5BlkDev", "disk");
	assert_planned(w);
	assert_string_equal(w->p.app.version, "0.16.0");
	assert_string_equal(w->p.app.solo5_net, "net0");
	assert_string_equal(w->p.app.solo5_block, "disk");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(urunit_is_replaced_when_ours_is_known),
		world_test(only_guests_with_urunit_have_it),
		world_test(another_init_is_the_application),
		world_test(cmdline_counts_only_without_args),
		world_test(a_command_that_says_nothing),
		world_test(quotes_of_the_cmdline_key),
		world_test(a_command_cut_out_of_the_key),
		world_test(the_process_is_carried_over),
		toy_test(what_cannot_be_told),
		toy_test(what_metadata_says_of_the_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
