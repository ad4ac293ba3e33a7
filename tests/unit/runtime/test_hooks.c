/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks run in order, get the state, are bounded in time and output, and tell why they failed. */
#include "runtime/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "unit.h"

struct world {
	char dir[256], log[300];
	struct arena arena;
	struct oci_state state;
	struct spec_hook hooks[4];
	const char *args[4][4];
	struct spec_hooks list;
	struct hook_run run;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	unit_tmpdir(w->dir);
	snprintf(w->log, sizeof(w->log), "%s/log", w->dir);
	setenv("HOOK_LOG", w->log, 1);
	w->state = (struct oci_state){.oci_version = "1.0.2",
				      .id = "c1",
				      .status = "creating",
				      .pid = 42,
				      .bundle = "/b"};
	w->list.v = w->hooks;
	w->run = (struct hook_run){
		.hooks = &w->list,
		.kind = "prestart",
		.state = &w->state,
		.watch_pidfd = -1,
		.root_fd = -1,
		.arena = &w->arena,
	};
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	unit_rmdir(w->dir);
	arena_release(&w->arena);
	free(w);
	return 0;
}

static struct spec_hook *add(struct world *w, const char *script)
{
	size_t i = w->list.n++;

	w->args[i][0] = "hook";
	w->args[i][1] = "-c";
	w->args[i][2] = script;
	w->hooks[i] = (struct spec_hook){.path = "/bin/sh", .args = {w->args[i], 3}};
	return &w->hooks[i];
}

static const char *log_text(struct world *w)
{
	static char buf[4096];
	int fd = open(w->log, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, sizeof(buf) - 1);

	buf[n] = '\0';
	if (fd >= 0)
		close(fd);
	return buf;
}

static void in_order_with_the_state(void **state)
{
	struct world *w = *state;
	struct err e = {0};

	unit_needs_call(clone3);
	add(w, "sleep 0.1; echo 1 $0 $(cat) >>$HOOK_LOG");
	add(w, "echo 2 $(cat) >>$HOOK_LOG");
	add(w, "echo 3 >>$HOOK_LOG"); /* does not read its input */
	assert_ok(hooks_run(&w->run, &e), e);
	assert_string_equal(
		log_text(w),
		"1 hook {\"ociVersion\":\"1.0.2\",\"id\":\"c1\",\"pid\":42,\"status\":\"creating\",\"bundle\":\"/b\"}\n"
		"2 {\"ociVersion\":\"1.0.2\",\"id\":\"c1\",\"pid\":42,\"status\":\"creating\",\"bundle\":\"/b\"}\n"
		"3\n");
}

static void environment_and_directory(void **state)
{
	const char *own[] = {"A=1", "B=2 3"}, *theirs[] = {"PATH=/bin", "C=4"};
	const struct strs given = {theirs, 2};
	struct world *w = *state;
	char script[600];
	struct err e = {0};

	unit_needs_call(clone3);
	snprintf(script, sizeof(script), "echo $(pwd):$A:$B:$C:$HOOK_LOG >>%s", w->log);
	add(w, script)->env = (struct strs){own, 2};
	add(w, script);
	w->run.cwd = "/usr";
	assert_ok(hooks_run(&w->run, &e), e); /* our own environment for the second */
	w->run.env = &given;
	assert_ok(hooks_run(&w->run, &e), e);
	snprintf(script, sizeof(script), "/usr:1:2 3::\n/usr::::%s\n/usr:1:2 3::\n/usr:::4:\n", w->log);
	assert_string_equal(log_text(w), script);
}

static void no_arguments_means_the_path(void **state)
{
	struct world *w = *state;
	struct err e = {0};

	unit_needs_call(clone3);
	add(w, "")->args.n = 0;
	w->hooks[0].path = "/bin/true";
	assert_ok(hooks_run(&w->run, &e), e);
}

static void failures_stop_the_row_and_tell(void **state)
{
	struct world *w = *state;
	struct err e = {0};

	unit_needs_call(clone3);
	add(w, "echo one >>$HOOK_LOG");
	add(w, "echo out; echo err >&2; exit 3");
	add(w, "echo three >>$HOOK_LOG");
	assert_fails(hooks_run(&w->run, &e), e, EIO,
		     "error running prestart hook #1 '/bin/sh': exit status 3, output: out\nerr");
	assert_string_equal(log_text(w), "one\n");
	w->args[1][2] = "kill -9 $$";
	assert_fails(hooks_run(&w->run, &e), e, EIO, "killed by signal 9");
	w->hooks[1].path = "/nonexistent";
	assert_fails(hooks_run(&w->run, &e), e, ENOENT, "cannot execute '/nonexistent'");
	w->hooks[1].path = "/etc/passwd";
	assert_fails(hooks_run(&w->run, &e), e, EACCES, "cannot execute '/etc/passwd'");
}

static bool file_appears(const char *path, int ms)
{
	for (uint64_t end = clock_monotonic_ms() + (uint64_t)ms; clock_monotonic_ms() < end; usleep(5000))
		if (access(path, F_OK) == 0)
			return true;
	return false;
}

/* A hook that never ends, forks, and keeps the pipe open. */
static void a_timeout_kills_the_whole_group(void **state)
{
	struct world *w = *state;
	char later[300];
	struct err e = {0};
	uint64_t start = clock_monotonic_ms();

	unit_needs_call(clone3);
	snprintf(later, sizeof(later), "%s/later", w->dir);
	setenv("LATER", later, 1);
	add(w, "(sleep 2; touch $LATER) & trap '' TERM; echo waiting; while :; do sleep 100; done")
		->timeout_s = 1;
	assert_fails(hooks_run(&w->run, &e), e, ETIMEDOUT,
		     "hook ran past specified timeout of 1 s, output: waiting");
	assert_in_range(clock_monotonic_ms() - start, 950, 1900);
	assert_false(file_appears(later, 1500));
}

static void what_a_good_hook_leaves_behind_stays(void **state)
{
	struct world *w = *state;
	char later[300];
	struct err e = {0};
	uint64_t start = clock_monotonic_ms();

	unit_needs_call(clone3);
	snprintf(later, sizeof(later), "%s/later", w->dir);
	setenv("LATER", later, 1);
	add(w, "(sleep 0.4; touch $LATER) & exit 0")->timeout_s = 1;
	assert_ok(hooks_run(&w->run, &e), e);
	assert_in_range(clock_monotonic_ms() - start, 0, 390); /* although its output is still open */
	assert_true(file_appears(later, 3000));
}

static void a_flood_is_bounded(void **state)
{
	struct world *w = *state;
	struct err e = {0};
	size_t before;

	unit_needs_call(clone3);
	add(w, "head -c 3000000 /dev/zero | tr '\\0' x; exit 1");
	before = w->arena.used_bytes;
	assert_fails(hooks_run(&w->run, &e), e, EIO, "exit status 1, output: xxxx");
	assert_in_range(w->arena.used_bytes - before, HOOK_OUTPUT_BYTES, 3 * HOOK_OUTPUT_BYTES);
}

static void it_dies_with_the_watched_process(void **state)
{
	struct world *w = *state;
	struct err e = {0};
	uint64_t start;
	pid_t pid;

	unit_needs_call(clone3);
	pid = fork();
	if (pid == 0) {
		usleep(200000);
		_exit(0);
	}
	w->run.watch_pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	add(w, "sleep 100");
	start = clock_monotonic_ms();
	assert_fails(hooks_run(&w->run, &e), e, EIO, "the container's process died meanwhile");
	assert_in_range(clock_monotonic_ms() - start, 0, 5000);
	waitpid(pid, NULL, 0);
	close(w->run.watch_pidfd);
}

static void nothing_is_inherited(void **state)
{
	struct world *w = *state;
	struct sigaction ign = {.sa_handler = SIG_IGN}, old;
	struct err e = {0};
	sigset_t set, old_set;
	int extra = open("/", O_RDONLY); /* not close-on-exec */
	int group = 0, pid = -1;

	unit_needs_call(clone3);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &old_set);
	sigaction(SIGHUP, &ign, &old);
	add(w,
	    "{ for i in 0 1 2 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$i ] && printf '%d ' $i; done; } >>$HOOK_LOG;"
	    "grep -E 'SigBlk|SigIgn' /proc/self/status >>$HOOK_LOG; "
	    "echo GROUP $(cut -d' ' -f5 /proc/$$/stat) $$ >>$HOOK_LOG");
	assert_ok(hooks_run(&w->run, &e), e);
	sigaction(SIGHUP, &old, NULL);
	sigprocmask(SIG_SETMASK, &old_set, NULL);
	close(extra);
	assert_int_equal(strncmp(log_text(w), "0 1 2 Sig", 9), 0);
	assert_non_null(strstr(log_text(w), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"));
	assert_int_equal(sscanf(strstr(log_text(w), "GROUP"), "GROUP %d %d", &group, &pid), 2);
	assert_int_equal(group, pid); /* its own process group */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(in_order_with_the_state, setup, teardown),
		cmocka_unit_test_setup_teardown(environment_and_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(no_arguments_means_the_path, setup, teardown),
		cmocka_unit_test_setup_teardown(failures_stop_the_row_and_tell, setup, teardown),
		cmocka_unit_test_setup_teardown(a_timeout_kills_the_whole_group, setup, teardown),
		cmocka_unit_test_setup_teardown(what_a_good_hook_leaves_behind_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(a_flood_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(it_dies_with_the_watched_process, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_inherited, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
