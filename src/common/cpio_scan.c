/* SPDX-License-Identifier: Apache-2.0 */
/* newc cpio reader: only names and sizes, and nothing is believed that was not checked. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "common/cpio.h"

#define HEAD_BYTES 110u
#define NAME_MAX_BYTES 4096u
/* Small files follow one another closely: one read serves several headers. */
#define WINDOW_BYTES 16384u
/* Places in the header, of eight digits each. */
#define MODE_AT 14u
#define SIZE_AT 54u
#define NAME_BYTES_AT 94u

struct scan {
	int fd;
	uint64_t size, at; /* at: of the window */
	size_t n;
	char window[WINDOW_BYTES];
};

static int bad(uint64_t at, const char *what, struct err *e)
{
	return err_set(e, EINVAL, "the archive is damaged at byte %llu: %s", (unsigned long long)at, what);
}

/* n bytes of the file at `at`; NULL when it ends before. */
static const char *look(struct scan *s, uint64_t at, size_t n)
{
	ssize_t got;

	if (at > s->size || n > s->size - at)
		return NULL;
	if (at < s->at || at - s->at + n > s->n) {
		got = pread(s->fd, s->window, WINDOW_BYTES, (off_t)at);
		s->at = at;
		s->n = got > 0 ? (size_t)got : 0;
	}
	return at - s->at + n <= s->n ? s->window + (at - s->at) : NULL;
}

static bool hex8(const char *p, uint32_t *ret)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	uint32_t v = 0;

	for (int i = 0; i < 8; i++) {
		const char *d = p[i] ? strchr(digits, p[i]) : NULL;

		if (!d)
			return false;
		v = v << 4 | (uint32_t)((d - digits) & 15);
	}
	*ret = v;
	return true;
}

static bool has_dotdot(const char *s)
{
	for (;;) {
		size_t n;

		s += strspn(s, "/");
		n = strcspn(s, "/");
		if (n == 0)
			return false;
		if (n == 2 && s[0] == '.' && s[1] == '.')
			return true;
		s += n;
	}
}

/* The header at `at`; *ret_name lives until the next look. */
static int read_head(struct scan *s, uint64_t at, uint32_t *ret_mode, uint32_t *ret_bytes,
		     const char **ret_name, uint32_t *ret_name_bytes, struct err *e)
{
	const char *p = look(s, at, HEAD_BYTES);
	uint32_t name_bytes;

	if (!p)
		return bad(at, "it ends without an end mark (" CPIO_TRAILER ")", e);
	if (memcmp(p, "070701", 6) != 0 && memcmp(p, "070702", 6) != 0)
		return bad(at, "no header of a newc archive", e);
	if (!hex8(p + MODE_AT, ret_mode) || !hex8(p + SIZE_AT, ret_bytes) ||
	    !hex8(p + NAME_BYTES_AT, &name_bytes))
		return bad(at, "a header with something else than hexadecimal digits", e);
	if (name_bytes < 2 || name_bytes > NAME_MAX_BYTES)
		return bad(at, "a name of impossible length", e);
	p = look(s, at, HEAD_BYTES + name_bytes);
	if (!p)
		return bad(at, "it ends in the middle of a name", e);
	p += HEAD_BYTES;
	if (strnlen(p, name_bytes) != name_bytes - 1)
		return bad(at, "a name that does not end where it should", e);
	*ret_name = p;
	*ret_name_bytes = name_bytes;
	return 0;
}

static uint64_t up4(uint64_t n)
{
	return (n + 3) & ~(uint64_t)3;
}

int cpio_scan(int fd, uint64_t size, cpio_see *see, void *arg, uint64_t *ret_end, struct err *e)
{
	struct scan s = {.fd = fd, .size = size};
	uint64_t at = 0;

	for (;;) {
		uint32_t mode = 0, bytes = 0, name_bytes = 0;
		const char *name = "";
		int r = read_head(&s, at, &mode, &bytes, &name, &name_bytes, e);

		if (r < 0)
			return r;
		if (strcmp(name, CPIO_TRAILER) == 0) {
			*ret_end = at;
			return 0;
		}
		if (has_dotdot(name))
			return bad(at, "a name with '..'", e);
		if (see)
			see(name, mode, arg);
		at = up4(at + HEAD_BYTES + name_bytes);
		if (at > size || bytes > size - at)
			return bad(at, "a member larger than the file", e);
		at = up4(at + bytes);
	}
}
