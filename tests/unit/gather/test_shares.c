/* SPDX-License-Identifier: Apache-2.0 */
/* Looking for virtiofsd, and for files that 9p could not serve. */
#include <sys/utsname.h>
#include "gather/parts.h"
#include "gather/scratch.h"
#include "guests/guest.h"
#include "monitors/monitor.h"

static const struct monitor_ops with = {.name = "m", .caps = MON_VIRTIOFS | MON_9P}, without = {.name = "n"};
static const struct guest_ops can = {.name = "g", .roots = 1u << ROOT_VIRTIOFS | 1u << ROOT_9P},
			      cannot = {.name = "h"};

static struct facts new_facts(const char *daemon)
{
	struct facts f = {0};

	config_defaults(&f.config);
	f.config.virtiofsd_path = daemon;
	return f;
}

static const char *find(struct scratch *s, const char *daemon, const struct monitor_ops *m,
			const struct guest_ops *g)
{
	const struct plan_wants w = {.monitor = m, .guest = g, .meta.mount_rootfs = true};
	struct facts f = new_facts(daemon);

	assert_int_equal(gather_shares(&f, &w, &s->a, NULL), 0);
	return f.virtiofsd_path;
}

static void daemon_that_can_be_started(void **state)
{
	struct scratch *s = *state;
	const char *script = scratch_text(s, "virtiofsd", "#!/bin/true\n"), *found;

	unit_needs("programs of this architecture on this machine", unit_programs_are_native());
	assert_null(find(s, "/bin/true", &without, &can));
	assert_null(find(s, "/bin/true", &with, &cannot));
	assert_string_equal(find(s, "/bin/true", &with, &can), "/bin/true");
	/* A script has no libraries by which to know it; a directory is no program. */
	found = find(s, script, &with, &can);
	assert_true(!found || !streq(found, script));
	found = find(s, s->dir, &with, &can);
	assert_true(!found || !streq(found, s->dir));
}

static void no_daemon_for_what_engines_write(void **state)
{
	const struct plan_wants w = {.monitor = &with, .guest = &can};
	struct scratch *s = *state;
	struct facts f = new_facts("/bin/true");
	const char *urunit[] = {"/urunit"};
	struct spec_mount m = {.destination = "/etc/hosts", .type = "bind", .source = "/x"};
	struct mount_facts known = {.source = "/x", .kind = MOUNT_FILE};

	unit_needs("programs of this architecture on this machine", unit_programs_are_native());
	f.spec.mounts.v = &m;
	f.spec.mounts.n = f.mounts.n = 1;
	f.mounts.v = &known;
	f.spec.args = (struct strs){urunit, 1};
	assert_int_equal(gather_shares(&f, &w, &s->a, NULL), 0);
	assert_null(f.virtiofsd_path);
	m.destination = "/etc/other";
	assert_int_equal(gather_shares(&f, &w, &s->a, NULL), 0);
	assert_string_equal(f.virtiofsd_path, "/bin/true");
}

static void owner_of_everything(void **state)
{
	const struct plan_wants w = {.monitor = &with, .guest = &can, .meta.mount_rootfs = true};
	struct scratch *s = *state;
	struct facts f = new_facts("/none");

	scratch_text(s, "file", "x");
	f.config.rootfs = "9p";
	f.root.path = s->dir;
	f.spec.uid = getuid();
	assert_int_equal(gather_shares(&f, &w, &s->a, NULL), 0);
	assert_null(f.share.other);
	f.spec.uid = getuid() + 1;
	assert_int_equal(gather_shares(&f, &w, &s->a, NULL), 0);
	assert_non_null(f.share.other);
	assert_int_equal(f.share.other_uid, getuid());
	f.share.other = NULL;
	f.root.readonly = true;
	assert_int_equal(gather_shares(&f, &w, &s->a, NULL), 0);
	assert_null(f.share.other);
}

/* Of mounts: when 9p is what remains, and the guest writes. */
static const char *owner_in_mount(struct scratch *s, struct facts *f, const char *initrd)
{
	const struct plan_wants w = {.monitor = &with, .guest = &can, .meta.initrd = initrd};

	f->mounts.v[0].other = NULL;
	assert_int_equal(gather_shares(f, &w, &s->a, NULL), 0);
	return f->mounts.v[0].other;
}

static void owner_of_what_a_mount_has(void **state)
{
	struct scratch *s = *state;
	const char *urunit[] = {"/urunit"}, *ro[] = {"ro"};
	struct kernel_module modules[] = {{.name = "9p"}};
	struct spec_mount m = {.destination = "/x", .type = "bind", .source = s->dir};
	struct mount_facts known = {.source = s->dir, .kind = MOUNT_DIRECTORY};
	struct facts f = new_facts("/none");

	scratch_text(s, "d/file", "x");
	f.spec.mounts.v = &m;
	f.spec.mounts.n = f.mounts.n = 1;
	f.mounts.v = &known;
	f.spec.args = (struct strs){urunit, 1};
	f.spec.uid = getuid() + 1;
	f.config.mounts_by = "9p";
	assert_non_null(owner_in_mount(s, &f, NULL));
	assert_int_equal(known.other_uid, getuid());
	f.spec.uid = getuid();
	assert_null(owner_in_mount(s, &f, NULL));
	f.spec.uid++;
	known.kind = MOUNT_FILE;
	known.uid = 7;
	assert_string_equal(owner_in_mount(s, &f, NULL), "/");
	assert_int_equal(known.other_uid, 7);
	m.options = (struct strs){ro, 1};
	assert_null(owner_in_mount(s, &f, NULL));
	m.options.n = 0;
	f.config.mounts_by = "copy";
	assert_null(owner_in_mount(s, &f, NULL));
	f.config.mounts_by = "9p";
	f.modules.known = true;
	f.modules.list.v = modules;
	f.modules.list.n = 1;
	assert_null(owner_in_mount(s, &f, NULL));
	assert_non_null(owner_in_mount(s, &f, "/initrd")); /* which may hold it */
	modules[0].builtin = true;
	assert_non_null(owner_in_mount(s, &f, NULL));
	f.spec.args.n = 0;
	assert_null(owner_in_mount(s, &f, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(daemon_that_can_be_started),
		scratch_test(no_daemon_for_what_engines_write),
		scratch_test(owner_of_everything),
		scratch_test(owner_of_what_a_mount_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
