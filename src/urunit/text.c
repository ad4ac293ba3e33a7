/* SPDX-License-Identifier: Apache-2.0 */
/* One-line texts, numbers and lists without stdio and without malloc. */
#include "urunit/text.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

void utext_addn(struct utext *t, const char *s, size_t n)
{
	for (size_t i = 0; i < n && t->n < sizeof(t->s) - 1; i++) {
		unsigned char c = (unsigned char)s[i];

		t->s[t->n++] = (c < 0x20 || c == 0x7f) ? '?' : (char)c;
	}
	t->s[t->n] = '\0';
}

void utext_add(struct utext *t, const char *s)
{
	utext_addn(t, s, strlen(s));
}

void utext_num(struct utext *t, uint64_t v)
{
	char buf[20];
	size_t i = sizeof(buf);

	do
		buf[--i] = (char)('0' + v % 10);
	while (v /= 10);
	utext_addn(t, buf + i, sizeof(buf) - i);
}

void utext_errno(struct utext *t, int code)
{
	utext_add(t, ": ");
	utext_add(t, strerror(code));
}

int utext_fail(struct utext *t, int code, const char *a, const char *b, const char *c, const char *d)
{
	const char *const part[] = {a, b, c, d};

	*t = (struct utext){0};
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]) && part[i]; i++)
		utext_add(t, part[i]);
	return -code;
}

void usay(const char *text)
{
	struct iovec v[] = {
		{(void *)"urunit: ", 8},
		{(void *)text, strlen(text)},
		{(void *)"\n", 1},
	};
	/* There is nobody to tell when the console itself fails. */
	ssize_t r = writev(2, v, 3);

	(void)r;
}

void usay_about(const char *a, const char *b, int code)
{
	struct utext t = {0};

	utext_add(&t, a);
	utext_add(&t, b);
	if (code)
		utext_errno(&t, code);
	usay(t.s);
}

bool unum_parse(const char *s, size_t n, unsigned base, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (n == 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned digit = (unsigned)(unsigned char)s[i] - '0';

		if (digit >= base || __builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, digit, &v))
			return false;
	}
	if (v > max)
		return false;
	*ret = v;
	return true;
}

void *umem_map(size_t n)
{
	void *p = mmap(NULL, n ? n : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		       -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

int uvec_add(struct uvec *v, const void *item, size_t n)
{
	/* One spare item at the end keeps the zero terminator of pointer lists. */
	if (v->bytes + 2 * n > v->cap) {
		size_t cap = v->cap ? v->cap * 2 : 4096;
		void *p = v->p ? mremap(v->p, v->cap, cap, MREMAP_MAYMOVE) : umem_map(cap);

		if (!p || p == MAP_FAILED)
			return -ENOMEM;
		v->p = p;
		v->cap = cap;
	}
	memcpy((char *)v->p + v->bytes, item, n);
	v->bytes += n;
	return 0;
}
