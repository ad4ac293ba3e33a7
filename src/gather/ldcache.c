/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of /etc/ld.so.cache, format "glibc-ld.so.cache1.1", alone or behind the header of the older one. */
#include "gather/ldcache.h"

#include <elf.h>
#include <string.h>

#define OLD_MAGIC "ld.so-1.7.0"
#define NEW_MAGIC "glibc-ld.so.cache1.1"
/* The low byte is the kind of file, the next one the architecture (glibc's ldconfig.h). */
#define FLAG_ELF_LIBC6 0x0003u
#define FLAG_X8664_LIB64 0x0300u
#define FLAG_AARCH64_LIB64 0x0a00u

struct old_header {
	char magic[sizeof OLD_MAGIC - 1];
	char pad;
	uint32_t nlibs;
};
#define OLD_ENTRY_BYTES 12u

struct new_header {
	char magic[sizeof NEW_MAGIC - 1];
	uint32_t nlibs;
	uint32_t strings_bytes;
	uint32_t reserved[5];
};
struct new_entry {
	uint32_t flags, name, path, osversion;
	uint64_t hwcap;
};

/* How many bytes of the old format stand before the new one; n or more if there is nothing else. */
static uint64_t old_part_bytes(const char *p, size_t n)
{
	struct old_header h;

	if (n < sizeof h || memcmp(p, OLD_MAGIC, sizeof h.magic) != 0)
		return 0;
	memcpy(&h, p, sizeof h);
	return (sizeof h + (uint64_t)h.nlibs * OLD_ENTRY_BYTES + 7) & ~7ull;
}

void ldcache_init(struct ldcache *ret, struct bytes file)
{
	const char *p = file.p;
	uint64_t skip = p ? old_part_bytes(p, file.n) : 0;
	struct new_header h;

	*ret = (struct ldcache){0};
	if (!p || skip > file.n || file.n - skip < sizeof h)
		return;
	p += skip;
	memcpy(&h, p, sizeof h);
	if (memcmp(h.magic, NEW_MAGIC, sizeof h.magic) != 0 ||
	    h.nlibs > (file.n - skip - sizeof h) / sizeof(struct new_entry))
		return;
	ret->data = (struct bytes){p, file.n - (size_t)skip};
	ret->entries = p + sizeof h;
	ret->nentries = h.nlibs;
}

/* A string of the cache: NULL when it does not end inside the file. */
static const char *text_at(const struct ldcache *c, uint32_t off)
{
	const char *p = c->data.p;

	if (off >= c->data.n || !memchr(p + off, '\0', c->data.n - off))
		return NULL;
	return p + off;
}

static uint32_t wanted_flags(uint16_t machine, bool is64)
{
	if (machine == EM_X86_64 && is64)
		return FLAG_ELF_LIBC6 | FLAG_X8664_LIB64;
	if (machine == EM_AARCH64 && is64)
		return FLAG_ELF_LIBC6 | FLAG_AARCH64_LIB64;
	return FLAG_ELF_LIBC6;
}

const char *ldcache_next(const struct ldcache *c, const char *name, uint16_t machine, bool is64, uint32_t *pos)
{
	uint32_t flags = wanted_flags(machine, is64);
	size_t name_bytes = strlen(name) + 1;
	struct new_entry en;

	while (*pos < c->nentries) {
		const char *path, *have;

		memcpy(&en, c->entries + (size_t)*pos * sizeof en, sizeof en);
		++*pos;
		if (en.flags != flags || en.name >= c->data.n || c->data.n - en.name < name_bytes)
			continue;
		have = (const char *)c->data.p + en.name;
		/* Few are as long: for most of them one byte is enough to see that. */
		if (have[name_bytes - 1] != '\0' || memcmp(have, name, name_bytes) != 0)
			continue;
		path = text_at(c, en.path);
		if (path && path[0] == '/')
			return path;
	}
	return NULL;
}
