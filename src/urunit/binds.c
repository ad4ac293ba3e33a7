/* SPDX-License-Identifier: Apache-2.0 */
/* What the container mounts: volumes, files and trees that came with the archive, and tmpfs. */
#include "urunit/binds.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "urunit/file.h"
#include "urunit/volumes.h"

static const struct {
	const char *word;
	unsigned long flag;
} flags[] = {
	{"ro", MS_RDONLY},         {"nosuid", MS_NOSUID},           {"nodev", MS_NODEV},
	{"noexec", MS_NOEXEC},     {"noatime", MS_NOATIME},         {"nodiratime", MS_NODIRATIME},
	{"relatime", MS_RELATIME}, {"strictatime", MS_STRICTATIME},
};

static unsigned long flag_of(const char *word, size_t n)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strlen(flags[i].word) == n && memcmp(flags[i].word, word, n) == 0)
			return flags[i].flag;
	return 0;
}

unsigned long ubind_flags(char *options)
{
	char *to = options, *from = options;
	unsigned long all = 0;

	while (*from) {
		size_t n = strcspn(from, ",");
		unsigned long flag = flag_of(from, n);
		bool more = from[n] == ',';

		if (!flag && n) {
			if (to != options)
				*to++ = ',';
			memmove(to, from, n);
			to += n;
		}
		all |= flag;
		from += n + more;
	}
	*to = '\0';
	return all;
}

static int failed(struct utext *why, int rc, const struct ubind *b)
{
	utext_fail(why, -rc, b->from ? "cannot bind on " : "cannot mount a tmpfs on ", b->path, NULL, NULL);
	utext_errno(why, -rc);
	return rc;
}

int ubind_open_all(struct uvec *binds, struct utext *why)
{
	struct ubind *b = binds->p;

	for (size_t i = 0; i < binds->bytes / sizeof(*b); i++) {
		if (!b[i].from)
			continue;
		/* As a directory first: only so a share shows what the host has mounted there. */
		b[i].fd = open(b[i].from, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
		if (b[i].fd < 0 && errno == ENOTDIR)
			b[i].fd = open(b[i].from, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (b[i].fd < 0)
			return failed(why, -errno, &b[i]);
	}
	return 0;
}

/* Links on the way lead to where they lead in the guest: there is nothing else that they could reach. */
static int make_place(const char *path, bool directory)
{
	char parent[PATH_MAX];
	const char *last = strrchr(path, '/');
	size_t n = last ? (size_t)(last - path) : 0;
	int rc = 0, fd;

	if (directory)
		return udir_make(path);
	if (n >= sizeof(parent))
		return -ENAMETOOLONG;
	memcpy(parent, path, n);
	parent[n] = '\0';
	if (n)
		rc = udir_make(parent);
	if (rc < 0)
		return rc;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd >= 0)
		close(fd);
	return fd < 0 && errno != EEXIST ? -errno : 0;
}

static void add_fd(struct utext *t, int fd)
{
	utext_add(t, "/proc/self/fd/");
	utext_num(t, (uint64_t)fd);
}

static int bind_fd(const struct ubind *b)
{
	struct utext source = {0};
	struct stat st;
	int rc;

	if (fstat(b->fd, &st) < 0)
		return -errno;
	rc = make_place(b->path, S_ISDIR(st.st_mode));
	if (rc < 0)
		return rc;
	/* The name is gone with the archive's root, the descriptor is not. */
	add_fd(&source, b->fd);
	return mount(source.s, b->path, NULL, MS_BIND, NULL) < 0 ? -errno : 0;
}

/* Not read-only as yet: a later mount may need a place in it. */
static int mount_tmpfs(const struct ubind *b)
{
	int rc = make_place(b->path, true);

	if (rc < 0)
		return rc;
	return mount("tmpfs", b->path, "tmpfs", b->flags & ~(unsigned long)MS_RDONLY, b->options) < 0 ? -errno
												      : 0;
}

static bool wants_flags(const struct ubind *b)
{
	/* A bind mount takes its flags only once it is there. */
	return b->flags & (b->from ? ~0ul : (unsigned long)MS_RDONLY);
}

/* Afterwards b->fd is the mount itself, if there is more to do with it: its path may soon be another one's. */
static int mount_one(struct ubind *b)
{
	int rc = b->from ? bind_fd(b) : mount_tmpfs(b);

	if (b->from)
		close(b->fd);
	if (rc < 0 || !wants_flags(b))
		return rc;
	b->fd = open(b->path, O_PATH | O_CLOEXEC);
	return b->fd < 0 ? -errno : 0;
}

static int set_flags(const struct ubind *b)
{
	struct utext mounted = {0};
	int rc;

	add_fd(&mounted, b->fd);
	rc = mount(NULL, mounted.s, NULL, MS_REMOUNT | MS_BIND | b->flags, NULL) < 0 ? -errno : 0;
	close(b->fd);
	return rc;
}

int ubind_mount_all(struct uvec *binds, const struct uvec *volumes, struct utext *why)
{
	struct ubind *b = binds->p;
	size_t n = binds->bytes / sizeof(*b);
	int rc = uvolume_mount_due(volumes, 0, why);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = mount_one(&b[i]);
		rc = rc < 0 ? failed(why, rc, &b[i]) : uvolume_mount_due(volumes, i + 1, why);
	}
	/* Last, because a later one may need a place in an earlier one. */
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (wants_flags(&b[i]) && (rc = set_flags(&b[i])) < 0)
			failed(why, rc, &b[i]);
	return rc;
}

int ubind_root_readonly(void)
{
	return mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0 ? -errno : 0;
}
