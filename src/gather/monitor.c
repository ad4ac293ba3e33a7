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

/* Says why there is no such program; that is a fact, not a failure. */
static int not_found(struct monitor_facts *m, const char *why, struct err *e)
{
	m->path = NULL;
	m->problem = why;
	return why ? 0 : err_oom(e);
}

static int find_configured(struct monitor_facts *m, const char *path, struct arena *a, struct err *e)
{
	struct err why = {0};
	int r = path[0] == '/' ? path_find_program(a, path, NULL, &m->path, &why) : -ENOENT;

	if (r == -ENOENT)
		return not_found(m, arena_printf(a, "the configured '%s' is not an executable file", path), e);
	return r < 0 ? err_oom(e) : 0;
}

static int find_program(struct monitor_facts *m, const char *const *names, const char *search_path,
			struct arena *a, struct err *e)
{
	struct err why = {0};

	if (!names || !*names)
		return not_found(m, "it does not exist for this architecture", e);
	for (const char *const *name = names; *name; name++) {
		int r = path_find_program(a, *name, search_path, &m->path, &why);

		if (r != -ENOENT)
			return r < 0 ? err_oom(e) : 0;
	}
	return not_found(m, arena_printf(a, "no executable '%s' in %s", names[0], search_path), e);
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

	*m = (struct monitor_facts){0};
	if (cfg.path)
		r = find_configured(m, cfg.path, a, e);
	else
		r = find_program(m, ops->binaries[f->host.arch], search_path, a, e);
	if (r < 0 || !m->path)
		return r;
	target = without_links(m->path, a);
	if (!target)
		return err_oom(e);
	r = closure_program(&c, target, "/", &why);
	if (r == 0)
		r = datafiles_add(&c, ops, f->host.arch, cfg.data_path, &why);
	if (r == -ENOMEM)
		return err_oom(e);
	if (r < 0) {
		m->problem = arena_printf(a, "it %s", why.msg);
		return m->problem ? 0 : err_oom(e);
	}
	m->is_static = c.is_static;
	m->files.v = files.v;
	m->files.n = files.n;
	return 0;
}
