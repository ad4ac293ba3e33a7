/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds of kernel, from headers made by hand. */
#include <stdalign.h>

#include "gather/elf_make.h"
#include "gather/image.h"
#include "gather/scratch.h"
#include "gather/solo5_make.h"
#include "unit.h"

static alignas(16) unsigned char image[ELF_MAKE_BYTES];
static struct arena arena;

static struct image_file inspect(const void *p, size_t n)
{
	struct image_file f = {.elf_arch = -1};
	struct err e = {0};
	int fd = memory_file(p, n);

	arena_release(&arena);
	assert_ok(kernel_inspect(fd, &arena, &f, &e), e);
	close(fd);
	return f;
}

static void make_bzimage(uint16_t version, uint32_t init_size)
{
	memset(image, 0, sizeof image);
	memcpy(image, "MZ", 2);
	memcpy(image + 0x202, "HdrS", 4);
	memcpy(image + 0x206, &version, 2);
	memcpy(image + 0x260, &init_size, 4);
}

static void bzimage(void **state)
{
	struct image_file f;

	(void)state;
	make_bzimage(0x020f, 0x2345000);
	f = inspect(image, sizeof image);
	assert_int_equal(f.format, KERNEL_BZIMAGE);
	assert_int_equal(f.memory_bytes, 0x2345000);
	assert_int_equal(f.elf_arch, ARCH_X86_64);
	make_bzimage(0x0209, 0x2345000); /* from before the field existed */
	assert_int_equal(inspect(image, sizeof image).memory_bytes, 0);
	assert_int_equal(inspect(image, 0x263).format, KERNEL_UNKNOWN);
	assert_int_equal(inspect(image, 0x264).format, KERNEL_BZIMAGE);
	memcpy(image + 0x202, "HdrX", 4);
	assert_int_equal(inspect(image, sizeof image).format, KERNEL_UNKNOWN);
}

static void arm64_image(void **state)
{
	uint64_t size = 0x1230000;
	struct image_file f;

	(void)state;
	memset(image, 0, sizeof image);
	memcpy(image + 16, &size, 8);
	memcpy(image + 56, "ARM\x64", 4);
	f = inspect(image, sizeof image);
	assert_int_equal(f.format, KERNEL_ARM64_IMAGE);
	assert_int_equal(f.memory_bytes, size);
	assert_int_equal(f.elf_arch, ARCH_AARCH64);
	assert_int_equal(inspect(image, 63).format, KERNEL_UNKNOWN);
}

static void elf_kinds(void **state)
{
	struct image_file f;

	(void)state;
	elf_make(&(struct elf_make){.machine = EM_AARCH64, .memsz = 0x700000}, image);
	f = inspect(image, sizeof image);
	assert_int_equal(f.format, KERNEL_ELF);
	assert_int_equal(f.elf_arch, ARCH_AARCH64);
	assert_int_equal(f.memory_bytes, 0x700000);
	for (int is32 = 0; is32 < 2; is32++) {
		elf_make(&(struct elf_make){.is32 = is32, .note_owner = "Xen", .note_type = 18}, image);
		f = inspect(image, sizeof image);
		assert_int_equal(f.format, KERNEL_ELF_PVH);
		elf_make(&(struct elf_make){.is32 = is32, .note_owner = "Xen", .note_type = 5}, image);
		assert_int_equal(inspect(image, sizeof image).format, KERNEL_ELF);
	}
	elf_make(&(struct elf_make){.machine = EM_RISCV}, image);
	assert_int_equal(inspect(image, sizeof image).elf_arch, -1);
}

/* Whoever starts it decides: a tender, or a machine that reads its other headers. */
static void solo5(void **state)
{
	static alignas(16) unsigned char binary[SOLO5_MAKE_BYTES];
	uint32_t header[3] = {0x1badb002, 0x10003, 0};
	struct image_file f;

	(void)state;
	header[2] = 0u - header[0] - header[1];
	for (uint32_t target = SOLO5_HVT; target <= SOLO5_XEN; target++) {
		solo5_make(&(struct solo5_make){.target = target,
						.machine = EM_AARCH64,
						.entries = 2,
						.device = {{"net0", 2}}},
			   binary);
		memcpy(binary + 0x1800, header, sizeof header);
		f = inspect(binary, sizeof binary);
		assert_int_equal(f.format, target == SOLO5_VIRTIO ? KERNEL_ELF_MULTIBOOT : KERNEL_ELF_SOLO5);
		assert_int_equal(f.solo5.target, target);
		assert_string_equal(f.solo5.devices.v[0].name, "net0");
		assert_int_equal(f.elf_arch, ARCH_AARCH64);
		assert_int_equal(f.memory_bytes, sizeof binary);
		assert_null(f.solo5_problem);
	}
	solo5_make(&(struct solo5_make){.target = 99, .entries = 1}, binary);
	f = inspect(binary, sizeof binary);
	assert_int_equal(f.format, KERNEL_ELF_SOLO5);
	assert_string_equal(f.solo5_problem, "its ABI note names the unknown target 99");
	/* With a manifest that nobody can read it is a machine's kernel all the same. */
	solo5_make(&(struct solo5_make){.target = SOLO5_VIRTIO, .no_manifest = true}, binary);
	f = inspect(binary, sizeof binary);
	assert_int_equal(f.format, KERNEL_ELF);
	assert_non_null(f.solo5_problem);
	arena_release(&arena);
}

static void multiboot(void **state)
{
	uint32_t header[3] = {0x1badb002, 0x10003, 0};
	unsigned char big[10000] = {0};

	(void)state;
	header[2] = 0u - header[0] - header[1];
	elf_make(&(struct elf_make){.is32 = true}, image);
	memcpy(image + 0x1000, header, sizeof header);
	assert_int_equal(inspect(image, sizeof image).format, KERNEL_ELF_MULTIBOOT);
	image[0x1008] ^= 1; /* the sum is wrong */
	assert_int_equal(inspect(image, sizeof image).format, KERNEL_ELF);
	elf_make(&(struct elf_make){.is32 = true}, image);
	memcpy(image + 0x1002, header, sizeof header); /* not aligned */
	assert_int_equal(inspect(image, sizeof image).format, KERNEL_ELF);
	/* Not in the first 8 KiB. */
	elf_make(&(struct elf_make){.is32 = true}, image);
	memcpy(big, image, sizeof image);
	memcpy(big + 8184, header, sizeof header);
	assert_int_equal(inspect(big, sizeof big).format, KERNEL_ELF);
	memset(big + 8184, 0, sizeof header);
	memcpy(big + 8180, header, sizeof header);
	assert_int_equal(inspect(big, sizeof big).format, KERNEL_ELF_MULTIBOOT);
}

static void not_a_kernel(void **state)
{
	(void)state;
	assert_int_equal(inspect("", 0).format, KERNEL_UNKNOWN);
	assert_int_equal(inspect("#!/bin/sh\n", 10).format, KERNEL_UNKNOWN);
	memset(image, 0xff, sizeof image);
	assert_int_equal(inspect(image, sizeof image).format, KERNEL_UNKNOWN);
	elf_make(&(struct elf_make){0}, image);
	assert_int_equal(inspect(image, 64).format, KERNEL_UNKNOWN);
	assert_int_equal(inspect(image, 64).elf_arch, -1);
}

static void mutations(void **state)
{
	static unsigned char changed[ELF_MAKE_BYTES];
	uint64_t seed = 31337;
	size_t known = 0;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		struct image_file f;

		if (i & 1)
			make_bzimage(0x20f, 0x1000000);
		else
			elf_make(&(struct elf_make){.note_owner = "Xen", .note_type = 18}, image);
		memcpy(changed, image, sizeof image);
		f = inspect(changed, unit_mutate(&seed, changed, 0x500));
		known += f.format != KERNEL_UNKNOWN;
		assert_true(f.format >= KERNEL_UNKNOWN && f.format <= KERNEL_ARM64_IMAGE);
	}
	assert_true(known > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bzimage),   cmocka_unit_test(arm64_image), cmocka_unit_test(elf_kinds),
		cmocka_unit_test(solo5),     cmocka_unit_test(multiboot),   cmocka_unit_test(not_a_kernel),
		cmocka_unit_test(mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
