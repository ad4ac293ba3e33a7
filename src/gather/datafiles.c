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

static bool is_module(const char *name)
{
	return str_ends(name, ".so");
}

static const char *box_path(struct closure *c, const struct monitor_file *mf, const char *path,
			    const char *name)
{
	return mf->keep_path ? path : arena_printf(c->a, GATHER_BOX_DATA "/%s", name);
}

/* 1: something was added, 0: nothing there. */
static int add_plain(struct closure *c, const struct monitor_file *mf, const char *path, const char *box,
		     struct err *e)
{
	_cleanup_fd_ int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	r = file_list_add(c->files, fd, path, box, mf->optional, c->a, e);
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

static int add_named(struct closure *c, const struct monitor_file *mf, const char *dir, const char *name,
		     struct err *e)
{
	const char *path = arena_printf(c->a, "%s/%s", dir, name);
	const char *box = path ? box_path(c, mf, path, name) : NULL;

	if (!box)
		return err_oom(e);
	return is_module(name) ? add_module(c, path, box, e) : add_plain(c, mf, path, box, e);
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

static int add_matches(struct closure *c, const struct monitor_file *mf, const char *dir, struct err *e)
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
			copy = arena_strdup(c->a, ent->d_name);
			if (!copy)
				return err_oom(e);
			insert_sorted(names, n++, copy);
		}
	}
	for (size_t i = 0; i < n; i++) {
		r = add_named(c, mf, dir, names[i], e);
		if (r < 0)
			return r;
		added |= r;
	}
	return added;
}

static int add_from(struct closure *c, const struct monitor_file *mf, const char *dir, struct err *e)
{
	return strchr(mf->name, '*') ? add_matches(c, mf, dir, e) : add_named(c, mf, dir, mf->name, e);
}

/* data_path is the parent of the directories in which distributions put what belongs to QEMU. */
static int add_configured(struct closure *c, const struct monitor_file *mf, const char *data_path,
			  struct err *e)
{
	static const char *const below[] = {"/qemu", "/seabios", ""};
	int r = 0;

	if (!data_path || mf->keep_path)
		return 0;
	for (size_t i = 0; r == 0 && i < sizeof below / sizeof below[0]; i++) {
		const char *dir = arena_printf(c->a, "%s%s", data_path, below[i]);

		r = dir ? add_from(c, mf, dir, e) : err_oom(e);
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

int datafiles_add(struct closure *c, const struct monitor_ops *ops, const char *data_path, struct err *e)
{
	for (const struct monitor_file *mf = ops->files; mf && mf->name; mf++) {
		int r = add_configured(c, mf, data_path, e);

		for (size_t i = 0; r == 0 && mf->dirs && mf->dirs[i]; i++)
			r = add_from(c, mf, mf->dirs[i], e);
		if (r < 0)
			return r;
		if (r == 0 && !mf->optional)
			return missing(c, mf, e);
	}
	return 0;
}
