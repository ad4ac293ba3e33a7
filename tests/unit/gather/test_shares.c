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

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(daemon_that_can_be_started),
		scratch_test(owner_of_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
