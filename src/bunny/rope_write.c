/* SPDX-License-Identifier: Apache-2.0 */
/* Moving the bytes that a rope describes. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bunny/rope.h"
#include "common/fd.h"
#include "common/io.h"
#include "common/path.h"

#define BUFFER_BYTES (256u << 10)
/* Ropes hold archives that hold archives; nothing needs more. */
#define DEPTH_MAX 8

struct mover {
	const struct rope_out *out;
	struct digest_ctx *ctx;
	unsigned char *buf;
	size_t n; /* bytes that wait in buf */
	struct err *e;
};

static int flush(struct mover *m)
{
	int r = 0;

	if (m->n == 0)
		return 0;
	if (m->ctx)
		digest_add(m->ctx, m->buf, m->n);
	if (m->out->fd >= 0)
		r = write_all(m->out->fd, m->buf, m->n);
	if (m->out->progress)
		m->out->progress(m->n, m->out->arg);
	m->n = 0;
	if (r == 0)
		return 0;
	errno = -r;
	return err_sys(m->e, "cannot write the output");
}

static int put(struct mover *m, const void *p, uint64_t n)
{
	const unsigned char *from = p;

	while (n > 0) {
		size_t k = BUFFER_BYTES - m->n < n ? BUFFER_BYTES - m->n : (size_t)n;
		int r;

		if (from) {
			memcpy(m->buf + m->n, from, k);
			from += k;
		} else {
			memset(m->buf + m->n, 0, k);
		}
		m->n += k;
		n -= k;
		r = m->n == BUFFER_BYTES ? flush(m) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

static int ended_early(struct err *e, const struct piece *p)
{
	if (p->kind == PIECE_FILE)
		return err_set(e, EAGAIN, "'%.256s' changed while it was read", (const char *)p->p);
	return err_set(e, EAGAIN, "an archive became shorter while it was read");
}

/* Straight into the buffer that is written from, which small files share. */
static int put_fd(struct mover *m, const struct piece *p, int fd, uint64_t at)
{
	uint64_t left = p->n;

	while (left > 0) {
		size_t room = BUFFER_BYTES - m->n, k = room < left ? room : (size_t)left;
		ssize_t got = pread(fd, m->buf + m->n, k, (off_t)at);
		int r;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(m->e, "cannot read '%.256s'",
				       p->kind == PIECE_FILE ? (const char *)p->p : "an archive");
		if (got == 0)
			return ended_early(m->e, p);
		m->n += (size_t)got;
		at += (uint64_t)got;
		left -= (uint64_t)got;
		r = m->n == BUFFER_BYTES ? flush(m) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

static int open_file(const struct piece *p, int *ret_fd, struct err *e)
{
	struct rpath where = {.rootfd = p->fd, .path = p->p};
	_cleanup_fd_ int fd = -1;
	struct stat st;
	struct piece now;
	int r = rpath_open_regular(&where, &fd, &st, NULL);

	if (r == -EISDIR || r == -EINVAL)
		return ended_early(e, p);
	if (r < 0) {
		errno = -r;
		return err_sys(e, "cannot read '%.256s'", (const char *)p->p);
	}
	now = piece_file(p->fd, p->p, &st);
	if (now.at != p->at || now.n != p->n || now.changed_ns != p->changed_ns)
		return ended_early(e, p);
	*ret_fd = fd_steal(&fd);
	return 0;
}

static int put_file(struct mover *m, const struct piece *p)
{
	_cleanup_fd_ int fd = -1;
	int r = open_file(p, &fd, m->e);

	return r < 0 ? r : put_fd(m, p, fd, 0);
}

static int put_rope(struct mover *m, const struct rope *r, unsigned depth);

static int put_piece(struct mover *m, const struct piece *p, unsigned depth)
{
	switch (p->kind) {
	case PIECE_ZERO:
		return put(m, NULL, p->n);
	case PIECE_BYTES:
		return put(m, p->p, p->n);
	case PIECE_FD:
		return put_fd(m, p, p->fd, p->at);
	case PIECE_FILE:
		return put_file(m, p);
	case PIECE_ROPE:
		return put_rope(m, p->rope, depth + 1);
	}
	return err_set(m->e, EINVAL, "a piece of no kind");
}

static int put_rope(struct mover *m, const struct rope *r, unsigned depth)
{
	int x = depth > DEPTH_MAX ? err_set(m->e, ELOOP, "archives in archives beyond %d levels", DEPTH_MAX)
				  : 0;

	for (size_t i = 0; x == 0 && i < r->n; i++)
		x = put_piece(m, &r->v[i], depth);
	return x;
}

int rope_write(const struct rope *r, const struct rope_out *out, struct err *e)
{
	static unsigned char buf[BUFFER_BYTES];
	struct digest_ctx ctx = {0};
	struct mover m = {.out = out, .ctx = out->digest ? &ctx : NULL, .buf = buf, .e = e};
	int x;

	if (m.ctx)
		digest_begin(m.ctx);
	x = put_rope(&m, r, 0);
	if (x == 0)
		x = flush(&m);
	if (x == 0 && m.ctx)
		*out->digest = digest_end(m.ctx);
	return x;
}

int rope_digest(const struct rope *r, struct digest *ret, struct err *e)
{
	return rope_write(r, &(struct rope_out){.fd = -1, .digest = ret}, e);
}

/* --- one piece at a place of a file --- */

static int place_bytes(int fd, uint64_t at, const unsigned char *p, uint64_t n, struct err *e)
{
	while (n > 0) {
		ssize_t done = pwrite(fd, p, n, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_sys(e, "cannot write the output");
		p += done;
		at += (uint64_t)done;
		n -= (uint64_t)done;
	}
	return 0;
}

static int place_fd(const struct piece *p, int from, uint64_t from_at, int fd, uint64_t at, struct err *e)
{
	static unsigned char buf[BUFFER_BYTES];
	uint64_t left = p->n;
	off_t in = (off_t)from_at, to = (off_t)at;
	int r;

	while (left > 0) {
		ssize_t got = copy_file_range(from, &in, fd, &to, left, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		left -= (uint64_t)got;
	}
	/* Not every pair of files can be copied between so; reading always works, or tells why not. */
	while (left > 0) {
		ssize_t got = pread(from, buf, left < sizeof(buf) ? (size_t)left : sizeof(buf), in);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, "cannot read a file for the output");
		if (got == 0)
			return ended_early(e, p);
		r = place_bytes(fd, (uint64_t)to, buf, (uint64_t)got, e);
		if (r < 0)
			return r;
		in += got;
		to += got;
		left -= (uint64_t)got;
	}
	return 0;
}

static int place_rope(const struct rope *rope, int out_fd, uint64_t at, struct err *e)
{
	for (size_t i = 0; i < rope->n; at += rope->v[i++].n) {
		int r = piece_place(&rope->v[i], out_fd, at, e);

		if (r < 0)
			return r;
	}
	return 0;
}

int piece_place(const struct piece *p, int out_fd, uint64_t at, struct err *e)
{
	_cleanup_fd_ int fd = -1;
	int r;

	switch (p->kind) {
	case PIECE_ZERO:
		return 0;
	case PIECE_BYTES:
		return place_bytes(out_fd, at, p->p, p->n, e);
	case PIECE_FD:
		return place_fd(p, p->fd, p->at, out_fd, at, e);
	case PIECE_FILE:
		r = open_file(p, &fd, e);
		return r < 0 ? r : place_fd(p, fd, 0, out_fd, at, e);
	case PIECE_ROPE:
		return place_rope(p->rope, out_fd, at, e);
	}
	return err_set(e, EINVAL, "a piece of no kind");
}

int piece_open(const struct piece *p, int *ret_fd, struct err *e)
{
	_cleanup_fd_ int fd = -1;
	struct piece copy = *p;
	struct rope one = {.v = &copy, .n = 1, .bytes = p->n};
	int r;

	if (p->kind == PIECE_FILE)
		return open_file(p, ret_fd, e);
	fd = memfd_create("piece", MFD_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot make a file in memory");
	r = rope_write(&one, &(struct rope_out){.fd = fd}, e);
	if (r == 0)
		*ret_fd = fd_steal(&fd);
	return r;
}

int piece_read(const struct piece *p, size_t max, struct arena *a, struct bytes *ret, struct err *e)
{
	_cleanup_fd_ int fd = -1;
	unsigned char *into;
	int r;

	if (p->n > max)
		return err_set(e, EFBIG, "it has %llu bytes, more than the %zu that are allowed",
			       (unsigned long long)p->n, max);
	into = arena_alloc(a, p->n + 1);
	if (!into)
		return err_oom(e);
	r = piece_open(p, &fd, e);
	for (uint64_t done = 0; r == 0 && done < p->n;) {
		ssize_t got = pread(fd, into + done, p->n - done, (off_t)done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return err_sys(e, "cannot read a file");
		done += (uint64_t)got;
	}
	if (r == 0)
		*ret = (struct bytes){into, p->n};
	return r;
}
