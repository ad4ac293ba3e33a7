/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of passwd and group files. */
#include "bunny/users.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "common/str.h"

#define FILE_MAX_BYTES (1u << 20)
#define ID_MAX (UINT32_MAX - 1)

/* Field `n` of the line that begins with "name:"; NULL if there is none. */
static const char *field(const struct fs *fs, const char *path, const char *name, unsigned n)
{
	struct fs_node *node;
	struct bytes text;
	size_t len = strlen(name);

	if (fs_find(fs, path, true, &node, NULL) < 0 || !S_ISREG(node->i->mode) ||
	    piece_read(&node->i->data, FILE_MAX_BYTES, fs->a, &text, NULL) < 0)
		return NULL;
	for (const char *line = text.p, *end; *line; line = *end ? end + 1 : end) {
		const char *at = line;

		end = line + strcspn(line, "\n");
		if (strncmp(line, name, len) != 0 || line[len] != ':')
			continue;
		for (unsigned i = 0; i < n && at < end; i++)
			at += strcspn(at, ":\n") + 1;
		return at < end ? arena_strndup(fs->a, at, strcspn(at, ":\n")) : NULL;
	}
	return NULL;
}

static bool number(const char *s, uint32_t *ret)
{
	uint64_t v;

	if (!s || !str_u64(s, 0, ID_MAX, &v))
		return false;
	*ret = (uint32_t)v;
	return true;
}

int users_uid(const struct fs *fs, const char *user, uint32_t *ret_uid, uint32_t *ret_gid, struct err *e)
{
	if (number(user, ret_uid)) {
		*ret_gid = *ret_uid;
		return 0;
	}
	if (number(field(fs, "etc/passwd", user, 2), ret_uid) &&
	    number(field(fs, "etc/passwd", user, 3), ret_gid))
		return 0;
	/* The one name that means the same everywhere, also where nothing else is. */
	if (streq(user, "root")) {
		*ret_uid = *ret_gid = 0;
		return 0;
	}
	return err_set(e, ENOENT, "the image's /etc/passwd has no user '%.64s'; a number can be given", user);
}

int users_gid(const struct fs *fs, const char *group, uint32_t *ret, struct err *e)
{
	if (number(group, ret) || number(field(fs, "etc/group", group, 2), ret))
		return 0;
	if (streq(group, "root")) {
		*ret = 0;
		return 0;
	}
	return err_set(e, ENOENT, "the image's /etc/group has no group '%.64s'; a number can be given", group);
}
