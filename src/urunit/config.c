/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration file's text sections (the original urunit's form), and the file as a whole. */
#include "urunit/config.h"

#include <errno.h>
#include <string.h>

#include "urunit/file.h"

struct lines {
	char *text;
	size_t n, at;
	size_t line;  /* its number; 0 behind a section that has no lines */
	size_t where; /* the line last returned, for messages */
};

/* Cuts the next line out of the text; NULL at the end. A line with a NUL byte is returned as "\0". */
static char *next_line(struct lines *l, size_t *ret_len)
{
	if (l->at >= l->n)
		return NULL;

	char *line = l->text + l->at;
	char *end = memchr(line, '\n', l->n - l->at);
	size_t len = end ? (size_t)(end - line) : l->n - l->at;

	l->where = l->line ? UCONF_LINE(l->line++) : l->at;
	l->at += len + 1;
	line[len] = '\0';
	*ret_len = len;
	return line;
}

int uconf_bad(struct utext *why, const char *what, size_t at)
{
	*why = (struct utext){0};
	utext_add(why, what);
	utext_add(why, at & UCONF_LINE(0) ? ", in line " : ", at byte ");
	utext_num(why, at & ~UCONF_LINE(0));
	return -EINVAL;
}

static int env_section(struct uconf *c, struct lines *l, struct utext *why)
{
	size_t len = 0;
	char *line;

	while ((line = next_line(l, &len))) {
		if (strlen(line) != len)
			return uconf_bad(why, "NUL byte in the environment", l->where);
		if (strcmp(line, "UEE") == 0)
			return 0;
		if (len && uvec_add(&c->env, &line, sizeof(line)) < 0)
			return utext_fail(why, ENOMEM, "no memory for the environment", NULL, NULL, NULL);
	}
	return uconf_bad(why, "environment section UES without UEE", l->where);
}

/* The value behind "KEY:" without leading blanks, or NULL when the line is about something else. */
static char *value_of(char *line, const char *key)
{
	size_t n = strlen(key);

	if (strncmp(line, key, n) != 0 || line[n] != ':')
		return NULL;
	line += n + 1;
	return line + strspn(line, " \t");
}

static int text_id(char *value, bool replaced, uint32_t *ret, const struct lines *l, struct utext *why)
{
	uint64_t v = 0;

	if (!unum_parse(value, strlen(value), 10, UCONF_ID_MAX, &v))
		return uconf_bad(why, "UID and GID must be decimal numbers from 0 to 4294967294", l->where);
	if (!replaced)
		*ret = (uint32_t)v;
	return 0;
}

/* "hostname: web": a key of ours, in small letters; the original passes over what it does not know. */
static int own_line(struct uconf *c, char *line, const struct lines *l, struct utext *why)
{
	char *colon = line + strspn(line, "abcdefghijklmnopqrstuvwxyz");

	if (*colon != ':' || colon == line)
		return 0;
	*colon = '\0';
	return uconf_set_text(c, line, colon + 1 + strspn(colon + 1, " \t"), l->where, why);
}

static int user_line(struct uconf *c, char *line, const struct lines *l, struct utext *why)
{
	char *v = value_of(line, "UID");

	if (v)
		return text_id(v, c->urs_uid, &c->uid, l, why);
	v = value_of(line, "GID");
	if (v)
		return text_id(v, c->urs_gid, &c->gid, l, why);
	v = value_of(line, "WD");
	if (v && !c->urs_cwd)
		c->cwd = v;
	return v ? 0 : own_line(c, line, l, why);
}

static int user_section(struct uconf *c, struct lines *l, struct utext *why)
{
	size_t len = 0;
	char *line;

	while ((line = next_line(l, &len))) {
		if (strlen(line) != len)
			return uconf_bad(why, "NUL byte in the user section", l->where);
		if (strcmp(line, "UCE") == 0)
			return 0;

		int rc = user_line(c, line, l, why);

		if (rc < 0)
			return rc;
	}
	return uconf_bad(why, "user section UCS without UCE", l->where);
}

static int volume_line(struct uconf *c, char *line, struct uvolume *vol, const struct lines *l,
		       struct utext *why)
{
	char *id = value_of(line, "ID"), *path = value_of(line, "MP");

	if (id && !vol->id && *id) {
		vol->id = id;
		return 0;
	}
	if (!path || !vol->id || *path != '/')
		return uconf_bad(why, "volumes must be pairs of 'ID:name' and 'MP:/absolute/path'", l->where);
	vol->path = path;
	/* The root is mounted by the kernel; the original names it all the same. */
	if (strcmp(vol->id, "rootfs") != 0 && uvec_add(&c->volumes, vol, sizeof(*vol)) < 0)
		return utext_fail(why, ENOMEM, "no memory for the volumes", NULL, NULL, NULL);
	*vol = (struct uvolume){0};
	return 0;
}

static int volume_section(struct uconf *c, struct lines *l, struct utext *why)
{
	struct uvolume vol = {0};
	size_t len = 0;
	char *line;

	while ((line = next_line(l, &len))) {
		if (strlen(line) != len)
			return uconf_bad(why, "NUL byte in the volume section", l->where);
		if (strcmp(line, "UBE") == 0)
			return vol.id ? uconf_bad(why, "volume with ID but without MP", l->where) : 0;
		if (!len)
			continue;

		int rc = volume_line(c, line, &vol, l, why);

		if (rc < 0)
			return rc;
	}
	return uconf_bad(why, "volume section UBS without UBE", l->where);
}

static int section(struct uconf *c, const char *marker, struct lines *l, struct utext *why)
{
	if (strcmp(marker, "UES") == 0)
		return env_section(c, l, why);
	if (strcmp(marker, "UCS") == 0)
		return user_section(c, l, why);
	if (strcmp(marker, "UBS") == 0)
		return volume_section(c, l, why);
	if (strcmp(marker, "URS") != 0)
		return uconf_bad(why, "a section must begin with UES, UCS, UBS or URS", l->where);
	l->line = 0;
	return uconf_parse_exact(c, l->text, l->n, &l->at, why);
}

int uconf_parse(struct uconf *c, char *text, size_t n, struct utext *why)
{
	/* An initrd carrier may pad with NUL bytes up to a word. */
	while (n && text[n - 1] == '\0')
		n--;

	struct lines l = {.text = text, .n = n, .line = 1};
	size_t len = 0;
	char *line;

	while ((line = next_line(&l, &len))) {
		if (!len)
			continue;

		int rc = strlen(line) == len ? section(c, line, &l, why) : uconf_bad(why, "NUL byte", l.where);

		if (rc < 0)
			return rc;
	}
	if (c->exact && c->urs_env.bytes)
		c->env = c->urs_env;
	c->present = true;
	return 0;
}

int uconf_load(struct uconf *c, const char *path, struct utext *why)
{
	const char *name = path ? path : UCONF_DEFAULT_PATH;
	char *text = NULL;
	size_t n = 0;
	int rc = ufile_read(name, UCONF_MAX_BYTES, &text, &n);

	if (rc == -ENOENT && !path)
		return 0;
	if (rc < 0) {
		utext_fail(why, -rc, "cannot read the configuration ", name, NULL, NULL);
		utext_errno(why, -rc);
		return rc;
	}

	struct utext what = {0};

	rc = uconf_parse(c, text, n, &what);
	if (rc < 0)
		return utext_fail(why, -rc, "configuration ", name, ": ", what.s);
	return 0;
}
