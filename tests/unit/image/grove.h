/* SPDX-License-Identifier: Apache-2.0 */
/* A directory tree to make images of, and short words to grow it. */
#ifndef URUNC_TESTS_GROVE_H
#define URUNC_TESTS_GROVE_H

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "common/arena.h"
#include "image/tree.h"
#include "unit.h"

struct grove {
	char top[256], dir[300];
	int fd;
	struct arena a;
	struct err e;
	struct tree t;
	struct tree_limits limits;
};

static inline int grove_setup(void **state)
{
	struct grove *g = calloc(1, sizeof(*g));

	unit_tmpdir(g->top);
	snprintf(g->dir, sizeof(g->dir), "%s/tree", g->top);
	assert_int_equal(mkdir(g->dir, 0755), 0);
	g->fd = open(g->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(g->fd >= 0);
	g->limits = (struct tree_limits){.max_nodes = 100000, .max_bytes = 1u << 30};
	*state = g;
	return 0;
}

static inline int grove_teardown(void **state)
{
	struct grove *g = *state;

	close(g->fd);
	arena_release(&g->a);
	unit_rmdir(g->top);
	free(g);
	return 0;
}

static inline void grow_dir(struct grove *g, const char *name, mode_t mode)
{
	assert_int_equal(mkdirat(g->fd, name, 0700), 0);
	assert_int_equal(fchmodat(g->fd, name, mode, 0), 0);
}

/* n bytes that are unlike from block to block and from file to file. */
static inline void grow_file(struct grove *g, const char *name, size_t n, mode_t mode)
{
	int fd = openat(g->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	unsigned char *p = malloc(n + 1);
	uint64_t seed = n + 77;

	assert_true(fd >= 0 && p);
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)unit_random(&seed);
	assert_int_equal(write(fd, p, n), (ssize_t)n);
	assert_int_equal(fchmod(fd, mode), 0);
	free(p);
	close(fd);
}

static inline void grow_xattr(struct grove *g, const char *name, const char *key, const void *v, size_t n)
{
	char path[700];

	snprintf(path, sizeof(path), "%s/%s", g->dir, name);
	assert_int_equal(lsetxattr(path, key, v, n, 0), 0);
}

static inline int grove_read(struct grove *g)
{
	return tree_read(g->fd, &g->limits, &g->a, &g->t, &g->e);
}

static inline struct tree_node *grove_find(struct grove *g, const char *name)
{
	for (size_t i = 0; i < g->t.top->nkids; i++)
		if (streq(g->t.top->kids[i]->name, name))
			return g->t.top->kids[i];
	fail_msg("no '%s' in the tree", name);
	return NULL;
}

/* Runs a shell command; its exit status. */
static inline int grove_run(const char *fmt, ...)
{
	char cmd[2048];
	va_list ap;
	int r;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	r = system(cmd);
	return WIFEXITED(r) ? WEXITSTATUS(r) : 128 + WTERMSIG(r);
}

#endif
