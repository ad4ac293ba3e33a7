/* SPDX-License-Identifier: Apache-2.0 */
/* Each mount reaches the guest in the way that it can take, or its absence is told; those that engines make for every
 * container are not. */
#include <sys/stat.h>

#include "plan/world.h"

static size_t warnings_for(struct world *w, const char *destination, const char *type)
{
	struct spec_mount m = {.destination = destination, .type = type, .source = "/src"};
	size_t before;

	w->f.spec.mounts.n = 0;
	assert_planned(w);
	before = w->p.warnings.n;
	w->f.spec.mounts.v = &m;
	w->f.spec.mounts.n = 1;
	assert_planned(w);
	return w->p.warnings.n - before;
}

static void engines_own_mounts_are_silent(void **state)
{
	static const char *const own[] = {"/proc",
					  "/proc/acpi",
					  "/sys",
					  "/sys/fs/cgroup",
					  "/dev",
					  "/dev/shm",
					  "/etc/hosts",
					  "/etc/hostname",
					  "/etc/resolv.conf",
					  "/run/secrets",
					  "/run/.containerenv"};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		assert_int_equal(warnings_for(*state, own[i], "bind"), 0);
}

static void others_are_named(void **state)
{
	static const char *const missed[] =
		{"/data", "/device", "/system", "/etc/hosts.d", "/run/secrets/token", "/"};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(missed) / sizeof(missed[0]); i++) {
		assert_int_equal(warnings_for(w, missed[i], i % 2 ? "overlay" : "bind"), 1);
		assert_non_null(strstr(w->p.warnings.v[w->p.warnings.n - 1], missed[i]));
		assert_non_null(strstr(w->p.warnings.v[w->p.warnings.n - 1], i % 2 ? "(overlay," : "(bind,"));
	}
}

/* The world with one bind mount at /data, and what is known of its source. */
static struct mount_facts *one_bind(struct world *w, const char *option)
{
	static struct spec_mount m;
	static struct mount_facts f;
	static const char *options[1];

	options[0] = option;
	m = (struct spec_mount){.destination = "/data",
				.type = "bind",
				.source = "/src",
				.options = {options, 1}};
	f = (struct mount_facts){.source = "/src",
				 .kind = MOUNT_DIRECTORY,
				 .mode = 02755,
				 .uid = 7,
				 .gid = 8,
				 .dev = 64,
				 .ino = 9,
				 .bytes = 1000,
				 .name_bytes = 50,
				 .entries = 5};
	w->f.spec.mounts.v = &m;
	w->f.spec.mounts.n = 1;
	w->f.mounts.v = &f;
	w->f.mounts.n = 1;
	w->f.config.mounts_by = "copy"; /* test_shared_mounts.c has the other ways */
	return &f;
}

static bool warned(const struct world *w, const char *words)
{
	for (size_t i = 0; i < w->p.warnings.n; i++)
		if (strstr(w->p.warnings.v[i], words))
			return true;
	return false;
}

static void a_tree_is_carried_and_bound(void **state)
{
	struct world *w = *state;
	const struct box_op *op;
	uint64_t overhead;

	assert_planned(w);
	overhead = w->p.overhead_bytes;
	one_bind(w, "ro");
	assert_planned(w);
	assert_int_equal(w->p.warnings.n, 0);
	assert_int_equal(w->p.app.mounts.n, 1);
	assert_string_equal(w->p.app.mounts.v[0].path, "/data");
	assert_string_equal(w->p.app.mounts.v[0].from, "/.urunc/m0");
	assert_true(w->p.app.mounts.v[0].readonly);
	op = world_op(w, "/initrd");
	assert_int_equal(op->adds.n, 1);
	assert_string_equal(op->adds.v[0].name, ".urunc/m0");
	assert_string_equal(op->adds.v[0].source, "/src");
	assert_string_equal(op->adds.v[0].label, "/data");
	assert_true(op->adds.v[0].max_bytes >= 1000 + 50 + 5 * 127);
	assert_true(op->adds.v[0].max_entries >= 5);
	assert_true(op->adds.v[0].dev == 64 && op->adds.v[0].ino == 9);
	assert_int_equal(op->adds.v[0].kind, S_IFDIR);
	assert_false(op->one_archive);
	/* it lies in the box's memory, which counts */
	assert_true(w->p.overhead_bytes >= overhead + op->adds.v[0].max_bytes);
	one_bind(w, "rro");
	assert_planned(w);
	assert_int_equal(w->p.warnings.n, 0);
	assert_true(w->p.app.mounts.v[0].readonly);
}

static void what_is_written_must_not_get_lost_unnoticed(void **state)
{
	struct world *w = *state;
	struct mount_facts *f = one_bind(w, "rw");

	assert_refused(w, EINVAL, "what it writes would be lost");
	f->source = "/var/lib/kubelet/pods/1/volumes/kubernetes.io~empty-dir/x";
	assert_planned(w);
	assert_true(warned(w, "is a copy in the guest"));
	f->source = "/src";
	w->f.config.mounts = "warn";
	assert_planned(w);
	assert_true(warned(w, "is a copy in the guest"));
	assert_false(w->p.app.mounts.v[0].readonly);
	w->f.config.mounts = "auto";
	f->entries = 1;
	assert_planned(w);
	assert_true(warned(w, "is an empty directory in the guest"));
	assert_null(w->p.app.mounts.v[0].from);
	assert_string_equal(w->p.app.mounts.v[0].options, "mode=2755,uid=7,gid=8");
	assert_int_equal(world_op(w, "/initrd")->adds.n, 0);
	one_bind(w, "noexec")->entries = 1;
	assert_planned(w);
	assert_string_equal(w->p.app.mounts.v[0].options, "mode=2755,uid=7,gid=8,noexec");
	w->f.config.mounts = "error";
	assert_refused(w, EINVAL, "is an empty directory in the guest");
	f->kind = MOUNT_FILE;
	w->f.config.mounts = "auto";
	assert_planned(w);
	assert_true(warned(w, "is a copy in the guest"));
}

static void what_cannot_come_is_told_or_refused(void **state)
{
	static const struct {
		struct mount_facts f;
		const char *words;
	} cases[] = {
		{{.kind = MOUNT_OTHER}, "a device, a FIFO or a socket"},
		{{.kind = MOUNT_DIRECTORY, .problem = "Permission denied"},
		 "cannot be read: Permission denied"},
		{{.kind = MOUNT_DIRECTORY, .more = true}, "more than 16 MiB or 4096 files"},
		{{.kind = MOUNT_FILE, .bytes = 16 * MIB + 1}, "([runtime] mounts_max_mb)"},
		{{.kind = MOUNT_DIRECTORY, .entries = 4097}, "([runtime] mounts_max_mb)"},
	};
	struct world *w = *state;
	struct mount_facts *f = one_bind(w, "ro");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		*f = cases[i].f;
		f->source = "/src";
		w->f.config.mounts = "auto";
		assert_planned(w);
		assert_true(warned(w, "is left out") && warned(w, cases[i].words));
		assert_int_equal(w->p.app.mounts.n, 0);
		w->f.config.mounts = "error";
		assert_refused(w, EINVAL, cases[i].words);
	}
	*f = (struct mount_facts){.source = "/src", .problem = "No such file or directory"};
	w->f.config.mounts = "warn";
	assert_refused(w, ENOENT, "source '/src' cannot be used: No such file");
}

/* An application would begin anew in an empty directory: no less than a small one, of which there is a copy at least. */
static void what_would_be_missed_is_refused(void **state)
{
	struct volume_facts v = {.own = "it is the host's own (/etc/fstab names it)"};
	struct world *w = *state;
	struct mount_facts *f = one_bind(w, "rw");

	f->more = true;
	assert_refused(
		w, EINVAL,
		"mount '/data' (source '/src') is writable and has contents, but cannot reach the guest; mount it "
		"read-only, or accept that it is missing with [runtime] mounts = \"warn\": with it more than 16 MiB or "
		"4096 files would have to be copied ([runtime] mounts_max_mb)");
	w->f.volumes.v = &v;
	w->f.volumes.n = 1;
	assert_refused(w, EINVAL, ", and it cannot be a disk (it is the host's own (/etc/fstab names it))");
	w->f.config.mounts = "warn";
	assert_planned(w);
	assert_true(warned(w, "is left out") && warned(w, "it is the host's own (/etc/fstab names it)"));
	w->f.config.mounts = "auto";
	*f = (struct mount_facts){.source = "/src", .kind = MOUNT_DIRECTORY, .problem = "Permission denied"};
	assert_refused(w, EINVAL, "is writable and may have contents");
	*f = (struct mount_facts){.source = "/src", .kind = MOUNT_FILE, .more = true};
	assert_planned(w); /* as with a copy of one */
	*f = (struct mount_facts){.source = "/src", .kind = MOUNT_DIRECTORY, .entries = 1, .more = true};
	assert_planned(w); /* nothing is in it */
	w->f.mounts.n = 0;
	assert_planned(w);
	assert_true(warned(w, "nothing is known of its source"));
	f = one_bind(w, "rw");
	f->more = true;
	w->args[0] = "/sbin/init";
	assert_planned(w);
	assert_true(warned(w, "is left out"));
}

static void tmpfs_with_the_options_that_mean_something(void **state)
{
	static const char *options[] = {"nosuid",    "rprivate", "size=64k",
					"tmpcopyup", "mode=700", "size=1,2"};
	struct spec_mount m = {.destination = "/dev/shm/",
			       .type = "tmpfs",
			       .source = "t",
			       .options = {options, 6}};
	struct world *w = *state;

	w->f.spec.mounts.v = &m;
	w->f.spec.mounts.n = 1;
	assert_planned(w);
	assert_int_equal(w->p.app.mounts.n, 1);
	assert_string_equal(w->p.app.mounts.v[0].path, "/dev/shm");
	assert_string_equal(w->p.app.mounts.v[0].options, "nosuid,size=64k,mode=700");
	options[1] = "rro";
	assert_planned(w);
	assert_string_equal(w->p.app.mounts.v[0].options, "nosuid,size=64k,mode=700,ro");
	m.options.n = 0;
	assert_planned(w);
	assert_null(w->p.app.mounts.v[0].options);
	m.destination = "/a\nb";
	assert_planned(w);
	assert_true(warned(w, "cannot mount anything there"));
}

static void another_init_finds_it_at_its_place(void **state)
{
	static struct spec_mount two[2];
	static struct mount_facts facts[2];
	struct world *w = *state;
	const struct box_op *op;

	w->args[0] = "/sbin/init";
	facts[0] = *one_bind(w, "ro");
	two[0] = two[1] = w->f.spec.mounts.v[0];
	two[0].destination = "/usr/a/b/../c";
	two[1].destination = "/usr/a/d";
	facts[1] = facts[0];
	facts[1].index = 1;
	w->f.spec.mounts.v = two;
	w->f.spec.mounts.n = 2;
	w->f.mounts.v = facts;
	w->f.mounts.n = 2;
	assert_planned(w);
	op = world_op(w, "/initrd");
	assert_int_equal(w->p.app.mounts.n, 0);
	/* /usr of a packed archive is there; what is under way is made once */
	assert_int_equal(op->adds.n, 3);
	assert_string_equal(op->adds.v[0].name, "usr/a");
	assert_null(op->adds.v[0].source);
	assert_string_equal(op->adds.v[1].name, "usr/a/c");
	assert_string_equal(op->adds.v[2].name, "usr/a/d");
	w->f.initrd.compression = "none";
	assert_planned(w);
	op = world_op(w, "/initrd");
	assert_int_equal(op->adds.n, 4);
	assert_string_equal(op->adds.v[0].name, "usr");
}

static void a_guest_of_one_archive(void **state)
{
	struct world *w = *state;
	struct mount_facts *f = one_bind(w, "ro");

	world_annotate(w, "unikernelType", "unikraft");
	f->kind = MOUNT_FILE;
	assert_refused(w, EINVAL, "(gzip): guest 'unikraft' reads one uncompressed newc archive");
	w->f.initrd.compression = "none";
	assert_planned(w);
	assert_true(world_op(w, "/initrd")->one_archive);
	assert_int_equal(world_op(w, "/initrd")->adds.n, 1);
	assert_int_equal(world_op(w, "/initrd")->adds.v[0].ino, 9);
	assert_int_equal(world_op(w, "/initrd")->adds.v[0].kind, S_IFREG);
	w->f.spec.mounts.v[0].destination = "/etc/hosts"; /* an engine may write it anew */
	assert_planned(w);
	assert_string_equal(world_op(w, "/initrd")->adds.v[0].label, "/etc/hosts");
	assert_int_equal(world_op(w, "/initrd")->adds.v[0].ino, 0);
	w->f.spec.mounts.v[0].destination = "/data";
	world_drop(w, "initrd");
	assert_planned(w);
	assert_true(warned(w, "can be given files only in an initrd"));
}

static void devices_of_the_host_are_told(void **state)
{
	struct spec_device d = {.type = "c", .path = "/dev/snd/timer"};
	struct world *w = *state;

	w->f.spec.devices.v = &d;
	w->f.spec.devices.n = 1;
	assert_planned(w);
	assert_true(warned(w, "device '/dev/snd/timer' is left out"));
	w->f.config.mounts = "error";
	assert_refused(w, EINVAL, "device '/dev/snd/timer'");
	d.path = "/dev/null";
	assert_planned(w);
	assert_int_equal(w->p.warnings.n, 0);
}

static void a_read_only_root(void **state)
{
	struct world *w = *state;

	w->f.spec.root_readonly = true;
	assert_planned(w);
	assert_true(w->p.app.readonly_root);
	assert_int_equal(w->p.warnings.n, 0);
	w->args[0] = "/sbin/init";
	assert_planned(w);
	assert_false(w->p.app.readonly_root);
	assert_int_equal(w->p.warnings.n, 0);
}

/* One entry, and whether start will read it. */
static const struct plan_source *source_of(struct world *w, struct spec_mount m)
{
	w->f.spec.mounts.v = &m;
	w->f.spec.mounts.n = 1;
	assert_planned(w);
	return w->p.sources.n > 0 ? &w->p.sources.v[0] : NULL;
}

static void the_three_files(void **state)
{
	static const char *words[] = {"rbind", "rprivate", "ro"};
	static const char *const files[] = {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"};
	static const char *const others[] = {"/etc/hosts/", "/etc/passwd", "/etc/resolv.conf.d", "etc/hosts",
					     "/"};
	struct world *w = *state;
	const struct plan_source *s;
	struct spec_mount m = {.type = "bind", .source = "/var/lib/h", .options = {words, 2}};

	for (size_t i = 0; i < 3; i++) {
		m.destination = files[i];
		s = source_of(w, m);
		assert_string_equal(s->path, files[i]);
		assert_string_equal(s->source, "/var/lib/h");
		assert_false(s->readonly);
	}
	for (size_t i = 0; i < 5; i++) {
		m.destination = others[i];
		assert_null(source_of(w, m));
	}
	m.destination = "/etc/hosts";
	m.options.n = 3;
	assert_true(source_of(w, m)->readonly);
	words[2] = "rro";
	assert_true(source_of(w, m)->readonly);
	m.source = "files/hosts";
	assert_string_equal(source_of(w, m)->source, "/run/b/c1/files/hosts");
	m.source = "";
	assert_null(source_of(w, m));
	m.source = NULL;
	assert_null(source_of(w, m));
}

static void only_bind_mounts(void **state)
{
	static const char *words[] = {"bind"};
	struct world *w = *state;
	struct spec_mount m = {.destination = "/etc/hosts", .source = "/h", .type = "bind"};

	assert_non_null(source_of(w, m));
	m.type = "tmpfs";
	assert_null(source_of(w, m));
	m.options = (struct strs){words, 1};
	assert_null(source_of(w, m));
	m.type = "none";
	assert_non_null(source_of(w, m));
	m.type = NULL;
	assert_non_null(source_of(w, m));
	m.options.n = 0;
	assert_null(source_of(w, m));
}

static void the_last_one_counts(void **state)
{
	struct world *w = *state;
	struct spec_mount m[] = {{.destination = "/etc/hosts", .type = "bind", .source = "/1"},
				 {.destination = "/etc/hostname", .type = "bind", .source = "/2"},
				 {.destination = "/etc/hosts", .type = "bind", .source = "/3"}};

	w->f.spec.mounts.v = m;
	w->f.spec.mounts.n = 3;
	assert_planned(w);
	assert_int_equal(w->p.sources.n, 2);
	assert_string_equal(w->p.sources.v[0].source, "/3");
	assert_string_equal(w->p.sources.v[1].source, "/2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(engines_own_mounts_are_silent),
		world_test(others_are_named),
		world_test(a_tree_is_carried_and_bound),
		world_test(what_is_written_must_not_get_lost_unnoticed),
		world_test(what_cannot_come_is_told_or_refused),
		world_test(what_would_be_missed_is_refused),
		world_test(tmpfs_with_the_options_that_mean_something),
		world_test(another_init_finds_it_at_its_place),
		world_test(a_guest_of_one_archive),
		world_test(devices_of_the_host_are_told),
		world_test(a_read_only_root),
		world_test(the_three_files),
		world_test(only_bind_mounts),
		world_test(the_last_one_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
