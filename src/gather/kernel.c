/* SPDX-License-Identifier: Apache-2.0 */
/* Which kinds of kernel a file is, out of the first bytes and the ELF notes. */
#include <string.h>
#include <unistd.h>

#include "gather/elf.h"
#include "gather/image.h"
#include "gather/solo5.h"

#define HEAD_BYTES 8192u /* where a multiboot header must be */
#define MULTIBOOT_MAGIC 0x1badb002u
#define MULTIBOOT_BYTES 12u
/* Documentation/arch/x86/boot.rst */
#define SETUP_MAGIC_AT 0x202u
#define SETUP_VERSION_AT 0x206u
#define SETUP_INIT_SIZE_AT 0x260u
#define SETUP_HAS_INIT_SIZE 0x020au
/* Documentation/arch/arm64/booting.rst */
#define ARM64_SIZE_AT 16u
#define ARM64_MAGIC_AT 56u
#define NOTE_PVH 18u /* XEN_ELFNOTE_PHYS32_ENTRY */

static uint16_t get16(const unsigned char *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const unsigned char *p)
{
	return (uint32_t)get16(p) | (uint32_t)get16(p + 2) << 16;
}

static uint64_t get64(const unsigned char *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static bool is_bzimage(const unsigned char *p, size_t n, struct image_file *f)
{
	if (n < SETUP_INIT_SIZE_AT + 4 || memcmp(p + SETUP_MAGIC_AT, "HdrS", 4) != 0)
		return false;
	if (get16(p + SETUP_VERSION_AT) >= SETUP_HAS_INIT_SIZE)
		f->memory_bytes = get32(p + SETUP_INIT_SIZE_AT);
	return true;
}

static bool is_arm64_image(const unsigned char *p, size_t n, struct image_file *f)
{
	if (n < 64 || memcmp(p + ARM64_MAGIC_AT, "ARM\x64", 4) != 0)
		return false;
	f->memory_bytes = get64(p + ARM64_SIZE_AT);
	return true;
}

static bool has_multiboot(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i + MULTIBOOT_BYTES <= n; i += 4)
		if (get32(p + i) == MULTIBOOT_MAGIC && get32(p + i) + get32(p + i + 4) + get32(p + i + 8) == 0)
			return true;
	return false;
}

/* Those for virtio are machines' kernels like others, which no tender starts. */
static bool is_for_tender(const struct image_file *f)
{
	return f->solo5.target == SOLO5_NONE ? f->solo5_problem != NULL : f->solo5.target != SOLO5_VIRTIO;
}

/* Few files come so far, and only they need the memory. */
static __attribute__((noinline)) bool file_has_multiboot(int fd)
{
	unsigned char head[HEAD_BYTES];
	ssize_t n = pread(fd, head, sizeof head, 0);

	return n > 0 && has_multiboot(head, (size_t)n);
}

static void inspect_elf(const struct elf_file *elf, struct image_file *f)
{
	f->elf_arch = elf_arch(elf);
	f->memory_bytes = elf_span_bytes(elf);
	if (is_for_tender(f))
		f->format = KERNEL_ELF_SOLO5;
	else if (elf_has_note(elf, "Xen", NOTE_PVH))
		f->format = KERNEL_ELF_PVH;
	else if (file_has_multiboot(elf->fd))
		f->format = KERNEL_ELF_MULTIBOOT;
	else
		f->format = KERNEL_ELF;
}

int kernel_inspect(int fd, struct arena *a, struct image_file *f, struct err *e)
{
	unsigned char head[1024];
	struct elf_file elf;
	ssize_t n;
	int r;

	f->format = KERNEL_UNKNOWN;
	if (elf_read(fd, &elf) == 0) {
		r = solo5_read(&elf, a, &f->solo5, &f->solo5_problem, e);
		if (r < 0)
			return r;
		inspect_elf(&elf, f);
		return 0;
	}
	n = pread(fd, head, sizeof head, 0);
	if (n <= 0)
		return 0;
	if (is_bzimage(head, (size_t)n, f)) {
		f->format = KERNEL_BZIMAGE;
		f->elf_arch = ARCH_X86_64;
	} else if (is_arm64_image(head, (size_t)n, f)) {
		f->format = KERNEL_ARM64_IMAGE;
		f->elf_arch = ARCH_AARCH64;
	}
	return 0;
}
