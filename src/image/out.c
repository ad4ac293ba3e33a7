/* SPDX-License-Identifier: Apache-2.0 */
/* A file written from its beginning to its end, in big pieces. */
#include "image/out.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int out_flush(struct out *o, struct err *e)
{
	size_t done = 0;

	while (done < o->n) {
		ssize_t r = write(o->fd, o->buf + done, o->n - done);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_sys(e, "cannot write an image");
		done += (size_t)r;
	}
	o->n = 0;
	return 0;
}

static int make_room(struct out *o, struct err *e)
{
	return o->n == sizeof(o->buf) ? out_flush(o, e) : 0;
}

int out_put(struct out *o, const void *p, size_t n, struct err *e)
{
	const unsigned char *from = p;

	while (n > 0) {
		int r = make_room(o, e);
		size_t k = sizeof(o->buf) - o->n < n ? sizeof(o->buf) - o->n : n;

		if (r < 0)
			return r;
		memcpy(o->buf + o->n, from, k);
		o->n += k;
		o->at += k;
		from += k;
		n -= k;
	}
	return 0;
}

int out_zero_to(struct out *o, uint64_t at, struct err *e)
{
	if (at < o->at)
		return err_set(e, ERANGE, "an image's parts overlap");
	while (o->at < at) {
		int r = make_room(o, e);
		size_t k = sizeof(o->buf) - o->n;

		if (r < 0)
			return r;
		if (k > at - o->at)
			k = (size_t)(at - o->at);
		memset(o->buf + o->n, 0, k);
		o->n += k;
		o->at += k;
	}
	return 0;
}

int out_align(struct out *o, uint64_t to, struct err *e)
{
	return out_zero_to(o, (o->at + to - 1) / to * to, e);
}

/* Nothing is written where the file has a hole, which the image gets too: a file of a terabyte may be one block. */
static int skip_hole(struct out *o, int fd, uint64_t from, uint64_t most, uint64_t *ret, struct err *e)
{
	off_t data = lseek(fd, (off_t)from, SEEK_DATA), at;
	uint64_t n = data >= 0 ? (uint64_t)data - from : errno == ENXIO ? most : 0;
	int r;

	*ret = 0;
	if (n > most)
		n = most;
	if (n < OUT_BUFFER_BYTES)
		return 0;
	r = out_flush(o, e);
	if (r < 0)
		return r;
	at = lseek(o->fd, (off_t)n, SEEK_CUR);
	if (at < 0 || ftruncate(o->fd, at) < 0)
		return err_sys(e, "cannot write an image");
	o->at += n;
	*ret = n;
	return 0;
}

static bool is_sparse(int fd, uint64_t end)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_blocks < st.st_size / 512 &&
	       (uint64_t)st.st_size >= end;
}

int out_copy(struct out *o, int fd, uint64_t from, uint64_t bytes, struct err *e)
{
	bool sparse = is_sparse(fd, from + bytes);

	while (bytes > 0) {
		uint64_t hole = 0;
		int r = sparse ? skip_hole(o, fd, from, bytes, &hole, e) : 0;
		size_t k;
		ssize_t got;

		from += hole;
		bytes -= hole;
		if (r == 0)
			r = make_room(o, e);
		if (r < 0)
			return r;
		k = sizeof(o->buf) - o->n;
		if (bytes == 0)
			break;
		if (k > bytes)
			k = (size_t)bytes;
		got = pread(fd, o->buf + o->n, k, (off_t)from);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, "cannot read a file for an image");
		if (got == 0)
			return err_set(e, EAGAIN, "the file became shorter while it was read");
		o->n += (size_t)got;
		o->at += (uint64_t)got;
		from += (uint64_t)got;
		bytes -= (uint64_t)got;
	}
	return 0;
}
