/* SPDX-License-Identifier: Apache-2.0 */
/* apt-cache, apt-get download, dpkg-deb and depmod, in a directory of the cache:
 *
 *   kernels/.lock                       one at a time fetches
 *   kernels/linux-image-R_VERSION/      vmlinuz, R/ (its modules), modules -> R; whole, or not there
 *   kernels/ARCH -> linux-image-...     the one that apt named last, and when
 *   kernels/.work.XXXXXX/               what is being fetched; one that was left behind goes with the next */
#include "bunny/debian_kernel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bunny/child.h"
#include "bunny/gather.h"
#include "common/fd.h"
#include "common/path.h"

#define IMAGE "linux-image-"
#define WORK ".work."
#define TEXT_MAX_BYTES (1u << 20)

struct place {
	const struct sources *s;
	struct arena *a;
	const char *arch, *meta, *dir, *link;
};

struct package {
	const char *name, *version;
};

static int run(const struct place *p, const char *dir, const char *const *words, struct err *e)
{
	struct strv l = STRV(p->a);
	struct strs argv;
	int r;

	for (; *words; words++)
		strv_add(&l, *words);
	r = strv_done(&l, &argv, e);
	return r == 0 ? child_run(&argv, &(struct child_io){.out = -1, .dir = dir}, p->a, e) : r;
}

/* What cannot be removed is in nobody's way. */
static void discard(const struct place *p, const char *path)
{
	const char *const words[] = {"rm", "-rf", "--", path, NULL};

	if (path)
		(void)!run(p, NULL, words, NULL);
}

/* --- what there is --- */

/* The directory that apt named last; NULL: none that can be used. */
static const char *cached(const struct place *p)
{
	char name[256];
	ssize_t n = readlink(p->link, name, sizeof(name) - 1);
	const char *dir = n > 0 ? arena_printf(p->a, "%s/%.*s", p->dir, (int)n, name) : NULL;
	const char *kernel = dir ? arena_printf(p->a, "%s/vmlinuz", dir) : NULL;

	return kernel && access(kernel, R_OK) == 0 ? dir : NULL;
}

/* Asking apt takes seconds; its answer changes when its package lists do. */
static bool is_fresh(const struct place *p)
{
	const char *v[] = {"apt-config", "shell", "d", "Dir::State::lists/d", NULL}, *begin, *end, *dir;
	struct strs argv = {v, 4};
	struct stat link, lists;
	struct bytes text;

	if (child_read(&argv, TEXT_MAX_BYTES, p->a, &text, NULL) < 0)
		return false;
	begin = memchr(text.p, '\'', text.n);
	end = memrchr(text.p, '\'', text.n);
	dir = begin && end > begin ? arena_strndup(p->a, begin + 1, (size_t)(end - begin - 1)) : NULL;
	if (!dir || stat(dir, &lists) < 0 || lstat(p->link, &link) < 0)
		return false;
	return link.st_mtim.tv_sec != lists.st_mtim.tv_sec ? link.st_mtim.tv_sec > lists.st_mtim.tv_sec
							   : link.st_mtim.tv_nsec > lists.st_mtim.tv_nsec;
}

/* --- what apt has --- */

static int unknown(const struct place *p, const char *why, struct err *e)
{
	const char *how = streq(p->arch, host_arch()) ? "" : "dpkg --add-architecture ";

	return err_set(e, ENOENT,
		       "apt knows no %s%s%.200s: run '%s%s%sapt-get update', or name a kernel with --kernel",
		       p->meta, *why ? "; " : "", why, how, *how ? p->arch : "", *how ? "; " : "");
}

/* A word of these characters only, so that it can be no option, and no way out of a directory. */
static const char *word(const char *begin, const char *extra, struct arena *a)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-";
	const char *allowed = arena_printf(a, "%s%s", letters, extra);
	size_t n = allowed ? strspn(begin, allowed) : 0;

	return n > 0 && n < 128 ? arena_strndup(a, begin, n) : NULL;
}

/* Out of "Depends: linux-image-6.1.0-13-cloud-amd64 (= 6.1.55-1)", which is the same in every language. */
static int ask(const struct place *p, struct package *ret, struct err *e)
{
	const char *what = arena_printf(p->a, "%s:%s", p->meta, p->arch), *line, *at, *end;
	const char *v[] = {"apt-cache", "show", "--no-all-versions", what, NULL};
	struct strs argv = {v, 4};
	struct bytes text;
	struct err why = {0};
	int r = what ? child_read(&argv, TEXT_MAX_BYTES, p->a, &text, &why) : err_oom(&why);

	if (r < 0)
		return unknown(p, why.msg, e);
	line = strstr(text.p, "\nDepends: ");
	end = line ? strchrnul(line + 1, '\n') : NULL;
	at = line ? strstr(line, " " IMAGE) : NULL;
	if (!at || at > end)
		return unknown(p, "", e);
	ret->name = word(at + 1, "", p->a);
	at = ret->name ? at + 1 + strlen(ret->name) : NULL;
	ret->version = at && str_starts(at, " (= ") ? word(at + 4, ":~", p->a) : NULL;
	return ret->version
		       ? 0
		       : err_set(e, EBADMSG,
				 "%s needs no package of one version: name a kernel with --kernel", p->meta);
}

/* --- fetching --- */

/* The only file of a directory whose name begins and ends so. */
static const char *file_in(const char *dir, const char *prefix, const char *suffix, struct arena *a)
{
	DIR *d = opendir(dir);
	const struct dirent *ent;
	const char *found = NULL;

	while (d && !found && (ent = readdir(d)) != NULL) {
		if (str_starts(ent->d_name, prefix) && str_ends(ent->d_name, suffix))
			found = arena_printf(a, "%s/%s", dir, ent->d_name);
	}
	if (d)
		closedir(d);
	return found;
}

static int put(const char *from, const char *to, struct err *e)
{
	if (!from || !to)
		return err_oom(e);
	return rename(from, to) < 0 ? err_sys(e, "cannot move '%s'", from) : 0;
}

/* work/out becomes what the cache keeps. */
static int arrange(const struct place *p, const char *work, const char *release, struct err *e)
{
	const char *out = arena_printf(p->a, "%s/out", work), *modules = arena_printf(p->a, "%s/modules", out);
	int r;

	if (!out || !modules)
		return err_oom(e);
	if (mkdir(out, 0700) < 0 || symlink(release, modules) < 0)
		return err_sys(e, "'%s'", out);
	r = put(arena_printf(p->a, "%s/root/lib/modules/%s", work, release),
		arena_printf(p->a, "%s/%s", out, release), e);
	return r == 0 ? put(arena_printf(p->a, "%s/root/boot/vmlinuz-%s", work, release),
			    arena_printf(p->a, "%s/vmlinuz", out), e)
		      : r;
}

static int unpack(const struct place *p, const char *work, const struct package *k, struct err *e)
{
	const char *root = arena_printf(p->a, "%s/root", work), *release = k->name + sizeof(IMAGE) - 1;
	const char *what = arena_printf(p->a, "%s:%s=%s", k->name, p->arch, k->version);
	const char *lib = arena_printf(p->a, "%s/lib", root),
		   *usr_lib = arena_printf(p->a, "%s/usr/lib", root);
	/* apt gives up root's rights for a user that cannot write into our directory. */
	const char *get[] = {"apt-get", "-o", "APT::Sandbox::User=root", "-q", "download", what, NULL};
	const char *extract[] = {"dpkg-deb", "-x", NULL, root, NULL};
	const char *depmod[] = {"depmod", "-b", root, release, NULL};
	struct err why = {0};
	int r = root && what && lib && usr_lib ? run(p, work, get, &why) : err_oom(&why);

	if (r < 0)
		return err_set(e, -r, "%s; 'apt-get update' or --kernel FILE may help", why.msg);
	extract[2] = file_in(work, IMAGE, ".deb", p->a);
	if (!extract[2])
		return err_set(e, ENOENT, "apt-get download left no package");
	r = run(p, NULL, extract, e);
	if (r < 0)
		return r;
	/* Where a release's packages have modules, and where its depmod looks for them: each finds them. */
	if (symlink("usr/lib", lib) < 0)
		(void)!symlink("../lib", usr_lib);
	r = run(p, NULL, depmod, e);
	return r == 0 ? arrange(p, work, release, e) : r;
}

static int fetch(const struct place *p, const struct package *k, const char *dir, struct err *e)
{
	char *work = arena_printf(p->a, "%s/" WORK "XXXXXX", p->dir);
	int r;

	report_step(p->s->report, "fetching %s %s", k->name, k->version);
	if (!work)
		return err_oom(e);
	for (const char *old; (old = file_in(p->dir, WORK, "", p->a)) != NULL;) {
		discard(p, old);
		if (access(old, F_OK) == 0)
			return err_set(e, EEXIST, "'%s' cannot be removed", old);
	}
	if (!mkdtemp(work))
		return err_sys(e, "'%s'", p->dir);
	r = unpack(p, work, k, e);
	if (r == 0) {
		discard(p, dir);
		r = put(arena_printf(p->a, "%s/out", work), dir, e);
	}
	discard(p, work);
	return r;
}

static int point(const struct place *p, const char *name, struct err *e)
{
	const char *new = arena_printf(p->a, "%s.new", p->link);

	if (!new)
		return err_oom(e);
	unlink(new);
	return symlink(name, new) < 0 ? err_sys(e, "'%s'", new) : put(new, p->link, e);
}

static int renew(const struct place *p, const char **ret, struct err *e)
{
	struct package k = {0};
	const char *name, *dir, *kernel;
	int r = ask(p, &k, e);

	if (r < 0)
		return r;
	name = arena_printf(p->a, "%s_%s", k.name, k.version);
	dir = arena_printf(p->a, "%s/%s", p->dir, name);
	kernel = arena_printf(p->a, "%s/vmlinuz", dir);
	if (!name || !dir || !kernel)
		return err_oom(e);
	if (access(kernel, R_OK) < 0)
		r = fetch(p, &k, dir, e);
	if (r == 0)
		r = point(p, name, e);
	*ret = dir;
	return r;
}

static int lock(const struct place *p, int *ret, struct err *e)
{
	const char *path = arena_printf(p->a, "%s/.lock", p->dir);
	_cleanup_fd_ int fd = -1;
	int r = path ? path_mkdirs(p->dir, 0700, e) : err_oom(e);

	if (r < 0)
		return r;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "'%s'", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		report_step(p->s->report, "waiting for another bunny that fetches a kernel");
		if (flock(fd, LOCK_EX) < 0)
			return err_sys(e, "'%s'", path);
	}
	*ret = fd_steal(&fd);
	return 0;
}

static int need_programs(struct arena *a, struct err *e)
{
	static const char *const needed[] = {"apt-cache", "apt-get", "dpkg-deb", "depmod", "rm"};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!child_exists(needed[i], a))
			return err_set(e, ENOENT,
				       "there is no kernel in /boot that can be read, and no %s here to fetch one "
				       "(packages apt and kmod): name one with --kernel",
				       needed[i]);
	}
	return 0;
}

static int get(const struct place *p, const char **ret, struct err *e)
{
	_cleanup_fd_ int locked = -1;
	int r = need_programs(p->a, e);

	if (r == 0)
		r = lock(p, &locked, e);
	if (r < 0)
		return r;
	/* Somebody else may just have done it. */
	*ret = cached(p);
	return *ret && is_fresh(p) ? 0 : renew(p, ret, e);
}

int debian_kernel_fetch(const char *arch, const struct sources *s, const char **ret, struct err *e)
{
	struct place p = {.s = s, .a = s->a, .arch = arch};
	struct err why = {0};
	const char *old;
	int r;

	if (!s->cache.path)
		return err_set(
			e, ENOENT,
			"there is no place for a cache: set XDG_CACHE_HOME, or name a kernel with --kernel");
	p.meta = arena_printf(s->a, IMAGE "cloud-%s", arch);
	p.dir = arena_printf(s->a, "%s/kernels", s->cache.path);
	p.link = arena_printf(s->a, "%s/kernels/%s", s->cache.path, arch);
	if (!p.meta || !p.dir || !p.link)
		return err_oom(e);
	old = cached(&p);
	if (old && (s->o->offline || is_fresh(&p))) {
		*ret = old;
		return 0;
	}
	if (s->o->offline)
		return err_set(e, ENOENT,
			       "no kernel in /boot can be read, none for %s is in the cache, and with --offline "
			       "none is fetched: name one with --kernel",
			       arch);
	r = get(&p, ret, &why);
	if (r == 0)
		return 0;
	if (!old)
		return err_set(e, -r, "%s", why.msg);
	report_warn(s->report, "%s; taking %s", why.msg, old);
	*ret = old;
	return 0;
}
