/* SPDX-License-Identifier: Apache-2.0 */
/* A directory that looks like a part of /sys. */
#ifndef URUNC_TESTS_URUNIT_TREE_H
#define URUNC_TESTS_URUNIT_TREE_H

#include <fcntl.h>

#include "unit.h"
#include "urunit/file.h"

static char tree_dir[256];

static inline int tree_setup(void **state)
{
	(void)state;
	unit_tmpdir(tree_dir);
	return 0;
}

static inline int tree_teardown(void **state)
{
	(void)state;
	unit_rmdir(tree_dir);
	return 0;
}

/* Writes <tree>/<entry>/<attr>. */
static inline void tree_put(const char *entry, const char *attr, const char *text)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", tree_dir, entry);
	assert_int_equal(udir_make(path), 0);
	snprintf(path, sizeof(path), "%s/%s/%s", tree_dir, entry, attr);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

#define tree_test(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

#endif
