/* SPDX-License-Identifier: Apache-2.0 */
/* bunny --LLB: the build's definition on standard output, for buildctl. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bunny/cmd.h"
#include "bunny/content.h"
#include "bunny/gather.h"
#include "bunny/llb_build.h"
#include "common/fd.h"
#include "common/io.h"

struct llb_opts {
	const char *file, *target, *platform, *monitor, *context;
	bool llb, no_cache;
};

static const struct opt llb_table[] = {
	{"file", 'f', OPT_STR, offsetof(struct llb_opts, file), "FILE",
	 "the bunnyfile or Containerfile; - is standard input"},
	{"context", 0, OPT_STR, offsetof(struct llb_opts, context), "DIR",
	 "where to look at local files, to know what they are (where FILE is)"},
	{"target", 0, OPT_STR, offsetof(struct llb_opts, target), "STAGE", "the stage to build"},
	{"platform", 0, OPT_STR, offsetof(struct llb_opts, platform), "OS/ARCH",
	 "what it is for (this machine)"},
	{"monitor", 0, OPT_STR, offsetof(struct llb_opts, monitor), "NAME",
	 "for a Containerfile that names none (qemu)"},
	{"no-cache", 0, OPT_BOOL, offsetof(struct llb_opts, no_cache), NULL, "all operations are done anew"},
	{"LLB", 0, OPT_BOOL, offsetof(struct llb_opts, llb), NULL, NULL},
};

/* --- what can be known without BuildKit --- */

static void look(int dir, const struct path_want *want, struct path_facts *ret)
{
	char head[CONTENT_HEAD_BYTES];
	struct stat st;
	ssize_t n;
	_cleanup_fd_ int fd = want->pattern
				      ? -1
				      : openat(dir, want->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	/* BuildKit will say so if it is not there: the directory may be another one. */
	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	ret->kind = S_ISREG(st.st_mode) ? PATH_FILE : S_ISDIR(st.st_mode) ? PATH_DIR : PATH_OTHER;
	ret->size_bytes = (uint64_t)st.st_size;
	if (ret->kind != PATH_FILE || !want->content)
		return;
	n = pread(fd, head, sizeof(head), 0);
	if (n >= 0)
		ret->content = content_of((struct bytes){head, (size_t)n}, &ret->arch);
}

static int context_dir(const struct llb_opts *o, struct arena *a, int *ret, struct err *e)
{
	const char *slash = strrchr(o->file, '/');
	const char *dir = o->context ? o->context
			  : slash    ? arena_strndup(a, o->file, (size_t)(slash - o->file + 1))
				     : ".";

	if (!dir)
		return err_oom(e);
	*ret = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret < 0 ? err_sys(e, "'%s'", dir) : 0;
}

static int gather(const struct llb_opts *o, const struct recipe *r, struct arena *a,
		  struct build_facts *facts, struct err *e)
{
	_cleanup_fd_ int dir = -1;
	int x = context_dir(o, a, &dir, e);

	if (x < 0)
		return x;
	facts->paths = arena_array(a, r->npaths, sizeof(*facts->paths));
	if (!facts->paths)
		return err_oom(e);
	facts->npaths = r->npaths;
	for (size_t i = 0; i < r->npaths; i++)
		look(dir, &r->paths[i], &facts->paths[i]);
	return 0;
}

/* --- */

static int read_file(const struct llb_opts *o, struct arena *a, struct source *ret, struct err *e)
{
	if (!o->file)
		return err_set(e, EINVAL, "--LLB needs the file: --LLB -f FILE");
	ret->name = o->file;
	if (streq(o->file, "-"))
		return read_all(STDIN_FILENO, RECIPE_MAX_BYTES, a, &ret->text, "standard input", e);
	return file_read(AT_FDCWD, o->file, RECIPE_MAX_BYTES, a, &ret->text, e);
}

static int decide(const struct llb_opts *o, const struct source *source, struct arena *a, struct build *ret,
		  struct err *e)
{
	struct recipe_options opt = {.target = o->target, .monitor = o->monitor, .host_arch = host_arch()};
	struct build_facts facts = {0};
	struct diags d = DIAGS(a);
	struct strbuf text = STRBUF(a);
	struct recipe recipe;
	int r;

	if (o->platform && !platform_parse(o->platform, a, &opt.platform))
		return err_set(e, EINVAL, "--platform %s: OS/ARCH is allowed, such as linux/amd64",
			       o->platform);
	r = recipe_parse(source, &opt, a, &recipe, &d);
	if (r == 0)
		r = recipe_expand(&recipe, &facts, &opt, a, &d);
	if (r == 0) {
		r = gather(o, &recipe, a, &facts, e);
		if (r < 0)
			return r;
		r = build_decide(&recipe, &facts, &opt, a, ret, &d);
	}
	diags_render(&d, source, &text);
	if (r == -ENOMEM || d.oom || text.oom)
		return err_oom(e);
	if (text.len && write_all(STDERR_FILENO, text.p, text.len) < 0)
		return err_set(e, EIO, "cannot write to standard error");
	return r < 0 ? diags_result(&d, source, e) : 0;
}

static int run_llb(struct bunny *b, const void *opts, const struct strs *args, struct err *e)
{
	const struct llb_opts *o = opts;
	struct llb_world world = {.epoch = b->epoch};
	struct source source = {0};
	struct llb g = LLB(b->a, &source);
	struct bytes definition;
	struct build build = {0};
	struct llb_at at;
	int r;

	(void)args;
	if (isatty(STDOUT_FILENO))
		return err_set(e, EINVAL, "LLB is no text: pipe it into 'buildctl build', or into a file");
	r = read_file(o, b->a, &source, e);
	if (r == 0)
		r = decide(o, &source, b->a, &build, e);
	if (r == 0)
		r = llb_world_program(&world, b->a, e);
	if (r == 0)
		r = llb_world_urunit(&world, build.config.platform.arch, b->a, e);
	g.no_cache = o->no_cache;
	if (r == 0)
		r = llb_build(&g, &build, &world, &at, e);
	if (r == 0)
		r = llb_finish(&g, at, &definition, e);
	if (r != 0)
		return r;
	report_note(&b->report,
		    "LLB is files only: command, environment, labels and annotations are not in it; "
		    "urunc reads /urunc.json, which is");
	r = write_all(STDOUT_FILENO, definition.p, definition.n);
	if (r < 0) {
		errno = -r;
		return err_sys(e, "cannot write to standard output");
	}
	return 0;
}

const struct bunny_command cmd_llb = {
	.name = "llb",
	.args = "",
	.summary = "writes a build as BuildKit's LLB (also: --LLB -f FILE)",
	.opts = {llb_table, sizeof(llb_table) / sizeof(llb_table[0])},
	.opts_bytes = sizeof(struct llb_opts),
	.run = run_llb,
};
