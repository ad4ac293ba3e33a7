/* SPDX-License-Identifier: Apache-2.0 */
/* URIs of log destinations. */
#include "shim/uri.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/fd.h"
#include "common/path.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* n bytes of s without their escapes; NULL when one is broken, hides a NUL, or memory is gone. */
static const char *decode(const char *s, size_t n, bool plus_is_blank, struct arena *a)
{
	char *out = arena_alloc(a, n + 1);
	size_t to = 0;

	for (size_t i = 0; out && i < n; i++) {
		char c = s[i];

		if (c == '%') {
			int high = i + 2 < n ? hex(s[i + 1]) : -1;
			int low = high >= 0 ? hex(s[i + 2]) : -1;

			if (low < 0 || (high == 0 && low == 0))
				return NULL;
			c = (char)(high * 16 + low);
			i += 2;
		} else if (c == '+' && plus_is_blank) {
			c = ' ';
		}
		out[to++] = c;
	}
	return out;
}

static bool has_key(const struct strv *v, const char *key)
{
	for (size_t i = 0; i + 1 < v->n; i += 2)
		if (streq(v->v[i], key))
			return true;
	return false;
}

static int parse_query(const char *s, struct arena *a, struct strs *ret, struct err *e)
{
	struct strv v = STRV(a);

	while (*s) {
		size_t n = strcspn(s, "&"), key_n = strcspn(s, "=&");
		const char *key = decode(s, key_n, true, a), *value;

		value = key_n < n ? decode(s + key_n + 1, n - key_n - 1, true, a) : "";
		if (!key || !value)
			return err_set(e, EINVAL, "the log destination has a broken escape in its query");
		if (n > 0 && !has_key(&v, key)) {
			strv_add(&v, key);
			strv_add(&v, value);
		}
		s += n;
		s += *s == '&';
	}
	return strv_done(&v, ret, e);
}

static const struct {
	const char *scheme;
	enum uri_kind kind;
} schemes[] = {
	{"fifo", URI_FIFO},
	{"file", URI_FILE},
	{"binary", URI_BINARY},
	{"binary-v2", URI_BINARY_V2},
};

int uri_parse(const char *text, struct arena *a, struct uri *ret, struct err *e)
{
	const char *rest = strstr(text, "://");
	struct uri u = {.path = text};
	size_t n, i;

	if (*text == '/' || !*text) {
		*ret = u;
		return 0;
	}
	if (!rest)
		return err_set(e, EINVAL, "'%s' is neither an absolute path nor a URI", text);
	n = (size_t)(rest - text);
	rest += 3;
	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strlen(schemes[i].scheme) == n && memcmp(schemes[i].scheme, text, n) == 0)
			break;
	if (i == sizeof(schemes) / sizeof(schemes[0]))
		return err_set(e, EINVAL,
			       "unknown scheme of the log destination '%s': fifo, file, binary and "
			       "binary-v2 are known",
			       text);
	u.kind = schemes[i].kind;
	n = strcspn(rest, "?");
	u.path = decode(rest, n, false, a);
	if (!u.path || *u.path != '/')
		return err_set(e, EINVAL, "the log destination '%s' must name an absolute path", text);
	if (rest[n] == '?') {
		int r = parse_query(rest + n + 1, a, &u.query, e);

		if (r < 0)
			return r;
	}
	*ret = u;
	return 0;
}

int uri_open_log(const char *path, int *ret_fd, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char dir[4096];
	int fd, r;

	if (slash != path) {
		if ((size_t)(slash - path) >= sizeof(dir))
			return err_set(e, ENAMETOOLONG, "the path of log file '%.64s…' is too long", path);
		memcpy(dir, path, (size_t)(slash - path));
		dir[slash - path] = '\0';
		r = path_mkdirs(dir, 0755, e);
		if (r < 0)
			return r;
	}
	/* A fifo that nobody reads would be waited for. */
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
	if (fd < 0)
		return err_sys(e, "cannot open log file '%s'", path);
	if (fcntl(fd, F_SETFL, O_APPEND) < 0) {
		r = err_sys(e, "cannot prepare log file '%s'", path);
		fd_close(&fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}
