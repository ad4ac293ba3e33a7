/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of /proc/self/mountinfo: file systems and containers choose parts of this text, so it may be hostile. */
#include "common/mountinfo.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/io.h"

#define MAX_BYTES (64u << 20) /* of the whole list */

/* ID PARENT MAJ:MIN ROOT MOUNTPOINT OPTIONS [TAG...] - FSTYPE SOURCE SUPEROPTIONS */
enum { F_ID, F_PARENT, F_DEVICE, F_ROOT, F_MOUNTPOINT, F_OPTIONS, NFIXED };

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

void mountinfo_decode(char *s)
{
	char *out = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && is_octal(s[2]) && is_octal(s[3])) {
			int c = (s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0');

			if (c != 0) {
				*out++ = (char)c;
				s += 4;
				continue;
			}
		}
		*out++ = *s++;
	}
	*out = '\0';
}

/* Cuts the next blank-separated word off *p. NULL at the end of the line. */
static char *next_word(char **p)
{
	char *w = *p;

	if (!w || *w == '\0')
		return NULL;
	*p = strchr(w, ' ');
	if (*p)
		*(*p)++ = '\0';
	return w;
}

static bool parse_line(char *line, struct mount_entry *ret)
{
	char *word[NFIXED], *fstype, *source, *options, *tag;
	uint64_t id;

	for (int i = 0; i < NFIXED; i++) {
		word[i] = next_word(&line);
		if (!word[i])
			return false;
	}
	do
		tag = next_word(&line);
	while (tag && !streq(tag, "-"));
	fstype = next_word(&line);
	source = next_word(&line);
	options = next_word(&line);
	if (!fstype || !source || !str_u64(word[F_ID], 0, INT64_MAX, &id) || word[F_MOUNTPOINT][0] != '/')
		return false;
	mountinfo_decode(word[F_ROOT]);
	mountinfo_decode(word[F_MOUNTPOINT]);
	mountinfo_decode(fstype);
	mountinfo_decode(source);
	if (options)
		mountinfo_decode(options);
	*ret = (struct mount_entry){(int64_t)id, word[F_ROOT], word[F_MOUNTPOINT],    word[F_OPTIONS],
				    fstype,      source,       options ? options : ""};
	return true;
}

/* The list's strings are pieces of the text at p, which is cut up. */
static int cut_up(char *p, size_t n, struct arena *a, struct mount_list *ret, struct err *e)
{
	struct mount_list l = {0};
	char *end = p + n;
	size_t lines = 1;

	for (const char *c = p; (c = memchr(c, '\n', (size_t)(end - c))) != NULL; c++)
		lines++;
	l.v = arena_array(a, lines, sizeof *l.v);
	if (!l.v)
		return err_oom(e);
	while (p < end) {
		char *eol = memchr(p, '\n', (size_t)(end - p));

		if (eol)
			*eol = '\0';
		if (parse_line(p, &l.v[l.n]))
			l.n++;
		p = eol ? eol + 1 : end;
	}
	*ret = l;
	return 0;
}

int mountinfo_parse(struct bytes text, struct arena *a, struct mount_list *ret, struct err *e)
{
	char *own = arena_memdup(a, text.p, text.n);

	return own ? cut_up(own, text.n, a, ret, e) : err_oom(e);
}

int mountinfo_read(struct arena *a, struct mount_list *ret, struct err *e)
{
	struct bytes text;
	int r = file_read(AT_FDCWD, "/proc/self/mountinfo", MAX_BYTES, a, &text, e);

	return r < 0 ? r : cut_up((char *)(uintptr_t)text.p, text.n, a, ret, e);
}

/* How many bytes of path the mount point covers, 0 when it is not on the way. */
static size_t covers(const char *mountpoint, const char *path)
{
	size_t n = strlen(mountpoint);

	if (n == 1)
		return 1;
	return strncmp(mountpoint, path, n) == 0 && (path[n] == '/' || path[n] == '\0') ? n : 0;
}

/* Several mounts may share one place and one text: only the kernel knows which of them is meant. Since Linux 5.8. */
int64_t mountinfo_id(const char *path)
{
	struct statx stx = {0};

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_MNT_ID, &stx) < 0 ||
	    !(stx.stx_mask & STATX_MNT_ID) || stx.stx_mnt_id > INT64_MAX)
		return 0;
	return (int64_t)stx.stx_mnt_id;
}

const struct mount_entry *mountinfo_find(const struct mount_list *l, const char *path, int64_t id)
{
	const struct mount_entry *best = NULL;
	size_t best_bytes = 1;

	for (size_t i = 0; i < l->n; i++) {
		size_t n = covers(l->v[i].mountpoint, path);

		if (id > 0 && l->v[i].id == id)
			return &l->v[i];
		if (n >= best_bytes) {
			best = &l->v[i];
			best_bytes = n;
		}
	}
	return best;
}

bool mount_is_guard(const struct mount_entry *m)
{
	return streq(m->fstype, "tmpfs") && streq(m->source, MOUNT_GUARD_SOURCE);
}

bool mount_option_has(const char *options, const char *word)
{
	size_t n = strlen(word);

	while (*options) {
		size_t len = strcspn(options, ",");

		if (len == n && memcmp(options, word, n) == 0)
			return true;
		options += len;
		options += *options == ',';
	}
	return false;
}
