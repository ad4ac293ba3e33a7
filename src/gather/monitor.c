/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the monitor's program and everything that it opens when it starts. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/fd.h"
#include "gather/datafiles.h"
#include "gather/gather.h"
#include "gather/parts.h"

/* Says why there is no usable monitor; that is a fact, not a failure. */
static int unusable(struct monitor_facts *m, const char *text, struct err *e)
{
	m->path = NULL;
	m->files.n = 0;
	m->problem = text;
	return text ? 0 : err_oom(e);
}

static int search(const char *const *names, const char *search_path, struct arena *a, const char **ret,
		  struct err *e)
{
	int r = err_set(e, ENOENT, "it has no program for this machine");

	for (; names && *names; names++) {
		r = path_find_program(a, *names, search_path, ret, e);
		if (r != -ENOENT)
			return r;
	}
	return r;
}

static int find_program(struct monitor_facts *m, const struct monitor_ops *ops,
			const struct config_monitor *cfg, int arch, const char *search_path, struct arena *a,
			struct err *e)
{
	const char *const *names = ops->binaries[arch];
	struct err why = {0};
	int r;

	if (cfg->path) {
		r = cfg->path[0] == '/' ? path_find_program(a, cfg->path, NULL, &m->path, &why) : -ENOENT;
		if (r == -ENOENT)
			return unusable(m,
					arena_printf(a,
						     "'%s' is not an executable file: correct path in section "
						     "[monitors.%s] of the configuration",
						     cfg->path, ops->name),
					e);
	} else {
		r = search(names, search_path, a, &m->path, &why);
		if (r == -ENOENT && (!names || !*names))
			return unusable(m, "it does not exist for this machine's architecture", e);
		if (r == -ENOENT)
			return unusable(m,
					arena_printf(a,
						     "no executable '%s' in %s: install it, or set path in section "
						     "[monitors.%s] of the configuration",
						     names[0], search_path, ops->name),
					e);
	}
	return r < 0 ? err_oom(e) : 0;
}

/* The loader takes $ORIGIN from the file itself, not from a link to it. */
static const char *without_links(const char *path, struct arena *a)
{
	_cleanup_fd_ int fd = open(path, O_PATH | O_CLOEXEC);
	const char *link = fd < 0 ? NULL : arena_printf(a, "/proc/self/fd/%d", fd);
	char buf[4096];
	ssize_t n = link ? readlink(link, buf, sizeof buf) : -1;

	return n > 0 && (size_t)n < sizeof buf && buf[0] == '/' ? arena_strndup(a, buf, (size_t)n) : path;
}

int gather_monitor(struct facts *f, const struct plan_wants *w, const char *search_path, struct arena *a,
		   struct err *e)
{
	const struct monitor_ops *ops = w->monitor;
	const struct config_monitor cfg = config_monitor_get(&f->config, ops->name);
	struct monitor_facts *m = &f->monitor;
	struct file_list files = {0};
	struct closure c = {.a = a, .files = &files};
	struct err why = {0};
	const char *target;
	int r;

	r = find_program(m, ops, &cfg, f->host.arch, search_path, a, e);
	if (r < 0 || !m->path)
		return r;
	target = without_links(m->path, a);
	if (!target)
		return err_oom(e);
	r = closure_program(&c, target, "/", &why);
	if (r == 0)
		r = datafiles_add(&c, ops, cfg.data_path, &why);
	if (r == -ENOMEM)
		return err_oom(e);
	if (r < 0)
		return unusable(m, arena_printf(a, "'%s' %s", m->path, why.msg), e);
	m->is_static = c.is_static;
	m->files.v = files.v;
	m->files.n = files.n;
	return 0;
}
