/* SPDX-License-Identifier: Apache-2.0 */
/* Reading config.json and pid files. */
#include "shim/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "common/io.h"
#include "common/json.h"

#define CONFIG_MAX_BYTES (4u << 20)

static int read_config(const char *bundle, struct arena *a, json_t **ret, struct err *e)
{
	const char *path = arena_printf(a, "%s/config.json", bundle);
	struct bytes text = {0};
	int r;

	if (!path)
		return err_oom(e);
	json_use_arena(a);
	r = file_read(AT_FDCWD, path, CONFIG_MAX_BYTES, a, &text, e);
	return r < 0 ? r : json_parse(text, path, ret, e);
}

int bundle_group(const char *bundle, struct arena *a, const char **ret, struct err *e)
{
	static const char *const keys[] = {"io.containerd.runc.v2.group", "io.kubernetes.cri.sandbox-id",
					   "io.kubernetes.cri-o.SandboxID"};
	const json_t *annotations = NULL;
	json_t *config = NULL;
	int r = read_config(bundle, a, &config, e);

	if (r == 0)
		r = json_get_obj(config, "", "annotations", &annotations, e);
	if (r < 0)
		return r;
	*ret = NULL;
	for (size_t i = 0; annotations && i < sizeof(keys) / sizeof(keys[0]) && !*ret; i++) {
		r = json_get_str(annotations, "annotations", keys[i], ret, e);
		if (r < 0)
			return r;
		if (*ret && !**ret)
			*ret = NULL;
	}
	return 0;
}

bool bundle_has_private_pids(const char *bundle)
{
	const json_t *linux_ = NULL, *namespaces = NULL, *ns;
	struct err ignored = {0};
	struct arena a = {0};
	json_t *config = NULL;
	bool ret = false;
	size_t i;

	if (read_config(bundle, &a, &config, &ignored) == 0 &&
	    json_get_obj(config, "", "linux", &linux_, &ignored) == 0 && linux_ &&
	    json_get_arr(linux_, "linux", "namespaces", &namespaces, &ignored) == 0 && namespaces)
		json_array_foreach(namespaces, i, ns)
		{
			const char *type = NULL, *path = NULL;

			if (json_get_str(ns, "", "type", &type, &ignored) == 0 && streq(type, "pid") &&
			    json_get_str(ns, "", "path", &path, &ignored) == 0)
				ret = !path || !*path;
		}
	arena_release(&a);
	return ret;
}

int bundle_pid(const char *bundle, const char *name, pid_t *ret, struct err *e)
{
	struct bytes text = {0};
	struct arena a = {0};
	const char *path = arena_printf(&a, "%s/%s", bundle, name);
	uint64_t pid = 0;
	int r = path ? file_read(AT_FDCWD, path, 64, &a, &text, e) : err_oom(e);

	if (r == 0) {
		char *s = (char *)(uintptr_t)text.p;

		s[strcspn(s, " \n")] = '\0';
		if (str_u64(s, 1, INT_MAX, &pid))
			*ret = (pid_t)pid;
		else
			r = err_set(e, EBADMSG, "'%s' holds '%.32s', not the number of a process", path, s);
	}
	arena_release(&a);
	return r;
}
