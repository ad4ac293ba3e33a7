/* SPDX-License-Identifier: Apache-2.0 */
/* Control groups of this machine, v1 or v2, whichever is mounted. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "box_test.h"
#include "common/proc.h"
#include "sandbox/cgroup.h"

#define WAIT_MS 5000
#define DIRS_MAX 16
#define NOTES_MAX 256

/* One group and what was noted about it. */
struct group {
	struct confine_cgroup cg;
	struct cgroup_dir dirs[DIRS_MAX];
	char text[DIRS_MAX][3][256];
	char notes[NOTES_MAX][300];
	size_t nnotes;
};

static struct arena arena;

static void add_dir(struct group *g, const char *names, const char *mountpoint, const char *path)
{
	size_t n = g->cg.dirs.n;

	if (n == DIRS_MAX)
		return;
	snprintf(g->text[n][0], 256, "%s", names);
	snprintf(g->text[n][1], 256, "%s", mountpoint);
	snprintf(g->text[n][2], 256, "%s%s", mountpoint, path);
	g->dirs[n] = (struct cgroup_dir){g->text[n][0], g->text[n][1], g->text[n][2]};
	g->cg.dirs.n++;
}

/* Fills dirs from /proc/self/mounts: all v1 hierarchies, or the v2 one. */
static void group_init(struct group *g, const char *path)
{
	static char mounts[1 << 16];
	char *save = NULL, *line, target[256], type[32], options[512];
	const char *names;

	memset(g, 0, sizeof(*g));
	g->cg.dirs.v = g->dirs;
	g->cg.path = path;
	check(read_text("/proc/self/mounts", mounts, sizeof(mounts)) > 0);
	for (line = strtok_r(mounts, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%*s %255s %31s %511s", target, type, options) != 3)
			continue;
		if (strcmp(type, "cgroup2") == 0 && strcmp(target, "/sys/fs/cgroup") == 0) {
			g->cg.version = 2;
			add_dir(g, "", target, path);
		} else if (strcmp(type, "cgroup") == 0) {
			g->cg.version = 1;
			names = strstr(options, "name=") ? strstr(options, "name=")
							 : strrchr(options, ',') + 1;
			add_dir(g, names, target, path);
		}
	}
	if (g->cg.version == 0)
		fail("no cgroup file system is mounted");
}

static int note(void *arg, const char *path, struct err *e)
{
	struct group *g = arg;

	if (g->nnotes == NOTES_MAX)
		return err_set(e, ENOSPC, "too many notes");
	if (path[strlen(path) - 1] != '/' && access(path, F_OK) == 0)
		return err_set(e, EEXIST, "'%s' was noted after it was made", path);
	snprintf(g->notes[g->nnotes++], sizeof(g->notes[0]), "%s", path);
	return 0;
}

static void make(struct group *g)
{
	struct err e = {0};

	must(cgroup_make(&g->cg, note, g, &e), &e);
}

static void undo(struct group *g)
{
	struct err e = {0};

	while (g->nnotes > 0)
		must(cgroup_remove(g->notes[--g->nnotes], &e), &e);
}

static bool exists(const struct group *g)
{
	size_t i, n = 0;

	for (i = 0; i < g->cg.dirs.n; i++)
		n += access(g->dirs[i].path, F_OK) == 0;
	if (n != 0 && n != g->cg.dirs.n)
		fail("%zu of %zu directories exist", n, g->cg.dirs.n);
	return n != 0;
}

static void settings(struct group *g, struct cgroup_setting *v, size_t n)
{
	g->cg.settings.v = v;
	g->cg.settings.n = n;
}

/* A process inside that sleeps. into: v2, born there. */
static pid_t spawn(const struct group *g, bool into)
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	struct err e = {0};
	int fd = -1, p[2];
	char c;
	pid_t pid;

	check(pipe(p) == 0);
	if (into) {
		must(cgroup_open(&g->cg, &fd, &e), &e);
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)fd;
	}
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	check(pid >= 0);
	if (pid == 0) {
		alarm(50);
		if (!into)
			must(cgroup_attach(&g->cg, 0, &e), &e);
		check(write(p[1], "x", 1) == 1);
		for (;;)
			pause();
	}
	close(p[1]);
	if (fd >= 0)
		close(fd);
	check(read(p[0], &c, 1) == 1);
	close(p[0]);
	return pid;
}

static void reap(pid_t pid)
{
	int status = 0;

	check(waitpid(pid, &status, 0) == pid);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void test_life(void)
{
	struct group g;
	struct err e = {0};

	group_init(&g, "/box-test-life/deep/c1");
	make(&g);
	check(exists(&g) && g.nnotes == 3 * g.cg.dirs.n);
	check(strcmp(g.notes[0] + strlen(g.notes[0]) - 15, "/box-test-life/") == 0);
	check(strcmp(g.notes[2], g.dirs[0].path) == 0);
	undo(&g);
	check(!exists(&g));
	must(cgroup_remove(g.dirs[0].path, &e), &e); /* gone already */
}

static void value_is(const struct group *g, const char *controller, const char *file, const char *want)
{
	char path[512], text[256];
	size_t i;

	for (i = 0; i < g->cg.dirs.n; i++) {
		if (g->cg.version == 1 && strcmp(g->dirs[i].names, controller) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", g->dirs[i].path, file);
		if (read_text(path, text, sizeof(text)) < 0)
			fail("%s: %s", path, strerror(errno));
		text[strcspn(text, "\n")] = '\0';
		if (strcmp(text, want) != 0)
			fail("%s is '%s', not '%s'", path, text, want);
		return;
	}
	fail("no hierarchy for %s", controller);
}

static void test_settings(void)
{
	struct cgroup_setting v1[] = {{"memory", "memory.limit_in_bytes", "134217728", false},
				      {"memory", "memory.memsw.limit_in_bytes", "134217728", true},
				      {"pids", "pids.max", "77", false},
				      {"nonsense", "nonsense.max", "1", true}};
	struct cgroup_setting v2[] = {{NULL, "memory.max", "134217728", false},
				      {NULL, "pids.max", "77", false},
				      {NULL, "cpu.weight", "50", false},
				      {NULL, "nonsense.max", "1", true}};
	struct group g;

	group_init(&g, "/box-test-set/c1");
	settings(&g, g.cg.version == 1 ? v1 : v2, 4);
	make(&g);
	value_is(&g, "memory", g.cg.version == 1 ? "memory.limit_in_bytes" : "memory.max", "134217728");
	value_is(&g, "pids", "pids.max", "77");
	if (g.cg.version == 2)
		value_is(&g, NULL, "cpu.weight", "50");
	undo(&g);
}

static void test_setting_missing(void)
{
	struct cgroup_setting v[] = {{"nonsense", "nonsense.max", "1", false}};
	struct err e = {0};
	struct group g;

	group_init(&g, "/box-test-missing/c1");
	settings(&g, v, 1);
	must_fail(cgroup_make(&g.cg, note, &g, &e), ENOENT, &e, "'nonsense'");
	undo(&g);
	check(!exists(&g));
}

/* On v1, a group that existed with a smaller pair of memory limits must be raised in the other order. */
static void test_memory_raised(void)
{
	struct cgroup_setting small[] = {{"memory", "memory.limit_in_bytes", "16777216", false},
					 {"memory", "memory.memsw.limit_in_bytes", "16777216", true}};
	struct cgroup_setting large[] = {{"memory", "memory.limit_in_bytes", "67108864", false},
					 {"memory", "memory.memsw.limit_in_bytes", "67108864", true}};
	struct group g;

	group_init(&g, "/box-test-raise/c1");
	if (g.cg.version == 2)
		return;
	settings(&g, small, 2);
	make(&g);
	settings(&g, large, 2);
	make(&g);
	value_is(&g, "memory", "memory.limit_in_bytes", "67108864");
	undo(&g);
}

static void test_attach(void)
{
	struct err e = {0};
	struct group g;
	pid_t pids[3], *list = NULL;
	size_t n = 0, i;
	struct stat st;

	group_init(&g, "/box-test-attach/c1");
	make(&g);
	check(fstatat(AT_FDCWD, g.dirs[0].path, &st, 0) == 0);
	pids[0] = spawn(&g, false);
	pids[1] = fork();
	if (pids[1] == 0)
		for (;;)
			pause();
	must(cgroup_attach(&g.cg, pids[1], &e), &e);
	pids[2] = spawn(&g, g.cg.version == 2);
	must(cgroup_pids(&g.cg, &arena, &list, &n, &e), &e);
	check(n == 3);
	for (i = 0; i < 3; i++)
		check(list[i] == pids[0] || list[i] == pids[1] || list[i] == pids[2]);
	must_fail(cgroup_remove(g.dirs[0].path, &e), EBUSY, &e, "processes still live");
	must(cgroup_kill(&g.cg, &arena, WAIT_MS, &e), &e);
	for (i = 0; i < 3; i++)
		reap(pids[i]);
	must(cgroup_pids(&g.cg, &arena, &list, &n, &e), &e);
	check(n == 0);
	undo(&g);
	check(!exists(&g));
	must(cgroup_kill(&g.cg, &arena, WAIT_MS, &e), &e); /* nothing there */
	must(cgroup_pids(&g.cg, &arena, &list, &n, &e), &e);
	check(n == 0);
}

/* Processes in groups below are found, killed, and their groups removed. */
static void test_nested(void)
{
	struct group g, below;
	struct err e = {0};
	pid_t pid, *list = NULL;
	size_t n = 0;

	group_init(&g, "/box-test-nested/c1");
	group_init(&below, "/box-test-nested/c1/inner/most");
	make(&g);
	make(&below);
	pid = spawn(&below, false);
	must(cgroup_pids(&g.cg, &arena, &list, &n, &e), &e);
	check(n == 1 && list[0] == pid);
	must(cgroup_kill(&g.cg, &arena, WAIT_MS, &e), &e);
	reap(pid);
	undo(&g);
	check(!exists(&g));
}

static void fork_storm(void)
{
	pid_t me = getpid();

	for (;;) {
		if (fork() == 0 && getppid() == me)
			pause();
	}
}

/* A group whose members fork all the time is killed all the same; pids.max keeps the machine alive. */
static void test_kill_forking(void)
{
	struct cgroup_setting v[] = {{"pids", "pids.max", "40", false}};
	struct err e = {0};
	struct group g;
	pid_t pid;
	int status;

	group_init(&g, "/box-test-storm/c1");
	settings(&g, v, 1);
	make(&g);
	pid = fork();
	if (pid == 0) {
		must(cgroup_attach(&g.cg, 0, &e), &e);
		fork_storm();
	}
	while (cgroup_pids(&g.cg, &arena, &(pid_t *){NULL}, &(size_t){0}, &e) == 0) {
		pid_t *list;
		size_t n;

		must(cgroup_pids(&g.cg, &arena, &list, &n, &e), &e);
		if (n >= 20)
			break;
	}
	must(cgroup_kill(&g.cg, &arena, WAIT_MS, &e), &e);
	check(waitpid(pid, &status, 0) == pid);
	undo(&g);
	check(!exists(&g));
}

static void test_freeze(void)
{
	struct err e = {0};
	struct group g;
	bool frozen = true;
	pid_t pid;

	group_init(&g, "/box-test-freeze/c1");
	make(&g);
	pid = spawn(&g, false);
	must(cgroup_frozen(&g.cg, &frozen, &e), &e);
	check(!frozen);
	must(cgroup_freeze(&g.cg, true, WAIT_MS, &e), &e);
	must(cgroup_frozen(&g.cg, &frozen, &e), &e);
	check(frozen);
	must(cgroup_freeze(&g.cg, false, WAIT_MS, &e), &e);
	must(cgroup_frozen(&g.cg, &frozen, &e), &e);
	check(!frozen);
	must(cgroup_freeze(&g.cg, true, WAIT_MS, &e), &e);
	must(cgroup_kill(&g.cg, &arena, WAIT_MS, &e), &e); /* while frozen */
	reap(pid);
	undo(&g);
	must(cgroup_frozen(&g.cg, &frozen, &e), &e);
	check(!frozen && !exists(&g));
	must_fail(cgroup_freeze(&g.cg, true, 100, &e), ENOENT, &e, "not frozen");
}

static void test_devices(void)
{
	struct device_rule rules[] = {{true, "c", 1, 3, "rwm"},
				      {true, "c", 1, 5, "rwm"},
				      {false, "c", 1, 5, "w"},
				      {true, "c", 5, 0, "r"}};
	struct err e = {0};
	struct group g;
	int status = 0;
	pid_t pid;

	scratch_make();
	check(mknod(SCRATCH "/null", S_IFCHR | 0666, makedev(1, 3)) == 0);
	check(mknod(SCRATCH "/zero", S_IFCHR | 0666, makedev(1, 5)) == 0);
	check(mknod(SCRATCH "/ptmx", S_IFCHR | 0666, makedev(5, 2)) == 0);
	group_init(&g, "/box-test-dev/c1");
	g.cg.devices.v = rules;
	g.cg.devices.n = 4;
	make(&g);
	pid = fork();
	if (pid == 0) {
		must(cgroup_attach(&g.cg, 0, &e), &e);
		check(open(SCRATCH "/null", O_RDWR) >= 0);
		check(open(SCRATCH "/zero", O_RDONLY) >= 0);
		check(open(SCRATCH "/zero", O_WRONLY) < 0 && errno == EPERM);
		check(open(SCRATCH "/zero", O_RDWR) < 0 && errno == EPERM);
		check(open(SCRATCH "/ptmx", O_RDWR) < 0 && errno == EPERM);
		check(mknod(SCRATCH "/n", S_IFCHR, makedev(1, 3)) == 0);
		check(mknod(SCRATCH "/p", S_IFCHR, makedev(5, 2)) < 0 && errno == EPERM);
		_exit(0);
	}
	check(waitpid(pid, &status, 0) == pid);
	if (status != 0)
		_exit(1);
	undo(&g);
	check(!exists(&g));
}

/* Denying one device out of many that were allowed at once: v1 cannot, and must say so. */
static void test_device_hole(void)
{
	struct device_rule rules[] = {{true, "c", 1, -1, "rwm"}, {false, "c", 1, 5, "w"}};
	struct err e = {0};
	struct group g;
	int status = 0;
	pid_t pid;

	scratch_make();
	check(mknod(SCRATCH "/zero", S_IFCHR | 0666, makedev(1, 5)) == 0);
	group_init(&g, "/box-test-hole/c1");
	g.cg.devices.v = rules;
	g.cg.devices.n = 2;
	if (g.cg.version == 1) {
		must_fail(cgroup_make(&g.cg, note, &g, &e), EINVAL, &e, "cannot deny c 1:5");
		undo(&g);
		return;
	}
	make(&g);
	pid = fork();
	if (pid == 0) {
		must(cgroup_attach(&g.cg, 0, &e), &e);
		check(open(SCRATCH "/zero", O_RDONLY) >= 0);
		check(open(SCRATCH "/zero", O_WRONLY) < 0 && errno == EPERM);
		_exit(0);
	}
	check(waitpid(pid, &status, 0) == pid);
	if (status != 0)
		_exit(1);
	undo(&g);
}

/* The last container out removes the parent that the first one made. */
static void test_shared_parent(void)
{
	static struct group a, b;
	struct stat st;
	char parent[256];

	group_init(&a, "/box-test-shared/a");
	group_init(&b, "/box-test-shared/b");
	snprintf(parent, sizeof(parent), "%s/box-test-shared", a.dirs[0].mountpoint);
	make(&a);
	make(&b);
	undo(&a);
	check(!exists(&a) && exists(&b));
	undo(&b);
	check(stat(parent, &st) < 0 && errno == ENOENT);
}

/* A parent that somebody else made stays. */
static void test_foreign_parent(void)
{
	struct group g;
	struct stat st;
	char parent[DIRS_MAX][256];
	size_t i;

	group_init(&g, "/box-test-foreign/a");
	for (i = 0; i < g.cg.dirs.n; i++) {
		snprintf(parent[i], sizeof(parent[i]), "%s/box-test-foreign", g.dirs[i].mountpoint);
		check(mkdir(parent[i], 0755) == 0);
	}
	make(&g);
	check(g.nnotes == g.cg.dirs.n);
	undo(&g);
	for (i = 0; i < g.cg.dirs.n; i++)
		check(stat(parent[i], &st) == 0 && rmdir(parent[i]) == 0);
}

/* Many containers come and go below one parent at once. */
static void test_concurrent(void)
{
	enum { WORKERS = 4, ROUNDS = 60 };
	static struct group g;
	char path[64], parent[256];
	int i, round, status;
	struct stat st;

	for (i = 0; i < WORKERS; i++) {
		if (fork() != 0)
			continue;
		snprintf(path, sizeof(path), "/box-test-crowd/c%d", i);
		for (round = 0; round < ROUNDS; round++) {
			group_init(&g, path);
			make(&g);
			check(exists(&g));
			undo(&g);
			check(!exists(&g));
		}
		_exit(0);
	}
	for (i = 0; i < WORKERS; i++) {
		check(wait(&status) > 0);
		if (status != 0)
			_exit(1);
	}
	group_init(&g, "/box-test-crowd");
	snprintf(parent, sizeof(parent), "%s/box-test-crowd", g.dirs[0].mountpoint);
	check(stat(parent, &st) < 0 && errno == ENOENT);
}

static void test_refused(void)
{
	static struct group g, again;
	struct err e = {0};
	pid_t pid;

	group_init(&g, "/");
	must_fail(cgroup_make(&g.cg, note, &g, &e), EINVAL, &e, "cgroupsPath");
	must_fail(cgroup_kill(&g.cg, &arena, WAIT_MS, &e), EINVAL, &e, "cgroupsPath");
	group_init(&g, "");
	must_fail(cgroup_kill(&g.cg, &arena, WAIT_MS, &e), EINVAL, &e, "cgroupsPath");
	group_init(&g, "/a/../../b");
	must_fail(cgroup_make(&g.cg, note, &g, &e), EINVAL, &e, "cgroupsPath");
	check(g.nnotes == 0);

	group_init(&g, "/box-test-used/c1");
	make(&g);
	pid = spawn(&g, false);
	group_init(&again, "/box-test-used/c1");
	must_fail(cgroup_make(&again.cg, note, &again, &e), EBUSY, &e, "holds processes");
	must(cgroup_kill(&g.cg, &arena, WAIT_MS, &e), &e);
	reap(pid);
	must(cgroup_freeze(&g.cg, true, WAIT_MS, &e), &e);
	must_fail(cgroup_make(&again.cg, note, &again, &e), EBUSY, &e, "frozen");
	must(cgroup_freeze(&g.cg, false, WAIT_MS, &e), &e);
	undo(&again);
	undo(&g);
	check(!exists(&g));
}

void cgroup_tests(void)
{
	test_run_here("cgroup: directories are noted, made and removed", test_life);
	test_run_here("cgroup: settings arrive", test_settings);
	test_run_here("cgroup: a setting without its controller is refused by name", test_setting_missing);
	test_run_here("cgroup: v1 memory limits can be raised", test_memory_raised);
	test_run_here("cgroup: attach, list, kill", test_attach);
	test_run_here("cgroup: groups below", test_nested);
	test_run_here("cgroup: kill while processes fork", test_kill_forking);
	test_run_here("cgroup: freeze, thaw, kill frozen", test_freeze);
	test_run("cgroup: devices", test_devices);
	test_run("cgroup: a hole in a device rule", test_device_hole);
	test_run_here("cgroup: a shared parent goes with the last container", test_shared_parent);
	test_run_here("cgroup: a foreign parent stays", test_foreign_parent);
	test_run_here("cgroup: many at once", test_concurrent);
	test_run_here("cgroup: wrong paths and used groups are refused", test_refused);
}
