/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel modules from the list beside urunit. */
#include "urunit/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "urunit/file.h"
#include "urunit/text.h"

#define MODULE_COMPRESSED 4 /* MODULE_INIT_COMPRESSED_FILE */

int umod_next(char **cursor, const char **ret_path, const char **ret_params)
{
	while (**cursor) {
		char *line = *cursor + strspn(*cursor, " \t");
		char *end = line + strcspn(line, "\n");

		*cursor = *end ? end + 1 : end;
		*end = '\0';
		if (!*line || *line == '#')
			continue;

		char *params = line + strcspn(line, " \t");

		if (*params)
			*params++ = '\0';
		*ret_path = line;
		*ret_params = params + strspn(params, " \t");
		return 1;
	}
	return 0;
}

int umod_list_path(const char *self, char *buf, size_t size)
{
	const char *slash = strrchr(self, '/');
	size_t dir = slash ? (size_t)(slash - self) + 1 : 1;

	if (dir + sizeof(UMOD_LIST_NAME) > size)
		return -ENAMETOOLONG;
	memcpy(buf, slash ? self : "/", dir);
	memcpy(buf + dir, UMOD_LIST_NAME, sizeof(UMOD_LIST_NAME));
	return 0;
}

static int load(const char *path, const char *params)
{
	size_t n = strlen(path);
	/* Only kernels that can unpack modules themselves are shipped with compressed ones. */
	int flags = n > 3 && strcmp(path + n - 3, ".ko") == 0 ? 0 : MODULE_COMPRESSED;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;

	int rc = syscall(SYS_finit_module, fd, params, flags) < 0 ? -errno : 0;

	close(fd);
	return rc;
}

void umod_load_all(const char *list_path)
{
	const char *path = NULL, *params = NULL;
	char *list = NULL;
	size_t n = 0;
	int rc = ufile_read(list_path, UMOD_LIST_MAX_BYTES, &list, &n);

	if (rc == -ENOENT)
		return;
	if (rc < 0) {
		usay_about("cannot read ", list_path, -rc);
		return;
	}
	for (char *cursor = list; umod_next(&cursor, &path, &params);) {
		rc = load(path, params);
		/* A kernel without modules has the drivers inside, or nothing could help it. */
		if (rc == -ENOSYS)
			break;
		if (rc < 0 && rc != -EEXIST)
			usay_about("cannot load module ", path, -rc);
	}
	ufile_free(list, UMOD_LIST_MAX_BYTES);
}
