/* SPDX-License-Identifier: Apache-2.0 */
/* Limits without privileges. Giving privileges up needs some: tests/payload/box_test_creds.c. */
#include "sandbox/creds.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "unit.h"

static void names(void **state)
{
	(void)state;
	assert_int_equal(creds_rlimit_resource("RLIMIT_NOFILE"), RLIMIT_NOFILE);
	assert_int_equal(creds_rlimit_resource("RLIMIT_AS"), RLIMIT_AS);
	assert_int_equal(creds_rlimit_resource("RLIMIT_RTTIME"), RLIMIT_RTTIME);
	assert_int_equal(creds_rlimit_resource("RLIMIT_STACK"), RLIMIT_STACK);
	assert_int_equal(creds_rlimit_resource("NOFILE"), -1);
	assert_int_equal(creds_rlimit_resource("rlimit_nofile"), -1);
	assert_int_equal(creds_rlimit_resource(""), -1);
}

/* Every limit the kernel has can be named. */
static void all_limits_have_names(void **state)
{
	static const char *const all[] = {"CPU",      "FSIZE",  "DATA",    "STACK", "CORE",  "RSS",
					  "NPROC",    "NOFILE", "MEMLOCK", "AS",    "LOCKS", "SIGPENDING",
					  "MSGQUEUE", "NICE",   "RTPRIO",  "RTTIME"};
	char name[32];

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		snprintf(name, sizeof(name), "RLIMIT_%s", all[i]);
		assert_int_equal(creds_rlimit_resource(name), i);
	}
	assert_int_equal(sizeof(all) / sizeof(all[0]), RLIM_NLIMITS);
}

static void wrong_limits(void **state)
{
	struct rlimit_value v = {"RLIMIT_PIGS", 1, 1};
	struct confine_creds c = {.umask = 022};
	const char *warn = "untouched";
	struct err e;

	(void)state;
	c.rlimits.v = &v;
	c.rlimits.n = 1;
	assert_fails(creds_limits(&c, &warn, &e), e, EINVAL, "'RLIMIT_PIGS' is unknown");
	v = (struct rlimit_value){"RLIMIT_NOFILE", 11, 10};
	assert_fails(creds_limits(&c, &warn, &e), e, EINVAL, "soft limit 11 is above the hard limit 10");
	assert_string_equal(warn, "untouched");
}

/* In a child, because limits only go down. */
static void limits_are_set(void **state)
{
	struct rlimit_value v[] = {{"RLIMIT_NOFILE", 50, 60}, {"RLIMIT_CORE", 1 << 20, 1 << 20}};
	struct confine_creds c = {.umask = 022};
	int status = -1;
	pid_t pid;

	(void)state;
	c.rlimits.v = v;
	c.rlimits.n = 2;
	pid = fork();
	if (pid == 0) {
		const char *warn = "x";
		struct err e = {0};
		struct rlimit l;

		if (creds_limits(&c, &warn, &e) != 0 || warn)
			_exit(1);
		if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_cur != 50 || l.rlim_max != 60)
			_exit(2);
		if (getrlimit(RLIMIT_CORE, &l) < 0 || l.rlim_cur != 0 || l.rlim_max != 0)
			_exit(3); /* a core would hold the guest's memory, whatever was asked */
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Whoever may not drop everything learns it: creds_drop never half succeeds in silence. */
static void drop_needs_privileges(void **state)
{
	struct confine_creds c = {.uid = 1, .gid = 1};
	int status = -1;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		struct err e = {0};

		if (getuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(1);
		_exit(creds_drop(&c, &e) == -EPERM && strstr(e.msg, "bounding set") ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(all_limits_have_names),
		cmocka_unit_test(wrong_limits),
		cmocka_unit_test(limits_are_set),
		cmocka_unit_test(drop_needs_privileges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
