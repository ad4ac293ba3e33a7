/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of the URS section that describe the machine: files, parameters, network interfaces, volumes, clock. */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>

#include "urunit/binds.h"
#include "urunit/config.h"
#include "urunit/layers.h"

#define MTU_MAX 65535
#define DISKS_MAX 26
/* Until the year 10000. */
#define CLOCK_MAX_MS 253402300800000ull

static int append(struct uvec *to, const void *item, size_t n, struct utext *why)
{
	if (uvec_add(to, item, n) < 0)
		return utext_fail(why, ENOMEM, "no memory for the configuration", NULL, NULL, NULL);
	return 0;
}

/* Neither relative nor upwards: a path that means one place whatever lies on the way. */
static bool is_path(const char *s)
{
	if (*s != '/' || strlen(s) >= PATH_MAX - 16)
		return false;
	for (; *s; s += strcspn(s, "/")) {
		s += strspn(s, "/");
		if (s[0] == '.' && s[1] == '.' && (s[2] == '/' || s[2] == '\0'))
			return false;
	}
	return true;
}

int uconf_set_file(struct uconf *c, const struct uvalue *v, struct utext *why)
{
	char *end = memchr(v->p, '\n', v->n);
	char *blank = end ? memchr(v->p, ' ', (size_t)(end - v->p)) : NULL;
	uint64_t mode = 0;

	if (!blank || !unum_parse(v->p, (size_t)(blank - v->p), 8, 0777, &mode))
		return uconf_bad(why, "file must begin with '<octal mode> <path>'", v->at);
	*end = '\0';

	struct uputfile f = {.path = blank + 1,
			     .mode = (uint32_t)mode,
			     .data = end + 1,
			     .n = v->n - (size_t)(end + 1 - v->p)};

	if (strlen(f.path) != (size_t)(end - f.path) || !is_path(f.path) || end[-1] == '/')
		return uconf_bad(why, "file must have an absolute path without '..'", v->at);
	return append(&c->files, &f, sizeof(f), why);
}

int uconf_set_sysctl(struct uconf *c, const struct uvalue *v, struct utext *why)
{
	const char *eq = memchr(v->p, '=', v->n);

	if (strlen(v->p) != v->n || !eq || eq == v->p)
		return uconf_bad(why, "sysctl must be NAME=VALUE", v->at);
	return append(&c->sysctls, &v->p, sizeof(v->p), why);
}

int uconf_set_clock(struct uconf *c, const struct uvalue *v, struct utext *why)
{
	uint64_t ms = 0;

	if (!unum_parse(v->p, v->n, 10, CLOCK_MAX_MS, &ms))
		return uconf_bad(why, "clock must be a number of milliseconds", v->at);
	c->clock_ms = ms;
	return 0;
}

/* Cuts the next "<key> <value>" line out of v; *at moves behind it. False at the end, or with *ret_key NULL when it is
 * none. A line that is only a key has the value "". */
static bool next_line(const struct uvalue *v, size_t *at, const char **ret_key, char **ret_value)
{
	char *line = v->p + *at;

	if (*at >= v->n)
		return false;

	char *end = memchr(line, '\n', v->n - *at);
	size_t n = end ? (size_t)(end - line) : v->n - *at;

	line[n] = '\0';
	*at += n + 1;
	*ret_key = NULL;
	if (strlen(line) != n || n == 0)
		return true;
	*ret_value = line + strcspn(line, " ");
	if (**ret_value)
		*(*ret_value)++ = '\0';
	*ret_key = line;
	return true;
}

static void skip(struct uconf *c, const char *key)
{
	if (c->unknown++ == 0)
		c->first_unknown = key;
}

/* "<address>" or, with want_prefix, "<address>/<prefix>", of either family. */
static bool parse_address(char *s, bool want_prefix, struct uaddress *ret)
{
	char copy[INET6_ADDRSTRLEN];
	size_t n = strcspn(s, "/");
	struct uaddress a = {.text = s};
	uint64_t prefix = 0;

	if (n >= sizeof(copy) || (s[n] == '/') != want_prefix)
		return false;
	memcpy(copy, s, n);
	copy[n] = '\0';
	if (inet_pton(AF_INET, copy, a.bytes) == 1)
		a.n = 4;
	else if (inet_pton(AF_INET6, copy, a.bytes) == 1)
		a.n = 16;
	else
		return false;
	if (want_prefix && !unum_parse(s + n + 1, strlen(s + n + 1), 10, a.n * 8u, &prefix))
		return false;
	a.prefix = (uint8_t)prefix;
	*ret = a;
	return true;
}

static bool parse_mac(const char *s, char ret[UNIC_MAC_BYTES])
{
	static const char digits[] = "0123456789abcdef";

	if (strlen(s) != UNIC_MAC_BYTES - 1)
		return false;
	for (size_t i = 0; i < UNIC_MAC_BYTES - 1; i++) {
		char c = s[i] >= 'A' && s[i] <= 'F' ? (char)(s[i] + 'a' - 'A') : s[i];

		if (i % 3 == 2 ? c != ':' : !strchr(digits, c))
			return false;
		ret[i] = c;
	}
	ret[UNIC_MAC_BYTES - 1] = '\0';
	return true;
}

/* What a kernel takes as an interface's name, and what is a single name in /sys. */
static bool is_interface(const char *s)
{
	return *s && strlen(s) < 16 && strcmp(s, ".") != 0 && strcmp(s, "..") != 0 && !strpbrk(s, "/: \t%");
}

static bool nic_line(struct uconf *c, struct unic *n, const char *key, char *value)
{
	uint64_t mtu = 0;

	if (strcmp(key, "mac") == 0)
		return parse_mac(value, n->mac);
	if (strcmp(key, "name") == 0) {
		n->name = value;
		return is_interface(value);
	}
	if (strcmp(key, "mtu") == 0) {
		bool good = unum_parse(value, strlen(value), 10, MTU_MAX, &mtu);

		n->mtu = (uint32_t)mtu;
		return good;
	}
	if (strcmp(key, "address") == 0)
		return n->n_addresses < UNIC_ADDRESSES &&
		       parse_address(value, true, &n->addresses[n->n_addresses++]);
	if (strcmp(key, "gateway") == 0)
		return n->n_gateways < UNIC_GATEWAYS &&
		       parse_address(value, false, &n->gateways[n->n_gateways++]);
	skip(c, key);
	return true;
}

int uconf_set_nic(struct uconf *c, const struct uvalue *v, struct utext *why)
{
	struct unic n = {0};
	const char *key = NULL;
	char *value = NULL;

	for (size_t at = 0; next_line(v, &at, &key, &value);)
		if (!key || !nic_line(c, &n, key, value))
			return uconf_bad(why,
					 "nic must have lines mac, name, mtu, address A/PREFIX, gateway A",
					 v->at);
	if (!n.mac[0] && !n.name)
		return uconf_bad(why, "nic has neither mac nor name", v->at);
	if (c->nics.bytes / sizeof(n) >= UCONF_NICS)
		return uconf_bad(why, "more than 16 network interfaces", v->at);
	return append(&c->nics, &n, sizeof(n), why);
}

static bool volume_line(struct uconf *c, struct uvolume *vol, const char *key, char *value)
{
	uint64_t order = 0;

	if (strcmp(key, "serial") == 0 || strcmp(key, "tag") == 0) {
		vol->share = key[0] == 't';
		vol->id = value;
		return *value;
	}
	if (strcmp(key, "path") == 0) {
		vol->path = value;
		return is_path(value);
	}
	if (strcmp(key, "fstype") == 0) {
		vol->fstype = value;
		return *value;
	}
	if (strcmp(key, "layer") == 0) {
		vol->layer = ulayer_parse(value);
		return vol->layer != ULAYER_NONE;
	}
	if (strcmp(key, "order") == 0) {
		bool good = unum_parse(value, strlen(value), 10, DISKS_MAX - 1, &order);

		vol->order = order;
		return good;
	}
	if (strcmp(key, "options") == 0) {
		vol->flags |= ubind_flags(value);
		vol->options = *value ? value : NULL;
		return true;
	}
	if (strcmp(key, "ro") == 0) {
		vol->flags |= MS_RDONLY;
		return true;
	}
	if (strcmp(key, "archive") == 0) {
		vol->archive = true;
		return true;
	}
	skip(c, key);
	return true;
}

int uconf_set_volume(struct uconf *c, const struct uvalue *v, struct utext *why)
{
	struct uvolume vol = {.exact = true, .order = SIZE_MAX, .after = c->binds.bytes / sizeof(struct ubind)};
	const char *key = NULL;
	char *value = NULL;

	for (size_t at = 0; next_line(v, &at, &key, &value);)
		if (!key || !volume_line(c, &vol, key, value))
			return uconf_bad(
				why,
				"volume must have lines serial or tag, path, fstype, options, order, layer, ro, archive",
				v->at);
	if (!vol.id || !vol.path)
		return uconf_bad(why, "volume has no serial or tag, or no path", v->at);
	if (vol.layer != ULAYER_NONE && (vol.share || vol.path[strspn(vol.path, "/")]))
		return uconf_bad(why, "volume is a layer, but no disk with path /", v->at);
	if (vol.archive && !vol.path[strspn(vol.path, "/")])
		return uconf_bad(why, "volume of the archive has path /", v->at);
	return append(&c->volumes, &vol, sizeof(vol), why);
}

static bool bind_line(struct uconf *c, struct ubind *b, const char *key, char *value)
{
	if (strcmp(key, "from") == 0) {
		b->from = value;
		return is_path(value);
	}
	if (strcmp(key, "path") == 0) {
		b->path = value;
		return is_path(value);
	}
	if (strcmp(key, "options") == 0) {
		b->flags |= ubind_flags(value);
		b->options = *value ? value : NULL;
		return true;
	}
	if (strcmp(key, "ro") == 0) {
		b->flags |= MS_RDONLY;
		return true;
	}
	skip(c, key);
	return true;
}

static int set_bind(struct uconf *c, const struct uvalue *v, bool tmpfs, struct utext *why)
{
	struct ubind b = {.fd = -1};
	const char *key = NULL;
	char *value = NULL;

	for (size_t at = 0; next_line(v, &at, &key, &value);)
		if (!key || !bind_line(c, &b, key, value))
			return uconf_bad(why, "bind and tmpfs must have lines from, path, options, ro", v->at);
	if (!b.path || tmpfs == !!b.from)
		return uconf_bad(why, "bind needs from and path, tmpfs needs path and no from", v->at);
	return append(&c->binds, &b, sizeof(b), why);
}

int uconf_set_bind(struct uconf *c, const struct uvalue *v, struct utext *why)
{
	return set_bind(c, v, false, why);
}

int uconf_set_tmpfs(struct uconf *c, const struct uvalue *v, struct utext *why)
{
	return set_bind(c, v, true, why);
}
