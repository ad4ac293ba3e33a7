/* SPDX-License-Identifier: Apache-2.0 */
/* The headers of ELF files, read with pread and checked against the file; nothing is loaded or mapped. */
#ifndef URUNC_GATHER_ELF_H
#define URUNC_GATHER_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What real files have is around 12; the Linux kernel itself stops at 64 KiB of them. */
#define ELF_MAX_SEGMENTS 64
#define ELF_MAX_NOTE_BYTES (64u << 10)

struct elf_segment {
	uint32_t type;
	uint64_t offset, vaddr, paddr, filesz, memsz;
};

/* Borrows fd. */
struct elf_file {
	int fd;
	bool is64;
	uint16_t type, machine;
	size_t nsegments;
	struct elf_segment segments[ELF_MAX_SEGMENTS];
};

/* Reads file header and program headers (little-endian, 32 or 64 bit). 0, -ENOEXEC: no such ELF file,
 * -EBADMSG: broken headers, or -errno of the read. */
int elf_read(int fd, struct elf_file *ret);
/* Exactly n bytes at off. 0, -EBADMSG past the end of the file or of off_t, or -errno. */
int elf_pread(const struct elf_file *f, uint64_t off, void *buf, size_t n);
/* Where in the file the byte at this address is. */
bool elf_offset(const struct elf_file *f, uint64_t vaddr, uint64_t *ret);
/* The first segment of this PT_ type, NULL if none. */
const struct elf_segment *elf_segment_find(const struct elf_file *f, uint32_t type);
/* Is there a note with this owner and type in a PT_NOTE segment? */
bool elf_has_note(const struct elf_file *f, const char *owner, uint32_t type);
/* Bytes from the lowest to the highest physical address that it loads; 0 when it loads nothing or is broken. */
uint64_t elf_span_bytes(const struct elf_file *f);
/* enum arch, -1 if it is for another. */
int elf_arch(const struct elf_file *f);

#endif
