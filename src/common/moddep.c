/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of kernel modules, and which kernel they belong to. */
#include "common/moddep.h"

#include <endian.h>
#include <string.h>
#include <unistd.h>

/* Documentation/arch/x86/boot.rst */
#define SETUP_MAGIC_AT 0x202
#define SETUP_VERSION_AT 0x20e
#define SETUP_BYTES 0x200

bool moddep_is(const char *path, size_t n, const char *name)
{
	const char *base = path, *end = path + n, *ko;

	for (const char *p = path; p < end; p++)
		if (*p == '/')
			base = p + 1;
	ko = memmem(base, (size_t)(end - base), ".ko", 3);
	if (!ko || (size_t)(ko - base) != strlen(name))
		return false;
	for (size_t i = 0; name[i]; i++)
		if ((base[i] == '-' ? '_' : base[i]) != name[i])
			return false;
	return true;
}

const char *moddep_find(struct bytes list, const char *name, size_t *ret_bytes)
{
	const char *p = list.p, *end = p + list.n;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((nl ? nl : end) - p);
		const char *colon = memchr(p, ':', n);

		if (moddep_is(p, colon ? (size_t)(colon - p) : n, name)) {
			*ret_bytes = n;
			return p;
		}
		p += n + 1;
	}
	return NULL;
}

const char *moddep_next(const char *words, const char **end, size_t *ret_bytes)
{
	const char *to = *end, *w;

	while (to > words && to[-1] == ' ')
		to--;
	for (w = to; w > words && w[-1] != ' '; w--)
		;
	*end = w;
	*ret_bytes = (size_t)(to - w);
	return w < to ? w : NULL;
}

bool kernel_release_good(const char *s)
{
	return *s && *s != '.' && !strchr(s, '/');
}

bool kernel_release(int fd, char ret[KERNEL_RELEASE_BYTES])
{
	char magic[4], text[KERNEL_RELEASE_BYTES] = {0};
	uint16_t at;

	/* An offset to a text whose first word it is. */
	if (pread(fd, magic, sizeof magic, SETUP_MAGIC_AT) != (ssize_t)sizeof magic ||
	    memcmp(magic, "HdrS", 4) != 0 ||
	    pread(fd, &at, sizeof at, SETUP_VERSION_AT) != (ssize_t)sizeof at || at == 0 ||
	    pread(fd, text, KERNEL_RELEASE_BYTES - 1, le16toh(at) + SETUP_BYTES) <= 0)
		return false;
	text[strcspn(text, " \n")] = '\0';
	if (!kernel_release_good(text))
		return false;
	memcpy(ret, text, sizeof(text));
	return true;
}
