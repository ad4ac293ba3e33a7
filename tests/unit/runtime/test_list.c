/* SPDX-License-Identifier: Apache-2.0 */
/* The list: ours and the delegates', in runc's formats. */
#include "runtime/list.h"

#include "common/log.h"
#include "fake_container.h"

static const char *list(struct fake *f, enum list_format format)
{
	const struct delegate_call call = {.root = f->root};
	struct strbuf out = STRBUF(&f->arena);
	struct err e = {0};

	assert_ok(runtime_list(&f->rt, &call, format, &out, &e), e);
	return out.p ? out.p : "";
}

static void nothing(void **state)
{
	struct fake *f = *state;

	assert_string_equal(list(f, LIST_TABLE),
			    "ID          PID         STATUS      BUNDLE      CREATED     OWNER\n");
	assert_string_equal(list(f, LIST_JSON), "null\n");
	assert_string_equal(list(f, LIST_IDS), "");
	fake_dir(f, "leftover");
	fake_dir(f, "not an id");
	fake_file(f, "file", "");
	assert_string_equal(list(f, LIST_JSON), "null\n");
}

static void ours(void **state)
{
	struct fake *f = *state;
	pid_t pid = fake_process();
	char expected[2048];

	f->head.bundle = "/b";
	f->head.owner = 1000;
	fake_make(f, "zz-a-rather-long-id", 0);
	f->head.owner = 0;
	fake_make(f, "aa", pid);
	fake_note(f, "aa", "created", NULL);
	snprintf(expected, sizeof(expected),
		 "ID                    PID         STATUS      BUNDLE      CREATED                          OWNER\n"
		 "aa                    %-9d   created     /b          2023-11-14T22:13:20.123456789Z   root\n"
		 "zz-a-rather-long-id   0           stopped     /b          2023-11-14T22:13:20.123456789Z   1000\n",
		 (int)pid);
	assert_string_equal(list(f, LIST_TABLE), expected);
	assert_string_equal(list(f, LIST_IDS), "aa\nzz-a-rather-long-id\n");
	snprintf(expected, sizeof(expected),
		 "[{\"ociVersion\":\"1.0.2\",\"id\":\"aa\",\"pid\":%d,\"status\":\"created\",\"bundle\":\"/b\",\"rootfs\":\"/rootfs\","
		 "\"created\":\"2023-11-14T22:13:20.123456789Z\",\"owner\":\"root\"},{\"ociVersion\":\"1.0.2\",\"id\":\"zz-a-rather-long-id\","
		 "\"pid\":0,\"status\":\"stopped\",\"bundle\":\"/b\",\"rootfs\":\"/rootfs\",\"created\":\"2023-11-14T22:13:20.123456789Z\","
		 "\"owner\":\"1000\"}]\n",
		 (int)pid);
	assert_string_equal(list(f, LIST_JSON), expected);
	fake_reap(pid);
}

static void delegates(void **state)
{
	struct fake *f = *state;
	char old[4096], script[1024], toml[400];
	struct stat st;

	unit_needs_call(clone3);
	snprintf(old, sizeof(old), "%s", getenv("PATH"));
	fake_make(f, "b", 0);
	fake_dir(f, "a");
	fake_file(f, "a/state.json", "{}");
	fake_dir(f, "c");
	fake_file(f, "c/status", "{}");
	fake_dir(f, "bin");
	fake_file(f, "bin/runc",
		  "#!/bin/sh\necho '[{\"id\":\"a\",\"pid\":12,\"status\":\"running\",\"bundle\":\"/x\",\"created\":\"then\",\"owner\":\"root\",\"new\":[1]}]'\n");
	fake_file(f, "bin/crun", "#!/bin/sh\nexit 1\n");
	snprintf(script, sizeof(script), "%s/bin:/usr/bin:/bin", f->root);
	setenv("PATH", script, 1);
	fake_file(f, "empty.toml", "");
	snprintf(toml, sizeof(toml), "%s/empty.toml", f->root);
	setenv("URUNC_CONFIG_FILE", toml, 1);
	assert_ok(log_open("/dev/null", false, LOG_LVL_WARN, NULL), (struct err){0});
	assert_string_equal(list(f, LIST_IDS), "a\nb\n"); /* crun's failure is told, and no more than that */
	/* Members we do not know pass through. */
	assert_non_null(strstr(
		list(f, LIST_JSON),
		"[{\"id\":\"a\",\"pid\":12,\"status\":\"running\",\"bundle\":\"/x\",\"created\":\"then\",\"owner\":\"root\",\"new\":[1]},{"));
	assert_non_null(strstr(list(f, LIST_TABLE), "\na           12          running     /x "));
	fake_file(f, "bin/runc", "#!/bin/sh\necho garbage\n");
	assert_string_equal(list(f, LIST_IDS), "b\n");
	/* What runc prints where none of its directories holds a container is no trouble. */
	snprintf(script, sizeof(script), "%s/c/status", f->root);
	assert_int_equal(unlink(script), 0);
	snprintf(toml, sizeof(toml), "%s/log", f->root);
	assert_ok(log_open(toml, false, LOG_LVL_WARN, NULL), (struct err){0});
	fake_file(f, "bin/runc", "#!/bin/sh\necho null\n");
	assert_string_equal(list(f, LIST_IDS), "b\n");
	assert_int_equal(stat(toml, &st), 0);
	assert_int_equal(st.st_size, 0);
	setenv("PATH", old, 1);
	unsetenv("URUNC_CONFIG_FILE");
	assert_ok(log_open(NULL, false, LOG_LVL_INFO, NULL), (struct err){0});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(ours, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(delegates, fake_setup, fake_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
