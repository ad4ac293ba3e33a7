/* SPDX-License-Identifier: Apache-2.0 */
/* Sorting mount options. */
#include "shim/mount_options.h"

#include <errno.h>
#include <linux/mount.h>
#include <string.h>

#include "common/str.h"

#define LOWER "lowerdir="

static const struct {
	const char *name;
	unsigned long set, clear;
} flags[] = {
	{"async", 0, MS_SYNCHRONOUS},
	{"atime", 0, MS_NOATIME},
	{"bind", MS_BIND, 0},
	{"defaults", 0, 0},
	{"dev", 0, MS_NODEV},
	{"diratime", 0, MS_NODIRATIME},
	{"dirsync", MS_DIRSYNC, 0},
	{"exec", 0, MS_NOEXEC},
	{"mand", MS_MANDLOCK, 0},
	{"noatime", MS_NOATIME, 0},
	{"nodev", MS_NODEV, 0},
	{"nodiratime", MS_NODIRATIME, 0},
	{"noexec", MS_NOEXEC, 0},
	{"nomand", 0, MS_MANDLOCK},
	{"norelatime", 0, MS_RELATIME},
	{"nostrictatime", 0, MS_STRICTATIME},
	{"nosuid", MS_NOSUID, 0},
	{"rbind", MS_BIND | MS_REC, 0},
	{"relatime", MS_RELATIME, 0},
	{"remount", MS_REMOUNT, 0},
	{"ro", MS_RDONLY, 0},
	{"rw", 0, MS_RDONLY},
	{"strictatime", MS_STRICTATIME, 0},
	{"suid", 0, MS_NOSUID},
	{"sync", MS_SYNCHRONOUS, 0},
};

static const struct {
	const char *name;
	unsigned long flag;
} propagations[] = {
	{"private", MS_PRIVATE},       {"rprivate", MS_PRIVATE | MS_REC},
	{"shared", MS_SHARED},         {"rshared", MS_SHARED | MS_REC},
	{"slave", MS_SLAVE},           {"rslave", MS_SLAVE | MS_REC},
	{"unbindable", MS_UNBINDABLE}, {"runbindable", MS_UNBINDABLE | MS_REC},
};

/* Whether it is a word for mount(2) itself. */
static bool take_flag(const char *word, struct mount_options *o)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (streq(word, flags[i].name)) {
			o->flags = (o->flags | flags[i].set) & ~flags[i].clear;
			return true;
		}
	for (size_t i = 0; i < sizeof(propagations) / sizeof(propagations[0]); i++)
		if (streq(word, propagations[i].name)) {
			o->propagation = propagations[i].flag;
			return true;
		}
	if (streq(word, "loop"))
		o->loop = true;
	else if (streq(word, "direct-io"))
		o->direct_io = true;
	else
		return false;
	return true;
}

/* Length of the longest directory, with its slash, that all names of a lowerdir list begin with; 0 if there is none. */
static size_t common_parent(const char *list)
{
	size_t n = strcspn(list, ":"), common = 0;

	for (size_t i = 0; i < n; i++)
		if (list[i] == '/')
			common = i + 1;
	for (const char *p = list; *p; p += strcspn(p, ":"), p += *p == ':')
		while (common && (strcspn(p, ":") <= common || memcmp(p, list, common) != 0))
			do
				common--;
			while (common && list[common - 1] != '/');
	/* Escapes and the double colons of data-only layers are better left alone; "/" saves nothing worth it. */
	return common > 1 && !strchr(list, '\\') && !strstr(list, "::") && *list == '/' ? common : 0;
}

static void add(struct strbuf *b, const char *word)
{
	if (b->len)
		sb_addc(b, ',');
	sb_add(b, word);
}

/* The same data with its lower directories relative to the one they have in common. */
static int shorten(const char *const *words, size_t n, struct arena *a, struct mount_options *o, struct err *e)
{
	struct mount_options ignored = {0};
	struct strbuf b = STRBUF(a);

	for (size_t i = 0; i < n; i++) {
		const char *list = words[i] + strlen(LOWER);
		size_t base;

		if (take_flag(words[i], &ignored))
			continue;
		base = str_starts(words[i], LOWER) ? common_parent(list) : 0;
		if (!base) {
			add(&b, words[i]);
			continue;
		}
		o->lower_base = arena_strndup(a, list, base);
		add(&b, LOWER);
		for (const char *p = list; *p; p += strcspn(p, ":"), p += *p == ':') {
			if (p != list)
				sb_addc(&b, ':');
			sb_addn(&b, p + base, strcspn(p, ":") - base);
		}
	}
	return sb_done(&b, &o->data, e);
}

int mount_options_sort(const char *type, const char *const *words, size_t n, size_t page_bytes,
		       struct arena *a, struct mount_options *ret, struct err *e)
{
	struct mount_options o = {0};
	struct strbuf b = STRBUF(a);
	int r;

	for (size_t i = 0; i < n; i++) {
		if (str_starts(words[i], "X-containerd."))
			return err_set(e, EINVAL,
				       "mount option '%s' is containerd's own and must not arrive here",
				       words[i]);
		if (!take_flag(words[i], &o))
			add(&b, words[i]);
	}
	r = sb_done(&b, &o.data, e);
	if (r == 0 && strlen(o.data) >= page_bytes && streq(type, "overlay"))
		r = shorten(words, n, a, &o, e);
	if (r < 0)
		return r;
	if (strlen(o.data) >= page_bytes)
		return err_set(e, E2BIG,
			       "the options of the %s mount are %zu bytes long, the kernel takes %zu", type,
			       strlen(o.data), page_bytes - 1);
	*ret = o;
	return 0;
}
