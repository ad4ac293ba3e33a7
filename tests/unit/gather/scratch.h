/* SPDX-License-Identifier: Apache-2.0 */
/* A scratch directory with an arena, and files with given bytes. */
#ifndef URUNC_TESTS_GATHER_SCRATCH_H
#define URUNC_TESTS_GATHER_SCRATCH_H

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/path.h"
#include "unit.h"

struct scratch {
	char dir[256];
	int fd;
	struct arena a;
	struct err e;
};

static inline int scratch_setup(void **state)
{
	struct scratch *s = calloc(1, sizeof(*s));
	char *real;

	unit_tmpdir(s->dir);
	/* What is looked for comes back without symbolic links. */
	real = realpath(s->dir, NULL);
	assert_non_null(real);
	snprintf(s->dir, sizeof(s->dir), "%s", real);
	free(real);
	s->fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(s->fd >= 0);
	*state = s;
	return 0;
}

static inline int scratch_teardown(void **state)
{
	struct scratch *s = *state;

	close(s->fd);
	unit_rmdir(s->dir);
	arena_release(&s->a);
	free(s);
	return 0;
}

#define scratch_test(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

/* Whole path of a name in the directory. */
static inline const char *scratch_path(struct scratch *s, const char *name)
{
	return arena_printf(&s->a, "%s/%s", s->dir, name);
}

/* Writes a file, making its directories. Returns its whole path. */
static inline const char *scratch_put(struct scratch *s, const char *name, const void *p, size_t n)
{
	const char *path = scratch_path(s, name);
	char *parent = arena_strdup(&s->a, path);
	int fd;

	*strrchr(parent, '/') = '\0';
	assert_ok(path_mkdirs(parent, 0755, &s->e), s->e);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	close(fd);
	return path;
}

static inline const char *scratch_text(struct scratch *s, const char *name, const char *text)
{
	return scratch_put(s, name, text, strlen(text));
}

/* A file without a name. */
static inline int memory_file(const void *p, size_t n)
{
	int fd = memfd_create("unit", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	return fd;
}

#endif
