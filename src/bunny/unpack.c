/* SPDX-License-Identifier: Apache-2.0 */
/* gzip by zlib, zstd by libzstd. */
#include "bunny/unpack.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "common/io.h"

#define CHUNK (256u << 10)

struct stream {
	int fd, out;
	uint64_t at, left, bytes;
	struct digest_ctx packed, unpacked;
	unsigned char *in, *to;
	struct err *e;
};

enum packing packing_of(const void *p, size_t n)
{
	if (n >= 3 && memcmp(p, "\x1f\x8b\x08", 3) == 0)
		return PACKING_GZIP;
	if (n >= 4 && memcmp(p, "\x28\xb5\x2f\xfd", 4) == 0)
		return PACKING_ZSTD;
	if (n >= 3 && memcmp(p, "BZh", 3) == 0)
		return PACKING_BZIP2;
	if (n >= 6 && memcmp(p,
			     "\xfd"
			     "7zXZ\0",
			     6) == 0)
		return PACKING_XZ;
	return PACKING_NONE;
}

const char *packing_name(enum packing p)
{
	static const char *const names[] = {"nothing", "gzip", "zstd", "bzip2", "xz"};

	return names[p];
}

static int fill(struct stream *s, size_t *ret)
{
	size_t want = s->left < CHUNK ? (size_t)s->left : CHUNK;
	ssize_t got;

	do
		got = want ? pread(s->fd, s->in, want, (off_t)s->at) : 0;
	while (got < 0 && errno == EINTR);
	if (got < 0 || (got == 0 && want))
		return err_sys(s->e, "cannot read a packed archive");
	digest_add(&s->packed, s->in, (size_t)got);
	s->at += (uint64_t)got;
	s->left -= (uint64_t)got;
	*ret = (size_t)got;
	return 0;
}

static int drain(struct stream *s, size_t n)
{
	int r;

	s->bytes += n;
	if (s->bytes > UNPACK_MAX_BYTES)
		return err_set(s->e, EFBIG, "a packed archive has more than %llu bytes in it",
			       UNPACK_MAX_BYTES);
	digest_add(&s->unpacked, s->to, n);
	r = write_all(s->out, s->to, n);
	if (r == 0)
		return 0;
	errno = -r;
	return err_sys(s->e, "cannot write an unpacked archive");
}

static int broken(struct stream *s, const char *kind)
{
	return err_set(s->e, EINVAL, "a broken %s archive, at byte %llu", kind, (unsigned long long)s->at);
}

static void end_inflate(z_stream *z)
{
	inflateEnd(z);
}

static int gunzip(struct stream *s)
{
	__attribute__((cleanup(end_inflate))) z_stream z = {0};
	bool ended = false, full = false; /* full: more may come out of what went in */
	int r = 0;

	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return err_oom(s->e);
	while (r == 0) {
		size_t n = 0;
		int code;

		if (z.avail_in == 0 && !full) {
			r = fill(s, &n);
			if (r < 0 || n == 0)
				break;
			z.next_in = s->in;
			z.avail_in = (uInt)n;
		}
		/* A file may be several streams in a row. */
		if (ended && inflateReset(&z) != Z_OK)
			return broken(s, "gzip");
		z.next_out = s->to;
		z.avail_out = CHUNK;
		code = inflate(&z, Z_NO_FLUSH);
		if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
			return broken(s, "gzip");
		ended = code == Z_STREAM_END;
		full = !ended && z.avail_out == 0;
		r = drain(s, CHUNK - z.avail_out);
	}
	return r < 0 ? r : ended ? 0 : broken(s, "gzip");
}

static void free_zstd(ZSTD_DStream **z)
{
	ZSTD_freeDStream(*z);
}

static int unzstd(struct stream *s)
{
	__attribute__((cleanup(free_zstd))) ZSTD_DStream *z = ZSTD_createDStream();
	size_t code = 1, n = 0;
	int r;

	if (!z)
		return err_oom(s->e);
	while ((r = fill(s, &n)) == 0 && n > 0) {
		ZSTD_inBuffer in = {s->in, n, 0};
		bool more = false;

		while (r == 0 && (in.pos < in.size || more)) {
			ZSTD_outBuffer out = {s->to, CHUNK, 0};

			code = ZSTD_decompressStream(z, &out, &in);
			if (ZSTD_isError(code))
				return broken(s, "zstd");
			/* 0: the frame has ended, and nothing of it waits. */
			more = code != 0 && out.pos == out.size;
			r = drain(s, out.pos);
		}
		if (r < 0)
			return r;
	}
	return r < 0 ? r : code == 0 ? 0 : broken(s, "zstd");
}

static int copy(struct stream *s)
{
	size_t n = 0;
	int r;

	while ((r = fill(s, &n)) == 0 && n > 0) {
		memcpy(s->to, s->in, n);
		r = drain(s, n);
		if (r < 0)
			return r;
	}
	return r;
}

int unpack(enum packing how, int fd, uint64_t at, uint64_t n, int out_fd, uint64_t *ret_bytes,
	   struct digest *ret_packed, struct digest *ret_unpacked, struct err *e)
{
	static unsigned char in[CHUNK], to[CHUNK];
	struct stream s = {.fd = fd, .out = out_fd, .at = at, .left = n, .in = in, .to = to, .e = e};
	int r;

	digest_begin(&s.packed);
	digest_begin(&s.unpacked);
	switch (how) {
	case PACKING_NONE:
		r = copy(&s);
		break;
	case PACKING_GZIP:
		r = gunzip(&s);
		break;
	case PACKING_ZSTD:
		r = unzstd(&s);
		break;
	default:
		return err_set(e, EOPNOTSUPP, "it is packed with %s; gzip and zstd can be unpacked",
			       packing_name(how));
	}
	if (r < 0)
		return r;
	*ret_bytes = s.bytes;
	*ret_packed = digest_end(&s.packed);
	*ret_unpacked = digest_end(&s.unpacked);
	return 0;
}
