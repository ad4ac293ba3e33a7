/* SPDX-License-Identifier: Apache-2.0 */
/* Makes Solo5 binaries: an ELF header, one PT_LOAD over all, a PT_NOTE for each of the two notes. */
#ifndef URUNC_TESTS_GATHER_SOLO5_MAKE_H
#define URUNC_TESTS_GATHER_SOLO5_MAKE_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
	SOLO5_MAKE_ABI_AT = 0x200,
	SOLO5_MAKE_MANIFEST_AT = 0x400,
	SOLO5_MAKE_ENTRIES_AT = SOLO5_MAKE_MANIFEST_AT + 32,
	SOLO5_MAKE_ENTRY_BYTES = 104,
	SOLO5_MAKE_BYTES = 0x2400,
};
#define SOLO5_MAKE_RESERVED (1u << 30)
/* Numbers of the program headers. */
enum { SOLO5_MAKE_LOAD, SOLO5_MAKE_ABI, SOLO5_MAKE_MANIFEST };

struct solo5_make {
	uint16_t machine; /* 0 = x86-64 */
	uint32_t target;
	unsigned entries; /* with the reserved one, which is added */
	struct {
		const char *name;
		uint32_t type;
	} device[4]; /* entries 1 and on; later ones are block devices called d4, d5... */
	bool no_abi, no_manifest;
};

static inline void solo5_put32(unsigned char *p, uint32_t v)
{
	memcpy(p, &v, 4);
}

static inline void solo5_make_note(unsigned char *p, uint32_t type, uint32_t n)
{
	solo5_put32(p, 6);
	solo5_put32(p + 4, n);
	solo5_put32(p + 8, type);
	memcpy(p + 12, "Solo5\0\0", 8);
}

static inline Elf64_Phdr *solo5_make_phdr(unsigned char *buf, unsigned i)
{
	return (Elf64_Phdr *)(buf + sizeof(Elf64_Ehdr)) + i;
}

static inline unsigned char *solo5_make_entry(unsigned char *buf, unsigned i)
{
	return buf + SOLO5_MAKE_ENTRIES_AT + i * SOLO5_MAKE_ENTRY_BYTES;
}

static inline void solo5_make_segment(unsigned char *buf, unsigned i, uint32_t type, uint64_t at, uint64_t n)
{
	*solo5_make_phdr(buf, i) = (Elf64_Phdr){.p_type = type,
						.p_offset = at,
						.p_vaddr = 0x100000 + at,
						.p_paddr = 0x100000 + at,
						.p_filesz = n,
						.p_memsz = n};
}

static inline void solo5_make_manifest(const struct solo5_make *m, unsigned char *buf)
{
	uint32_t n = 4 + 8 + m->entries * SOLO5_MAKE_ENTRY_BYTES;
	unsigned char *p = buf + SOLO5_MAKE_MANIFEST_AT;

	solo5_make_note(p, 0x3154464d, n);
	solo5_put32(p + 24, 1);
	solo5_put32(p + 28, m->entries);
	for (unsigned i = 0; i < m->entries; i++) {
		unsigned char *e = solo5_make_entry(buf, i);

		if (i == 0) {
			solo5_put32(e + 68, SOLO5_MAKE_RESERVED);
		} else if (i <= 4 && m->device[i - 1].name) {
			strcpy((char *)e, m->device[i - 1].name);
			solo5_put32(e + 68, m->device[i - 1].type);
		} else {
			e[0] = 'd';
			e[1] = (unsigned char)('0' + i / 10);
			e[2] = (unsigned char)('0' + i % 10);
			solo5_put32(e + 68, 1);
		}
	}
	solo5_make_segment(buf, SOLO5_MAKE_MANIFEST, PT_NOTE, SOLO5_MAKE_MANIFEST_AT, 20 + n);
}

/* buf: SOLO5_MAKE_BYTES, which is also how long the file is. */
static inline void solo5_make(const struct solo5_make *m, unsigned char *buf)
{
	Elf64_Ehdr *h = (Elf64_Ehdr *)buf;

	memset(buf, 0, SOLO5_MAKE_BYTES);
	memcpy(buf, ELFMAG, SELFMAG);
	buf[EI_CLASS] = ELFCLASS64;
	buf[EI_DATA] = ELFDATA2LSB;
	h->e_type = ET_EXEC;
	h->e_machine = m->machine ? m->machine : EM_X86_64;
	h->e_phoff = sizeof *h;
	h->e_phentsize = sizeof(Elf64_Phdr);
	h->e_phnum = 3;
	solo5_make_segment(buf, SOLO5_MAKE_LOAD, PT_LOAD, 0, SOLO5_MAKE_BYTES);
	if (!m->no_abi) {
		solo5_make_note(buf + SOLO5_MAKE_ABI_AT, 0x31494241, 16);
		solo5_put32(buf + SOLO5_MAKE_ABI_AT + 20, m->target);
		solo5_put32(buf + SOLO5_MAKE_ABI_AT + 24, 2);
		solo5_make_segment(buf, SOLO5_MAKE_ABI, PT_NOTE, SOLO5_MAKE_ABI_AT, 36);
	}
	if (!m->no_manifest)
		solo5_make_manifest(m, buf);
}

#endif
