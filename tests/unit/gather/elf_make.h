/* SPDX-License-Identifier: Apache-2.0 */
/* Makes small ELF files: one PT_LOAD over all of it, and what is asked for. */
#ifndef URUNC_TESTS_GATHER_ELF_MAKE_H
#define URUNC_TESTS_GATHER_ELF_MAKE_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#define ELF_MAKE_HOST EM_X86_64
#define ELF_MAKE_FOREIGN EM_AARCH64
#else
#define ELF_MAKE_HOST EM_AARCH64
#define ELF_MAKE_FOREIGN EM_X86_64
#endif

#define ELF_MAKE_BYTES 0x1800
#define ELF_MAKE_BASE 0x10000 /* address of the first byte */
enum {
	ELF_MAKE_INTERP_AT = 0x200,
	ELF_MAKE_NOTE_AT = 0x400,
	ELF_MAKE_DYN_AT = 0x500,
	ELF_MAKE_STR_AT = 0x800
};

struct elf_make {
	bool is32;
	uint16_t machine, type; /* 0: the host's, ET_DYN */
	const char *interp;
	const char *needed[6];
	const char *rpath, *runpath;
	const char *note_owner;
	uint32_t note_type;
	uint64_t memsz; /* of the PT_LOAD; 0 = the file's size */
};

struct elf_maker {
	const struct elf_make *m;
	unsigned char *buf;
	size_t nphdr, ndyn, nstr;
};

static inline void elf_make_segment(struct elf_maker *k, uint32_t type, uint64_t off, uint64_t filesz,
				    uint64_t memsz)
{
	if (k->m->is32) {
		Elf32_Phdr p = {.p_type = type, .p_offset = (uint32_t)off, .p_filesz = (uint32_t)filesz};

		p.p_vaddr = p.p_paddr = (uint32_t)off + ELF_MAKE_BASE;
		p.p_memsz = (uint32_t)memsz;
		memcpy(k->buf + sizeof(Elf32_Ehdr) + k->nphdr++ * sizeof p, &p, sizeof p);
	} else {
		Elf64_Phdr p = {.p_type = type, .p_offset = off, .p_filesz = filesz, .p_memsz = memsz};

		p.p_vaddr = p.p_paddr = off + ELF_MAKE_BASE;
		memcpy(k->buf + sizeof(Elf64_Ehdr) + k->nphdr++ * sizeof p, &p, sizeof p);
	}
}

static inline void elf_make_dyn(struct elf_maker *k, uint64_t tag, uint64_t value)
{
	if (k->m->is32) {
		Elf32_Dyn d = {.d_tag = (int32_t)tag, .d_un.d_val = (uint32_t)value};

		memcpy(k->buf + ELF_MAKE_DYN_AT + k->ndyn++ * sizeof d, &d, sizeof d);
	} else {
		Elf64_Dyn d = {.d_tag = (int64_t)tag, .d_un.d_val = value};

		memcpy(k->buf + ELF_MAKE_DYN_AT + k->ndyn++ * sizeof d, &d, sizeof d);
	}
}

static inline void elf_make_dyn_text(struct elf_maker *k, uint64_t tag, const char *text)
{
	if (!text)
		return;
	elf_make_dyn(k, tag, k->nstr);
	strcpy((char *)k->buf + ELF_MAKE_STR_AT + k->nstr, text);
	k->nstr += strlen(text) + 1;
}

static inline void elf_make_dynamic(struct elf_maker *k)
{
	const struct elf_make *m = k->m;

	k->nstr = 1;
	for (int i = 0; i < 6; i++)
		elf_make_dyn_text(k, DT_NEEDED, m->needed[i]);
	elf_make_dyn_text(k, DT_RPATH, m->rpath);
	elf_make_dyn_text(k, DT_RUNPATH, m->runpath);
	elf_make_dyn(k, DT_STRTAB, ELF_MAKE_STR_AT + ELF_MAKE_BASE);
	elf_make_dyn(k, DT_STRSZ, k->nstr);
	elf_make_dyn(k, DT_NULL, 0);
	elf_make_segment(k, PT_DYNAMIC, ELF_MAKE_DYN_AT,
			 k->ndyn * (m->is32 ? sizeof(Elf32_Dyn) : sizeof(Elf64_Dyn)), 0);
}

static inline void elf_make_note(struct elf_maker *k)
{
	Elf32_Nhdr other = {.n_namesz = 4, .n_descsz = 5, .n_type = 77}, h = {.n_descsz = 4};
	unsigned char *p = k->buf + ELF_MAKE_NOTE_AT;

	/* An odd one before it, so that the padding counts. */
	memcpy(p, &other, sizeof other);
	memcpy(p + sizeof other, "GNU", 4);
	p += sizeof other + 4 + 8;
	h.n_namesz = (uint32_t)strlen(k->m->note_owner) + 1;
	h.n_type = k->m->note_type;
	memcpy(p, &h, sizeof h);
	strcpy((char *)p + sizeof h, k->m->note_owner);
	p += sizeof h + ((h.n_namesz + 3) & ~3u) + 4;
	elf_make_segment(k, PT_NOTE, ELF_MAKE_NOTE_AT, (uint64_t)(p - k->buf - ELF_MAKE_NOTE_AT), 0);
}

/* buf: ELF_MAKE_BYTES, which is also how long the file is. */
static inline void elf_make(const struct elf_make *m, unsigned char *buf)
{
	struct elf_maker k = {.m = m, .buf = buf};

	memset(buf, 0, ELF_MAKE_BYTES);
	elf_make_segment(&k, PT_LOAD, 0, ELF_MAKE_BYTES, m->memsz ? m->memsz : ELF_MAKE_BYTES);
	if (m->interp) {
		strcpy((char *)buf + ELF_MAKE_INTERP_AT, m->interp);
		elf_make_segment(&k, PT_INTERP, ELF_MAKE_INTERP_AT, strlen(m->interp) + 1, 0);
	}
	if (m->note_owner)
		elf_make_note(&k);
	elf_make_dynamic(&k);
	memcpy(buf, ELFMAG, SELFMAG);
	buf[EI_CLASS] = m->is32 ? ELFCLASS32 : ELFCLASS64;
	buf[EI_DATA] = ELFDATA2LSB;
	if (m->is32) {
		Elf32_Ehdr *h = (Elf32_Ehdr *)buf;

		h->e_type = m->type ? m->type : ET_DYN;
		h->e_machine = m->machine ? m->machine : EM_386;
		h->e_phoff = sizeof *h;
		h->e_phentsize = sizeof(Elf32_Phdr);
		h->e_phnum = (uint16_t)k.nphdr;
	} else {
		Elf64_Ehdr *h = (Elf64_Ehdr *)buf;

		h->e_type = m->type ? m->type : ET_DYN;
		h->e_machine = m->machine ? m->machine : ELF_MAKE_HOST;
		h->e_phoff = sizeof *h;
		h->e_phentsize = sizeof(Elf64_Phdr);
		h->e_phnum = (uint16_t)k.nphdr;
	}
}

#endif
