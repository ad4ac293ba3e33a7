/* SPDX-License-Identifier: Apache-2.0 */
/* The bump allocator: anonymous mappings in a list, handed out from the newest. */
#include "common/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#endif

#define ALIGN 16u
/* Holds all that a command needs in nearly every case; what is not touched costs nothing. */
#define FIRST_CHUNK_BYTES ((size_t)256 << 10)
#define MAX_CHUNK_BYTES ((size_t)8 << 20)

struct arena_chunk {
	struct arena_chunk *next;
	size_t size, used; /* of the whole mapping, this header included */
};

#define HEADER_BYTES ((sizeof(struct arena_chunk) + ALIGN - 1) & ~(size_t)(ALIGN - 1))

/* Under the address sanitizer everything not handed out is poisoned, with a gap behind each piece, so
 * that tests see an overrun exactly as they would with malloc. */
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define GAP_BYTES ALIGN
#define POISON(p, n) __asan_poison_memory_region((p), (n))
#define UNPOISON(p, n) __asan_unpoison_memory_region((p), (n))
#else
#define GAP_BYTES 0u
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

static struct arena_chunk *chunk_new(size_t size)
{
	struct arena_chunk *c = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (c == MAP_FAILED)
		return NULL;
	c->size = size;
	c->used = HEADER_BYTES;
	POISON((char *)c + HEADER_BYTES, size - HEADER_BYTES);
	return c;
}

/* A chunk with at least `need` bytes free, or NULL. */
static struct arena_chunk *chunk_for(struct arena *a, size_t need)
{
	struct arena_chunk *c = a->head;
	size_t size = FIRST_CHUNK_BYTES;
	bool oversize;

	if (c && c->size - c->used >= need)
		return c;
	if (c && c->size >= MAX_CHUNK_BYTES)
		size = MAX_CHUNK_BYTES;
	else if (c)
		size = c->size * 2;
	oversize = need > size / 4;
	if (oversize)
		size = (HEADER_BYTES + need + 4095) & ~(size_t)4095;
	c = chunk_new(size);
	if (!c)
		return NULL;
	if (oversize && a->head) {
		/* Full from the start: kept behind the head, whose free room stays in use. */
		c->next = a->head->next;
		a->head->next = c;
	} else {
		c->next = a->head;
		a->head = c;
	}
	return c;
}

void *arena_alloc(struct arena *a, size_t size_bytes)
{
	struct arena_chunk *c;
	size_t need;
	char *p;

	if (size_bytes > SIZE_MAX / 4)
		return NULL;
	need = ((size_bytes ? size_bytes : 1) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	c = chunk_for(a, need + GAP_BYTES);
	if (!c)
		return NULL;
	p = (char *)c + c->used;
	c->used += need + GAP_BYTES;
	a->used_bytes += need;
	UNPOISON(p, size_bytes);
	return p;
}

void *arena_array(struct arena *a, size_t n, size_t size_bytes)
{
	size_t total;

	if (__builtin_mul_overflow(n, size_bytes, &total))
		return NULL;
	return arena_alloc(a, total);
}

static void *moved(struct arena *a, const void *v, size_t n, size_t cap, size_t size_bytes)
{
	void *p = arena_array(a, cap, size_bytes);

	if (p && n)
		memcpy(p, v, n * size_bytes);
	return p;
}

void *arena_room(struct arena *a, const void *v, size_t n, size_t *cap, size_t first, size_t size_bytes)
{
	size_t more = *cap ? 2 * *cap : first;
	void *p;

	if (n < *cap)
		return (void *)(uintptr_t)v;
	p = moved(a, v, n, more, size_bytes);
	if (p)
		*cap = more;
	return p;
}

void *arena_append(struct arena *a, const void *v, size_t n, size_t size_bytes)
{
	if (n & (n - 1))
		return (void *)(uintptr_t)v;
	return moved(a, v, n, n ? 2 * n : 1, size_bytes);
}

void *arena_memdup(struct arena *a, const void *p, size_t n)
{
	char *r;

	if (n == SIZE_MAX)
		return NULL;
	r = arena_alloc(a, n + 1);
	if (r && n)
		memcpy(r, p, n);
	return r;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_memdup(a, s, strlen(s)) : NULL;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	return s ? arena_memdup(a, s, strnlen(s, n)) : NULL;
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	char small[256];
	va_list again;
	char *r;
	int n;

	va_copy(again, ap);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	if (n < 0)
		r = NULL;
	else if ((size_t)n < sizeof(small))
		r = arena_memdup(a, small, (size_t)n);
	else if ((r = arena_alloc(a, (size_t)n + 1)))
		vsnprintf(r, (size_t)n + 1, fmt, again);
	va_end(again);
	return r;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *r;

	va_start(ap, fmt);
	r = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return r;
}

void arena_release(struct arena *a)
{
	struct arena_chunk *c = a->head;

	while (c) {
		struct arena_chunk *next = c->next;

		UNPOISON(c, c->size);
		munmap(c, c->size);
		c = next;
	}
	a->head = NULL;
	a->used_bytes = 0;
}
