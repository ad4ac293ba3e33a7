/* SPDX-License-Identifier: Apache-2.0 */
/* What a file is, by its first bytes. */
#include "bunny/content.h"

#include <elf.h>
#include <string.h>

#define PE_I386 0x14cu
#define PE_ARM 0x1c4u
#define PE_X86_64 0x8664u
#define PE_ARM64 0xaa64u
#define PE_RISCV64 0x5064u
#define PE_AT 0x3cu /* says where the rest of the header is */

static bool at(struct bytes b, size_t off, const char *magic, size_t n)
{
	return off <= b.n && n <= b.n - off && memcmp((const char *)b.p + off, magic, n) == 0;
}
#define AT(b_, off_, magic_) at((b_), (off_), (magic_), sizeof(magic_) - 1)

static uint32_t get16(struct bytes b, size_t off)
{
	const uint8_t *p = b.p;

	return off + 2 <= b.n ? (uint32_t)p[off] | (uint32_t)p[off + 1] << 8 : 0;
}

struct machine {
	uint32_t number;
	const char *arch;
};

static const char *machine_name(const struct machine *m, size_t n, uint32_t number)
{
	for (size_t i = 0; i < n; i++) {
		if (m[i].number == number)
			return m[i].arch;
	}
	return NULL;
}

/* A 32-bit x86 ELF is what many multiboot kernels of 64-bit machines are. */
static const char *elf_machine(struct bytes b)
{
	static const struct machine known[] = {
		{EM_X86_64, "amd64"},  {EM_386, "amd64"},     {EM_AARCH64, "arm64"}, {EM_ARM, "arm"},
		{EM_RISCV, "riscv64"}, {EM_PPC64, "ppc64le"}, {EM_S390, "s390x"},
	};

	return machine_name(known, sizeof(known) / sizeof(known[0]), get16(b, 18));
}

static const char *pe_machine(struct bytes b, size_t off)
{
	static const struct machine known[] = {
		{PE_X86_64, "amd64"}, {PE_I386, "amd64"},      {PE_ARM64, "arm64"},
		{PE_ARM, "arm"},      {PE_RISCV64, "riscv64"},
	};

	return machine_name(known, sizeof(known) / sizeof(known[0]), get16(b, off + 4));
}

/* Linux kernels that begin as a PE program say what they are in their own header. */
static bool is_kernel(struct bytes b, const char **ret_arch)
{
	const size_t pe = get16(b, PE_AT);

	*ret_arch = NULL;
	if (AT(b, 0,
	       "\x7f"
	       "ELF"))
		*ret_arch = elf_machine(b);
	else if (AT(b, 0x202, "HdrS"))
		*ret_arch = "amd64";
	else if (AT(b, 56, "ARM\x64"))
		*ret_arch = "arm64";
	else if (AT(b, 56, "RSC\x05"))
		*ret_arch = "riscv64";
	else if (AT(b, 0, "MZ") && AT(b, pe, "PE\0\0"))
		*ret_arch = pe_machine(b, pe);
	else
		return false;
	return true;
}

static bool is_cpio(struct bytes b)
{
	return AT(b, 0, "070701") || AT(b, 0, "070702") || AT(b, 0, "070707") || AT(b, 0, "\xc7\x71") ||
	       AT(b, 0, "\x71\xc7");
}

static bool is_packed(struct bytes b)
{
	return AT(b, 0, "\x1f\x8b") ||
	       AT(b, 0,
		  "\xfd"
		  "7zXZ\0") ||
	       AT(b, 0, "\x28\xb5\x2f\xfd") || AT(b, 0, "BZh") || AT(b, 0, "\x02\x21\x4c\x18") ||
	       AT(b, 0, "\x04\x22\x4d\x18") || AT(b, 0, "\x5d\0\0");
}

static bool is_other_disk(struct bytes b)
{
	return AT(b, 0, "hsqs") || AT(b, 1024, "\xe2\xe1\xf5\xe0") || AT(b, 0, "XFSB") ||
	       AT(b, 512, "EFI PART") || AT(b, 510, "\x55\xaa");
}

enum path_content content_of(struct bytes head, const char **ret_arch)
{
	if (is_kernel(head, ret_arch))
		return CONTENT_KERNEL;
	if (is_cpio(head))
		return CONTENT_CPIO;
	if (is_packed(head))
		return CONTENT_PACKED;
	if (AT(head, 0x438, "\x53\xef"))
		return CONTENT_EXT;
	if (AT(head, 257, "ustar"))
		return CONTENT_TAR;
	return is_other_disk(head) ? CONTENT_FS : CONTENT_OTHER;
}
