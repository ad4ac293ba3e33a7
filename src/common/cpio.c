/* SPDX-License-Identifier: Apache-2.0 */
/* newc cpio writer. */
#include "common/cpio.h"

#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#define MAGIC "070701"

static void pad4(struct strbuf *out)
{
	sb_addn(out, "\0\0\0", (4 - out->len % 4) % 4);
}

static void put_hex8(struct strbuf *out, uint32_t v)
{
	static const char hex[] = "0123456789abcdef";
	char s[8];

	for (int i = 7; i >= 0; i--, v >>= 4)
		s[i] = hex[v & 15];
	sb_addn(out, s, sizeof(s));
}

static void put_head(struct strbuf *out, uint32_t ino, uint32_t nlink, const struct cpio_member *m)
{
	size_t name_bytes = strlen(m->name) + 1;
	/* The two zeros in the middle are the device that holds it; the last one is a checksum, which this format has not. */
	const uint32_t fields[] = {ino,      m->mode, m->uid, m->gid,   nlink,    m->mtime,
				   m->bytes, 0,       0,      m->major, m->minor, (uint32_t)name_bytes,
				   0};

	if (name_bytes > UINT32_MAX) {
		out->oom = true;
		return;
	}
	sb_add(out, MAGIC);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		put_hex8(out, fields[i]);
	sb_addn(out, m->name, name_bytes);
	pad4(out);
}

static void put_member(struct strbuf *out, uint32_t ino, uint32_t nlink, const struct cpio_member *m,
		       const void *data, size_t n)
{
	/* The size fields have 32 bits. */
	if (n > UINT32_MAX) {
		out->oom = true;
		return;
	}
	put_head(out, ino, nlink, m);
	sb_addn(out, data, n);
	pad4(out);
}

void cpio_add(struct strbuf *out, uint32_t *ino, const char *name, uint32_t mode, uint32_t uid, uint32_t gid,
	      const void *data, size_t n)
{
	struct cpio_member m = {.name = name, .mode = mode, .uid = uid, .gid = gid, .bytes = (uint32_t)n};

	put_member(out, ++*ino, S_ISDIR(mode) ? 2 : 1, &m, data, n);
}

void cpio_header(struct strbuf *out, uint32_t *ino, const struct cpio_member *m)
{
	put_head(out, m->ino ? m->ino : ++*ino, m->nlink ? m->nlink : S_ISDIR(m->mode) ? 2 : 1, m);
}

void cpio_trailer(struct strbuf *out)
{
	put_member(out, 0, 1, &(struct cpio_member){.name = CPIO_TRAILER}, NULL, 0);
}
