/* SPDX-License-Identifier: Apache-2.0 */
/* Records of pax headers. */
#include "bunny/tar_pax.h"

#include <errno.h>
#include <string.h>

#include "bunny/tar_read.h"
#include "common/str.h"

#define XATTR_PREFIX "SCHILY.xattr."
#define XATTR_NAME_MAX 255

struct record {
	const char *key, *value;
	size_t key_n, value_n;
};

static int broken(struct err *e, const char *what)
{
	return err_set(e, EINVAL, "not a good tar archive: %s in an extended header", what);
}

/* The record at text; 0 or how many bytes it has. */
static size_t cut(const char *text, size_t n, struct record *ret)
{
	size_t length = 0, i = 0;
	const char *eq;

	for (; i < n && text[i] >= '0' && text[i] <= '9' && i < 8; i++)
		length = 10 * length + (size_t)(text[i] - '0');
	if (i == 0 || i == n || text[i] != ' ' || length > n || length < i + 3 || text[length - 1] != '\n')
		return 0;
	ret->key = text + i + 1;
	eq = memchr(ret->key, '=', length - i - 2);
	if (!eq || eq == ret->key)
		return 0;
	ret->key_n = (size_t)(eq - ret->key);
	ret->value = eq + 1;
	ret->value_n = (size_t)(text + length - 1 - ret->value);
	return length;
}

static bool key_is(const struct record *r, const char *key)
{
	return r->key_n == strlen(key) && memcmp(r->key, key, r->key_n) == 0;
}

static int take_name(const struct record *r, struct arena *a, const char **ret, struct err *e)
{
	if (memchr(r->value, '\0', r->value_n))
		return broken(e, "a name with a NUL byte");
	if (r->value_n > TAR_PATH_MAX)
		return broken(e, "a path of more than 4095 bytes");
	/* An empty value takes back what was said before. */
	*ret = r->value_n ? arena_strndup(a, r->value, r->value_n) : NULL;
	return r->value_n && !*ret ? err_oom(e) : 0;
}

static int take_number(const struct record *r, struct tar_extra *x, unsigned has, uint64_t *ret, struct err *e)
{
	char text[24];

	if (r->value_n >= sizeof(text))
		return broken(e, "a number with too many digits");
	memcpy(text, r->value, r->value_n);
	text[r->value_n] = '\0';
	if (!str_u64(text, 0, UINT64_MAX, ret))
		return broken(e, "a field that is no number");
	x->has |= has;
	return 0;
}

/* Seconds with a fraction, and perhaps a sign; the fraction is cut. */
static int take_time(const struct record *r, struct tar_extra *x, struct err *e)
{
	bool minus = r->value_n > 0 && r->value[0] == '-';
	struct record whole = *r;
	const char *dot;
	uint64_t v;
	int n;

	whole.value += minus;
	whole.value_n -= minus;
	dot = memchr(whole.value, '.', whole.value_n);
	if (dot)
		whole.value_n = (size_t)(dot - whole.value);
	n = take_number(&whole, x, TAR_HAS_MTIME, &v, e);
	if (n < 0)
		return n;
	if (v > INT64_MAX)
		return broken(e, "a time beyond all clocks");
	x->mtime = minus ? -(int64_t)v : (int64_t)v;
	return 0;
}

static int take_xattr(const struct record *r, struct arena *a, struct tar_extra *x, struct err *e)
{
	const size_t skip = sizeof(XATTR_PREFIX) - 1;
	struct xattr *v;

	if (r->key_n - skip == 0 || r->key_n - skip > XATTR_NAME_MAX || memchr(r->key, '\0', r->key_n))
		return broken(e, "an extended attribute without a good name");
	if (r->value_n > XATTR_VALUE_BYTES_MAX || x->nxattrs >= TAR_XATTRS_MAX)
		return broken(e, "more extended attributes than a file may have");
	if (!x->xattrs && !(x->xattrs = arena_array(a, TAR_XATTRS_MAX, sizeof(*v))))
		return err_oom(e);
	v = &x->xattrs[x->nxattrs];
	v->name = arena_strndup(a, r->key + skip, r->key_n - skip);
	v->value = arena_memdup(a, r->value, r->value_n);
	v->n = r->value_n;
	x->nxattrs++;
	return v->name && v->value ? 0 : err_oom(e);
}

static int take(const struct record *r, struct arena *a, struct tar_extra *x, struct err *e)
{
	if (key_is(r, "path"))
		return take_name(r, a, &x->path, e);
	if (key_is(r, "linkpath"))
		return take_name(r, a, &x->target, e);
	if (key_is(r, "size"))
		return take_number(r, x, TAR_HAS_SIZE, &x->size, e);
	if (key_is(r, "uid"))
		return take_number(r, x, TAR_HAS_UID, &x->uid, e);
	if (key_is(r, "gid"))
		return take_number(r, x, TAR_HAS_GID, &x->gid, e);
	if (key_is(r, "mtime"))
		return take_time(r, x, e);
	if (r->key_n > sizeof(XATTR_PREFIX) - 1 && memcmp(r->key, XATTR_PREFIX, sizeof(XATTR_PREFIX) - 1) == 0)
		return take_xattr(r, a, x, e);
	if (r->key_n > 11 && memcmp(r->key, "GNU.sparse.", 11) == 0)
		x->sparse = true;
	return 0;
}

int tar_pax_parse(const char *text, size_t n, struct arena *a, struct tar_extra *x, struct err *e)
{
	while (n > 0) {
		struct record rec;
		size_t length = cut(text, n, &rec);
		int r;

		if (length == 0) {
			/* Some writers fill the rest with zeros. */
			return *text == '\0' ? 0 : broken(e, "a record that is none");
		}
		r = take(&rec, a, x, e);
		if (r < 0)
			return r;
		text += length;
		n -= length;
	}
	return 0;
}
