/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the program as a shell would, and running it. */
#include "urunit/exec.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* One directory of the search; an empty one is the working directory. */
static int try_in(const char *dir, size_t n, char *const *args, char *const *env)
{
	char path[PATH_MAX];
	size_t name = strlen(args[0]);

	if (n + name + 2 > sizeof(path))
		return ENAMETOOLONG;
	memcpy(path, dir, n);
	path[n] = '/';
	memcpy(path + (n ? n + 1 : 0), args[0], name + 1);
	execve(path, args, env);
	return errno;
}

int uexec(char *const *args, char *const *env, const char *search)
{
	int result = ENOENT;

	if (!*args[0])
		return ENOENT;
	if (strchr(args[0], '/')) {
		execve(args[0], args, env);
		return errno;
	}
	if (!search)
		search = UEXEC_DEFAULT_PATH;
	for (;;) {
		size_t n = strcspn(search, ":");
		int code = try_in(search, n, args, env);

		if (code == EACCES)
			result = EACCES;
		else if (code != ENOENT && code != ENOTDIR && code != ENAMETOOLONG)
			return code;
		if (!search[n])
			return result;
		search += n + 1;
	}
}
