/* SPDX-License-Identifier: Apache-2.0 */
/* Block volumes: finding the disk, finding its file system type, mounting it. */
#include "urunit/volumes.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include "urunit/file.h"

#define SERIAL_BYTES 20
#define TYPES_MAX_BYTES 16384u

struct search {
	const char *id;
	char *ret;
};

static bool has_serial(const char *dir, const char *name, void *arg)
{
	const struct search *s = arg;
	char serial[SERIAL_BYTES + 2];

	if (strncmp(name, "vd", 2) != 0 || strlen(name) >= UVOLUME_NAME_BYTES)
		return false;
	if (!ufile_attr(dir, name, "serial", serial, sizeof(serial)) || !*serial)
		return false;
	if (strncmp(serial, s->id, SERIAL_BYTES) != 0)
		return false;
	memcpy(s->ret, name, strlen(name) + 1);
	return true;
}

static int by_order(const char *sys_block, size_t order, bool any, char *ret)
{
	char serial[SERIAL_BYTES + 2];

	if (order > 'z' - 'b')
		return -ENODEV;

	char name[] = {'v', 'd', (char)('b' + (char)order), '\0'};

	/* size exists for every disk, serial not for every driver. */
	if (!ufile_attr(sys_block, name, "size", serial, sizeof(serial)))
		return -ENODEV;
	if (!any && ufile_attr(sys_block, name, "serial", serial, sizeof(serial)) && *serial)
		return -ENODEV;
	memcpy(ret, name, sizeof(name));
	return 0;
}

int uvolume_find(const char *sys_block, const char *id, size_t order, char ret[UVOLUME_NAME_BYTES])
{
	struct search s = {.id = id, .ret = ret};

	if (strncmp(id, "FC", 2) == 0 && id[2])
		return by_order(sys_block, order, true, ret);
	if (udir_each(sys_block, has_serial, &s))
		return 0;
	/* Never a disk that says it is another one. */
	return by_order(sys_block, order, false, ret);
}

const char *uvolume_next_type(char **cursor)
{
	while (**cursor) {
		char *line = *cursor;
		char *end = line + strcspn(line, "\n");

		*cursor = *end ? end + 1 : end;
		*end = '\0';
		/* "nodev\ttype" needs no disk, "\ttype" does. */
		if (line[0] == '\t' && line[1])
			return line + 1;
	}
	return NULL;
}

static int mount_as(const char *dev, const char *path, const char *type)
{
	if (mount(dev, path, type, 0, NULL) == 0)
		return 0;
	if ((errno == EACCES || errno == EROFS) && mount(dev, path, type, MS_RDONLY, NULL) == 0)
		return 0;
	return -errno;
}

static int mount_probing(const char *dev, const char *path)
{
	char *types = NULL;
	const char *type;
	size_t n = 0;
	/* The usual one first: each wrong guess costs a kernel message. */
	int rc = mount_as(dev, path, "ext4");

	if (rc != -EINVAL && rc != -ENODEV)
		return rc;
	if (ufile_read("/proc/filesystems", TYPES_MAX_BYTES, &types, &n) < 0)
		return rc;
	for (char *cursor = types; rc < 0 && (type = uvolume_next_type(&cursor));)
		if (strcmp(type, "ext4") != 0)
			rc = mount_as(dev, path, type);
	ufile_free(types, TYPES_MAX_BYTES);
	return rc;
}

static int mount_one(const struct uvolume *v, size_t order, struct utext *why)
{
	char name[UVOLUME_NAME_BYTES];
	struct utext dev = {0};

	if (uvolume_find("/sys/block", v->id, order, name) < 0)
		return utext_fail(why, ENODEV, "volume ", v->id, ": no disk has this serial", NULL);
	utext_add(&dev, "/dev/");
	utext_add(&dev, name);

	int rc = udir_make(v->path);

	if (rc == 0)
		rc = mount_probing(dev.s, v->path);
	if (rc < 0) {
		utext_fail(why, -rc, "volume ", v->id, ": cannot mount on ", v->path);
		utext_errno(why, -rc);
	}
	return rc;
}

int uvolume_mount_all(const struct uvec *volumes, struct utext *why)
{
	const struct uvolume *v = volumes->p;

	for (size_t i = 0; i < volumes->bytes / sizeof(*v); i++) {
		int rc = mount_one(&v[i], i, why);

		if (rc < 0)
			return rc;
	}
	return 0;
}
