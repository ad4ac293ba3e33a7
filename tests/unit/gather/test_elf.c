/* SPDX-License-Identifier: Apache-2.0 */
/* ELF headers: what is read right, and every way in which they can lie. */
#include "gather/elf.h"

#include <stdalign.h>

#include "gather/dynamic.h"
#include "gather/elf_make.h"
#include "gather/scratch.h"
#include "machine/machine.h"

static alignas(16) unsigned char image[ELF_MAKE_BYTES];

static int read_bytes(const unsigned char *p, size_t n, struct elf_file *ret)
{
	int fd = memory_file(p, n);
	int r = elf_read(fd, ret);

	close(fd);
	return r;
}

static void both_classes(void **state)
{
	struct elf_file f;

	(void)state;
	for (int i = 0; i < 2; i++) {
		elf_make(&(struct elf_make){.is32 = i, .interp = "/ld", .memsz = 0x5000}, image);
		assert_int_equal(read_bytes(image, sizeof image, &f), 0);
		assert_int_equal(f.is64, !i);
		assert_int_equal(f.nsegments, 3);
		assert_int_equal(f.machine, i ? EM_386 : ELF_MAKE_HOST);
		assert_int_equal(elf_span_bytes(&f), 0x5000);
		assert_int_equal(elf_segment_find(&f, PT_INTERP)->offset, ELF_MAKE_INTERP_AT);
		assert_null(elf_segment_find(&f, PT_TLS));
	}
}

static void no_elf(void **state)
{
	struct elf_file f;

	(void)state;
	assert_int_equal(read_bytes((const unsigned char *)"", 0, &f), -ENOEXEC);
	assert_int_equal(read_bytes((const unsigned char *)"#!/bin/sh\n", 10, &f), -ENOEXEC);
	elf_make(&(struct elf_make){0}, image);
	assert_int_equal(read_bytes(image, 20, &f), -ENOEXEC);
	assert_int_equal(read_bytes(image, 60, &f), -ENOEXEC);
	image[EI_DATA] = ELFDATA2MSB;
	assert_int_equal(read_bytes(image, sizeof image, &f), -ENOEXEC);
	image[EI_DATA] = ELFDATA2LSB;
	image[EI_CLASS] = 3;
	assert_int_equal(read_bytes(image, sizeof image, &f), -ENOEXEC);
}

static void broken_headers(void **state)
{
	Elf64_Ehdr *h = (Elf64_Ehdr *)image;
	struct elf_file f;

	(void)state;
	elf_make(&(struct elf_make){0}, image);
	assert_int_equal(read_bytes(image, 100, &f), -EBADMSG); /* ends inside the program headers */
	h->e_phnum = ELF_MAX_SEGMENTS + 1;
	assert_int_equal(read_bytes(image, sizeof image, &f), -EBADMSG);
	elf_make(&(struct elf_make){0}, image);
	h->e_phentsize = 55;
	assert_int_equal(read_bytes(image, sizeof image, &f), -EBADMSG);
	elf_make(&(struct elf_make){0}, image);
	h->e_phoff = UINT64_MAX - 8;
	assert_int_equal(read_bytes(image, sizeof image, &f), -EBADMSG);
	h->e_phoff = 1ull << 62;
	assert_int_equal(read_bytes(image, sizeof image, &f), -EBADMSG);
}

/* Program headers need not follow the file header. */
static void headers_far_away(void **state)
{
	Elf64_Ehdr *h = (Elf64_Ehdr *)image;
	struct elf_file f;

	(void)state;
	elf_make(&(struct elf_make){0}, image);
	memcpy(image + 0x1700, image + h->e_phoff, h->e_phnum * sizeof(Elf64_Phdr));
	h->e_phoff = 0x1700;
	assert_int_equal(read_bytes(image, sizeof image, &f), 0);
	assert_int_equal(f.nsegments, 2);
	assert_int_equal(f.segments[1].type, PT_DYNAMIC);
}

static void addresses(void **state)
{
	struct elf_file f = {.nsegments = 2,
			     .segments = {{PT_LOAD, 0x1000, 0x400000, 0, 0x200, 0x1000},
					  {PT_LOAD, UINT64_MAX - 4, 0x500000, 0, 0x200, 0x1000}}};
	uint64_t off = 7;

	(void)state;
	assert_true(elf_offset(&f, 0x400010, &off));
	assert_int_equal(off, 0x1010);
	off = 7;
	assert_false(elf_offset(&f, 0x400200, &off)); /* not in the file any more */
	assert_false(elf_offset(&f, 0x3fffff, &off));
	assert_false(elf_offset(&f, 0x500010, &off)); /* overflows */
}

static void reading_past_the_end(void **state)
{
	char buf[16];
	struct elf_file f = {.fd = memory_file("0123456789", 10)};

	(void)state;
	assert_int_equal(elf_pread(&f, 2, buf, 8), 0);
	assert_memory_equal(buf, "23456789", 8);
	assert_int_equal(elf_pread(&f, 3, buf, 8), -EBADMSG);
	assert_int_equal(elf_pread(&f, UINT64_MAX, buf, 1), -EBADMSG);
	assert_int_equal(elf_pread(&f, INT64_MAX, buf, 1), -EBADMSG);
	close(f.fd);
}

static void notes(void **state)
{
	Elf32_Nhdr *h = (Elf32_Nhdr *)(image + ELF_MAKE_NOTE_AT);
	struct elf_file f;

	(void)state;
	elf_make(&(struct elf_make){.note_owner = "Xen", .note_type = 18}, image);
	assert_int_equal(read_bytes(image, sizeof image, &f), 0);
	f.fd = memory_file(image, sizeof image);
	assert_true(elf_has_note(&f, "Xen", 18));
	assert_false(elf_has_note(&f, "Xen", 19));
	assert_false(elf_has_note(&f, "Xe", 18));
	assert_false(elf_has_note(&f, "Xenon", 18));
	close(f.fd);
	/* Lengths that lead out of the segment end the search. */
	for (int i = 0; i < 2; i++) {
		elf_make(&(struct elf_make){.note_owner = "Xen", .note_type = 18}, image);
		if (i)
			h->n_namesz = UINT32_MAX;
		else
			h->n_descsz = UINT32_MAX - 1;
		f.fd = memory_file(image, sizeof image);
		assert_false(elf_has_note(&f, "Xen", 18));
		close(f.fd);
	}
}

static void span(void **state)
{
	struct elf_file f = {.nsegments = 2,
			     .segments = {{PT_LOAD, 0, 0, 0x100000, 0x10, 0x1000},
					  {PT_LOAD, 0, 0, 0x300000, 0, 0x80000}}};

	(void)state;
	assert_int_equal(elf_span_bytes(&f), 0x280000);
	f.segments[1].memsz = UINT64_MAX;
	assert_int_equal(elf_span_bytes(&f), 0);
	f.nsegments = 0;
	assert_int_equal(elf_span_bytes(&f), 0);
}

static void architectures(void **state)
{
	struct elf_file f = {0};

	(void)state;
	f.machine = EM_X86_64;
	assert_int_equal(elf_arch(&f), ARCH_X86_64);
	f.machine = EM_386;
	assert_int_equal(elf_arch(&f), ARCH_X86_64);
	f.machine = EM_AARCH64;
	assert_int_equal(elf_arch(&f), ARCH_AARCH64);
	f.machine = EM_RISCV;
	assert_int_equal(elf_arch(&f), -1);
}

/* Whatever the bytes, the answer comes and the bounds hold (the sanitizers look on). */
static void mutations(void **state)
{
	static unsigned char changed[ELF_MAKE_BYTES];
	uint64_t seed = 20240607;
	size_t readable = 0;

	(void)state;
	for (int i = 0; i < 6000; i++) {
		struct arena a = {0};
		struct elf_dynamic d;
		struct elf_file f;
		const char *interp;
		uint64_t off;
		size_t n;
		int fd;

		elf_make(&(struct elf_make){.is32 = i & 1,
					    .interp = "/ld",
					    .needed = {"a.so", "b.so"},
					    .runpath = "$ORIGIN",
					    .note_owner = "Xen",
					    .note_type = 18},
			 changed);
		/* Mostly where the numbers are. */
		n = unit_mutate(&seed, changed, i % 3 ? 0x130 : sizeof changed);
		if (i % 3 && n == 0x130)
			n = sizeof changed;
		fd = memory_file(changed, n);
		if (elf_read(fd, &f) == 0) {
			readable++;
			assert_true(f.nsegments <= ELF_MAX_SEGMENTS);
			(void)elf_has_note(&f, "Xen", 18);
			(void)elf_span_bytes(&f);
			(void)elf_offset(&f, unit_random(&seed), &off);
			if (elf_dynamic_read(&f, &a, &d) == 0)
				for (size_t k = 0; k < d.needed.n; k++)
					assert_true(strlen(d.needed.v[k]) < ELF_MAKE_BYTES);
			if (elf_interpreter(&f, &a, &interp) == 0 && interp)
				assert_int_equal(interp[0], '/');
		}
		close(fd);
		arena_release(&a);
	}
	assert_true(readable > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_classes),   cmocka_unit_test(no_elf),
		cmocka_unit_test(broken_headers), cmocka_unit_test(headers_far_away),
		cmocka_unit_test(addresses),      cmocka_unit_test(reading_past_the_end),
		cmocka_unit_test(notes),          cmocka_unit_test(span),
		cmocka_unit_test(architectures),  cmocka_unit_test(mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
