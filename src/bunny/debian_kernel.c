/* SPDX-License-Identifier: Apache-2.0 */
/* apt-cache, apt-get download, dpkg-deb and depmod, in a directory of the cache. */
#include "bunny/debian_kernel.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bunny/child.h"
#include "common/path.h"

static int run(struct arena *a, const char *const *words, struct err *e)
{
	struct strv l = STRV(a);
	struct strs argv;
	int r;

	for (; *words; words++)
		strv_add(&l, *words);
	r = strv_done(&l, &argv, e);
	return r == 0 ? child_run(&argv, &(struct child_io){.out = -1}, a, e) : r;
}

/* "linux-image-6.1.0-13-cloud-amd64": what the package of this kind needs now. */
static int package_name(const char *arch, struct arena *a, const char **ret, struct err *e)
{
	const char *meta = arena_printf(a, "linux-image-cloud-%s", arch), *at;
	const char *v[] = {"apt-cache", "depends", "--important", meta, NULL};
	struct strs argv = {v, 4};
	struct bytes text;
	int r = meta ? child_read(&argv, 1 << 20, a, &text, e) : err_oom(e);

	if (r < 0)
		return r;
	at = strstr(text.p, "Depends: linux-image-");
	if (!at)
		return err_set(e, ENOENT, "apt knows no %s: run 'apt-get update'", meta);
	at += sizeof("Depends: ") - 1;
	*ret = arena_strndup(a, at, strcspn(at, " \n"));
	return *ret ? 0 : err_oom(e);
}

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

static int unpack(const char *dir, const char *package, struct arena *a, struct err *e)
{
	const char *get[] = {"env", "-C",       dir,     "apt-get", "-o", "APT::Sandbox::User=root",
			     "-q",  "download", package, NULL};
	const char *extract[] = {"dpkg-deb", "-x", NULL, dir, NULL};
	const char *release = package + sizeof("linux-image-") - 1;
	const char *depmod[] = {"depmod", "-b", dir, release, NULL};
	const char *from[] = {arena_printf(a, "%s/boot/vmlinuz-%s", dir, release),
			      arena_printf(a, "%s/lib/modules/%s", dir, release)};
	const char *to[] = {arena_printf(a, "%s/vmlinuz", dir), arena_printf(a, "%s/modules", dir)};
	int r = run(a, get, e);

	if (r < 0)
		return r;
	extract[2] = file_in(dir, "linux-image-", ".deb", a);
	if (!extract[2])
		return err_set(e, ENOENT, "apt-get download left no package");
	r = run(a, extract, e);
	if (r == 0)
		r = run(a, depmod, e);
	unlink(extract[2]);
	/* The kernel last: where it is, all is. */
	for (int i = 1; r == 0 && i >= 0; i--) {
		if (!from[i] || !to[i])
			return err_oom(e);
		if (rename(from[i], to[i]) < 0)
			r = err_sys(e, "'%s'", from[i]);
	}
	return r;
}

int debian_kernel_fetch(const char *arch, const struct cache *cache, struct report *report, struct arena *a,
			const char **ret, struct err *e)
{
	const char *package, *dir, *kernel;
	int r;

	if (!child_exists("apt-get", a) || !child_exists("dpkg-deb", a))
		return err_set(e, ENOENT,
			       "there is no kernel in /boot that can be read; name one with --kernel FILE");
	if (!cache->path)
		return err_set(
			e, ENOENT,
			"there is no place for a cache: set XDG_CACHE_HOME, or name a kernel with --kernel");
	r = package_name(arch, a, &package, e);
	if (r < 0)
		return r;
	dir = arena_printf(a, "%s/kernels/%s", cache->path, package);
	kernel = dir ? arena_printf(a, "%s/vmlinuz", dir) : NULL;
	if (!kernel)
		return err_oom(e);
	if (access(kernel, R_OK) < 0) {
		report_step(report, "fetching %s", package);
		r = path_mkdirs(dir, 0700, e);
		if (r == 0)
			r = unpack(dir, package, a, e);
	}
	*ret = dir;
	return r;
}
