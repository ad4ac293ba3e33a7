/* SPDX-License-Identifier: Apache-2.0 */
/* The metadata key `blocks`: several disks out of image files, as a JSON array of objects. */
#include <errno.h>
#include <string.h>

#include "common/json.h"
#include "plan/internal.h"

#define BLOCKS_MAX 16

static int check_members(const json_t *o, const char *where, struct err *e)
{
	static const char *const known[] = {"path", "mountPoint", "id", "readonly"};
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)o, key, v)
	{
		size_t i = 0;

		while (i < sizeof(known) / sizeof(known[0]) && !streq(key, known[i]))
			i++;
		if (i == sizeof(known) / sizeof(known[0]))
			return err_set(e, EINVAL,
				       "%s: '%.64s' is not known (allowed: path, mountPoint, id, readonly)",
				       where, key);
	}
	return 0;
}

static int check_values(const struct block_wish *w, const char *where, struct arena *a, struct err *e)
{
	const char *label = arena_printf(a, "%s.path", where);
	int r;

	if (label == NULL)
		return err_oom(e);
	if (w->path == NULL || w->path[0] == '\0')
		return err_set(e, EINVAL, "%s is missing: the image file in the container's root", label);
	r = metadata_check_path(label, w->path, false, e);
	if (r == 0 && w->mount_point != NULL)
		r = metadata_check_path(arena_printf(a, "%s.mountPoint", where), w->mount_point, true, e);
	if (r == 0 && w->id != NULL)
		r = metadata_check_device(arena_printf(a, "%s.id", where), w->id, e);
	return r;
}

static int read_one(const json_t *o, const char *where, struct arena *a, struct block_wish *ret, struct err *e)
{
	struct block_wish w = {0};
	int r;

	if (!json_is_object(o))
		return json_type_error(o, where, "", "an object", e);
	if ((r = check_members(o, where, e)) < 0 || (r = json_get_str(o, where, "path", &w.path, e)) < 0 ||
	    (r = json_get_str(o, where, "mountPoint", &w.mount_point, e)) < 0 ||
	    (r = json_get_str(o, where, "id", &w.id, e)) < 0 ||
	    (r = json_get_bool(o, where, "readonly", &w.readonly, e)) < 0 ||
	    (r = check_values(&w, where, a, e)) < 0)
		return r;
	*ret = w;
	return 0;
}

static bool same(const char *x, const char *y)
{
	return x != NULL && y != NULL && streq(x, y);
}

/* Two names for one thing would be two disks that destroy each other, or one that is not seen. */
static int check_unique(const char *label, const struct block_wish *v, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (same(v[i].path, v[k].path) || same(v[i].id, v[k].id) ||
			    same(v[i].mount_point, v[k].mount_point))
				return err_set(e, EINVAL,
					       "%s: elements %zu and %zu have the same path, mountPoint or id",
					       label, k, i);
	return 0;
}

int blocks_parse(const char *label, const char *text, struct arena *a, struct metadata *ret, struct err *e)
{
	struct block_wish *v;
	json_t *list;
	size_t n;
	int r;

	r = json_parse((struct bytes){text, strlen(text)}, label, &list, e);
	if (r < 0)
		return r;
	if (!json_is_array(list))
		return json_type_error(list, label, "", "an array of objects", e);
	n = json_array_size(list);
	if (n > BLOCKS_MAX)
		return err_set(e, EINVAL, "%s has %zu elements; at most %d are possible", label, n,
			       BLOCKS_MAX);
	v = arena_array(a, n, sizeof(*v));
	if (v == NULL)
		return err_oom(e);
	for (size_t i = 0; i < n; i++) {
		const char *where = arena_printf(a, "%s[%zu]", label, i);

		if (where == NULL)
			return err_oom(e);
		r = read_one(json_array_get(list, i), where, a, &v[i], e);
		if (r < 0)
			return r;
	}
	r = check_unique(label, v, n, e);
	if (r < 0)
		return r;
	ret->blocks.v = v;
	ret->blocks.n = n;
	return 0;
}
