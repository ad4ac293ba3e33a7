/* SPDX-License-Identifier: Apache-2.0 */
/* Member by member through a tar archive. Every number in it is somebody else's. */
#include "bunny/tar_read.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "bunny/tar_pax.h"

/* Places in a header. */
enum {
	NAME = 0,
	MODE = 100,
	UID = 108,
	GID = 116,
	SIZE = 124,
	MTIME = 136,
	SUM = 148,
	TYPE = 156,
	LINK = 157
};
enum { MAGIC = 257, MAJOR = 329, MINOR = 337, PREFIX = 345 };

#define READ_BYTES (128u << 10)

struct reader {
	int fd;
	uint64_t at, end;
	struct arena *a;
	struct tar_extra once, always; /* of extended headers: for the next member, for all that follow */
	uint64_t members;
	char *text; /* of pax headers, one after the other */
	unsigned char *buf;
	uint64_t buf_at;
	size_t buf_n;
	struct err *e;
};

/* Octal digits between blanks, or GNU's binary form. */
static bool number(const unsigned char *p, size_t n, uint64_t *ret)
{
	uint64_t v = 0;
	size_t i = 0;

	if (p[0] & 0x80) {
		if (p[0] != 0x80)
			return false; /* negative, or beyond 64 bits */
		for (i = 1; i < n; i++) {
			if (v >> 56)
				return false;
			v = v << 8 | p[i];
		}
		*ret = v;
		return true;
	}
	while (i < n && p[i] == ' ')
		i++;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++) {
		if (v >> 61)
			return false;
		v = v << 3 | (uint64_t)(p[i] - '0');
	}
	for (; i < n; i++) {
		if (p[i] != ' ' && p[i] != '\0')
			return false;
	}
	*ret = v;
	return true;
}

static bool is_zero(const unsigned char *p)
{
	for (size_t i = 0; i < TAR_BLOCK; i++) {
		if (p[i])
			return false;
	}
	return true;
}

bool tar_is_header(const unsigned char *p)
{
	uint64_t want, sum = 0;

	if (!number(p + SUM, 8, &want))
		return false;
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += i >= SUM && i < SUM + 8 ? ' ' : p[i];
	return sum == want && p[NAME] != '\0';
}

static int broken(struct reader *rd, const char *what)
{
	return err_set(rd->e, EINVAL, "not a good tar archive: %s at byte %llu", what,
		       (unsigned long long)rd->at);
}

/* n bytes at the present place, which do not move on; n <= READ_BYTES. NULL with *e: unreadable, or not there. */
static const unsigned char *look(struct reader *rd, size_t n)
{
	if (rd->end - rd->at < n) {
		broken(rd, "it ends in the middle of a member");
		return NULL;
	}
	if (rd->at < rd->buf_at || rd->at + n > rd->buf_at + rd->buf_n) {
		uint64_t left = rd->end - rd->at;
		size_t want = left < READ_BYTES ? (size_t)left : READ_BYTES, have = 0;

		/* A header is mostly followed by contents that nobody looks at. */
		if (n == TAR_BLOCK && want > 16 * TAR_BLOCK)
			want = 16 * TAR_BLOCK;
		while (have < want) {
			ssize_t got = pread(rd->fd, rd->buf + have, want - have, (off_t)(rd->at + have));

			if (got < 0 && errno == EINTR)
				continue;
			if (got <= 0) {
				err_sys(rd->e, "cannot read a tar archive");
				return NULL;
			}
			have += (size_t)got;
		}
		rd->buf_at = rd->at;
		rd->buf_n = have;
	}
	return rd->buf + (rd->at - rd->buf_at);
}

static int skip(struct reader *rd, uint64_t bytes)
{
	uint64_t padded;

	/* A last member without its padding is taken: some writers end there. */
	if (bytes > rd->end - rd->at)
		return broken(rd, "it ends in the middle of a member");
	padded = (bytes + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
	rd->at += padded < rd->end - rd->at ? padded : rd->end - rd->at;
	return 0;
}

/* n bytes of an extended header, which to[n] ends with a NUL. */
static int read_text(struct reader *rd, char *to, uint64_t n)
{
	if (n > rd->end - rd->at)
		return broken(rd, "it ends in the middle of a member");
	for (uint64_t done = 0; done < n;) {
		ssize_t got = pread(rd->fd, to + done, n - done, (off_t)(rd->at + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return err_sys(rd->e, "cannot read a tar archive");
		done += (uint64_t)got;
	}
	to[n] = '\0';
	return skip(rd, n);
}

/* GNU's header of a long name, with its NUL. */
static int take_name(struct reader *rd, uint64_t n, const char **ret)
{
	char *p;

	if (n > TAR_PATH_MAX + 1)
		return broken(rd, "a path of more than 4095 bytes");
	p = arena_alloc(rd->a, n + 1);
	if (!p)
		return err_oom(rd->e);
	*ret = p;
	return read_text(rd, p, n);
}

/* All of them are read into the same memory: an archive may have millions, and what is kept is copied. */
static int take_pax(struct reader *rd, uint64_t n, struct tar_extra *x)
{
	int r;

	if (n > TAR_PAX_MAX)
		return broken(rd, "an extended header of more than a mebibyte");
	if (!rd->text && !(rd->text = arena_alloc(rd->a, TAR_PAX_MAX + 1)))
		return err_oom(rd->e);
	r = read_text(rd, rd->text, n);
	return r < 0 ? r : tar_pax_parse(rd->text, (size_t)n, rd->a, x, rd->e);
}

static const char *header_name(struct reader *rd, const unsigned char *h)
{
	const char *name = (const char *)h + NAME, *prefix = (const char *)h + PREFIX;

	/* GNU's own form has other things where the prefix would be. */
	if (memcmp(h + MAGIC, "ustar\0", 6) == 0 && *prefix)
		return arena_printf(rd->a, "%.155s/%.100s", prefix, name);
	return arena_strndup(rd->a, name, strnlen(name, 100));
}

static bool type_of(unsigned char c, const char *path, enum tar_type *ret)
{
	switch (c) {
	case '0':
	case '\0':
	case '7':
		/* Before there was a type for directories, a name said it. */
		*ret = c == '\0' && *path && path[strlen(path) - 1] == '/' ? TAR_DIR : TAR_FILE;
		return true;
	case '1':
		*ret = TAR_HARDLINK;
		return true;
	case '2':
		*ret = TAR_SYMLINK;
		return true;
	case '3':
		*ret = TAR_CHAR;
		return true;
	case '4':
		*ret = TAR_BLOCKDEV;
		return true;
	case '5':
		*ret = TAR_DIR;
		return true;
	case '6':
		*ret = TAR_FIFO;
		return true;
	default:
		return false;
	}
}

static int names(struct reader *rd, const unsigned char *h, struct tar_member *m)
{
	const struct tar_extra *x = &rd->once, *g = &rd->always;
	const char *link = (const char *)h + LINK;

	m->path = x->path ? x->path : g->path ? g->path : header_name(rd, h);
	m->target = x->target   ? x->target
		    : g->target ? g->target
				: arena_strndup(rd->a, link, strnlen(link, 100));
	if (!m->path || !m->target)
		return err_oom(rd->e);
	if (strlen(m->path) > TAR_PATH_MAX || strlen(m->target) > TAR_PATH_MAX)
		return broken(rd, "a path of more than 4095 bytes");
	if (*m->path == '\0')
		return broken(rd, "a member without a name");
	return 0;
}

static int numbers(struct reader *rd, const unsigned char *h, struct tar_member *m)
{
	const struct tar_extra *x = &rd->once;
	uint64_t mode, uid, gid, mtime, major = 0, minor = 0, size;

	if (!number(h + MODE, 8, &mode) || !number(h + UID, 8, &uid) || !number(h + GID, 8, &gid) ||
	    !number(h + SIZE, 12, &size))
		return broken(rd, "a field that is no number");
	/* Before 1970 it is a negative number in binary, which matters to nobody. */
	if (!number(h + MTIME, 12, &mtime))
		mtime = 0;
	if ((m->type == TAR_CHAR || m->type == TAR_BLOCKDEV) &&
	    (!number(h + MAJOR, 8, &major) || !number(h + MINOR, 8, &minor)))
		return broken(rd, "a device that is no number");
	if (x->has & TAR_HAS_SIZE)
		size = x->size;
	if (x->has & TAR_HAS_UID)
		uid = x->uid;
	if (x->has & TAR_HAS_GID)
		gid = x->gid;
	if (uid > UINT32_MAX || gid > UINT32_MAX || major > 0xfff || minor > 0xfffff)
		return broken(rd, "an owner or device beyond what Linux has");
	if (size > TAR_BYTES_MAX)
		return broken(rd, "a file larger than 4 TiB");
	m->mode = (uint32_t)mode & 07777;
	m->uid = (uint32_t)uid;
	m->gid = (uint32_t)gid;
	m->major = (uint32_t)major;
	m->minor = (uint32_t)minor;
	m->mtime = x->has & TAR_HAS_MTIME ? x->mtime : mtime > INT64_MAX ? 0 : (int64_t)mtime;
	m->n = size;
	m->xattrs = x->xattrs;
	m->nxattrs = x->nxattrs;
	return 0;
}

static int member(struct reader *rd, const unsigned char *h, tar_see *see, void *arg)
{
	struct tar_member m = {0};
	uint64_t skipped;
	int r;

	if (++rd->members > TAR_MEMBERS_MAX)
		return broken(rd, "more than 4194304 members");
	if (rd->once.sparse)
		return broken(rd, "a sparse file (write it with tar --no-sparse)");
	r = names(rd, h, &m);
	if (r == 0 && !type_of(h[TYPE], m.path, &m.type))
		return broken(rd, "a member of an unknown type");
	if (r == 0)
		r = numbers(rd, h, &m);
	if (r < 0)
		return r;
	rd->at += TAR_BLOCK;
	m.at = rd->at;
	/* Only files have contents; but some writers note the size of what a hard link leads to. */
	skipped = m.type == TAR_FILE ? m.n : 0;
	if (m.type != TAR_FILE)
		m.n = 0;
	r = skip(rd, skipped);
	if (r == 0)
		r = see(&m, arg, rd->e);
	rd->once = (struct tar_extra){0};
	return r;
}

/* Headers that belong to the next member. 1: it was one. */
static int extended(struct reader *rd, const unsigned char *h)
{
	unsigned char type = h[TYPE];
	const char *text = NULL;
	uint64_t size;
	int r;

	if (!strchr("xgLKS", type) || type == '\0')
		return 0;
	if (type == 'S')
		return broken(rd, "a sparse file (write it with tar --no-sparse)");
	if (!number(h + SIZE, 12, &size))
		return broken(rd, "a field that is no number");
	rd->at += TAR_BLOCK;
	if (type == 'x' || type == 'g') {
		r = take_pax(rd, size, type == 'x' ? &rd->once : &rd->always);
		return r < 0 ? r : 1;
	}
	r = take_name(rd, size, &text);
	if (r < 0)
		return r;
	if (type == 'L')
		rd->once.path = text;
	else
		rd->once.target = text;
	return 1;
}

int tar_read(int fd, uint64_t at, uint64_t n, struct arena *a, tar_see *see, void *arg, struct err *e)
{
	struct reader rd = {.fd = fd, .at = at, .end = at + n, .a = a, .e = e};
	int r = 0;

	if (n > UINT64_MAX - at)
		return err_set(e, EINVAL, "not a good tar archive: its end lies beyond all files");
	rd.buf = arena_alloc(a, READ_BYTES);
	if (!rd.buf)
		return err_oom(e);
	while (r >= 0 && rd.at < rd.end) {
		const unsigned char *h = look(&rd, TAR_BLOCK);

		if (!h)
			return -e->code;
		if (is_zero(h))
			break;
		if (!tar_is_header(h))
			return broken(&rd, "a header with a wrong checksum");
		r = extended(&rd, h);
		if (r == 0)
			r = member(&rd, h, see, arg);
	}
	return r < 0 ? r : 0;
}
