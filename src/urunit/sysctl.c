/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of the guest's kernel, below /proc/sys. */
#include "urunit/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Every part is a name of its own: nothing leads up or stays. */
static bool are_names(const char *path)
{
	for (;;) {
		size_t n = strcspn(path, "/");

		if (n == 0 || (path[0] == '.' && (n == 1 || (n == 2 && path[1] == '.'))))
			return false;
		if (!path[n])
			return true;
		path += n + 1;
	}
}

bool usysctl_path(const char *dir, const char *assignment, char ret[USYSCTL_PATH_BYTES])
{
	size_t at = strlen(dir), n = strcspn(assignment, "=");
	size_t first = strcspn(assignment, "./");
	char separator = first < n ? assignment[first] : '/';

	if (n == 0 || n >= USYSCTL_PATH_BYTES || at + 1 + n >= USYSCTL_PATH_BYTES)
		return false;
	memcpy(ret, dir, at);
	ret[at++] = '/';
	for (size_t i = 0; i < n; i++) {
		char c = assignment[i];

		if (c == '.' || c == '/')
			c = c == separator ? '/' : '.';
		ret[at + i] = c;
	}
	ret[at + n] = '\0';
	return are_names(ret + at);
}

static int set(const char *dir, const char *assignment)
{
	char path[USYSCTL_PATH_BYTES];
	const char *value = strchr(assignment, '=') + 1;

	if (!usysctl_path(dir, assignment, path))
		return -EINVAL;

	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);

	if (fd < 0)
		return -errno;

	/* In one piece: each write is a value. */
	int rc = write(fd, value, strlen(value)) < 0 ? -errno : 0;

	close(fd);
	return rc;
}

void usysctl_set_all(const char *dir, const struct uvec *assignments)
{
	const char *const *a = assignments->p;

	for (size_t i = 0; i < assignments->bytes / sizeof(*a); i++) {
		int rc = set(dir, a[i]);

		if (rc < 0)
			usay_about("cannot set the kernel parameter ", a[i], -rc);
	}
}
