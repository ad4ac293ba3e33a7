/* SPDX-License-Identifier: Apache-2.0 */
/* Block volumes: finding the disk, finding its file system type, mounting it. */
#include "urunit/volumes.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include "urunit/file.h"
#include "urunit/layers.h"
#include "urunit/mounts.h"

/* Where the root is mounted before it becomes the root. */
#define ROOT_DIR "/.urunit.root"
/* As big messages as the transport takes. */
#define OPTIONS_9P "trans=virtio,version=9p2000.L,msize=512000,cache=mmap,posixacl"
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

/* A disk that answers to another volume's name is that volume. */
static bool is_anothers(const struct uvec *volumes, const char *serial)
{
	const struct uvolume *v = volumes->p;

	for (size_t i = 0; i < volumes->bytes / sizeof(*v); i++)
		if (!v[i].share && *serial && strncmp(serial, v[i].id, SERIAL_BYTES) == 0)
			return true;
	return false;
}

int uvolume_find_exact(const char *sys_block, const struct uvec *volumes, const struct uvolume *v,
		       char ret[UVOLUME_NAME_BYTES])
{
	struct search s = {.id = v->id, .ret = ret};
	char text[SERIAL_BYTES + 2], name[] = "vda";

	if (udir_each(sys_block, has_serial, &s))
		return 0;
	if (v->order > 'z' - 'a')
		return -ENODEV;
	name[2] = (char)(name[2] + (char)v->order);
	if (!ufile_attr(sys_block, name, "size", text, sizeof(text)) ||
	    (ufile_attr(sys_block, name, "serial", text, sizeof(text)) && is_anothers(volumes, text)))
		return -ENODEV;
	memcpy(ret, name, sizeof(name));
	return 0;
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

static int mount_as(const struct uvolume *v, const char *dev, const char *path, const char *type)
{
	if (mount(dev, path, type, v->flags, v->options) == 0)
		return 0;
	if ((errno == EACCES || errno == EROFS) &&
	    mount(dev, path, type, v->flags | MS_RDONLY, v->options) == 0)
		return 0;
	return -errno;
}

static int mount_probing(const struct uvolume *v, const char *dev, const char *path)
{
	char *types = NULL;
	const char *type;
	size_t n = 0;
	/* The usual one first: each wrong guess costs a kernel message. */
	int rc = mount_as(v, dev, path, "ext4");

	if (rc != -EINVAL && rc != -ENODEV)
		return rc;
	if (ufile_read("/proc/filesystems", TYPES_MAX_BYTES, &types, &n) < 0)
		return rc;
	for (char *cursor = types; rc < 0 && (type = uvolume_next_type(&cursor));)
		if (strcmp(type, "ext4") != 0)
			rc = mount_as(v, dev, path, type);
	ufile_free(types, TYPES_MAX_BYTES);
	return rc;
}

static int mount_disk(const struct uvec *all, const struct uvolume *v, size_t order, const char *path,
		      struct utext *why)
{
	char name[UVOLUME_NAME_BYTES];
	struct utext dev = {0};
	int rc = v->exact ? uvolume_find_exact("/sys/block", all, v, name)
			  : uvolume_find("/sys/block", v->id, order, name);

	if (rc < 0)
		return utext_fail(why, ENODEV, "volume ", v->id, ": no disk has this serial", NULL);
	utext_add(&dev, "/dev/");
	utext_add(&dev, name);
	return v->fstype ? mount_as(v, dev.s, path, v->fstype) : mount_probing(v, dev.s, path);
}

static int mount_share(const struct uvolume *v, const char *path, struct utext *why)
{
	const char *type = v->fstype ? v->fstype : "9p";
	struct utext options = {0};

	/* A later word wins over an earlier one. */
	utext_add(&options, strcmp(type, "9p") == 0 ? OPTIONS_9P : "");
	utext_add(&options, options.n && v->options ? "," : "");
	utext_add(&options, v->options ? v->options : "");
	if (options.n == sizeof(options.s) - 1)
		return -ENAMETOOLONG;
	if (mount(v->id, path, type, v->flags, options.s) == 0)
		return 0;
	if (errno != ENODEV)
		return -errno;
	return utext_fail(why, ENODEV, "volume ", v->id, ": the kernel has no file system ", type);
}

int uvolume_mount(const struct uvec *all, size_t i, const char *path, struct utext *why)
{
	const struct uvolume *v = (const struct uvolume *)all->p + i;
	int rc = udir_make(path);

	why->n = 0;
	if (rc == 0)
		rc = v->share ? mount_share(v, path, why) : mount_disk(all, v, i, path, why);
	if (rc < 0 && why->n == 0) {
		utext_fail(why, -rc, "volume ", v->id, ": cannot mount on ", v->path);
		utext_errno(why, -rc);
	}
	return rc;
}

static bool is_root(const struct uvolume *v)
{
	return v->exact && v->path[strspn(v->path, "/")] == '\0';
}

int uvolume_move_to_root(const struct uvec *volumes, struct utext *why)
{
	const struct uvolume *v = volumes->p;
	int rc;

	for (size_t i = 0; i < volumes->bytes / sizeof(*v); i++) {
		if (!is_root(&v[i]))
			continue;
		rc = v[i].layer != ULAYER_NONE ? ulayers_join(volumes, ROOT_DIR, why)
					       : uvolume_mount(volumes, i, ROOT_DIR, why);
		if (rc < 0)
			return rc;
		rc = umnt_move_root(ROOT_DIR);
		if (rc < 0) {
			utext_fail(why, -rc, "cannot move to the root ", v[i].id, NULL, NULL);
			utext_errno(why, -rc);
		}
		return rc;
	}
	return 0;
}

static int mount_those(const struct uvec *volumes, bool archive, size_t after, struct utext *why)
{
	const struct uvolume *v = volumes->p;

	for (size_t i = 0; i < volumes->bytes / sizeof(*v); i++) {
		bool due = archive ? v[i].archive : !v[i].archive && v[i].after == after;
		int rc = due && !is_root(&v[i]) ? uvolume_mount(volumes, i, v[i].path, why) : 0;

		if (rc < 0)
			return rc;
	}
	return 0;
}

int uvolume_mount_archive(const struct uvec *volumes, struct utext *why)
{
	return mount_those(volumes, true, 0, why);
}

int uvolume_mount_due(const struct uvec *volumes, size_t after, struct utext *why)
{
	return mount_those(volumes, false, after, why);
}

void uvolume_hide_archive(const struct uvec *volumes)
{
	const struct uvolume *v = volumes->p;

	for (size_t i = 0; i < volumes->bytes / sizeof(*v); i++)
		if (v[i].archive)
			umount2(v[i].path, MNT_DETACH | UMOUNT_NOFOLLOW);
}
