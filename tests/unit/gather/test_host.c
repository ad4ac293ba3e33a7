/* SPDX-License-Identifier: Apache-2.0 */
/* The machine, and where urunit is looked for. */
#include <sys/utsname.h>

#include "gather/parts.h"
#include "gather/scratch.h"
#include "guests/guest.h"
#include "monitors/monitor.h"

static const struct guest_ops linux_guest = {.name = "linux", .urunit = true},
			      other_guest = {.name = "unikraft"};

static int gather(struct scratch *s, struct facts *f, const struct guest_ops *guest)
{
	const struct plan_wants w = {.guest = guest};

	s->e = (struct err){0};
	return gather_host(f, &w, &s->a, &s->e);
}

static void machine(void **state)
{
	struct scratch *s = *state;
	struct facts f = {0};
	struct utsname u;
	long cpus = sysconf(_SC_NPROCESSORS_CONF), pages = sysconf(_SC_PHYS_PAGES);

	config_defaults(&f.config);
	assert_ok(gather(s, &f, &other_guest), s->e);
	uname(&u);
	assert_string_equal(f.host.kernel_release, u.release);
	assert_string_equal(arch_names[f.host.arch], u.machine);
	assert_in_range(f.host.cpus, 1, cpus);
	assert_int_equal(f.host.memory_bytes, (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE));
	assert_int_equal(f.host.systemd, access("/run/systemd/system", F_OK) == 0);
	assert_int_equal(f.host.has_tun, access("/dev/net/tun", F_OK) == 0);
}

static void configured_urunit(void **state)
{
	struct scratch *s = *state;
	struct facts f = {0};

	config_defaults(&f.config);
	f.config.source = "/etc/urunc/config.toml";
	f.config.urunit_path = scratch_text(s, "my-urunit", "12345");
	assert_ok(gather(s, &f, &linux_guest), s->e);
	assert_string_equal(f.host.urunit_path, f.config.urunit_path);
	assert_int_equal(f.host.urunit_bytes, 5);
	f.config.urunit_path = scratch_path(s, "none");
	assert_fails(gather(s, &f, &linux_guest), s->e, ENOENT,
		     "urunit_path in section [runtime] of /etc/urunc/config.toml");
	f.config.urunit_path = s->dir;
	assert_fails(gather(s, &f, &linux_guest), s->e, ENOENT, "is no regular file");
}

/* Other guests do not fail for want of it, and nothing is looked at. */
static void only_for_guests_with_urunit(void **state)
{
	struct scratch *s = *state;
	struct facts f = {0};

	config_defaults(&f.config);
	f.config.urunit_path = scratch_path(s, "none");
	assert_ok(gather(s, &f, &other_guest), s->e);
	assert_null(f.host.urunit_path);
	assert_ok(gather(s, &f, NULL), s->e);
	assert_null(f.host.urunit_path);
	f.config.urunit_path = scratch_text(s, "u", "x");
	f.spec.args.v = (const char *[]){"/sbin/urunit"};
	f.spec.args.n = 1;
	assert_ok(gather(s, &f, &other_guest), s->e);
	assert_null(f.host.urunit_path);
}

static void beside_the_program(void **state)
{
	struct scratch *s = *state;
	struct facts f = {0};
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 8);
	bool made;
	int fd;

	assert_true(n > 0);
	exe[n] = '\0';
	strcpy(strrchr(exe, '/'), "/urunit");
	fd = open(exe, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	made = fd >= 0;
	if (!made)
		return; /* something of that name is there, or nothing can be written */
	assert_int_equal(write(fd, "abc", 3), 3);
	close(fd);
	config_defaults(&f.config);
	assert_int_equal(gather(s, &f, &linux_guest), 0);
	unlink(exe);
	assert_string_equal(f.host.urunit_path, exe);
	assert_int_equal(f.host.urunit_bytes, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(machine),
		scratch_test(configured_urunit),
		scratch_test(only_for_guests_with_urunit),
		scratch_test(beside_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
