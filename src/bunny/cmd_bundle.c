/* SPDX-License-Identifier: Apache-2.0 */
/* bunny bundle: an image as an OCI bundle, for `urunc run`. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bunny/build_opts.h"
#include "bunny/fs_extract.h"
#include "bunny/users.h"
#include "common/fd.h"
#include "common/io.h"
#include "common/json.h"
#include "oci/spec.h"

static const struct opt bundle_opts[] = {
	BUILD_OPT("platform", 0, OPT_STR, platform, "OS/ARCH", "which image of several (this machine's)"),
	BUILD_OPTS_SOURCE,
};

static json_t *words(const struct strs *l)
{
	json_t *v = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(v, json_string(l->v[i]));
	return v;
}

static int set_user(json_t *process, const struct image_config *c, const struct fs *fs, struct arena *a,
		    struct err *e)
{
	const char *user = c->user && *c->user ? c->user : "0", *colon = strchr(user, ':');
	const char *name = colon ? arena_strndup(a, user, (size_t)(colon - user)) : user;
	json_t *o = json_object_get(process, "user");
	uint32_t uid = 0, gid = 0;
	int r = name ? users_uid(fs, name, &uid, &gid, e) : err_oom(e);

	if (r == 0 && colon)
		r = users_gid(fs, colon + 1, &gid, e);
	json_object_set_new(o, "uid", json_integer(uid));
	json_object_set_new(o, "gid", json_integer(gid));
	return r;
}

/* Entrypoint and Cmd as engines join them. */
static json_t *args_of(const struct image_config *c)
{
	json_t *v = words(&c->entrypoint), *cmd = words(&c->cmd);

	json_array_extend(v, cmd);
	return v;
}

static int make_config(const struct image *im, const struct fs *fs, struct arena *a, const char **ret,
		       struct err *e)
{
	const struct image_config *c = &im->config;
	struct strbuf text = STRBUF(a);
	json_t *root = NULL, *process, *notes = json_object();
	const char *s = "";
	char *dump;
	int r;

	spec_default_json(&text);
	r = sb_done(&text, &s, e);
	if (r == 0)
		r = json_parse((struct bytes){s, strlen(s)}, "default configuration", &root, e);
	if (r < 0)
		return r;
	process = json_object_get(root, "process");
	json_object_set_new(process, "terminal", json_false());
	json_object_set_new(process, "args", args_of(c));
	if (c->env.n)
		json_object_set_new(process, "env", words(&c->env));
	json_object_set_new(process, "cwd", json_string(c->workdir && *c->workdir ? c->workdir : "/"));
	json_object_set_new(json_object_get(root, "root"), "readonly", json_false());
	for (size_t i = 0; i < im->annotations.n; i++)
		json_object_set_new(notes, im->annotations.v[i].key, json_string(im->annotations.v[i].value));
	json_object_set_new(root, "annotations", notes);
	r = set_user(process, c, fs, a, e);
	dump = json_dumps(root, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	*ret = dump;
	return r < 0 ? r : dump ? 0 : err_oom(e);
}

/* Nothing is written into a bundle that is there already. */
static int open_bundle(const char *path, int *ret, int *ret_root, struct err *e)
{
	_cleanup_fd_ int dir = -1;

	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return err_sys(e, "bundle '%s'", path);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, "bundle '%s'", path);
	if (mkdirat(dir, "rootfs", 0755) < 0)
		return err_sys(e, "bundle '%s': rootfs", path);
	*ret_root = openat(dir, "rootfs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*ret_root < 0)
		return err_sys(e, "bundle '%s': rootfs", path);
	*ret = fd_steal(&dir);
	return 0;
}

static int write_bundle(struct bunny *b, struct build_tools *t, struct image *im, const char *path,
			struct err *e)
{
	_cleanup_fd_ int dir = -1, root = -1;
	const char *config = "";
	size_t skipped = 0;
	struct fs fs;
	int r = fs_init(&fs, b->a, e);

	if (r == 0)
		r = source_root(&t->sources, im, &fs, e);
	if (r == 0)
		r = make_config(im, &fs, b->a, &config, e);
	if (r == 0)
		r = open_bundle(path, &dir, &root, e);
	if (r < 0)
		return r;
	report_step(&b->report, "writing %s", path);
	r = fs_extract(&fs, root, &skipped, e);
	if (r == 0)
		r = file_write_atomic(dir, "config.json", 0644, config, strlen(config), e);
	if (r < 0) {
		/* With half of it in the way nobody could try again. */
		fs_extract_undo(&fs, root);
		unlinkat(dir, "rootfs", AT_REMOVEDIR);
		rmdir(path);
	}
	if (r == 0 && skipped)
		report_warn(&b->report, "%zu device nodes of the image were left out", skipped);
	return r;
}

static int run(struct bunny *b, const void *opts, const struct strs *args, struct err *e)
{
	const struct build_opts *o = opts;
	struct build_tools *t = arena_alloc(b->a, sizeof(*t));
	struct platform p = {"linux", host_arch(), NULL};
	struct image *im = NULL;
	int r = t ? build_tools_open(b, o, NULL, t, e) : err_oom(e);

	if (r == 0)
		r = build_tools_platform(o, b->a, &p, e);
	if (r == 0)
		r = maker_image(&t->maker, args->v[0], &p, false, &im, e);
	return r == 0 ? write_bundle(b, t, im, args->v[1], e) : r;
}

const struct bunny_command cmd_bundle = {
	.name = "bundle",
	.args = "IMAGE DIR",
	.summary = "makes an OCI bundle of an image: rootfs and config.json, for 'urunc run'",
	.opts = {bundle_opts, sizeof(bundle_opts) / sizeof(bundle_opts[0])},
	.opts_bytes = sizeof(struct build_opts),
	.min_args = 2,
	.max_args = 2,
	.run = run,
};
