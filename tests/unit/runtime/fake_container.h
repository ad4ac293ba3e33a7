/* SPDX-License-Identifier: Apache-2.0 */
/* Containers on disk for the tests of commands: made with the runtime's own writer, their process is a child of ours. */
#ifndef URUNC_TESTS_FAKE_CONTAINER_H
#define URUNC_TESTS_FAKE_CONTAINER_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/fd.h"
#include "common/proc.h"
#include "runtime/container.h"
#include "runtime/journal.h"
#include "unit.h"

struct fake {
	char dir[256], root[300];
	struct arena arena;
	struct runtime rt;
	struct container_head head; /* change before fake_make */
	struct launch_plan plan;
	char boot_id[BOOT_ID_BYTES];
};

static inline int fake_setup(void **state)
{
	struct fake *f = calloc(1, sizeof(*f));
	struct err e = {0};

	if (!f)
		return -1;
	unit_tmpdir(f->dir);
	snprintf(f->root, sizeof(f->root), "%s/root", f->dir);
	f->rt = (struct runtime){.arena = &f->arena, .root = f->root, .root_mode = 0711};
	if (boot_id_read(f->boot_id, &e) < 0)
		return -1;
	f->head = (struct container_head){
		.oci_version = "1.0.2",
		.bundle = f->dir,
		.rootfs = "/rootfs",
		.created_ns = 1700000000123456789ull,
	};
	*state = f;
	return 0;
}

static inline int fake_teardown(void **state)
{
	struct fake *f = *state;

	unit_rmdir(f->dir);
	arena_release(&f->arena);
	free(f);
	return 0;
}

/* A child that does nothing until it is killed. */
static inline pid_t fake_process(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static inline void fake_reap(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Adds a line to the journal of id. */
static inline void fake_note(struct fake *f, const char *id, const char *word, const char *arg)
{
	char path[600];
	struct err e = {0};
	int dir, fd;

	snprintf(path, sizeof(path), "%s/%s", f->root, id);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
	assert_ok(journal_open(dir, &fd, &e), e);
	assert_ok(journal_add(fd, word, arg, &e), e);
	close(fd);
	close(dir);
}

/* A container with a process (0: none), not yet `created`. The lock is not held. */
static inline void fake_make(struct fake *f, const char *id, pid_t pid)
{
	struct proc_stat st = {0};
	struct err e = {0};
	int dir, fd;

	f->head.id = id;
	assert_ok(container_make_dir(&f->rt, id, &dir, &fd, &e), e);
	assert_ok(container_write(dir, &f->head, &f->plan, &f->arena, &e), e);
	if (pid) {
		assert_ok(proc_stat_read(pid, &st, &e), e);
		assert_ok(journal_add_process(fd, pid, st.start_time, f->boot_id, &e), e);
	}
	close(fd);
	close(dir);
}

/* Whether <root>/<name> exists. */
static inline bool fake_has(struct fake *f, const char *name)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/%s", f->root, name);
	return access(path, F_OK) == 0;
}

static inline void fake_file(struct fake *f, const char *name, const char *text)
{
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", f->root, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static inline void fake_dir(struct fake *f, const char *name)
{
	char path[600];

	mkdir(f->root, 0700);
	snprintf(path, sizeof(path), "%s/%s", f->root, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

#endif
