/* SPDX-License-Identifier: Apache-2.0 */
/* The layers of a container root, and the name that they have in the cache of images. */
#include <dirent.h>
#include <errno.h>
#include <ext2fs/ext2fs.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/proc.h"
#include "gather/parts.h"
#include "guests/guest.h"

/* Changes whenever the same layers would give another image. */
#define FORMAT "urunc erofs 1\n"
#define DIGEST_BYTES 32
#define OWN_DIR ".urunc"
#define LAYERS_MAX_BYTES 4000 /* mount(2) takes a page */

const char *layers_option(const char *super_options, const char *name, struct arena *a)
{
	size_t n = strlen(name);

	for (const char *s = super_options; s && *s; s += strspn(s, ",")) {
		size_t len = strcspn(s, ",");

		if (strncmp(s, name, n) == 0 && s[n] == '=')
			return arena_strndup(a, s + n + 1, len - n - 1);
		s += len;
	}
	return NULL;
}

/* The first 256 bits of SHA-512. */
static const char *digest(struct arena *a, const char *text, size_t n)
{
	unsigned char sum[EXT2FS_SHA512_LENGTH];
	struct strbuf hex = STRBUF(a);

	ext2fs_sha512((const unsigned char *)text, n, sum);
	for (size_t i = 0; i < DIGEST_BYTES; i++)
		sb_addf(&hex, "%02x", sum[i]);
	return hex.oom ? NULL : hex.p;
}

/* Where layers are never changed: only what an engine keeps as such. A lower layer of a mount that somebody made by hand
 * may be anything. */
static bool is_of_an_engine(const char *path)
{
	const char *podman = strstr(path, "/overlay/");

	return strstr(path, "/io.containerd.snapshotter.v1.") || strstr(path, "/overlay2/") ||
	       (podman && strstr(podman, "/diff"));
}

/* File systems whose directories say nothing of what is in them, or not the same each time they are mounted. */
static bool is_lasting(int fd)
{
	static const uint32_t magic[] = {0x65735546 /* FUSE */, 0xe0f5e1e2 /* EROFS */, 0x6969 /* NFS */,
					 0x794c7630 /* overlay */};
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < sizeof magic / sizeof magic[0]; i++)
		if ((uint32_t)fs.f_type == magic[i])
			return false;
	return true;
}

static bool may_be_kept(int fd, const struct statx *x)
{
	char self[32], path[4096];
	ssize_t n;

	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	n = readlink(self, path, sizeof path - 1);
	if (n < 0)
		return false;
	path[n] = '\0';
	return (x->stx_mask & STATX_BTIME) && (x->stx_btime.tv_sec || x->stx_btime.tv_nsec) &&
	       is_lasting(fd) && is_of_an_engine(path);
}

/*
 * What tells one layer from another: where it is and which directory that is. Engines never change a layer while it
 * exists (the kernel forbids it for mounted ones); a layer that was removed and made anew, even at the same path with the
 * same inode number, was made at another time. Without a time of birth, or elsewhere, *kept becomes false.
 */
static int add_identity(struct strbuf *out, int base, const char *path, bool *kept)
{
	_cleanup_fd_ int fd = openat(base, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statx x;

	if (fd < 0 ||
	    statx(fd, "", AT_EMPTY_PATH | AT_STATX_SYNC_AS_STAT, STATX_BASIC_STATS | STATX_BTIME, &x) < 0)
		return -errno;
	*kept = *kept && may_be_kept(fd, &x);
	sb_addf(out, "%s %u:%u %llu %lld.%u %lld.%u\n", path, x.stx_dev_major, x.stx_dev_minor,
		(unsigned long long)x.stx_ino, (long long)x.stx_ctime.tv_sec, x.stx_ctime.tv_nsec,
		(long long)x.stx_btime.tv_sec, x.stx_btime.tv_nsec);
	return 0;
}

static const char *parent(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path));
}

/* Long lists are mounted by their common directory, which for containerd is that of all snapshots: SNAPSHOTS/N/fs. */
static const char *base_dir(struct arena *a, const char *upper)
{
	const char *dir;

	if (!upper || upper[0] != '/')
		return "/";
	dir = parent(a, upper);
	return dir ? parent(a, dir) : NULL;
}

/* Mount options with which the layers alone do not hold what the overlay shows. */
static bool is_plain(const char *options)
{
	static const char *const odd[] = {"metacopy=on", "redirect_dir=on", "redirect_dir=follow",
					  "userxattr"};

	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
		if (mount_option_has(options, odd[i]))
			return false;
	return true;
}

/* NULL in t->lower when the layers cannot be had one by one: then the tree as a whole serves. */
static int find_layers(struct tree_facts *t, const char *options, const char *upper, struct arena *a,
		       struct err *e)
{
	const char *lower = layers_option(options, "lowerdir", a), *base = base_dir(a, upper), *key = NULL;
	struct strbuf id = STRBUF(a);
	_cleanup_fd_ int dir = -1;
	char *list, *next;
	bool kept = true;

	if (!lower || !is_plain(options) || strlen(lower) > LAYERS_MAX_BYTES || strchr(lower, '\\') ||
	    strstr(lower, "::"))
		return 0;
	list = arena_strdup(a, lower);
	dir = base ? open(base, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (!list || !base)
		return err_oom(e);
	sb_add(&id, FORMAT);
	for (char *one = list; one; one = next) {
		next = strchr(one, ':');
		if (next)
			*next++ = '\0';
		if (dir < 0 || add_identity(&id, dir, one, &kept) < 0)
			return 0;
	}
	if (kept) {
		key = id.oom ? NULL : digest(a, id.p, id.len);
		if (!key)
			return err_oom(e);
	}
	t->lower = lower;
	t->base = base;
	t->key = key;
	return 0;
}

/* Negative when that cannot be told. */
static int holds_something(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *ent;
	int yes = 0;

	if (!d)
		return -errno;
	for (errno = 0; !yes && (ent = readdir(d)); errno = 0)
		yes = !streq(ent->d_name, ".") && !streq(ent->d_name, "..") && !streq(ent->d_name, OWN_DIR);
	if (!yes && errno)
		yes = -errno;
	closedir(d);
	return yes;
}

/* The layers below without the container's own would be another tree: then rather the whole. */
static void add_own_layer(struct tree_facts *t, const char *upper)
{
	int r = !upper || !t->lower ? 0 : upper[0] == '/' ? holds_something(upper) : -EINVAL;

	if (r < 0)
		t->lower = t->base = t->key = NULL;
	else if (r > 0)
		t->upper = upper;
}

static int look_into_cache(struct tree_facts *t, const char *cache_dir, struct arena *a, struct err *e)
{
	const char *erofs = arena_printf(a, "%s/%s.erofs", cache_dir, t->key ? t->key : ""),
		   *ext4 = arena_printf(a, "%s/%s.ext4", cache_dir, t->key ? t->key : "");
	struct stat st;

	if (!erofs || !ext4)
		return err_oom(e);
	if (!t->key)
		return 0;
	t->cached_ext4 = stat(ext4, &st) == 0 && S_ISREG(st.st_mode);
	if (stat(erofs, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	t->cached = true;
	t->cached_bytes = (uint64_t)st.st_blocks * 512;
	return 0;
}

/* A container's own files are of this boot, and of this container: another bundle at the same path is another one. */
static int name_files(struct facts *f, struct arena *a, struct err *e)
{
	struct stat st = {0};
	const char *name;
	char boot[BOOT_ID_BYTES];
	int r = boot_id_read(boot, e);

	if (r < 0)
		return r;
	if (stat(f->bundle, &st) < 0)
		st = (struct stat){0};
	name = arena_printf(a, "%s\n%s\n%llu:%llu", f->bundle, f->id, (unsigned long long)st.st_dev,
			    (unsigned long long)st.st_ino);
	name = name ? digest(a, name, strlen(name)) : NULL;
	f->tree.prefix = name ? arena_printf(a, "%s/use/%s-%.32s", f->config.cache_dir, boot, name) : NULL;
	return f->tree.prefix ? 0 : err_oom(e);
}

/* Beside the running program, or where it was installed. */
static int find_imager(struct tree_facts *t, struct arena *a, struct err *e)
{
	static const char installed[] = URUNC_LIBEXECDIR "/urunc/urunc-image";
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	const char *path = NULL;

	if (n > 0) {
		exe[n] = '\0';
		path = arena_printf(a, "%s/urunc-image", parent(a, exe));
		if (!path)
			return err_oom(e);
	}
	if (path && access(path, X_OK) == 0)
		t->imager_path = path;
	else if (access(installed, X_OK) == 0)
		t->imager_path = installed;
	return 0;
}

static bool is_wanted(const struct facts *f, const struct plan_wants *w)
{
	return w->guest && w->guest->urunit && !w->meta.initrd && f->root.path && f->root.exists;
}

int gather_tree(struct facts *f, const struct plan_wants *w, struct arena *a, struct err *e)
{
	const char *options = f->root.super_options, *upper;
	struct tree_facts *t = &f->tree;
	int r;

	if (!is_wanted(f, w))
		return 0;
	r = find_imager(t, a, e);
	if (r == 0)
		r = name_files(f, a, e);
	if (r < 0 || !w->meta.mount_rootfs || !f->root.is_mountpoint || !streq(f->root.fstype, "overlay"))
		return r;
	upper = layers_option(options, "upperdir", a);
	r = find_layers(t, options, upper, a, e);
	if (r == 0)
		add_own_layer(t, upper);
	return r == 0 ? look_into_cache(t, f->config.cache_dir, a, e) : r;
}
