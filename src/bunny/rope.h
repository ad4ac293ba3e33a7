/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that are described before they are read: a layer or an archive is a list of pieces, which can be measured,
 * digested and written as often as wanted without a copy on disk. */
#ifndef URUNC_BUNNY_ROPE_H
#define URUNC_BUNNY_ROPE_H

#include <stdint.h>
#include <sys/stat.h>

#include "bunny/digest.h"
#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

enum piece_kind {
	PIECE_ZERO,  /* n zeros */
	PIECE_BYTES, /* n bytes at p */
	PIECE_FD,   /* n bytes of fd from offset at; the descriptor stays open as long as the piece is used */
	PIECE_FILE, /* a whole regular file: name p below the directory fd, opened when it is needed */
	PIECE_ROPE, /* another rope */
};

struct rope;
struct piece {
	enum piece_kind kind;
	int fd;
	uint64_t n;
	uint64_t at; /* of PIECE_FILE: the inode number, by which a change is noticed */
	union {
		const void *p;
		const struct rope *rope;
	};
	int64_t changed_ns; /* of PIECE_FILE: when it was last changed */
};

struct rope {
	struct arena *a;
	struct piece *v;
	size_t n, cap;
	uint64_t bytes;
	bool oom; /* sticky: add freely, look at the end */
};
#define ROPE(arena_) ((struct rope){.a = (arena_)})

void rope_add(struct rope *r, struct piece p);
void rope_bytes(struct rope *r, const void *p, size_t n); /* borrows p */
void rope_zeros(struct rope *r, uint64_t n);
/* Zeros until the size is a multiple of `to`. */
void rope_align(struct rope *r, uint64_t to);
int rope_done(const struct rope *r, struct err *e) _must_check_;

struct piece piece_bytes(const void *p, size_t n);
struct piece piece_fd(int fd, uint64_t at, uint64_t n);
/* path is borrowed; st is what it was when it was looked at. */
struct piece piece_file(int rootfd, const char *path, const struct stat *st);
struct piece piece_rope(const struct rope *r);

/* Told the number of bytes that went by, from time to time. */
typedef void rope_progress(uint64_t bytes, void *arg);

struct rope_out {
	int fd;                /* where the bytes go; -1: nowhere, they are only digested */
	struct digest *digest; /* NULL: none is made */
	rope_progress *progress;
	void *arg;
};
/* All bytes in order. A file that changed since it was looked at, and a descriptor that ends early, are -EAGAIN. */
int rope_write(const struct rope *r, const struct rope_out *out, struct err *e) _must_check_;
int rope_digest(const struct rope *r, struct digest *ret, struct err *e) _must_check_;
/* The bytes of one piece at offset `at` of out_fd, a regular file that holds zeros there. */
int piece_place(const struct piece *p, int out_fd, uint64_t at, struct err *e) _must_check_;
/* A descriptor whose bytes from 0 are those of the piece: of the file itself, or of a copy in memory. */
int piece_open(const struct piece *p, int *ret_fd, struct err *e) _must_check_;
/* The whole of a piece in memory; -EFBIG when it has more than max bytes. */
int piece_read(const struct piece *p, size_t max, struct arena *a, struct bytes *ret, struct err *e)
	_must_check_;

#endif
