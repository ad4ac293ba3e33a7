/* SPDX-License-Identifier: Apache-2.0 */
/* Which mount points are the host's own: what it runs on, and what its administrator has mounted for good. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/io.h"
#include "gather/parts.h"

#define FSTAB_MAX_BYTES (1u << 20)
#define BLANKS " \t\r"

static bool is_systems(const char *path)
{
	static const char *const places[] = {
		"/",
		"/bin",
		"/boot",
		"/boot/efi",
		"/dev",
		"/efi",
		"/esp",
		"/etc",
		"/gnu/store",
		"/home",
		"/lib",
		"/lib64",
		"/nix",
		"/nix/store",
		"/opt",
		"/ostree",
		"/proc",
		"/root",
		"/run",
		"/sbin",
		"/srv",
		"/sys",
		"/sysroot",
		"/tmp",
		"/usr",
		"/usr/lib",
		"/usr/local",
		"/var",
		"/var/cache",
		"/var/lib",
		"/var/log",
		"/var/tmp",
		"/var/opt",
		"/var/run",
		"/var/spool",
		"/var/lib/containerd",
		"/var/lib/containers",
		"/var/lib/docker",
		"/var/lib/kubelet",
		"/var/lib/rancher",
		"/var/mail",
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (streq(places[i], path))
			return true;
	return false;
}

static bool is_mounted(const struct mount_list *mounts, const char *path)
{
	for (size_t i = 0; i < mounts->n; i++)
		if (streq(mounts->v[i].mountpoint, path))
			return true;
	return false;
}

/* The second word of a line; NULL when it is no path: a comment, swap. */
static char *place_of(char *line)
{
	char *s = line + strspn(line, BLANKS);

	if (*s == '#')
		return NULL;
	s += strcspn(s, BLANKS);
	s += strspn(s, BLANKS);
	if (*s != '/')
		return NULL;
	s[strcspn(s, BLANKS)] = '\0';
	mountinfo_decode(s);
	return s;
}

/* What is mounted by another name than that in fstab was reached through a symbolic link. */
static int add_place(struct strv *named, const char *place, const struct mount_list *mounts, struct arena *a,
		     struct err *e)
{
	char *clean = path_join_clean(a, "/", place), *real;

	if (!clean)
		return err_oom(e);
	strv_add(named, clean);
	if (is_mounted(mounts, clean))
		return 0;
	real = realpath(clean, NULL);
	if (real)
		strv_addf(named, "%s", real);
	free(real);
	return 0;
}

/* Some systems have none, or link it to /dev/null: only what is a file can name anything. Not to be able to look is an
 * error, and reading will tell which. */
static bool is_none(const char *fstab)
{
	struct stat st;

	if (stat(fstab, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR;
	return !S_ISREG(st.st_mode);
}

static int read_fstab(struct host_mounts *h, const struct mount_list *mounts, struct arena *a, struct err *e)
{
	struct strv named = STRV(a);
	struct bytes text = {"", 0};
	char *p, *end;
	int r = is_none(h->fstab) ? 0 : file_read(AT_FDCWD, h->fstab, FSTAB_MAX_BYTES, a, &text, e);

	if (r < 0)
		return r;
	p = arena_strndup(a, text.p, text.n);
	if (!p)
		return err_oom(e);
	for (r = 0; r == 0 && *p; p = end) {
		char *place;

		end = p + strcspn(p, "\n");
		if (*end)
			*end++ = '\0';
		place = place_of(p);
		r = place ? add_place(&named, place, mounts, a, e) : 0;
	}
	return r < 0 ? r : strv_done(&named, &h->named, e);
}

int host_mounts_has(struct host_mounts *h, const struct mount_list *mounts, const char *path, struct arena *a,
		    const char **ret_why, struct err *e)
{
	int r = 0;

	*ret_why = is_systems(path) ? "it is the host's own, a part of the system" : NULL;
	if (*ret_why)
		return 0;
	if (!h->read)
		r = read_fstab(h, mounts, a, e);
	h->read = r == 0;
	for (size_t i = 0; r == 0 && i < h->named.n; i++)
		if (streq(h->named.v[i], path))
			*ret_why = "it is the host's own (" HOST_FSTAB " names it)";
	return r;
}
