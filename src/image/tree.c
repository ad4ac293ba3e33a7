/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a directory tree without ever leaving it. */
#include "image/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/path.h"
#include "common/str.h"

#define XATTR_LIST_MAX_BYTES 65536
#define XATTR_VALUE_MAX_BYTES 65536
#define LINK_MAX_BYTES 4096
#define BUCKETS 65536u

/* First names of inodes with several. */
struct seen {
	struct tree_node *node;
	struct seen *next;
};
struct reader {
	struct arena *a;
	const struct tree_limits *limits;
	struct tree *t;
	struct seen **seen;
	struct err *e;
};
struct kids {
	struct tree_node **v;
	size_t n, cap;
};

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

const char *tree_path(const struct tree_node *n, struct arena *a)
{
	const char *dir;

	if (n->parent == NULL)
		return ".";
	if (n->parent->parent == NULL)
		return n->name;
	dir = tree_path(n->parent, a);
	return dir != NULL ? arena_printf(a, "%s/%s", dir, n->name) : NULL;
}

static int fail(struct reader *rd, const struct tree_node *n, const char *what)
{
	const char *path = tree_path(n, rd->a);

	return err_sys(rd->e, "%s '%.256s' of the container root", what, path ? path : n->name);
}

/* --- extended attributes --- */

#define OVERLAY_PREFIX "trusted.overlay."

/* 1: kept, 0: left out. Of a layer's own attributes a guest understands that a directory hides what lies below it; where
 * files came from is of no meaning elsewhere. The kernel shows these attributes to the privileged only, so a tree that is
 * no layer never has them by right. */
static int keep_xattr(const struct reader *rd, const struct tree_node *n, const char *name)
{
	const char *word = name + sizeof(OVERLAY_PREFIX) - 1;

	if (!str_starts(name, "trusted."))
		return 1;
	if (!rd->limits->layer || !str_starts(name, OVERLAY_PREFIX))
		return rd->limits->layer;
	if (streq(word, "redirect") || streq(word, "metacopy"))
		return err_set(rd->e, EOPNOTSUPP,
			       "'%.256s' of the container's writable layer has '%s', which a guest cannot follow",
			       n->name, name);
	return streq(word, "opaque");
}

/* By name through the directory's descriptor: a symbolic link can be looked at, and nothing is opened. */
static int xattr_value(struct reader *rd, struct tree_node *n, const char *path, struct tree_xattr *x)
{
	char value[XATTR_VALUE_MAX_BYTES];
	ssize_t len = lgetxattr(path, x->name, value, sizeof(value));

	if (len < 0)
		return fail(rd, n, "cannot read an extended attribute of");
	x->n = (size_t)len;
	x->value = arena_memdup(rd->a, value, x->n);
	return x->value ? 0 : err_oom(rd->e);
}

static int read_xattrs(struct reader *rd, struct tree_node *n, int dirfd, const char *name)
{
	char list[XATTR_LIST_MAX_BYTES], path[64 + NAME_MAX];
	size_t count = 0;
	ssize_t len;
	int r;

	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dirfd, name);
	len = llistxattr(path, list, sizeof(list));
	if (len < 0 && errno == ENOTSUP)
		return 0;
	if (len < 0)
		return fail(rd, n, "cannot list the extended attributes of");
	for (const char *p = list; p < list + len; p += strlen(p) + 1)
		count++;
	if (count == 0)
		return 0;
	n->xattrs = arena_array(rd->a, count, sizeof(*n->xattrs));
	if (!n->xattrs)
		return err_oom(rd->e);
	for (const char *p = list; p < list + len; p += strlen(p) + 1) {
		struct tree_xattr *x = &n->xattrs[n->nxattrs];

		r = keep_xattr(rd, n, p);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		n->nxattrs++;
		x->name = arena_strdup(rd->a, p);
		if (!x->name)
			return err_oom(rd->e);
		r = xattr_value(rd, n, path, x);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- one entry --- */

static int remember_links(struct reader *rd, struct tree_node *n, nlink_t links)
{
	size_t b = (size_t)(n->ino * 2654435761u ^ n->dev) % BUCKETS;
	struct seen *s;

	n->same = n;
	n->nlink = 1;
	if (S_ISDIR(n->mode) || links < 2)
		return 0;
	for (s = rd->seen[b]; s; s = s->next) {
		if (s->node->ino == n->ino && s->node->dev == n->dev) {
			n->same = s->node;
			s->node->nlink++;
			return 0;
		}
	}
	s = arena_alloc(rd->a, sizeof(*s));
	if (!s)
		return err_oom(rd->e);
	*s = (struct seen){n, rd->seen[b]};
	rd->seen[b] = s;
	return 0;
}

static int read_target(struct reader *rd, struct tree_node *n, int dirfd, const char *name)
{
	char buf[LINK_MAX_BYTES];
	ssize_t len = readlinkat(dirfd, name, buf, sizeof(buf));

	if (len < 0)
		return fail(rd, n, "cannot read the symbolic link");
	n->target = arena_strndup(rd->a, buf, (size_t)len);
	n->size_bytes = (uint64_t)len;
	return n->target ? 0 : err_oom(rd->e);
}

static int count(struct reader *rd, const struct tree_node *n)
{
	struct tree *t = rd->t;

	t->nodes++;
	if (S_ISREG(n->mode) && n->same == n)
		t->bytes += n->size_bytes;
	if (t->nodes > rd->limits->max_nodes)
		return err_set(rd->e, EOPNOTSUPP,
			       "the container root has more than %llu files, more than an image of it can have",
			       (unsigned long long)rd->limits->max_nodes);
	if (t->bytes > rd->limits->max_bytes)
		return err_set(rd->e, E2BIG,
			       "the container root has more than %llu bytes, more than an image of it may have",
			       (unsigned long long)rd->limits->max_bytes);
	return 0;
}

static int fill(struct reader *rd, struct tree_node *n, int dirfd, const char *name)
{
	struct stat st;
	int r;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(rd, n, "cannot stat");
	n->mode = st.st_mode;
	n->uid = st.st_uid;
	n->gid = st.st_gid;
	n->rdev = st.st_rdev;
	n->dev = st.st_dev;
	n->ino = st.st_ino;
	n->mtime_s = st.st_mtim.tv_sec;
	n->mtime_ns = (uint32_t)st.st_mtim.tv_nsec;
	n->size_bytes = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	r = remember_links(rd, n, st.st_nlink);
	if (r == 0)
		r = count(rd, n);
	if (r == 0 && n->same == n)
		r = read_xattrs(rd, n, dirfd, name);
	if (r == 0 && S_ISLNK(n->mode))
		r = read_target(rd, n, dirfd, name);
	return r;
}

/* --- directories --- */

static int add_kid(struct reader *rd, struct kids *k, struct tree_node *n)
{
	struct tree_node **v = arena_room(rd->a, k->v, k->n, &k->cap, 16, sizeof(*v));

	if (!v)
		return err_oom(rd->e);
	k->v = v;
	k->v[k->n++] = n;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct tree_node *x = *(struct tree_node *const *)a, *y = *(struct tree_node *const *)b;

	return strcmp(x->name, y->name);
}

static int read_dir(struct reader *rd, struct tree_node *dir, int fd);

static int read_kid(struct reader *rd, struct tree_node *n, int dirfd)
{
	_cleanup_fd_ int fd = -1;
	int r = fill(rd, n, dirfd, n->name);

	if (r < 0 || !S_ISDIR(n->mode) || n->dev != rd->t->top->dev)
		return r;
	fd = openat(dirfd, n->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail(rd, n, "cannot open");
	return read_dir(rd, n, fd);
}

static int add_entry(struct reader *rd, struct tree_node *dir, int fd, const char *name, struct kids *kids)
{
	struct tree_node *n = arena_alloc(rd->a, sizeof(*n));
	int r;

	if (!n || !(n->name = arena_strdup(rd->a, name)))
		return err_oom(rd->e);
	n->parent = dir;
	r = add_kid(rd, kids, n);
	return r < 0 ? r : read_kid(rd, n, fd);
}

static int read_dir(struct reader *rd, struct tree_node *dir, int fd)
{
	__attribute__((cleanup(close_dir))) DIR *d = NULL;
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3), r;
	struct kids kids = {0};
	struct dirent *ent;

	d = copy < 0 ? NULL : fdopendir(copy);
	if (!d) {
		if (copy >= 0)
			close(copy);
		return fail(rd, dir, "cannot read");
	}
	rewinddir(d); /* the position belongs to whoever gave us the descriptor, too */
	while (errno = 0, (ent = readdir(d)) != NULL) {
		if (strcmp(ent->d_name, ".") == 0 || strcmp(ent->d_name, "..") == 0)
			continue;
		if (!dir->parent && rd->limits->skip && streq(ent->d_name, rd->limits->skip))
			continue;
		r = add_entry(rd, dir, fd, ent->d_name, &kids);
		if (r < 0)
			return r;
	}
	if (errno != 0)
		return fail(rd, dir, "cannot read");
	if (kids.n)
		qsort(kids.v, kids.n, sizeof(*kids.v), by_name);
	dir->kids = kids.v;
	dir->nkids = kids.n;
	dir->nlink = 2;
	for (size_t i = 0; i < kids.n; i++)
		dir->nlink += S_ISDIR(kids.v[i]->mode);
	return 0;
}

int tree_read(int fd, const struct tree_limits *limits, struct arena *a, struct tree *ret, struct err *e)
{
	struct tree t = {0};
	struct reader rd = {.a = a, .limits = limits, .t = &t, .e = e};
	int r;

	t.top = arena_alloc(a, sizeof(*t.top));
	rd.seen = arena_array(a, BUCKETS, sizeof(struct seen *));
	if (!t.top || !rd.seen)
		return err_oom(e);
	t.top->name = "";
	r = fill(&rd, t.top, fd, ".");
	if (r < 0)
		return r;
	if (!S_ISDIR(t.top->mode))
		return err_set(e, ENOTDIR, "the container root is not a directory");
	r = read_dir(&rd, t.top, fd);
	if (r < 0)
		return r;
	*ret = t;
	return 0;
}

int tree_open(int fd, const struct tree_node *n, struct arena *a, int *ret_fd, struct err *e)
{
	const char *path = tree_path(n, a);
	struct rpath where = {.rootfd = fd, .path = path};
	_cleanup_fd_ int file = -1;
	struct stat st;
	int r;

	if (!path)
		return err_oom(e);
	r = rpath_open_regular(&where, &file, &st, e);
	if (r < 0)
		return r;
	if (st.st_ino != n->ino || (uint64_t)st.st_size != n->size_bytes)
		return err_set(e, EAGAIN, "'%.256s' of the container root changed while it was read", path);
	*ret_fd = fd_steal(&file);
	return 0;
}
