/* SPDX-License-Identifier: Apache-2.0 */
/* Describing bytes: pieces and lists of them. */
#include "bunny/rope.h"

#include <string.h>

static int64_t changed_ns(const struct stat *st)
{
	return (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec;
}

struct piece piece_bytes(const void *p, size_t n)
{
	return (struct piece){.kind = PIECE_BYTES, .fd = -1, .p = p, .n = n};
}

struct piece piece_fd(int fd, uint64_t at, uint64_t n)
{
	return (struct piece){.kind = PIECE_FD, .fd = fd, .at = at, .n = n};
}

struct piece piece_file(int rootfd, const char *path, const struct stat *st)
{
	return (struct piece){.kind = PIECE_FILE,
			      .fd = rootfd,
			      .at = st->st_ino,
			      .n = (uint64_t)st->st_size,
			      .p = path,
			      .changed_ns = changed_ns(st)};
}

struct piece piece_rope(const struct rope *r)
{
	return (struct piece){.kind = PIECE_ROPE, .fd = -1, .n = r->bytes, .rope = r};
}

static bool grow(struct rope *r)
{
	struct piece *v = arena_room(r->a, r->v, r->n, &r->cap, 64, sizeof(*v));

	if (v)
		r->v = v;
	return v;
}

void rope_add(struct rope *r, struct piece p)
{
	if (p.n == 0)
		return;
	if (r->oom || __builtin_add_overflow(r->bytes, p.n, &r->bytes) || !grow(r))
		r->oom = true;
	else
		r->v[r->n++] = p;
}

void rope_bytes(struct rope *r, const void *p, size_t n)
{
	rope_add(r, piece_bytes(p, n));
}

void rope_zeros(struct rope *r, uint64_t n)
{
	rope_add(r, (struct piece){.kind = PIECE_ZERO, .fd = -1, .n = n});
}

void rope_align(struct rope *r, uint64_t to)
{
	rope_zeros(r, (to - r->bytes % to) % to);
}

int rope_done(const struct rope *r, struct err *e)
{
	return r->oom ? err_oom(e) : 0;
}
