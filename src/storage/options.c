/* SPDX-License-Identifier: Apache-2.0 */
/* Mount options of mountinfo as flags and data. */
#include "storage/options.h"

#include <errno.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <string.h>

struct word {
	const char *name;
	unsigned long flag;
};

static const struct word of_mount[] = {
	{"ro", MS_RDONLY},         {"nosuid", MS_NOSUID},           {"nodev", MS_NODEV},
	{"noexec", MS_NOEXEC},     {"noatime", MS_NOATIME},         {"nodiratime", MS_NODIRATIME},
	{"relatime", MS_RELATIME}, {"nosymfollow", MS_NOSYMFOLLOW},
};

/* Shown among a file system's own options, but no driver would understand them there. The kernel shows what a security
 * module does to a file system in the same place. */
static const struct word of_super[] = {
	{"rw", 0},
	{"ro", MS_RDONLY},
	{"sync", MS_SYNCHRONOUS},
	{"dirsync", MS_DIRSYNC},
	{"mand", MS_MANDLOCK},
	{"lazytime", MS_LAZYTIME},
	{"seclabel", 0},
};

static const struct word *find(const struct word *words, size_t n, const char *s, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(words[i].name) == len && memcmp(words[i].name, s, len) == 0)
			return &words[i];
	return NULL;
}

/* Cuts the next word off; false at the end. */
static bool next(const char **s, const char **word, size_t *len)
{
	while (*s && **s == ',')
		(*s)++;
	if (!*s || !**s)
		return false;
	*word = *s;
	*len = strcspn(*s, ",");
	*s += *len;
	return true;
}

static int add_data(struct mount_words *w, size_t *at, const char *word, size_t len, struct err *e)
{
	if (*at + len + 2 > sizeof(w->data))
		return err_set(e, E2BIG, "the mount options of a file system are longer than %zu bytes",
			       sizeof(w->data));
	if (*at > 0)
		w->data[(*at)++] = ',';
	memcpy(w->data + *at, word, len);
	*at += len;
	w->data[*at] = '\0';
	return 0;
}

int mount_words(const char *options, const char *super_options, struct mount_words *ret, struct err *e)
{
	struct mount_words w = {0};
	const struct word *known;
	const char *word;
	size_t len, at = 0;
	bool times = false;
	int r = 0;

	while (next(&options, &word, &len)) {
		known = find(of_mount, sizeof(of_mount) / sizeof(of_mount[0]), word, len);
		if (known)
			w.flags |= known->flag;
	}
	times = w.flags & (MS_NOATIME | MS_RELATIME);
	w.rebind = w.flags & MS_RDONLY;
	w.flags &= ~(unsigned long)MS_RDONLY;
	while (r == 0 && next(&super_options, &word, &len)) {
		known = find(of_super, sizeof(of_super) / sizeof(of_super[0]), word, len);
		if (known)
			w.flags |= known->flag;
		else
			r = add_data(&w, &at, word, len, e);
	}
	if (r < 0)
		return r;
	/* The kernel's default is relatime; a mount without any word about times was made strict. */
	if (!times)
		w.flags |= MS_STRICTATIME;
	if (w.flags & MS_RDONLY)
		w.rebind = 0;
	*ret = w;
	return 0;
}
