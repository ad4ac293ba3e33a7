/* SPDX-License-Identifier: Apache-2.0 */
/* Reads DT_NEEDED, DT_RPATH and DT_RUNPATH without loading anything. */
#include "gather/dynamic.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#define ENTRIES_MAX 1024u
#define NEEDED_MAX 512u
#define STRING_MAX 4096u
/* Names lie together in the string table: nearly always one read brings all of them. */
#define WINDOW_BYTES 1024u

/* The string table, and the part of it that was read last. */
struct strings {
	const struct elf_file *f;
	struct arena *a;
	uint64_t off, bytes; /* of the table, in the file */
	uint64_t from;       /* where the window begins in the table */
	size_t have;
	char window[WINDOW_BYTES];
};

static uint64_t entry(const struct elf_file *f, const char *p, uint64_t *ret_value)
{
	Elf64_Dyn d64;
	Elf32_Dyn d32;

	if (f->is64) {
		memcpy(&d64, p, sizeof d64);
		*ret_value = d64.d_un.d_val;
		return (uint64_t)d64.d_tag;
	}
	memcpy(&d32, p, sizeof d32);
	*ret_value = d32.d_un.d_val;
	return (uint64_t)(uint32_t)d32.d_tag;
}

/* Fills the window from `at`; n is cut to the table. */
static int slide(struct strings *s, uint64_t at, size_t n)
{
	uint64_t off;

	n = n > s->bytes - at ? (size_t)(s->bytes - at) : n;
	s->have = 0;
	if (__builtin_add_overflow(s->off, at, &off) || elf_pread(s->f, off, s->window, n) < 0)
		return -EBADMSG;
	s->from = at;
	s->have = n;
	return 0;
}

static int long_string(struct strings *s, uint64_t at, const char **ret)
{
	size_t n = s->bytes - at < STRING_MAX ? (size_t)(s->bytes - at) : STRING_MAX;
	char *p = arena_alloc(s->a, n);

	if (!p)
		return -ENOMEM;
	if (elf_pread(s->f, s->off + at, p, n) < 0 || !memchr(p, '\0', n))
		return -EBADMSG;
	*ret = p;
	return 0;
}

static int string_at(struct strings *s, uint64_t at, const char **ret)
{
	const char *p;

	if (at >= s->bytes)
		return -EBADMSG;
	for (int i = 0; i < 2; i++) {
		if (at >= s->from && at - s->from < s->have) {
			size_t left = s->have - (size_t)(at - s->from);

			p = s->window + (at - s->from);
			if (memchr(p, '\0', left)) {
				*ret = arena_strdup(s->a, p);
				return *ret ? 0 : -ENOMEM;
			}
		}
		if (i == 0 && slide(s, at, WINDOW_BYTES) < 0)
			return -EBADMSG;
	}
	return long_string(s, at, ret);
}

/* First pass: the string table and how many libraries there are. */
static int scan(const struct elf_file *f, const char *p, size_t n, size_t size, struct strings *s,
		size_t *ret_needed)
{
	uint64_t table = 0, tag, v;

	for (size_t i = 0; i < n; i++) {
		tag = entry(f, p + i * size, &v);
		if (tag == DT_NULL)
			break;
		if (tag == DT_STRTAB)
			table = v;
		else if (tag == DT_STRSZ)
			s->bytes = v;
		else if (tag == DT_NEEDED)
			++*ret_needed;
	}
	if (*ret_needed > NEEDED_MAX)
		return -EBADMSG;
	/* Without a table every use of it fails. */
	if (!elf_offset(f, table, &s->off))
		s->bytes = 0;
	return 0;
}

static int take(const struct elf_file *f, const char *p, size_t n, size_t size, struct strings *s,
		struct elf_dynamic *ret)
{
	uint64_t tag, v;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		tag = entry(f, p + i * size, &v);
		if (tag == DT_NULL)
			break;
		if (tag == DT_NEEDED)
			r = string_at(s, v, &ret->needed.v[ret->needed.n++]);
		else if (tag == DT_RPATH)
			r = string_at(s, v, &ret->rpath);
		else if (tag == DT_RUNPATH)
			r = string_at(s, v, &ret->runpath);
	}
	return r;
}

int elf_dynamic_read(const struct elf_file *f, struct arena *a, struct elf_dynamic *ret)
{
	const struct elf_segment *seg = elf_segment_find(f, PT_DYNAMIC);
	size_t size = f->is64 ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn), n, needed = 0;
	struct strings s = {.f = f, .a = a};
	char buf[ENTRIES_MAX * sizeof(Elf64_Dyn)];
	struct elf_dynamic d = {0};
	int r;

	*ret = d;
	if (!seg)
		return 0;
	if (seg->filesz > ENTRIES_MAX * size)
		return -EBADMSG;
	n = (size_t)seg->filesz / size;
	r = elf_pread(f, seg->offset, buf, n * size);
	if (r < 0)
		return r;
	r = scan(f, buf, n, size, &s, &needed);
	if (r < 0)
		return r;
	d.needed.v = arena_array(a, needed, sizeof *d.needed.v);
	if (!d.needed.v)
		return -ENOMEM;
	r = take(f, buf, n, size, &s, &d);
	if (r == 0)
		*ret = d;
	return r;
}

int elf_interpreter(const struct elf_file *f, struct arena *a, const char **ret)
{
	const struct elf_segment *seg = elf_segment_find(f, PT_INTERP);
	char buf[STRING_MAX];
	char *p;

	if (!seg) {
		*ret = NULL;
		return 0;
	}
	if (seg->filesz < 2 || seg->filesz > sizeof buf ||
	    elf_pread(f, seg->offset, buf, (size_t)seg->filesz) < 0 || buf[0] != '/' ||
	    !memchr(buf, '\0', (size_t)seg->filesz))
		return -EBADMSG;
	p = arena_strdup(a, buf);
	if (!p)
		return -ENOMEM;
	*ret = p;
	return 0;
}
