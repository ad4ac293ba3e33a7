/* SPDX-License-Identifier: Apache-2.0 */
/* How an initrd is packed and how large it says it will be. */
#include <string.h>
#include <unistd.h>

#include "gather/image.h"

#define MAGIC_BYTES 6

static const struct {
	const char *name;
	unsigned char magic[MAGIC_BYTES];
	size_t n;
} kinds[] = {
	{"none", "070701", 6}, /* cpio newc */
	{"none", "070702", 6}, /* the same with checksums */
	{"gzip", {0x1f, 0x8b}, 2},
	{"zstd", {0x28, 0xb5, 0x2f, 0xfd}, 4},
	{"xz", {0xfd, '7', 'z', 'X', 'Z', 0}, 6},
	{"lz4", {0x04, 0x22, 0x4d, 0x18}, 4},
	{"lz4", {0x02, 0x21, 0x4c, 0x18}, 4}, /* the legacy frames that the kernel reads */
};

static const char *find_kind(const unsigned char *head, size_t n)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (n >= kinds[i].n && memcmp(head, kinds[i].magic, kinds[i].n) == 0)
			return kinds[i].name;
	return "unknown";
}

/* The last four bytes of a gzip member: unpacked size modulo 2^32, as its author claims. */
static uint64_t gzip_size(int fd, uint64_t size)
{
	unsigned char b[4];

	if (size < sizeof b || size > INT64_MAX ||
	    pread(fd, b, sizeof b, (off_t)(size - sizeof b)) != sizeof b)
		return 0;
	return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24;
}

void initrd_inspect(int fd, uint64_t size_bytes, struct image_file *f)
{
	unsigned char head[MAGIC_BYTES];
	ssize_t n = pread(fd, head, sizeof head, 0);

	f->compression = find_kind(head, n > 0 ? (size_t)n : 0);
	if (streq(f->compression, "none"))
		f->unpacked_bytes = size_bytes;
	else if (streq(f->compression, "gzip"))
		f->unpacked_bytes = gzip_size(fd, size_bytes);
}
