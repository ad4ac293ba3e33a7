/* SPDX-License-Identifier: Apache-2.0 */
/* BOX_INITRD: the image's initrd, copied, and an archive of ours behind it or joined to it. Files of the host go straight
 * from where they are into it. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cpio.h"
#include "common/fd.h"
#include "common/io.h"
#include "common/walk.h"
#include "sandbox/box.h"

#define PADDING 4u        /* a cpio archive begins at a multiple of this, and so does each part of it */
#define END_BYTES 4u      /* of LZ4's old format: a block of no bytes */
#define MEMBER_BYTES 118u /* header, end of the name, padding twice */
/* Above what plan numbers its own members with. */
#define FIRST_INODE 0x10000u

/* sendfile, because copy_file_range does not cross file systems. A source that shrinks meanwhile is an error. */
int box_copy(int out, int in, uint64_t size_bytes)
{
	uint64_t left = size_bytes;
	ssize_t n;

	while (left > 0) {
		n = sendfile(out, in, NULL, left > (1u << 30) ? (1u << 30) : (size_t)left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ESTALE;
		left -= (uint64_t)n;
	}
	return 0;
}

static int pad(int fd, uint64_t size)
{
	static const char zeros[PADDING];

	return size % PADDING ? write_all(fd, zeros, PADDING - (size_t)(size % PADDING)) : 0;
}

/* The one member of the archive whose bytes come straight from the host: its header ends op->data and says its size. */
static int add_host_file(const struct box_op *op, int out, struct err *e)
{
	_cleanup_fd_ int in = open(op->host_src, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	int r;

	if (in < 0 || fstat(in, &st) < 0)
		return box_op_failed(op, op->host_src, e);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != op->host_bytes)
		return err_set(e, ESTALE,
			       "box: '%s' is not the file of %llu bytes any more that it was at create",
			       op->host_src, (unsigned long long)op->host_bytes);
	r = box_copy(out, in, op->host_bytes);
	if (r == 0)
		r = pad(out, op->host_bytes);
	return r < 0 ? err_set(e, -r, "box: cannot add '%s' to %s: %s", op->host_src, op->dst, strerror(-r))
		     : 0;
}

/* --- sources of the host --- */

struct adding {
	const struct box_add *add;
	int out;
	uint32_t ino;
	uint64_t left_bytes;
	uint32_t left_entries;
};

static int cannot(const struct adding *w, const char *path, int code, struct err *e)
{
	return err_set(e, code, "mount '%.256s': '%s%s%s' cannot be copied for the guest: %s", w->add->label,
		       w->add->source, *path ? "/" : "", path, strerror(code));
}

/* What a member takes of the room that was planned; the memory of guest and cgroup was made for that. */
static int take_room(struct adding *w, uint64_t bytes, struct err *e)
{
	if (w->left_entries == 0 || bytes > w->left_bytes || bytes > UINT32_MAX)
		return err_set(
			e, EFBIG,
			"mount '%.256s': '%.256s' has grown since the container was created; create it again",
			w->add->label, w->add->source ? w->add->source : w->add->name);
	w->left_entries--;
	w->left_bytes -= bytes;
	return 0;
}

/* Header and, for what has one in memory, contents. bytes: of contents. */
static int put_member(struct adding *w, const char *path, const struct stat *st, const void *data,
		      uint64_t bytes, struct err *e)
{
	int r = take_room(w, bytes + MEMBER_BYTES + strlen(w->add->name) + strlen(path), e);
	struct arena a = {0};
	struct strbuf head = STRBUF(&a);
	const char *name;

	if (r < 0)
		return r;
	name = arena_printf(&a, "%s%s%s", w->add->name, *path ? "/" : "", path);
	if (name) {
		cpio_header(&head, &w->ino,
			    &(struct cpio_member){.name = name,
						  .mode = st->st_mode,
						  .uid = st->st_uid,
						  .gid = st->st_gid,
						  .mtime = (uint32_t)st->st_mtime,
						  .bytes = (uint32_t)bytes});
		sb_addn(&head, data, data ? (size_t)bytes : 0);
	}
	r = !name || head.oom ? -ENOMEM : write_all(w->out, head.p, head.len);
	if (r == 0 && data)
		r = pad(w->out, bytes);
	arena_release(&a);
	return r < 0 ? cannot(w, path, -r, e) : 0;
}

/* Its size is what it is when it is open; one that changes meanwhile is told. */
static int put_file(struct adding *w, const char *path, int in, struct err *e)
{
	struct stat st;
	int r;

	if (fstat(in, &st) < 0)
		return cannot(w, path, errno, e);
	if (!S_ISREG(st.st_mode))
		return cannot(w, path, ESTALE, e);
	r = put_member(w, path, &st, NULL, (uint64_t)st.st_size, e);
	if (r < 0)
		return r;
	r = box_copy(w->out, in, (uint64_t)st.st_size);
	if (r == 0)
		r = pad(w->out, (uint64_t)st.st_size);
	return r < 0 ? cannot(w, path, -r, e) : 0;
}

static int put_link(struct adding *w, const struct walk_entry *entry, struct err *e)
{
	char target[4096];
	ssize_t n = readlinkat(entry->dirfd, entry->name, target, sizeof(target));

	if (n < 0 || (size_t)n == sizeof(target))
		return cannot(w, entry->path, n < 0 ? errno : ENAMETOOLONG, e);
	return put_member(w, entry->path, entry->st, target, (uint64_t)n, e);
}

/* Links stay links, wherever they lead. Devices, FIFOs and sockets are nothing that could be copied. */
static int put_entry(const struct walk_entry *entry, void *arg, struct err *e)
{
	struct adding *w = arg;
	_cleanup_fd_ int fd = -1;

	if (S_ISDIR(entry->st->st_mode))
		return put_member(w, entry->path, entry->st, NULL, 0, e);
	if (S_ISLNK(entry->st->st_mode))
		return put_link(w, entry, e);
	if (!S_ISREG(entry->st->st_mode))
		return 0;
	fd = openat(entry->dirfd, entry->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : cannot(w, entry->path, errno, e);
	return put_file(w, entry->path, fd, e);
}

static bool is_same(const struct box_add *add, const struct stat *st)
{
	if ((add->dev || add->ino) && (add->dev != st->st_dev || add->ino != st->st_ino))
		return false;
	return add->kind == 0 || add->kind == (st->st_mode & S_IFMT);
}

/* By the name that plan was told, so links on the way are followed, as they were at create; who may change them must not
 * make us read something else. Looked at before it is opened, because opening a device or a FIFO does something. */
static int open_source(struct adding *w, struct stat *ret, int *ret_fd, struct err *e)
{
	/* O_DIRECTORY has what is mounted on first use mounted. */
	_cleanup_fd_ int fd = open(w->add->source,
				   O_PATH | O_CLOEXEC | (w->add->kind == S_IFDIR ? O_DIRECTORY : 0));
	char link[sizeof "/proc/self/fd/" + 3 * sizeof fd];
	struct stat st;
	int in;

	if (fd < 0 || fstat(fd, &st) < 0)
		return cannot(w, "", errno, e);
	if (!is_same(w->add, &st))
		return err_set(e, ESTALE,
			       "mount '%.256s': source '%.256s' was replaced since the container was created; create "
			       "it again",
			       w->add->label, w->add->source);
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return cannot(w, "", ESTALE, e);
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	in = open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (in < 0)
		return cannot(w, "", errno, e);
	*ret = st;
	*ret_fd = in;
	return 0;
}

static int put_source(struct adding *w, struct err *e)
{
	_cleanup_fd_ int fd = -1;
	struct stat st = {0};
	int r = open_source(w, &st, &fd, e);

	if (r < 0)
		return r;
	return S_ISDIR(st.st_mode) ? walk_tree(fd, w->add->label, put_entry, w, e) : put_file(w, "", fd, e);
}

/* --- the image's archive --- */

struct seen {
	const struct box_op *op;
	uint64_t has[4]; /* bit i: the archive has the name of op->adds.v[i] */
};

static void see(const char *name, uint32_t mode, void *arg)
{
	struct seen *s = arg;

	(void)mode;
	if (name[0] == '.' && name[1] == '/')
		name += 2;
	for (size_t i = 0; i < s->op->adds.n && i < 256; i++) {
		const struct box_add *add = &s->op->adds.v[i];

		if (!add->source && strcmp(add->name, name + strspn(name, "/")) == 0)
			s->has[i / 64] |= 1ull << i % 64;
	}
}

static bool wants_look(const struct box_op *op)
{
	for (size_t i = 0; i < op->adds.n; i++)
		if (!op->adds.v[i].source)
			return true;
	return op->one_archive;
}

/* *ret_bytes: how much of the image's initrd is copied. Where archives may follow one another, one that we cannot read is
 * the guest's business. */
static int look_at_image(const struct box_op *op, int in, uint64_t size, struct seen *s, uint64_t *ret_bytes,
			 struct err *e)
{
	struct err why = {0};
	uint64_t end = size;
	int r = 0;

	*ret_bytes = size;
	if (in < 0 || !wants_look(op))
		return 0;
	r = cpio_scan(in, size, see, s, &end, &why);
	if (!op->one_archive)
		return 0;
	if (r < 0)
		return err_set(e, -r,
			       "initrd '%.256s' cannot be joined with the container's files: %s; pack it as an "
			       "uncompressed newc archive",
			       op->src, why.msg);
	*ret_bytes = end;
	return 0;
}

/* The image's initrd, of which so much is wanted, up to where an archive of ours may begin. What is packed by LZ4, as the kernel
 * reads it, has no end: without zeros the archive behind it would be its next block. Other formats do not mind. */
static int put_image(const struct box_op *op, int out, int in, uint64_t bytes)
{
	static const char end[END_BYTES];
	int r = box_copy(out, in, bytes);

	if (r == 0 && !op->one_archive)
		r = write_all(out, end, sizeof(end));
	return r == 0 ? pad(out, bytes) : r;
}

static int put_adds(const struct box_op *op, const struct seen *s, int out, struct err *e)
{
	struct stat dir = {.st_mode = S_IFDIR | 0755};
	uint32_t ino = FIRST_INODE;

	for (size_t i = 0; i < op->adds.n; i++) {
		struct adding w = {&op->adds.v[i], out, ino, op->adds.v[i].max_bytes,
				   op->adds.v[i].max_entries};
		int r = 0;

		if (w.add->source)
			r = put_source(&w, e);
		else if (i >= 256 || !(s->has[i / 64] & 1ull << i % 64))
			r = put_member(&w, "", &dir, NULL, 0, e);
		if (r < 0)
			return r;
		ino = w.ino;
	}
	return 0;
}

int box_write_initrd(const struct box_op *op, int out, int in, uint64_t size_bytes, struct err *e)
{
	struct seen s = {.op = op};
	uint64_t bytes;
	int r = look_at_image(op, in, size_bytes, &s, &bytes, e);

	if (r < 0)
		return r;
	if (in >= 0)
		r = put_image(op, out, in, bytes);
	if (r == 0)
		r = write_all(out, op->data.p, op->data.n);
	if (r < 0)
		return err_set(e, -r, "box: initrd %s: cannot be written: %s", op->dst, strerror(-r));
	if (op->host_src)
		r = add_host_file(op, out, e);
	if (r == 0)
		r = put_adds(op, &s, out, e);
	if (r < 0)
		return r;
	r = write_all(out, op->tail.p, op->tail.n);
	return r < 0 ? err_set(e, -r, "box: initrd %s: cannot be written: %s", op->dst, strerror(-r)) : 0;
}
