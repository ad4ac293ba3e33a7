/* SPDX-License-Identifier: Apache-2.0 */
/* Names and format of the original, gaps, the way between processes, files that are none. */
#include "runtime/timestamps.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/io.h"
#include "common/path.h"
#include "unit.h"

static const char *const lines[] = {
	"TS00\",\"timestampName\":\"CR.invoked\",\"timestampOrder\":0,",
	"TS01\",\"timestampName\":\"CR.unikontainer_created\",\"timestampOrder\":1,",
	"TS02\",\"timestampName\":\"CR.initial_setup\",\"timestampOrder\":2,",
	"TS03\",\"timestampName\":\"CR.start_reexec\",\"timestampOrder\":3,",
	"TS04\",\"timestampName\":\"RX.create_invoked\",\"timestampOrder\":4,",
	"TS05\",\"timestampName\":\"RX.close_pipes_and_setup_base\",\"timestampOrder\":5,",
	"TS06\",\"timestampName\":\"CR.received_pids\",\"timestampOrder\":6,",
	"TS07\",\"timestampName\":\"CR.hooks_executed\",\"timestampOrder\":7,",
	"TS08\",\"timestampName\":\"CR.sent_ack\",\"timestampOrder\":8,",
	"TS09\",\"timestampName\":\"RX.received_ack\",\"timestampOrder\":9,",
	"TS10\",\"timestampName\":\"CR.terminated\",\"timestampOrder\":10,",
	"TS11\",\"timestampName\":\"ST.invoked\",\"timestampOrder\":11,",
	"TS12\",\"timestampName\":\"ST.unikontainer_created\",\"timestampOrder\":12,",
	"TS13\",\"timestampName\":\"ST.sent_start_msg\",\"timestampOrder\":13,",
	"TS14\",\"timestampName\":\"RX.received_start_msg\",\"timestampOrder\":14,",
	"TS15\",\"timestampName\":\"RX.joined_netns\",\"timestampOrder\":15,",
	"TS16\",\"timestampName\":\"RX.network_setup_completed\",\"timestampOrder\":16,",
	"TS17\",\"timestampName\":\"RX.disk_setup_completed\",\"timestampOrder\":17,",
	"TS18\",\"timestampName\":\"RX.execve_hypervisor\",\"timestampOrder\":18,",
};

static void the_original_s_names(void **state)
{
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	const char *text, *p;

	(void)state;
	stamps_enable(true);
	stamps_take(STAMP_CR_INVOKED, STAMP_RX_EXEC,
		    "1700000000123456789 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 ");
	stamps_format("c-1", STAMP_CR_INVOKED, STAMP_RX_EXEC, &b);
	assert_int_equal(sb_done(&b, &text, NULL), 0);
	p = text;
	for (size_t i = 0; i < STAMP_COUNT; i++) {
		char want[200];

		snprintf(want, sizeof(want), "{\"containerID\":\"c-1\",\"timestampID\":\"%s\"time\":%llu}\n",
			 lines[i], i ? (unsigned long long)i + 1 : 1700000000123456789ull);
		assert_memory_equal(p, want, strlen(want));
		p += strlen(want);
	}
	assert_int_equal(*p, '\0');
	arena_release(&a);
}

static void what_did_not_happen_took_no_time(void **state)
{
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	const char *text;

	(void)state;
	stamps_take(STAMP_ST_INVOKED, STAMP_ST_INVOKED, "77 ");
	stamps_take(STAMP_ST_LOADED, STAMP_ST_SENT, "0 0 "); /* nor does a zero wipe out what is known */
	stamps_format("c", STAMP_ST_INVOKED, STAMP_ST_SENT, &b);
	assert_int_equal(sb_done(&b, &text, NULL), 0);
	assert_non_null(strstr(text, "\"timestampOrder\":12,\"time\":13}"));
	arena_release(&a);
}

static void from_process_to_process(void **state)
{
	char text[STAMPS_TEXT_BYTES], again[STAMPS_TEXT_BYTES];

	(void)state;
	stamps_enable(false);
	stamps_put(STAMP_CR_INVOKED, STAMP_RX_EXEC, text);
	assert_string_equal(text, "");
	stamps_enable(true);
	stamps_take(STAMP_CR_INVOKED, STAMP_CR_PLANNED, "18446744073709551615 18446744073709551615 ");
	stamps_put(STAMP_CR_INVOKED, STAMP_CR_PLANNED, text);
	assert_string_equal(text, "18446744073709551615 18446744073709551615 ");
	/* Anything else changes nothing. */
	stamps_take(STAMP_CR_INVOKED, STAMP_CR_PLANNED, "");
	stamps_take(STAMP_CR_INVOKED, STAMP_CR_PLANNED, "words");
	stamps_take(STAMP_CR_INVOKED, STAMP_CR_PLANNED, "18446744073709551616 1");
	stamps_take(STAMP_CR_INVOKED, STAMP_CR_PLANNED, "123456789012345678901234567890");
	stamps_put(STAMP_CR_INVOKED, STAMP_CR_PLANNED, again);
	assert_string_equal(again, text);
	stamp(STAMP_CR_PLANNED);
	stamps_put(STAMP_CR_PLANNED, STAMP_CR_PLANNED, again);
	assert_int_equal(strlen(again), 20);
}

static void the_file(void **state)
{
	char dir[256], path[300], link_path[300];
	struct bytes text;
	struct arena a = {0};
	struct err e = {0};
	struct stat st;
	mode_t old = umask(0);
	int fd;

	(void)state;
	unit_tmpdir(dir);
	snprintf(path, sizeof(path), "%s/deep/er/file.log", dir);
	assert_ok(stamps_open(path, &fd, &e), e);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_ok(stamps_write(fd, "c1", STAMP_CR_INVOKED, STAMP_CR_PLANNED, &a, &e), e);
	close(fd);
	assert_ok(stamps_open(path, &fd, &e), e);
	assert_ok(stamps_write(fd, "c2", STAMP_ST_INVOKED, STAMP_ST_INVOKED, &a, &e), e);
	close(fd);
	assert_ok(file_read(AT_FDCWD, path, 4096, &a, &text, &e), e);
	assert_non_null(strstr(text.p, "c1"));
	assert_non_null(strstr(strstr(text.p, "TS01"), "{\"containerID\":\"c2\"")); /* after it */
	strrchr(path, '/')[0] = '\0';
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_fails(stamps_open(path, &fd, &e), e, EISDIR, path); /* a directory */
	snprintf(link_path, sizeof(link_path), "%s/link", dir);
	assert_int_equal(symlink("deep/er/file.log", link_path), 0);
	assert_fails(stamps_open(link_path, &fd, &e), e, ELOOP, link_path);
	snprintf(link_path, sizeof(link_path), "%s/fifo", dir);
	assert_int_equal(mkfifo(link_path, 0644), 0);
	assert_fails(stamps_open(link_path, &fd, &e), e, ENXIO, link_path); /* does not wait for a reader */
	assert_fails(stamps_open("/dev/null", &fd, &e), e, EINVAL, "not a regular file");
	snprintf(link_path, sizeof(link_path), "%s/deep/er/file.log/x", dir);
	assert_fails(stamps_open(link_path, &fd, &e), e, ENOTDIR, "file.log/x");
	assert_int_equal(umask(old), 0); /* left as it was */
	arena_release(&a);
	unit_rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_original_s_names),
		cmocka_unit_test(what_did_not_happen_took_no_time),
		cmocka_unit_test(from_process_to_process),
		cmocka_unit_test(the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
