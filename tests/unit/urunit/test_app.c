/* SPDX-License-Identifier: Apache-2.0 */
/* Starting an application for real: what it is given, and what is told when it cannot start. */
#include "urunit/app.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tree.h"

static struct uconf conf;
static struct utext why;
static uint8_t status;

static int setup(void **state)
{
	conf = (struct uconf){0};
	why = (struct utext){0};
	status = 0;
	return tree_setup(state);
}

static int start(char **args, char **env, pid_t *pid)
{
	const struct uapp app = {.args = args, .env = env, .conf = &conf};

	return uapp_start(&app, pid, &status, &why);
}

/* Runs a shell script in an environment with OUT, the name of a file; what it left there. */
static const char *script(const char *text)
{
	static char got[1024];
	char out[300], *args[] = {(char *)"sh", (char *)"-c", (char *)text, NULL};
	char *env[] = {out, (char *)"PATH=/usr/bin:/bin", NULL}, *p;
	size_t n;
	pid_t pid = 0;
	int s = 0;

	snprintf(out, sizeof(out), "OUT=%s/out", tree_dir);
	if (start(args, env, &pid) < 0)
		fail_msg("%s", why.s);
	assert_int_equal(waitpid(pid, &s, 0), pid);
	assert_true(WIFEXITED(s) && WEXITSTATUS(s) == 0);
	assert_int_equal(ufile_read(out + 4, 1000, &p, &n), 0);
	snprintf(got, sizeof(got), "%s", p);
	ufile_free(p, 1000);
	return got;
}

/* An emulator keeps a signal of its own ignored behind our back. */
static bool signals_are_our_own(void)
{
	char line[256];
	uint64_t ignored = 0;
	FILE *f = fopen("/proc/self/status", "re");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		sscanf(line, "SigIgn: %" SCNx64, &ignored);
	fclose(f);
	for (int i = 1; i <= 64; i++) {
		struct {
			uintptr_t handler;
			unsigned long rest[8];
		} now = {0};

		if (ignored >> (i - 1) & 1 && syscall(SYS_rt_sigaction, i, NULL, &now, 8) == 0 &&
		    now.handler != (uintptr_t)SIG_IGN)
			return false;
	}
	return true;
}

static void it_has_a_session_the_environment_and_default_signals(void **state)
{
	sigset_t all, old;

	(void)state;
	unit_needs("signals that nobody else uses", signals_are_our_own());
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	signal(SIGUSR1, SIG_IGN);
	assert_string_equal(
		script("env | grep -v '^_=\\|^PWD=\\|^SHLVL=\\|^OLDPWD=' | sed 's/=.*//' | sort >$OUT"),
		"OUT\nPATH\n");
	assert_string_equal(script("[ $(ps -o sid= -p $$) = $$ ] && echo leader >$OUT"), "leader\n");
	assert_string_equal(script("grep -E '^Sig(Blk|Ign)' /proc/$$/status | tr -d '\\t' >$OUT"),
			    "SigBlk:0000000000000000\nSigIgn:0000000000000000\n");
	signal(SIGUSR1, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void directory_umask_and_limits_are_set(void **state)
{
	char cwd[300], want[400];

	(void)state;
	snprintf(cwd, sizeof(cwd), "%s/new/deep", tree_dir);
	conf = (struct uconf){.present = true,
			      .cwd = cwd,
			      .has_umask = true,
			      .umask = 027,
			      .uid = geteuid(),
			      .gid = getegid()};
	conf.rlimits[RLIMIT_NOFILE] = (struct urlimit){true, 50, 60};
	conf.rlimits[RLIMIT_CORE] = (struct urlimit){true, 0, 0};
	snprintf(want, sizeof(want), "%s\n0027\n50 60 0\n", cwd);
	assert_string_equal(script("{ pwd; umask; echo $(ulimit -Sn) $(ulimit -Hn) $(ulimit -c); } >$OUT"),
			    want);
	/* The directory is made for others to enter, whatever the application's umask. */
	struct stat st;
	assert_int_equal(stat(cwd, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
}

static void without_a_configuration_the_place_is_ours(void **state)
{
	(void)state;
	assert_int_equal(chdir(tree_dir), 0);
	conf = (struct uconf){.uid = 77, .gid = 77, .cwd = "/nonexistent"};
	assert_string_equal(script("echo $(id -u) >$OUT"),
			    geteuid() == 0 ? "0\n" : script("echo $(id -u) >$OUT"));
	assert_int_equal(chdir("/"), 0);
}

static void user_and_groups_are_exactly_those(void **state)
{
	gid_t groups[] = {5, 4711};

	(void)state;
	if (geteuid() != 0) {
		/* Another user cannot be had: it must be said and not ignored. */
		char *args[] = {(char *)"/bin/true", NULL}, *env[] = {NULL};
		pid_t pid = 0;

		conf = (struct uconf){.present = true, .uid = geteuid() + 1, .gid = getegid()};
		assert_int_equal(start(args, env, &pid), -EPERM);
		assert_string_equal(why.s, "cannot set the user id: Operation not permitted");
		return;
	}
	assert_int_equal(chmod(tree_dir, 0777), 0);
	conf = (struct uconf){.present = true, .uid = 1234, .gid = 2345};
	assert_string_equal(script("grep -E '^(Uid|Gid|Groups)' /proc/$$/status | tr -s ' \\t' ' ' >$OUT"),
			    "Uid: 1234 1234 1234 1234\nGid: 2345 2345 2345 2345\nGroups: \n");
	assert_int_equal(uvec_add(&conf.groups, groups, sizeof(groups)), 0);
	unlink(tree_dir);
	tree_put(".", "out", "");
	char out[300];
	snprintf(out, sizeof(out), "%s/out", tree_dir);
	assert_int_equal(chmod(out, 0666), 0);
	assert_string_equal(script("grep -E '^Groups' /proc/$$/status | tr -s ' \\t' ' ' >$OUT"),
			    "Groups: 5 4711 \n");
}

static void refuse(const char *program, int code, int want_status, const char *words)
{
	char *args[] = {(char *)program, NULL}, *env[] = {(char *)"PATH=/nonexistent", NULL};
	pid_t pid = -7;

	assert_int_equal(start(args, env, &pid), -code);
	assert_int_equal(status, want_status);
	assert_string_equal(why.s, words);
	assert_int_equal(pid, -7);
	/* No child is left. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void what_cannot_start_is_told_with_its_status(void **state)
{
	char script_path[300], words[400];

	(void)state;
	refuse("/no/such", ENOENT, 127, "cannot start /no/such: No such file or directory");
	refuse("nothing", ENOENT, 127, "cannot start nothing: No such file or directory");
	refuse("/etc/passwd", EACCES, 126, "cannot start /etc/passwd: Permission denied");
	refuse("/", EACCES, 126, "cannot start /: Permission denied");

	snprintf(script_path, sizeof(script_path), "%s/script", tree_dir);
	tree_put(".", "script", "#!/no/such/interpreter\n");
	assert_int_equal(chmod(script_path, 0755), 0);
	snprintf(words, sizeof(words),
		 "cannot start %s: No such file or directory (the interpreter or loader that it names)",
		 script_path);
	refuse(script_path, ENOENT, 127, words);
	tree_put(".", "script", "no program\n");
	snprintf(words, sizeof(words), "cannot start %s: Exec format error", script_path);
	refuse(script_path, ENOEXEC, 126, words);
}

static void surroundings_that_cannot_be_made_are_told(void **state)
{
	(void)state;
	conf = (struct uconf){.present = true, .uid = geteuid(), .gid = getegid(), .cwd = "/etc/passwd/x"};
	refuse("/bin/true", ENOTDIR, 126, "cannot enter the working directory /etc/passwd/x: Not a directory");
	conf.cwd = "/";
	conf.rlimits[RLIMIT_NOFILE] = (struct urlimit){true, UINT64_MAX, UINT64_MAX};
	refuse("/bin/true", EPERM, 126, "cannot set the resource limits: Operation not permitted");
}

static void variables_are_found_by_whole_name(void **state)
{
	char *env[] = {(char *)"PATHS=1", (char *)"PATH=2", (char *)"PATH=3",
		       (char *)"EMPTY=",  (char *)"ODD",    NULL};

	(void)state;
	assert_string_equal(uapp_env_get(env, "PATH"), "2");
	assert_string_equal(uapp_env_get(env, "EMPTY"), "");
	assert_null(uapp_env_get(env, "PAT"));
	assert_null(uapp_env_get(env, "ODD"));
	assert_null(uapp_env_get(env + 5, "PATH"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_has_a_session_the_environment_and_default_signals, setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(directory_umask_and_limits_are_set, setup, tree_teardown),
		cmocka_unit_test_setup_teardown(without_a_configuration_the_place_is_ours, setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(user_and_groups_are_exactly_those, setup, tree_teardown),
		cmocka_unit_test_setup_teardown(what_cannot_start_is_told_with_its_status, setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(surroundings_that_cannot_be_made_are_told, setup,
						tree_teardown),
		cmocka_unit_test(variables_are_found_by_whole_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
