/* SPDX-License-Identifier: Apache-2.0 */
/* One bump allocator per command: everything lives until the whole arena goes. */
#ifndef URUNC_COMMON_ARENA_H
#define URUNC_COMMON_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "common/err.h"

struct arena_chunk;

/* Backed by mmap, never by malloc, so that a forked child can give every page back at once
 * (arena_release) and stay small. Zero-initialise before use. Not thread safe. */
struct arena {
	struct arena_chunk *head;
	size_t used_bytes; /* sum of what was handed out, for limits and tests */
};

/* Returns zeroed memory aligned to 16, or NULL when memory is gone. size 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t size_bytes);
/* n * size with overflow check; NULL on overflow or when memory is gone. */
void *arena_array(struct arena *a, size_t n, size_t size_bytes);
void *arena_memdup(struct arena *a, const void *p, size_t n); /* adds one NUL byte after the copy */
/* Room for one more behind n elements: v itself while n < *cap, else a copy with twice the room, first `first`. NULL when
 * memory is gone; v and *cap are as they were then. */
void *arena_room(struct arena *a, const void *v, size_t n, size_t *cap, size_t first, size_t size_bytes);
/* The same where nobody keeps a cap: there is a copy whenever n is 0 or a power of two. */
void *arena_append(struct arena *a, const void *v, size_t n, size_t size_bytes);
char *arena_strdup(struct arena *a, const char *s); /* NULL in, NULL out */
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) _printf_(2, 3);
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) _printf_(2, 0);
/* Unmaps everything; the arena is empty and usable afterwards. */
void arena_release(struct arena *a);

#endif
