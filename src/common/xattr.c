/* SPDX-License-Identifier: Apache-2.0 */
/* Reading extended attributes: the path of the directory's descriptor in /proc is the only way that opens nothing. */
#include "common/xattr.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/xattr.h>

static int read_value(const char *path, const char *file, struct arena *a, struct xattr *x, struct err *e)
{
	char value[XATTR_VALUE_BYTES_MAX];
	ssize_t len = lgetxattr(path, x->name, value, sizeof(value));

	if (len < 0)
		return err_sys(e, "cannot read an extended attribute of '%.256s'", file);
	x->n = (size_t)len;
	x->value = arena_memdup(a, value, x->n);
	return x->value ? 0 : err_oom(e);
}

int xattr_read(int dirfd, const char *name, xattr_keep *keep, void *arg, struct arena *a, struct xattr **ret,
	       size_t *ret_n, struct err *e)
{
	char list[XATTR_LIST_BYTES_MAX], path[64 + NAME_MAX];
	struct xattr *v = NULL;
	size_t names = 0, n = 0;
	ssize_t len;
	int r = 0;

	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dirfd, name);
	len = llistxattr(path, list, sizeof(list));
	if (len < 0 && errno != ENOTSUP)
		return err_sys(e, "cannot list the extended attributes of '%.256s'", name);
	for (const char *p = list; p < list + len; p += strlen(p) + 1)
		names++;
	if (names > 0 && !(v = arena_array(a, names, sizeof(*v))))
		return err_oom(e);
	for (const char *p = list; p < list + len; p += strlen(p) + 1) {
		int wanted = keep ? keep(p, arg, e) : 1;

		if (wanted < 0)
			return wanted;
		if (wanted == 0)
			continue;
		v[n].name = arena_strdup(a, p);
		r = v[n].name ? read_value(path, name, a, &v[n], e) : err_oom(e);
		if (r < 0)
			return r;
		n++;
	}
	*ret = v;
	*ret_n = n;
	return 0;
}
