/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds-checked reading of ELF headers, segments and notes; every number in the file may be hostile. */
#include "gather/elf.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "machine/machine.h"

#define HEAD_BYTES 1024u /* holds the headers of nearly every file: one read */

/* Up to n bytes; fewer only at the end of the file. */
static ssize_t pread_some(int fd, uint64_t off, void *buf, size_t n)
{
	size_t len = 0;

	if (off > INT64_MAX - n)
		return -EBADMSG;
	while (len < n) {
		ssize_t r = pread(fd, (char *)buf + len, n - len, (off_t)(off + len));

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (r == 0)
			break;
		len += (size_t)r;
	}
	return (ssize_t)len;
}

int elf_pread(const struct elf_file *f, uint64_t off, void *buf, size_t n)
{
	ssize_t r = pread_some(f->fd, off, buf, n);

	if (r < 0)
		return (int)r;
	return (size_t)r == n ? 0 : -EBADMSG;
}

static struct elf_segment segment_of(const struct elf_file *f, const void *raw)
{
	Elf64_Phdr p64;
	Elf32_Phdr p32;

	if (f->is64) {
		memcpy(&p64, raw, sizeof p64);
		return (struct elf_segment){p64.p_type,  p64.p_offset, p64.p_vaddr,
					    p64.p_paddr, p64.p_filesz, p64.p_memsz};
	}
	memcpy(&p32, raw, sizeof p32);
	return (struct elf_segment){p32.p_type,  p32.p_offset, p32.p_vaddr,
				    p32.p_paddr, p32.p_filesz, p32.p_memsz};
}

static int read_segments(struct elf_file *f, const char *head, size_t nhead, uint64_t phoff, size_t n,
			 size_t entry_bytes)
{
	char buf[ELF_MAX_SEGMENTS * sizeof(Elf64_Phdr)];
	const char *raw = buf;

	if (n > ELF_MAX_SEGMENTS || (n && entry_bytes != (f->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr))))
		return -EBADMSG;
	if (phoff > nhead || n * entry_bytes > nhead - phoff) {
		int r = elf_pread(f, phoff, buf, n * entry_bytes);

		if (r < 0)
			return r;
	} else {
		raw = head + phoff;
	}
	for (size_t i = 0; i < n; i++)
		f->segments[i] = segment_of(f, raw + i * entry_bytes);
	f->nsegments = n;
	return 0;
}

int elf_read(int fd, struct elf_file *ret)
{
	char head[HEAD_BYTES];
	const unsigned char *id;
	ssize_t n = pread_some(fd, 0, head, sizeof head);
	Elf64_Ehdr e64;
	Elf32_Ehdr e32;

	if (n < 0)
		return (int)n;
	id = (const unsigned char *)head;
	if ((size_t)n < sizeof e32 || memcmp(head, ELFMAG, SELFMAG) != 0 || id[EI_DATA] != ELFDATA2LSB)
		return -ENOEXEC;
	ret->fd = fd;
	ret->is64 = id[EI_CLASS] == ELFCLASS64;
	if (!ret->is64) {
		if (id[EI_CLASS] != ELFCLASS32)
			return -ENOEXEC;
		memcpy(&e32, head, sizeof e32);
		ret->type = e32.e_type;
		ret->machine = e32.e_machine;
		return read_segments(ret, head, (size_t)n, e32.e_phoff, e32.e_phnum, e32.e_phentsize);
	}
	if ((size_t)n < sizeof e64)
		return -ENOEXEC;
	memcpy(&e64, head, sizeof e64);
	ret->type = e64.e_type;
	ret->machine = e64.e_machine;
	return read_segments(ret, head, (size_t)n, e64.e_phoff, e64.e_phnum, e64.e_phentsize);
}

bool elf_offset(const struct elf_file *f, uint64_t vaddr, uint64_t *ret)
{
	for (size_t i = 0; i < f->nsegments; i++) {
		const struct elf_segment *s = &f->segments[i];

		if (s->type != PT_LOAD || vaddr < s->vaddr || vaddr - s->vaddr >= s->filesz)
			continue;
		return !__builtin_add_overflow(s->offset, vaddr - s->vaddr, ret);
	}
	return false;
}

const struct elf_segment *elf_segment_find(const struct elf_file *f, uint32_t type)
{
	for (size_t i = 0; i < f->nsegments; i++)
		if (f->segments[i].type == type)
			return &f->segments[i];
	return NULL;
}

/* Notes are padded to 4 bytes, in a few segments of new binaries to 8; the wanted ones are all of the first kind. */
static bool notes_have(const char *p, size_t n, const char *owner, uint32_t type)
{
	size_t owner_bytes = strlen(owner) + 1;
	Elf32_Nhdr h;

	while (n >= sizeof h) {
		uint64_t name_bytes, body_bytes;

		memcpy(&h, p, sizeof h);
		p += sizeof h;
		n -= sizeof h;
		name_bytes = ((uint64_t)h.n_namesz + 3) & ~3ull;
		body_bytes = ((uint64_t)h.n_descsz + 3) & ~3ull;
		if (name_bytes > n)
			return false;
		if (h.n_type == type && h.n_namesz == owner_bytes && memcmp(p, owner, owner_bytes) == 0)
			return h.n_descsz <= n - name_bytes;
		if (body_bytes > n - name_bytes)
			return false;
		p += name_bytes + body_bytes;
		n -= (size_t)(name_bytes + body_bytes);
	}
	return false;
}

static bool segment_has(const struct elf_file *f, const struct elf_segment *s, char *buf, const char *owner,
			uint32_t type)
{
	return elf_pread(f, s->offset, buf, (size_t)s->filesz) == 0 &&
	       notes_have(buf, (size_t)s->filesz, owner, type);
}

/* A frame of its own: each page of a frame is touched when it is entered. */
static __attribute__((noinline)) bool large_segment_has(const struct elf_file *f, const struct elf_segment *s,
							const char *owner, uint32_t type)
{
	char buf[ELF_MAX_NOTE_BYTES];

	return s->filesz <= sizeof buf && segment_has(f, s, buf, owner, type);
}

bool elf_has_note(const struct elf_file *f, const char *owner, uint32_t type)
{
	char buf[512];

	for (size_t i = 0; i < f->nsegments; i++) {
		const struct elf_segment *s = &f->segments[i];

		if (s->type == PT_NOTE && (s->filesz <= sizeof buf ? segment_has(f, s, buf, owner, type)
								   : large_segment_has(f, s, owner, type)))
			return true;
	}
	return false;
}

uint64_t elf_span_bytes(const struct elf_file *f)
{
	uint64_t low = UINT64_MAX, high = 0, end;

	for (size_t i = 0; i < f->nsegments; i++) {
		const struct elf_segment *s = &f->segments[i];

		if (s->type != PT_LOAD || s->memsz == 0)
			continue;
		if (__builtin_add_overflow(s->paddr, s->memsz, &end))
			return 0;
		low = s->paddr < low ? s->paddr : low;
		high = end > high ? end : high;
	}
	return high > low ? high - low : 0;
}

int elf_arch(const struct elf_file *f)
{
	switch (f->machine) {
	case EM_386: /* kernels for x86 that start in 32-bit mode */
	case EM_X86_64:
		return ARCH_X86_64;
	case EM_AARCH64:
		return ARCH_AARCH64;
	default:
		return -1;
	}
}
