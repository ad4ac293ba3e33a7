/* SPDX-License-Identifier: Apache-2.0 */
/* bunny build, bunny check: from a bunnyfile or Containerfile to an image, or to what it would be. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bunny/build_opts.h"
#include "common/fd.h"
#include "common/io.h"

#define KERNEL_MAX_BYTES (256u << 20)

static const struct opt build_opts[] = {
	BUILD_OPT("file", 'f', OPT_STR, file, "FILE",
		  "the bunnyfile or Containerfile (bunnyfile, Containerfile or Dockerfile in CONTEXT)"),
	BUILD_OPTS_OUTPUT,
	BUILD_OPT("target", 0, OPT_STR, target, "STAGE", "stop at this stage of a Containerfile"),
	BUILD_OPT("platform", 0, OPT_STR, platform, "OS/ARCH",
		  "what the image is for (the file's, else this machine's)"),
	BUILD_OPT("build-arg", 0, OPT_LIST, build_args, "NAME=VALUE", "value of an ARG; may be repeated"),
	BUILD_OPT("label", 0, OPT_LIST, labels, "KEY=VALUE",
		  "a label above those of the file; may be repeated"),
	BUILD_OPT("monitor", 0, OPT_STR, monitor, "NAME", "monitor of a Containerfile that names none (qemu)"),
	BUILD_OPT("kernel", 0, OPT_STR, kernel, "FILE|IMAGE", "kernel where the file names none"),
	BUILD_OPT("no-urunit", 0, OPT_BOOL, no_urunit, NULL, "no urunit is put into Linux images"),
	BUILD_OPT("keep-times", 0, OPT_BOOL, keep_times, NULL,
		  "times of files as they are, not SOURCE_DATE_EPOCH at the latest"),
	BUILD_OPT("keep-modes", 0, OPT_BOOL, keep_modes, NULL, "modes of files as they are, not 0755 or 0644"),
	BUILD_OPTS_SOURCE,
};
static const struct opt check_opts[] = {
	BUILD_OPT("file", 'f', OPT_STR, file, "FILE", "the bunnyfile or Containerfile"),
	BUILD_OPT("target", 0, OPT_STR, target, "STAGE", "stop at this stage of a Containerfile"),
	BUILD_OPT("platform", 0, OPT_STR, platform, "OS/ARCH", "what the image is for"),
	BUILD_OPT("build-arg", 0, OPT_LIST, build_args, "NAME=VALUE", "value of an ARG; may be repeated"),
	BUILD_OPT("label", 0, OPT_LIST, labels, "KEY=VALUE",
		  "a label above those of the file; may be repeated"),
	BUILD_OPT("monitor", 0, OPT_STR, monitor, "NAME", "monitor of a Containerfile that names none"),
	BUILD_OPT("kernel", 0, OPT_STR, kernel, "FILE|IMAGE", "kernel where the file names none"),
	BUILD_OPT("no-urunit", 0, OPT_BOOL, no_urunit, NULL, "no urunit is put into Linux images"),
	BUILD_OPTS_SOURCE,
};

/* --- the file --- */

static int read_file(struct bunny *b, const char *path, struct source *ret, struct err *e)
{
	_cleanup_fd_ int fd = -1;

	*ret = (struct source){.name = path};
	if (streq(path, "-")) {
		ret->name = "standard input";
		return read_all(STDIN_FILENO, RECIPE_MAX_BYTES, b->a, &ret->text, ret->name, e);
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	/* A pipe of the shell's, <(...), is waited for; one that nobody writes into is not. */
	if (fd < 0 || fcntl(fd, F_SETFL, 0) < 0)
		return err_sys(e, "'%s'", path);
	return read_all(fd, RECIPE_MAX_BYTES, b->a, &ret->text, path, e);
}

/* bima looked for its file where it was called, all others in the context. */
static int find_file(struct bunny *b, const struct build_opts *o, const char *context, struct source *ret,
		     struct err *e)
{
	static const char *const names[] = {"bunnyfile", "Bunnyfile", "Containerfile", "Dockerfile"};

	if (o->file)
		return read_file(b, o->file, ret, e);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *path = arena_printf(b->a, "%s/%s", streq(b->name, "bima") ? "." : context,
						names[i]);
		int r = path ? read_file(b, path, ret, e) : err_oom(e);

		if (r != -ENOENT)
			return r;
	}
	return err_set(e, ENOENT, "'%s' has no bunnyfile, Containerfile or Dockerfile; -f names another one",
		       context);
}

/* --- options of the recipe --- */

static int take_labels(struct bunny *b, const struct build_opts *o, struct recipe_options *ro, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < o->labels.n; i++) {
		const char *entry = o->labels.v[i], *eq = strchr(entry, '=');
		const char *key = arena_strndup(b->a, entry, eq ? (size_t)(eq - entry) : strlen(entry));

		if (key && *key == '\0')
			return err_set(e, EINVAL, "--label %s: KEY=VALUE is wanted", entry);
		r = key ? kv_set(&ro->labels, b->a, key, eq ? eq + 1 : "", e) : err_oom(e);
	}
	return r;
}

/* A file of this machine, wherever it is, or else the name of an image. */
static int take_kernel(struct bunny *b, const struct build_opts *o, struct recipe_options *ro, struct err *e)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;

	if (!o->kernel)
		return 0;
	if (*o->kernel != '/' && !str_starts(o->kernel, "./") && access(o->kernel, F_OK) < 0) {
		ro->kernel_ref = o->kernel;
		return 0;
	}
	fd = open(o->kernel, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "--kernel %s", o->kernel);
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return err_set(e, EINVAL, "--kernel %s: a file is wanted that is not empty", o->kernel);
	ro->kernel_file = o->kernel;
	return read_all(fd, KERNEL_MAX_BYTES, b->a, &ro->kernel_bytes, o->kernel, e);
}

static int recipe_opts(struct bunny *b, const struct build_opts *o, struct recipe_options *ro, struct err *e)
{
	*ro = (struct recipe_options){.build_args = {o->build_args.v, o->build_args.n},
				      .target = o->target,
				      .host_arch = host_arch(),
				      .monitor = o->monitor,
				      .urunit = o->no_urunit ? URUNIT_NO : URUNIT_AUTO};
	int r = build_tools_platform(o, b->a, &ro->platform, e);

	if (r == 0 && ro->platform.os && !streq(ro->platform.os, "linux"))
		return err_set(e, EINVAL, "--platform %s: images of guests are for linux, such as linux/arm64",
			       o->platform);
	if (r == 0)
		r = take_kernel(b, o, ro, e);
	return r < 0 ? r : take_labels(b, o, ro, e);
}

static int decide(struct bunny *b, const struct build_opts *o, const char *context, bool given,
		  struct build_tools *t, struct build *ret, struct err *e)
{
	struct recipe_options ro;
	struct source file;
	int r = build_tools_open(b, o, context, t, e), told;

	if (r == 0 && given)
		r = build_tools_outputs(b, o, t, e);
	if (r == 0)
		r = recipe_opts(b, o, &ro, e);
	if (r == 0)
		r = find_file(b, o, context, &file, e);
	if (r != 0)
		return r;
	report_step(&b->report, "reading %s", file.name);
	r = gather_build(&t->maker, &file, &ro, ret, &t->diags, e);
	report_done(&b->report);
	told = build_tools_diags(b, t, &file, r < 0 && !t->diags.errors ? NULL : e);
	return told < 0 ? told : r;
}

static int run_build(struct bunny *b, const void *opts, const struct strs *args, struct err *e)
{
	struct build_tools *t = arena_alloc(b->a, sizeof(*t));
	struct build build = {0};
	int r = t ? decide(b, opts, args->v[0], true, t, &build, e) : err_oom(e);

	return r == 0 ? build_tools_finish(b, opts, t, &build, e) : r;
}

static int run_check(struct bunny *b, const void *opts, const struct strs *args, struct err *e)
{
	struct build_tools *t = arena_alloc(b->a, sizeof(*t));
	struct strbuf out = STRBUF(b->a);
	struct build build = {0};
	int r = t ? decide(b, opts, args->n ? args->v[0] : ".", false, t, &build, e) : err_oom(e);

	if (r < 0)
		return r;
	if (b->report.form == REPORT_JSON)
		build_dump(&build, &out);
	else
		build_describe(&build, &out);
	return bunny_print(&out, e);
}

const struct bunny_command cmd_build = {
	.name = "build",
	.args = "CONTEXT",
	.summary = "builds an image of a bunnyfile or a Containerfile",
	.opts = {build_opts, sizeof(build_opts) / sizeof(build_opts[0])},
	.opts_bytes = sizeof(struct build_opts),
	.min_args = 1,
	.max_args = 1,
	.run = run_build,
};

const struct bunny_command cmd_check = {
	.name = "check",
	.args = "[CONTEXT]",
	.summary = "tells what a file would become, and what is wrong with it; builds nothing",
	.opts = {check_opts, sizeof(check_opts) / sizeof(check_opts[0])},
	.opts_bytes = sizeof(struct build_opts),
	.min_args = 0,
	.max_args = 1,
	.run = run_check,
};
