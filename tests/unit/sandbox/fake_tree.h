/* SPDX-License-Identifier: Apache-2.0 */
/* Ordinary directories that play a cgroup hierarchy: control files are plain files, made before they are written. */
#ifndef URUNC_TESTS_SANDBOX_FAKE_TREE_H
#define URUNC_TESTS_SANDBOX_FAKE_TREE_H

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "sandbox/cgroup_internal.h"
#include "unit.h"

struct fake_tree {
	char root[256];
	char path[4][512]; /* what dirs point to */
	struct cgroup_dir dirs[2];
	struct confine_cgroup cg;
	char notes[32][600];
	size_t nnotes, fail_at; /* the fail_at-th note (from 1) is refused */
};

static inline int fake_tree_setup(void **state)
{
	struct fake_tree *t = calloc(1, sizeof(*t));

	unit_tmpdir(t->root);
	*state = t;
	return 0;
}

static inline int fake_tree_teardown(void **state)
{
	struct fake_tree *t = *state;

	unit_rmdir(t->root);
	free(t);
	return 0;
}

/* Adds the hierarchy root/<mount> with the group below. */
static inline void fake_tree_dir(struct fake_tree *t, unsigned version, const char *names, const char *mount,
				 const char *group)
{
	size_t n = t->cg.dirs.n++;

	snprintf(t->path[2 * n], sizeof(t->path[0]), "%s/%s", t->root, mount);
	snprintf(t->path[2 * n + 1], sizeof(t->path[0]), "%s/%s%s", t->root, mount, group);
	(void)mkdir(t->path[2 * n], 0755);
	t->dirs[n] = (struct cgroup_dir){names, t->path[2 * n], t->path[2 * n + 1]};
	t->cg.version = version;
	t->cg.dirs.v = t->dirs;
}

static inline void fake_tree_put(const struct fake_tree *t, const char *name, const char *text)
{
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", t->root, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static inline void fake_tree_mkdir(const struct fake_tree *t, const char *name)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/%s", t->root, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static inline bool fake_tree_has(const struct fake_tree *t, const char *name)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/%s", t->root, name);
	return access(path, F_OK) == 0;
}

/* The file's text must be this (plain files are not truncated by a write: put "" before). */
#define fake_tree_is(t, name, want)                                                                          \
	do {                                                                                                 \
		char fake_text_[512] = "";                                                                   \
		assert_true(cg_read((t)->root, (name), fake_text_, sizeof(fake_text_)) >= 0);                \
		assert_string_equal(fake_text_, (want));                                                     \
	} while (0)

static inline int fake_tree_note(void *arg, const char *path, struct err *e)
{
	struct fake_tree *t = arg;

	if (t->nnotes + 1 == t->fail_at)
		return err_set(e, EIO, "journal broken");
	assert_true(t->nnotes < 32);
	snprintf(t->notes[t->nnotes++], sizeof(t->notes[0]), "%s", path + strlen(t->root));
	return 0;
}

#endif
