/* SPDX-License-Identifier: Apache-2.0 */
/* Which file system a block image holds, by its superblock. */
#include <string.h>
#include <unistd.h>

#include "gather/image.h"

#define HEAD_BYTES 2048u
/* Where ext2 and its heirs, and erofs, begin. */
#define SUPER_AT 1024u
#define EXT_MAGIC_AT (SUPER_AT + 0x38u)
#define EXT_COMPAT_AT (SUPER_AT + 0x5cu)
#define EXT_INCOMPAT_AT (SUPER_AT + 0x60u)
#define EXT_RO_COMPAT_AT (SUPER_AT + 0x64u)
#define EXT_MAGIC 0xef53u
#define EROFS_MAGIC 0xe0f5e1e2u
#define COMPAT_JOURNAL 0x4u
#define INCOMPAT_JOURNAL_DEVICE 0x8u
/* What a driver for ext3 understands: file types, recovery, meta block groups; sparse superblocks, large files, trees. */
#define EXT3_INCOMPAT (0x2u | 0x4u | 0x10u)
#define EXT3_RO_COMPAT (0x1u | 0x2u | 0x4u)

static uint32_t get32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The features say which driver is needed, as they do for mount(8). */
static const char *ext_kind(const unsigned char *head)
{
	uint32_t incompat = get32(head + EXT_INCOMPAT_AT), ro_compat = get32(head + EXT_RO_COMPAT_AT);

	if (incompat & INCOMPAT_JOURNAL_DEVICE)
		return NULL;
	if (incompat & ~EXT3_INCOMPAT || ro_compat & ~EXT3_RO_COMPAT)
		return "ext4";
	return get32(head + EXT_COMPAT_AT) & COMPAT_JOURNAL ? "ext3" : "ext2";
}

void block_inspect(int fd, struct image_file *f)
{
	unsigned char head[HEAD_BYTES] = {0};
	ssize_t n = pread(fd, head, sizeof head, 0);

	if (n < 4)
		return;
	if (memcmp(head, "hsqs", 4) == 0)
		f->fstype = "squashfs";
	else if (get32(head + SUPER_AT) == EROFS_MAGIC)
		f->fstype = "erofs";
	else if ((get32(head + EXT_MAGIC_AT) & 0xffff) == EXT_MAGIC)
		f->fstype = ext_kind(head);
}
