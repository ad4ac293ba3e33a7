/* SPDX-License-Identifier: Apache-2.0 */
/* Processes of a container as JSON, as a table, and by the program ps. */
#include "runtime/ps.h"

#include "fake_container.h"

static const struct strs no_options;

static const char *ps(struct fake *f, bool json, const struct strs *options)
{
	struct strbuf out = STRBUF(&f->arena);
	struct err e = {0};

	assert_ok(runtime_ps(&f->rt, "c1", json, options, &out, &e), e);
	return out.p;
}

static void json_and_table(void **state)
{
	struct fake *f = *state;
	struct strbuf out = STRBUF(&f->arena);
	pid_t pid = fake_process();
	struct err e = {0};
	char expected[128];
	const char *line;
	int ppid;

	fake_make(f, "c1", pid);
	fake_note(f, "c1", "created", NULL);
	snprintf(expected, sizeof(expected), "[%d]\n", (int)pid);
	assert_string_equal(ps(f, true, &no_options), expected);
	line = strchr(ps(f, false, &no_options), '\n');
	assert_non_null(line);
	assert_int_equal(sscanf(line + 1, "%*u %*d %d", &ppid), 1);
	assert_int_equal(ppid, getpid());
	assert_non_null(strstr(line, "test_ps"));
	fake_reap(pid);
	assert_string_equal(ps(f, true, &no_options), "null\n");
	assert_fails(runtime_ps(&f->rt, "none", true, &no_options, &out, &e), e, ENOENT,
		     "container does not exist");
}

/* The group is there, with processes of somebody who came after the machine was started again. */
static void another_boot_has_other_processes(void **state)
{
	struct fake *f = *state;
	struct cgroup_dir dir = {.names = ""};
	char path[400], pid[32], expected[40];

	fake_make(f, "here", getpid()); /* also makes the root */
	fake_dir(f, "group");
	snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	fake_file(f, "group/cgroup.procs", pid);
	snprintf(path, sizeof(path), "%s/group", f->root);
	dir.mountpoint = f->root;
	dir.path = path;
	f->head.cgroup = (struct confine_cgroup){.version = 2, .path = "/group", .dirs = {&dir, 1}};
	fake_make(f, "c1", getpid());
	fake_note(f, "c1", "created", NULL);
	snprintf(expected, sizeof(expected), "[%d]\n", (int)getpid());
	assert_string_equal(ps(f, true, &no_options), expected);
	strcpy(f->boot_id, "00000000-0000-0000-0000-000000000000");
	fake_make(f, "c2", getpid());
	fake_note(f, "c2", "created", NULL);
	{
		struct strbuf out = STRBUF(&f->arena);
		struct err e = {0};
		const char *text;

		assert_ok(runtime_ps(&f->rt, "c2", true, &no_options, &out, &e), e);
		assert_int_equal(sb_done(&out, &text, NULL), 0);
		assert_string_equal(text, "null\n");
	}
}

static void lines_of_the_program(void **state)
{
	const char *words[] = {"-x", "-y"};
	const struct strs options = {words, 2};
	struct fake *f = *state;
	struct strbuf out = STRBUF(&f->arena);
	struct err e = {0};
	pid_t pid;
	char old[4096], text[600], expected[200];

	unit_needs_call(clone3);
	pid = fake_process();
	fake_make(f, "c1", pid);
	fake_note(f, "c1", "created", NULL);
	snprintf(old, sizeof(old), "%s", getenv("PATH"));
	fake_dir(f, "bin");
	snprintf(text, sizeof(text),
		 "#!/bin/sh\necho \"  USER   PID $1$2\"\necho \"  root %d1 no\"\necho \"  root  %d yes\"\necho \"%d 1 no\"\n",
		 (int)pid, (int)pid, (int)pid);
	fake_file(f, "bin/ps", text);
	snprintf(text, sizeof(text), "%s/bin:/usr/bin:/bin", f->root);
	setenv("PATH", text, 1);
	snprintf(expected, sizeof(expected), "  USER   PID -x-y\n  root  %d yes\n", (int)pid);
	assert_string_equal(ps(f, false, &options), expected);
	fake_file(f, "bin/ps", "#!/bin/sh\necho COMMAND PIDS\n");
	assert_fails(runtime_ps(&f->rt, "c1", false, &options, &out, &e), e, EINVAL,
		     "couldn't find PID field");
	fake_file(f, "bin/ps", "#!/bin/sh\nexit 1\n");
	assert_fails(runtime_ps(&f->rt, "c1", false, &options, &out, &e), e, EIO,
		     "ps option '-x' (whole lists with a column PID are wanted): ");
	assert_non_null(strstr(e.msg, "failed with status 1"));
	setenv("PATH", old, 1);
	fake_reap(pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(json_and_table, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(another_boot_has_other_processes, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(lines_of_the_program, fake_setup, fake_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
