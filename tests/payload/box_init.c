/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Process 1 of the guest in which box_test runs: mounts what it wants, runs it on the initramfs itself (a root that
 * pivot_root cannot move) and then once more on a tmpfs over it (an ordinary root), and resets the machine.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void mounts(void)
{
	static const char *const fs[][2] = {{"proc", "/proc"},
					    {"sysfs", "/sys"},
					    {"devtmpfs", "/dev"},
					    {"cgroup2", "/sys/fs/cgroup"},
					    {"tmpfs", "/tmp"}};
	size_t i;

	for (i = 0; i < sizeof(fs) / sizeof(fs[0]); i++) {
		(void)mkdir(fs[i][1], 0755);
		if (mount(fs[i][0], fs[i][1], fs[i][0], 0, NULL) < 0)
			perror(fs[i][1]);
	}
}

static void copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	struct stat st;

	if (in < 0 || out < 0 || fstat(in, &st) < 0 ||
	    sendfile(out, in, NULL, (size_t)st.st_size) != st.st_size)
		perror(from);
	close(in);
	close(out);
}

/* What switch_root does: a new file system is moved over the old root, which stays below for ever. */
static void switch_root(void)
{
	(void)mkdir("/new", 0755);
	if (mount("root", "/new", "tmpfs", 0, "mode=0755") < 0)
		perror("/new");
	copy("/box_test", "/new/box_test");
	copy("/fake_monitor", "/new/fake_monitor");
	if (chdir("/new") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
		perror("switch_root");
}

static void run(const char *where)
{
	int status = -1;
	pid_t pid;

	printf("# root: %s\n", where);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		execl("/box_test", "box_test", (char *)NULL);
		_exit(127);
	}
	while (pid > 0 && wait(&status) != pid)
		;
	printf("BOX-TEST %s %d\n", where, WIFEXITED(status) ? WEXITSTATUS(status) : 128);
	fflush(stdout);
}

int main(void)
{
	mounts();
	run("initramfs");
	switch_root();
	mounts();
	run("tmpfs");
	sync();
	reboot(RB_AUTOBOOT);
	return 1;
}
