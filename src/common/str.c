/* SPDX-License-Identifier: Apache-2.0 */
/* Growing strings and lists in an arena. */
#include "common/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/utf8.h"

/* Makes room for n more bytes and the final NUL. A buffer without an arena has a fixed size. */
static bool reserve(struct strbuf *b, size_t n)
{
	size_t need, cap;
	char *p;

	if (b->oom)
		return false;
	if (__builtin_add_overflow(b->len, n, &need) || __builtin_add_overflow(need, 1, &need)) {
		b->oom = true;
		return false;
	}
	if (need <= b->cap)
		return true;
	cap = b->cap ? b->cap * 2 : 256;
	if (cap < need)
		cap = need;
	p = b->a ? arena_alloc(b->a, cap) : NULL;
	if (!p) {
		b->oom = true;
		return false;
	}
	if (b->len)
		memcpy(p, b->p, b->len);
	b->p = p;
	b->cap = cap;
	return true;
}

void sb_addn(struct strbuf *b, const void *p, size_t n)
{
	if (!reserve(b, n))
		return;
	if (n)
		memcpy(b->p + b->len, p, n);
	b->len += n;
	b->p[b->len] = '\0';
}

void sb_add(struct strbuf *b, const char *s)
{
	sb_addn(b, s, strlen(s));
}

void sb_addc(struct strbuf *b, char c)
{
	sb_addn(b, &c, 1);
}

void sb_addf(struct strbuf *b, const char *fmt, ...)
{
	char small[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->oom = true;
		return;
	}
	if ((size_t)n < sizeof(small)) {
		sb_addn(b, small, (size_t)n);
		return;
	}
	if (!reserve(b, (size_t)n))
		return;
	va_start(ap, fmt);
	vsnprintf(b->p + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

static void add_u_escape(struct strbuf *b, unsigned c)
{
	static const char hex[] = "0123456789abcdef";
	char s[6] = {'\\', 'u', '0', '0', hex[c >> 4 & 15], hex[c & 15]};

	sb_addn(b, s, sizeof(s));
}

static void add_ascii(struct strbuf *b, unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *at = c ? strchr(from, c) : NULL;

	if (at) {
		sb_addc(b, '\\');
		sb_addc(b, to[at - from]);
	} else {
		add_u_escape(b, c);
	}
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void sb_json_str(struct strbuf *b, const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t i = 0;

	sb_addc(b, '"');
	while (i < n) {
		size_t start = i, len;

		while (i < n && is_plain(u[i]))
			i++;
		sb_addn(b, s + start, i - start);
		if (i == n)
			break;
		if (u[i] < 0x80) {
			add_ascii(b, u[i++]);
			continue;
		}
		len = utf8_seq(s + i, n - i);
		if (!len) {
			sb_addn(b, "\xef\xbf\xbd", 3);
			i++;
			continue;
		}
		/* C1 controls move cursors on some terminals: never raw in a log. */
		if (len == 2 && u[i] == 0xc2 && u[i + 1] < 0xa0)
			add_u_escape(b, u[i + 1]);
		else
			sb_addn(b, s + i, len);
		i += len;
	}
	sb_addc(b, '"');
}

int sb_done(struct strbuf *b, const char **ret, struct err *e)
{
	if (b->oom)
		return err_oom(e);
	*ret = b->p ? b->p : "";
	return 0;
}

static bool list_room(struct strv *l)
{
	const char **v;

	if (l->oom)
		return false;
	if (l->n + 1 < l->cap)
		return true;
	v = arena_room(l->a, l->v, l->cap, &l->cap, 16, sizeof(*v));
	if (v)
		l->v = v;
	l->oom = !v;
	return v;
}

/* Takes a string that already lives in the arena. */
static void list_put(struct strv *l, const char *s)
{
	if (!s)
		l->oom = true;
	else if (list_room(l))
		l->v[l->n++] = s;
}

void strv_add(struct strv *l, const char *s)
{
	list_put(l, arena_strdup(l->a, s));
}

void strv_addf(struct strv *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	list_put(l, arena_vprintf(l->a, fmt, ap));
	va_end(ap);
}

int strv_done(struct strv *l, struct strs *ret, struct err *e)
{
	if (!list_room(l))
		return err_oom(e);
	l->v[l->n] = NULL;
	ret->v = l->v;
	ret->n = l->n;
	return 0;
}

bool streq(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return strcmp(a, b) == 0;
}

bool str_starts(const char *s, const char *prefix)
{
	return s && strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n, m = strlen(suffix);

	if (!s)
		return false;
	n = strlen(s);
	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

bool str_u64(const char *s, uint64_t min, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (!s || !*s)
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return false;
		if (__builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return false;
	}
	if (v < min || v > max)
		return false;
	*ret = v;
	return true;
}

const char *env_get(const struct strs *env, const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->v[i], key, n) == 0 && env->v[i][n] == '=')
			return env->v[i] + n + 1;
	return NULL;
}
