/* SPDX-License-Identifier: Apache-2.0 */
/* The URS section of the configuration: keys with counted values, so that any byte can be said. */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "urunit/config.h"

#define KEY_MAX 32

/* argv, environment and paths end at a NUL byte: one inside would cut the value silently. */
static int need_string(const struct uvalue *v, struct utext *why)
{
	return strlen(v->p) == v->n ? 0 : uconf_bad(why, "NUL byte in a value", v->at);
}

static int add_string(struct uvec *to, const struct uvalue *v, struct utext *why)
{
	int rc = need_string(v, why);

	if (rc < 0)
		return rc;
	if (uvec_add(to, &v->p, sizeof(v->p)) < 0)
		return utext_fail(why, ENOMEM, "no memory for the configuration", NULL, NULL, NULL);
	return 0;
}

static int set_arg(struct uconf *c, const struct uvalue *v, struct utext *why)
{
	return add_string(&c->args, v, why);
}

static int set_env(struct uconf *c, const struct uvalue *v, struct utext *why)
{
	const char *eq = memchr(v->p, '=', v->n);

	if (!eq || eq == v->p)
		return uconf_bad(why, "env must be NAME=VALUE", v->at);
	return add_string(&c->urs_env, v, why);
}

static int set_cwd(struct uconf *c, const struct uvalue *v, struct utext *why)
{
	if (v->p[0] != '/')
		return uconf_bad(why, "cwd must be an absolute path", v->at);
	c->cwd = v->p;
	c->urs_cwd = true;
	return need_string(v, why);
}

static int set_hostname(struct uconf *c, const struct uvalue *v, struct utext *why)
{
	if (v->n > UCONF_HOSTNAME_MAX)
		return uconf_bad(why, "hostname must have at most 64 bytes", v->at);
	c->hostname = v->p;
	return need_string(v, why);
}

static int number(const struct uvalue *v, unsigned base, uint64_t max, const char *what, uint32_t *ret,
		  struct utext *why)
{
	uint64_t n = 0;

	if (!unum_parse(v->p, v->n, base, max, &n))
		return uconf_bad(why, what, v->at);
	*ret = (uint32_t)n;
	return 0;
}

static int set_uid(struct uconf *c, const struct uvalue *v, struct utext *why)
{
	c->urs_uid = true;
	return number(v, 10, UCONF_ID_MAX, "uid must be a number from 0 to 4294967294", &c->uid, why);
}

static int set_gid(struct uconf *c, const struct uvalue *v, struct utext *why)
{
	c->urs_gid = true;
	return number(v, 10, UCONF_ID_MAX, "gid must be a number from 0 to 4294967294", &c->gid, why);
}

static int set_group(struct uconf *c, const struct uvalue *v, struct utext *why)
{
	uint32_t gid = 0;
	int rc = number(v, 10, UCONF_ID_MAX, "group must be a number from 0 to 4294967294", &gid, why);

	if (rc < 0)
		return rc;
	if (c->groups.bytes / sizeof(gid) >= UCONF_GROUPS_MAX)
		return uconf_bad(why, "more than 65536 groups", v->at);
	if (uvec_add(&c->groups, &gid, sizeof(gid)) < 0)
		return utext_fail(why, ENOMEM, "no memory for the groups", NULL, NULL, NULL);
	return 0;
}

static int set_umask(struct uconf *c, const struct uvalue *v, struct utext *why)
{
	c->has_umask = true;
	return number(v, 8, 0777, "umask must be an octal number from 0 to 777", &c->umask, why);
}

static int flag(const struct uvalue *v, const char *what, bool *ret, struct utext *why)
{
	if (v->n != 1 || (v->p[0] != '0' && v->p[0] != '1'))
		return uconf_bad(why, what, v->at);
	*ret = v->p[0] == '1';
	return 0;
}

static int set_terminal(struct uconf *c, const struct uvalue *v, struct utext *why)
{
	return flag(v, "terminal must be 0 or 1", &c->terminal, why);
}

static int set_ctl(struct uconf *c, const struct uvalue *v, struct utext *why)
{
	return flag(v, "ctl must be 0 or 1", &c->ctl, why);
}

static int set_readonly(struct uconf *c, const struct uvalue *v, struct utext *why)
{
	return flag(v, "readonly must be 0 or 1", &c->readonly, why);
}

static int set_end(struct uconf *c, const struct uvalue *v, struct utext *why)
{
	if (strcmp(v->p, "poweroff") != 0 && strcmp(v->p, "reset") != 0)
		return uconf_bad(why, "end must be reset or poweroff", v->at);
	c->power_off = v->p[0] == 'p';
	return need_string(v, why);
}

static const struct {
	const char *name;
	int resource;
} rlimit_names[] = {
	{"AS", RLIMIT_AS},           {"CORE", RLIMIT_CORE},         {"CPU", RLIMIT_CPU},
	{"DATA", RLIMIT_DATA},       {"FSIZE", RLIMIT_FSIZE},       {"LOCKS", RLIMIT_LOCKS},
	{"MEMLOCK", RLIMIT_MEMLOCK}, {"MSGQUEUE", RLIMIT_MSGQUEUE}, {"NICE", RLIMIT_NICE},
	{"NOFILE", RLIMIT_NOFILE},   {"NPROC", RLIMIT_NPROC},       {"RSS", RLIMIT_RSS},
	{"RTPRIO", RLIMIT_RTPRIO},   {"RTTIME", RLIMIT_RTTIME},     {"SIGPENDING", RLIMIT_SIGPENDING},
	{"STACK", RLIMIT_STACK},
};

static struct urlimit *rlimit_named(struct uconf *c, const char *name, size_t n)
{
	if (n > 7 && memcmp(name, "RLIMIT_", 7) == 0) {
		name += 7;
		n -= 7;
	}
	for (size_t i = 0; i < sizeof(rlimit_names) / sizeof(rlimit_names[0]); i++)
		if (strlen(rlimit_names[i].name) == n && memcmp(rlimit_names[i].name, name, n) == 0)
			return &c->rlimits[rlimit_names[i].resource];
	return NULL;
}

/* RLIM_INFINITY is 2^64-1 in the kernel, so "unlimited" needs no word of its own in the file; it is read
 * all the same. */
static bool rlimit_number(const char *s, size_t n, uint64_t *ret)
{
	if (n == 9 && memcmp(s, "unlimited", 9) == 0) {
		*ret = UINT64_MAX;
		return true;
	}
	return unum_parse(s, n, 10, UINT64_MAX, ret);
}

static int set_rlimit(struct uconf *c, const struct uvalue *v, struct utext *why)
{
	size_t name = strcspn(v->p, " ");
	size_t soft = name < v->n ? strcspn(v->p + name + 1, " ") : 0;
	size_t hard = name + 1 + soft + 1;
	struct urlimit *r = rlimit_named(c, v->p, name), got = {.set = true};

	if (!r)
		return uconf_bad(why, "rlimit of an unknown name", v->at);
	if (hard >= v->n || !rlimit_number(v->p + name + 1, soft, &got.soft) ||
	    !rlimit_number(v->p + hard, v->n - hard, &got.hard) || got.soft > got.hard)
		return uconf_bad(why, "rlimit must be 'NAME soft hard' with soft <= hard", v->at);
	*r = got;
	return 0;
}

/* Those that text sections have names of their own for stand first. */
#define OWN_KEYS 4u
static const struct {
	const char *name;
	uconf_set *set;
} keys[] = {
	{"env", set_env},
	{"cwd", set_cwd},
	{"uid", set_uid},
	{"gid", set_gid},
	{"arg", set_arg},
	{"hostname", set_hostname},
	{"group", set_group},
	{"umask", set_umask},
	{"rlimit", set_rlimit},
	{"terminal", set_terminal},
	{"ctl", set_ctl},
	{"file", uconf_set_file},
	{"sysctl", uconf_set_sysctl},
	{"nic", uconf_set_nic},
	{"volume", uconf_set_volume},
	{"bind", uconf_set_bind},
	{"tmpfs", uconf_set_tmpfs},
	{"readonly", set_readonly},
	{"clock", uconf_set_clock},
	{"end", set_end},
};

static int set_key(struct uconf *c, const char *key, size_t first, const struct uvalue *v, struct utext *why)
{
	for (size_t i = first; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i].name, key) == 0)
			return keys[i].set(c, v, why);
	/* A newer runtime may say more than we know; main tells about it once. */
	if (c->unknown++ == 0)
		c->first_unknown = key;
	return 0;
}

/* Reads "<key> <nbytes>\n<bytes>\n" at *at, cutting key and value out as strings. */
static int entry(char *text, size_t n, size_t *at, char **ret_key, struct uvalue *ret, struct utext *why)
{
	char *head = text + *at;
	size_t left = n - *at;
	char *end = memchr(head, '\n', left < KEY_MAX + 24 ? left : KEY_MAX + 24);
	char *blank = end ? memchr(head, ' ', (size_t)(end - head)) : NULL;
	uint64_t len = 0;

	if (!blank || blank == head || blank - head > KEY_MAX ||
	    !unum_parse(blank + 1, (size_t)(end - blank - 1), 10, UCONF_MAX_BYTES, &len)) {
		uconf_bad(why, "an entry must begin with '<key> <nbytes>'", *at);
		return -EINVAL;
	}
	*blank = '\0';

	size_t value_at = (size_t)(end + 1 - text);

	if (len >= n - value_at || text[value_at + len] != '\n') {
		uconf_bad(why, "a value must have as many bytes as announced and end with a newline",
			  value_at);
		return -EINVAL;
	}
	text[value_at + len] = '\0';
	*ret_key = head;
	*ret = (struct uvalue){.p = text + value_at, .n = len, .at = value_at};
	*at = value_at + len + 1;
	return 0;
}

static int one_or_the_other(size_t at, struct utext *why)
{
	return uconf_bad(why, "keys of ours in both UCS and URS", at);
}

int uconf_set_text(struct uconf *c, char *key, char *value, size_t at, struct utext *why)
{
	bool one_line = strcmp(key, "arg") == 0;
	char *to = value;

	if (c->exact)
		return one_or_the_other(at, why);
	c->text_keys = true;
	for (const char *from = value; *from;) {
		bool ends = *from == ';' && !one_line;

		*to++ = ends ? '\n' : *from;
		from++;
		if (ends)
			from += strspn(from, " \t");
	}
	*to = '\0';

	struct uvalue v = {.p = value, .n = (size_t)(to - value), .at = at};

	return set_key(c, key, OWN_KEYS, &v, why);
}

int uconf_parse_exact(struct uconf *c, char *text, size_t n, size_t *at, struct utext *why)
{
	if (c->text_keys)
		return one_or_the_other(*at, why);
	c->exact = true;
	while (*at < n) {
		struct uvalue v = {0};
		char *key = NULL;

		if (n - *at >= 3 && memcmp(text + *at, "URE", 3) == 0 &&
		    (n - *at == 3 || text[*at + 3] == '\n')) {
			*at = n - *at == 3 ? n : *at + 4;
			return 0;
		}

		int rc = entry(text, n, at, &key, &v, why);

		if (rc == 0)
			rc = set_key(c, key, 0, &v, why);
		if (rc < 0)
			return rc;
	}
	return uconf_bad(why, "section URS without URE", n);
}
