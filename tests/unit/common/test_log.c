/* SPDX-License-Identifier: Apache-2.0 */
/* The log: runc's format, one line a record, and no way to die of it. */
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <jansson.h>

#include "common/io.h"
#include "unit.h"

static char dir[256], path[300];

static int setup(void **state)
{
	(void)state;
	unit_tmpdir(dir);
	snprintf(path, sizeof(path), "%s/log.json", dir);
	return 0;
}

static int teardown(void **state)
{
	struct err e = {0};

	(void)state;
	assert_ok(log_open(NULL, false, LOG_LVL_INFO, &e), e);
	unit_rmdir(dir);
	return 0;
}

static const char *contents(struct arena *a)
{
	struct err e = {0};
	struct bytes b;

	assert_ok(file_read(AT_FDCWD, path, 1 << 20, a, &b, &e), e);
	return b.p;
}

/* "2026-01-02T03:04:05Z" */
static void assert_time(const char *s)
{
	static const char form[] = "dddd-dd-ddTdd:dd:ddZ";

	for (size_t i = 0; form[i]; i++) {
		if (form[i] == 'd')
			assert_in_range(s[i], '0', '9');
		else
			assert_int_equal(s[i], form[i]);
	}
}

static void json_lines_as_the_shim_reads_them(void **state)
{
	static const char before[] =
		"{\"level\":\"error\",\"msg\":\"bad \\\"x\\\"\\nnext \\u001b[1m\\\\\",\"time\":\"";
	struct arena a = {0};
	struct err e = {0};
	const char *s;
	json_error_t why;
	json_t *o;

	(void)state;
	assert_ok(log_open(path, true, LOG_LVL_INFO, &e), e);
	log_msg(LOG_LVL_ERROR, "bad \"%s\"\nnext \x1b[1m\\", "x");
	s = contents(&a);
	assert_memory_equal(s, before, sizeof(before) - 1);
	assert_time(s + sizeof(before) - 1);
	assert_string_equal(s + sizeof(before) - 1 + 20, "\"}\n");
	o = json_loads(s, 0, &why);
	assert_non_null(o);
	assert_string_equal(json_string_value(json_object_get(o, "msg")), "bad \"x\"\nnext \x1b[1m\\");
	json_decref(o);
	arena_release(&a);
}

static void text_lines(void **state)
{
	struct arena a = {0};
	struct err e = {0};
	const char *s;

	(void)state;
	assert_ok(log_open(path, false, LOG_LVL_INFO, &e), e);
	log_msg(LOG_LVL_WARN, "a\nb");
	s = contents(&a);
	assert_memory_equal(s, "time=\"", 6);
	assert_time(s + 6);
	assert_string_equal(s + 26, "\" level=warning msg=\"a\\nb\"\n");
	arena_release(&a);
}

static void levels_filter_and_files_grow(void **state)
{
	struct arena a = {0};
	struct err e = {0};
	struct stat st;
	const char *s;

	(void)state;
	assert_ok(log_open(path, false, LOG_LVL_ERROR, &e), e);
	log_warn("not seen");
	log_msg(LOG_LVL_ERROR, "first");
	assert_ok(log_open(path, false, LOG_LVL_DEBUG, &e), e); /* again: appended */
	log_debug("second");
	s = contents(&a);
	assert_null(strstr(s, "not seen"));
	assert_non_null(strstr(s, "level=error msg=\"first\"\n"));
	assert_non_null(strstr(s, "level=debug msg=\"second\"\n"));
	assert_false(log_to_stderr());
	assert_int_equal(fcntl(log_fd(), F_GETFD), FD_CLOEXEC);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777 & ~0022, 0644 & ~0022);
	assert_ok(log_open(NULL, false, LOG_LVL_INFO, &e), e);
	assert_true(log_to_stderr());
	assert_int_equal(log_fd(), 2);
	arena_release(&a);
}

static void long_messages_stay_one_line(void **state)
{
	struct arena a = {0};
	struct err e = {0};
	char big[6000];
	const char *s;

	(void)state;
	memset(big, '\x01', sizeof(big) - 1); /* the worst case: six bytes each */
	big[sizeof(big) - 1] = '\0';
	assert_ok(log_open(path, true, LOG_LVL_INFO, &e), e);
	log_msg(LOG_LVL_ERROR, "%s", big);
	s = contents(&a);
	assert_true(strlen(s) > 2047 * 6);
	assert_ptr_equal(strchr(s, '\n'), s + strlen(s) - 1);
	assert_string_equal(s + strlen(s) - 3, "\"}\n");
	arena_release(&a);
}

static void an_unusable_file_is_told(void **state)
{
	struct err e = {0};
	int before = log_fd();

	(void)state;
	assert_fails(log_open("/nonexistent/dir/log", true, LOG_LVL_INFO, &e), e, ENOENT,
		     "/nonexistent/dir/log");
	assert_int_equal(log_fd(), before);
}

/* How a child ends that logs to the given standard error; -1: none at all. */
static int end_of_logger(int fd)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		sigset_t pending;

		signal(SIGPIPE, SIG_DFL);
		if (fd < 0)
			close(2);
		else
			dup2(fd, 2);
		errno = EXDEV;
		log_msg(LOG_LVL_ERROR, "into the void");
		sigpending(&pending);
		_exit(errno == EXDEV && !sigismember(&pending, SIGPIPE) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void standard_error_may_be_closed_readonly_or_a_dead_pipe(void **state)
{
	int p[2], ro = open("/dev/null", O_RDONLY | O_CLOEXEC), full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	close(p[0]);
	assert_int_equal(end_of_logger(-1), 0);
	assert_int_equal(end_of_logger(ro), 0);
	assert_int_equal(end_of_logger(full), 0);
	assert_int_equal(end_of_logger(p[1]), 0);
	close(p[1]);
	close(ro);
	close(full);
}

static void levels_have_names(void **state)
{
	static const struct {
		const char *word;
		enum log_level level;
	} words[] = {{"error", LOG_LVL_ERROR}, {"fatal", LOG_LVL_ERROR},  {"panic", LOG_LVL_ERROR},
		     {"warn", LOG_LVL_WARN},   {"warning", LOG_LVL_WARN}, {"info", LOG_LVL_INFO},
		     {"debug", LOG_LVL_DEBUG}, {"trace", LOG_LVL_DEBUG}};
	enum log_level level = LOG_LVL_INFO;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_true(log_level_parse(words[i].word, &level));
		assert_int_equal(level, words[i].level);
	}
	assert_false(log_level_parse("Error", &level));
	assert_false(log_level_parse("", &level));
	assert_int_equal(level, LOG_LVL_DEBUG);
}

static void the_level_can_change(void **state)
{
	struct arena a = {0};
	struct err e = {0};

	(void)state;
	assert_ok(log_open(path, true, LOG_LVL_INFO, &e), e);
	log_set_level(LOG_LVL_ERROR);
	log_warn("left out");
	log_set_level(LOG_LVL_DEBUG);
	log_debug("told");
	assert_null(strstr(contents(&a), "left out"));
	assert_non_null(strstr(contents(&a), "told"));
	arena_release(&a);
}

static int asked;
static void settings(void *arg)
{
	asked++;
	log_debug("from within"); /* must not ask again */
	log_set_level(*(enum log_level *)arg);
}

/* What is not said need not be configured. */
static void settings_are_asked_for_at_the_first_word(void **state)
{
	enum log_level level = LOG_LVL_DEBUG;
	struct arena a = {0};
	struct err e = {0};

	(void)state;
	assert_ok(log_open(path, true, LOG_LVL_ERROR, &e), e);
	log_before_first(settings, &level);
	assert_int_equal(asked, 0);
	errno = 79;
	log_debug("one"); /* which they may allow */
	log_debug("two");
	assert_int_equal(errno, 79);
	assert_int_equal(asked, 1);
	assert_non_null(strstr(contents(&a), "one"));
	log_before_first(settings, &level);
	assert_ok(log_open(path, true, LOG_LVL_ERROR, &e), e); /* forgotten */
	log_msg(LOG_LVL_ERROR, "three");
	assert_int_equal(asked, 1);
	/* Wherever that goes: it is no failure. */
	log_syslog(true);
	log_msg(LOG_LVL_DEBUG, "left out");
	log_syslog(false);
	log_msg(LOG_LVL_ERROR, "four");
	assert_non_null(strstr(contents(&a), "four"));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(json_lines_as_the_shim_reads_them, setup, teardown),
		cmocka_unit_test_setup_teardown(text_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(levels_filter_and_files_grow, setup, teardown),
		cmocka_unit_test_setup_teardown(long_messages_stay_one_line, setup, teardown),
		cmocka_unit_test_setup_teardown(an_unusable_file_is_told, setup, teardown),
		cmocka_unit_test(levels_have_names),
		cmocka_unit_test_setup_teardown(the_level_can_change, setup, teardown),
		cmocka_unit_test_setup_teardown(settings_are_asked_for_at_the_first_word, setup, teardown),
		cmocka_unit_test(standard_error_may_be_closed_readonly_or_a_dead_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
