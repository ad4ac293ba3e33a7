/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for a monitor's run-time files in the directories where distributions put them. */
#include "gather/datafiles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "gather/gather.h"
#include "gather/parts.h"

#define DIRS_MAX 8u

/* A directory to look in, opened once for all the files that may lie there. */
struct data_dir {
	const char *name;
	const char *real; /* without links; NULL: it is not there */
	int fd;
};
struct search {
	struct closure *c;
	struct data_dir dirs[DIRS_MAX];
	size_t ndirs;
};

static bool is_module(const char *name)
{
	return str_ends(name, ".so");
}

static const char *box_path(struct closure *c, const struct monitor_file *mf, const char *path,
			    const char *name)
{
	return mf->keep_path ? path : arena_printf(c->a, GATHER_BOX_DATA "/%s", name);
}

static void search_done(struct search *s)
{
	for (size_t i = 0; i < s->ndirs; i++)
		fd_close(&s->dirs[i].fd);
}

/* NULL when out of memory. */
static const struct data_dir *open_dir(struct search *s, const char *name)
{
	struct data_dir *d = s->dirs;

	for (; d < s->dirs + s->ndirs; d++)
		if (streq(d->name, name))
			return d;
	if (s->ndirs == DIRS_MAX)
		fd_close(&(--d)->fd);
	else
		s->ndirs++;
	*d = (struct data_dir){.name = name, .fd = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC)};
	if (d->fd >= 0 && (d->real = gather_fd_path(d->fd, name, s->c->a)) == NULL)
		return NULL;
	return d;
}

/* 1: something was added, 0: nothing there. */
static int add_plain(struct search *s, const struct monitor_file *mf, const char *dir, const char *name,
		     const char *box, struct err *e)
{
	const struct data_dir *d = open_dir(s, dir);
	_cleanup_fd_ int fd = -1;
	struct stat st;
	int r;

	if (d == NULL)
		return err_oom(e);
	if (d->fd < 0 || fstatat(d->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISLNK(st.st_mode) && ((fd = openat(d->fd, name, O_PATH | O_CLOEXEC)) < 0 || fstat(fd, &st) < 0))
		return 0;
	if (!S_ISREG(st.st_mode))
		return 0;
	r = file_list_add(s->c->files, fd, arena_printf(s->c->a, "%s/%s", d->real, name), box, mf->optional,
			  s->c->a, e);
	return r < 0 ? r : 1;
}

/* A module that cannot work here (a library of it is not installed) is left out: the monitor then says what it misses. */
static int add_module(struct closure *c, const char *path, const char *box, struct err *e)
{
	struct err why = {0};
	int r;

	r = closure_module(c, path, box, &why);
	if (r == -ENOMEM)
		return err_oom(e);
	if (r < 0 && access(path, F_OK) == 0)
		log_debug("%s", why.msg);
	return r == 0;
}

static int add_named(struct search *s, const struct monitor_file *mf, const char *dir, const char *name,
		     struct err *e)
{
	const char *path = arena_printf(s->c->a, "%s/%s", dir, name);
	const char *box = path ? box_path(s->c, mf, path, name) : NULL;

	if (!box)
		return err_oom(e);
	return is_module(name) ? add_module(s->c, path, box, e) : add_plain(s, mf, dir, name, box, e);
}

bool datafiles_match(const char *pattern, const char *name)
{
	const char *star = NULL, *from = name;

	while (*name) {
		if (*pattern == '*') {
			star = pattern++;
			from = name;
		} else if (*pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star + 1;
			name = ++from;
		} else {
			return false;
		}
	}
	return pattern[strspn(pattern, "*")] == '\0';
}

/* The order of names in a directory must not show in the plan. */
static void insert_sorted(const char **names, size_t n, const char *name)
{
	while (n > 0 && strcmp(names[n - 1], name) > 0) {
		names[n] = names[n - 1];
		n--;
	}
	names[n] = name;
}

#define MATCHES_MAX 64u

static int add_matches(struct search *s, const struct monitor_file *mf, const char *dir, struct err *e)
{
	_cleanup_fd_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(struct dirent64) char buf[8192];
	const char *names[MATCHES_MAX];
	int r, added = 0;
	size_t n = 0;
	ssize_t got;

	if (fd < 0)
		return 0;
	while ((got = getdents64(fd, buf, sizeof buf)) > 0) {
		const struct dirent64 *ent;

		for (ssize_t i = 0; i < got && n < MATCHES_MAX; i += ent->d_reclen) {
			const char *copy;

			ent = (const struct dirent64 *)(buf + i);
			if (!datafiles_match(mf->name, ent->d_name))
				continue;
			copy = arena_strdup(s->c->a, ent->d_name);
			if (!copy)
				return err_oom(e);
			insert_sorted(names, n++, copy);
		}
	}
	for (size_t i = 0; i < n; i++) {
		r = add_named(s, mf, dir, names[i], e);
		if (r < 0)
			return r;
		added |= r;
	}
	return added;
}

static int add_from(struct search *s, const struct monitor_file *mf, const char *dir, struct err *e)
{
	return strchr(mf->name, '*') ? add_matches(s, mf, dir, e) : add_named(s, mf, dir, mf->name, e);
}

/* data_path is the parent of the directories in which distributions put what belongs to QEMU. */
static int add_configured(struct search *s, const struct monitor_file *mf, const char *data_path,
			  struct err *e)
{
	static const char *const below[] = {"/qemu", "/seabios", ""};
	int r = 0;

	if (!data_path || mf->keep_path)
		return 0;
	for (size_t i = 0; r == 0 && i < sizeof below / sizeof below[0]; i++) {
		const char *dir = arena_printf(s->c->a, "%s%s", data_path, below[i]);

		r = dir ? add_from(s, mf, dir, e) : err_oom(e);
	}
	return r;
}

static int missing(const struct closure *c, const struct monitor_file *mf, struct err *e)
{
	struct strbuf dirs = STRBUF(c->a);
	const char *text;
	int r;

	for (size_t i = 0; mf->dirs && mf->dirs[i]; i++)
		sb_addf(&dirs, "%s%s", i ? ", " : "", mf->dirs[i]);
	r = sb_done(&dirs, &text, e);
	return r < 0 ? r : err_set(e, ENOENT, "needs its file '%s', which is not in %s", mf->name, text);
}

static bool is_here(const struct monitor_file *mf, int arch)
{
	return mf->archs == 0 || mf->archs & 1u << arch;
}

int datafiles_add(struct closure *c, const struct monitor_ops *ops, int arch, const char *data_path,
		  struct err *e)
{
	__attribute__((cleanup(search_done))) struct search s = {.c = c};

	for (const struct monitor_file *mf = ops->files; mf && mf->name; mf++) {
		int r = is_here(mf, arch) ? add_configured(&s, mf, data_path, e) : 1;

		for (size_t i = 0; r == 0 && mf->dirs && mf->dirs[i]; i++)
			r = add_from(&s, mf, mf->dirs[i], e);
		if (r < 0)
			return r;
		if (r == 0 && !mf->optional)
			return missing(c, mf, e);
	}
	return 0;
}
