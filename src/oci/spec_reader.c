/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the shapes that come up again and again in config.json: lists, maps, paths, ids. */
#include "oci/spec_reader.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int spec_read_list(struct spec_reader *in, const json_t *o, const char *where, const struct spec_list_desc *d,
		   void *ret_list, struct err *e)
{
	struct spec_any_list list = {0};
	const json_t *arr = NULL;
	int r;

	r = json_get_arr(o, where, d->key, &arr, e);
	if (r < 0 || !arr)
		return r;
	list.n = json_array_size(arr);
	if (!list.n)
		return 0;
	if (list.n > d->max)
		return err_set(e, EINVAL, "%s%s%s has %zu entries, at most %zu are allowed", where,
			       *where ? "." : "", d->key, list.n, d->max);
	list.v = arena_array(in->a, list.n, d->element_bytes);
	if (!list.v)
		return err_oom(e);
	for (size_t i = 0; i < list.n; i++) {
		const json_t *v = json_array_get(arr, i);
		char at[WHERE_BYTES];

		snprintf(at, sizeof(at), "%s%s%s[%zu]", where, *where ? "." : "", d->key, i);
		if (!json_is_object(v))
			return json_type_error(v, at, "", "an object", e);
		r = d->read(in, v, at, (char *)list.v + i * d->element_bytes, e);
		if (r < 0)
			return r;
	}
	memcpy(ret_list, &list, sizeof(list));
	return 0;
}

int spec_read_map(struct spec_reader *in, const json_t *o, const char *where, const char *key, void *ret_list,
		  struct err *e)
{
	struct spec_any_list list = {0};
	const json_t *map = NULL;
	struct spec_kv *kv;
	const char *name;
	char at[WHERE_BYTES];
	json_t *v;
	int r;

	r = json_get_obj(o, where, key, &map, e);
	if (r < 0 || !map)
		return r;
	kv = arena_array(in->a, json_object_size(map), sizeof(*kv));
	if (!kv)
		return err_oom(e);
	snprintf(at, sizeof(at), "%s%s%s", where, *where ? "." : "", key);
	json_object_foreach((json_t *)map, name, v)
	{
		kv[list.n].key = name;
		r = json_get_str(map, at, name, &kv[list.n].value, e);
		if (r < 0)
			return r;
		if (kv[list.n].value)
			list.n++;
	}
	if (!list.n)
		return 0;
	list.v = kv;
	memcpy(ret_list, &list, sizeof(list));
	return 0;
}

int spec_get_word(const json_t *o, const char *where, const char *key, const char **ret, struct err *e)
{
	const char *s = NULL;
	int r = json_get_str(o, where, key, &s, e);

	if (r == 0 && s && *s)
		*ret = s;
	return r;
}

int spec_get_abspath(const json_t *o, const char *where, const char *key, const char **ret, struct err *e)
{
	const char *s = NULL;
	int r = json_get_str(o, where, key, &s, e);

	if (r < 0 || !s)
		return r;
	if (*s != '/')
		return err_set(e, EINVAL, "%s%s%s is '%s', it must be an absolute path", where,
			       *where ? "." : "", key, s);
	*ret = s;
	return 0;
}

int spec_get_u32(const json_t *o, const char *where, const char *key, int64_t max, uint32_t *ret,
		 struct err *e)
{
	int64_t v = *ret;
	int r = json_get_int(o, where, key, 0, max, &v, e);

	if (r == 0)
		*ret = (uint32_t)v;
	return r;
}
