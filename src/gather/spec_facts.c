/* SPDX-License-Identifier: Apache-2.0 */
/* The first step: config.json of the bundle and urunc.json of the container root. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "common/json.h"
#include "gather/gather.h"
#include "gather/parts.h"

#define URUNC_JSON "/urunc.json"

static int problem(struct facts *f, const char *text, struct arena *a, struct err *e)
{
	f->has_urunc_json = true;
	f->urunc_json_problem = arena_strdup(a, text);
	return f->urunc_json_problem ? 0 : err_oom(e);
}

/* What the error of an open says once the name of the file is taken off: plan names it itself. */
static const char *open_problem(const struct rpath *p, int code, struct arena *a)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;

	if (code == ENOENT || code == ENOTDIR) {
		/* A link that leads nowhere (in this root) is not the same as no file. */
		if (rpath_open(p, O_PATH | O_NOFOLLOW, &fd, NULL) < 0)
			return NULL;
		return "is a symbolic link to nothing in the container root";
	}
	if (code == EISDIR)
		return "is a directory, not a regular file";
	if (rpath_open(p, O_PATH, &fd, NULL) == 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		return S_ISFIFO(st.st_mode)   ? "is a FIFO, not a regular file"
		       : S_ISSOCK(st.st_mode) ? "is a socket, not a regular file"
					      : "is a device, not a regular file";
	return arena_printf(a, "cannot be opened: %s", strerror(code));
}

static int take_members(const json_t *o, struct facts *f, struct arena *a, struct err *e)
{
	struct err bad = {0};
	const char *key;
	json_t *v;

	f->urunc_json.v = arena_array(a, json_object_size(o), sizeof *f->urunc_json.v);
	if (!f->urunc_json.v)
		return err_oom(e);
	json_object_foreach((json_t *)(uintptr_t)o, key, v)
	{
		const char *value = NULL;
		int r = json_get_str(o, "", key, &value, &bad);

		if (r == 0 && !value)
			r = json_type_error(v, "", key, "a string", &bad);
		if (r < 0) {
			f->urunc_json.n = 0;
			return problem(f, bad.msg, a, e);
		}
		f->urunc_json.v[f->urunc_json.n++] = (struct spec_kv){key, value};
	}
	f->has_urunc_json = true;
	return 0;
}

int gather_urunc_json(int rootfd, struct facts *f, struct arena *a, struct err *e)
{
	const struct rpath p = {rootfd, URUNC_JSON};
	_cleanup_fd_ int fd = -1;
	struct err bad = {0};
	struct bytes text;
	struct stat st;
	json_t *o = NULL;
	int r;

	r = rpath_open_regular(&p, &fd, &st, &bad);
	if (r < 0) {
		const char *why = open_problem(&p, -r, a);

		return why ? problem(f, why, a, e) : 0;
	}
	if (st.st_size > URUNC_JSON_MAX_BYTES)
		return problem(f,
			       arena_printf(a, "has %jd bytes, the limit is %u", (intmax_t)st.st_size,
					    URUNC_JSON_MAX_BYTES),
			       a, e);
	r = read_all(fd, URUNC_JSON_MAX_BYTES, a, &text, "it", &bad);
	if (r == 0)
		r = json_parse(text, "not valid JSON", &o, &bad);
	if (r < 0)
		return problem(f, bad.msg, a, e);
	if (!json_is_object(o))
		return problem(f, "is not a JSON object", a, e);
	return take_members(o, f, a, e);
}

static int look_at_root(struct facts *f, struct arena *a, struct err *e)
{
	_cleanup_fd_ int fd = -1;
	int r;

	if (!f->spec.root_path)
		return 0;
	f->root.path = path_join_clean(a, f->bundle, f->spec.root_path);
	if (!f->root.path)
		return err_oom(e);
	fd = open(f->root.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	f->root.exists = true;
	/* It may be named through symbolic links: they are resolved here, once. */
	f->root.path = gather_fd_path(fd, f->root.path, a);
	if (!f->root.path)
		return err_oom(e);
	r = gather_check_root(fd, f->root.path, a, e);
	return r < 0 ? r : gather_urunc_json(fd, f, a, e);
}

static int absolute_bundle(const char *bundle, struct arena *a, const char **ret, struct err *e)
{
	char cwd[4096] = "/";

	if (bundle[0] != '/' && !getcwd(cwd, sizeof cwd))
		return err_sys(e, "bundle '%s': cannot tell the current directory", bundle);
	*ret = path_join_clean(a, cwd, bundle);
	return *ret ? 0 : err_oom(e);
}

int gather_spec(const char *bundle, const char *id, const struct config *cfg, struct arena *a,
		struct facts *ret, struct err *e)
{
	struct facts f = {.config = *cfg};
	const char *path;
	struct bytes text;
	int r;

	f.id = arena_strdup(a, id);
	if (id && !f.id)
		return err_oom(e);
	r = absolute_bundle(bundle && *bundle ? bundle : ".", a, &f.bundle, e);
	if (r < 0)
		return r;
	path = arena_printf(a, "%s/config.json", streq(f.bundle, "/") ? "" : f.bundle);
	if (!path)
		return err_oom(e);
	r = file_read(AT_FDCWD, path, SPEC_MAX_BYTES, a, &text, e);
	if (r < 0)
		return r;
	r = spec_parse(text, a, &f.spec, e);
	if (r < 0)
		return err_wrap(e, "bundle '%s'", f.bundle);
	r = look_at_root(&f, a, e);
	if (r < 0)
		return r;
	*ret = f;
	return 0;
}
