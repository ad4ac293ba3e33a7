/* SPDX-License-Identifier: Apache-2.0 */
/* resolv.conf, as resolv.conf(5) describes it and libc reads it: whatever is no server or domain is passed over. */
#include <string.h>

#include "plan/internal.h"

#define SERVERS_MAX 3
#define SEARCH_MAX 32
#define DOMAIN_MAX_BYTES 253
#define WORD_MAX_BYTES 255

/* "10.0.0.1", four numbers and nothing else. */
static bool is_ipv4(const char *s)
{
	for (int i = 0; i < 4; i++) {
		unsigned n = 0, digits = 0;

		for (; *s >= '0' && *s <= '9' && digits < 4; s++, digits++)
			n = n * 10 + (unsigned)(*s - '0');
		if (digits == 0 || digits > 3 || n > 255 || *s != (i < 3 ? '.' : '\0'))
			return false;
		s += i < 3;
	}
	return true;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Groups of up to four hex digits, eight of them or fewer around one "::"; the last two may be an IPv4 address. A zone
 * ("%eth0") speaks of the host's interfaces, so an address with one is none for the guest. */
static bool is_ipv6(const char *s)
{
	bool gap = s[0] == ':' && s[1] == ':';
	int groups = 0;

	if (gap)
		s += 2;
	else if (s[0] == ':')
		return false;
	while (*s != '\0') {
		size_t n = 0;

		if (strchr(s, ':') == NULL && is_ipv4(s)) {
			groups += 2;
			break;
		}
		while (is_hex(s[n]))
			n++;
		if (n == 0 || n > 4 || ++groups > 8)
			return false;
		s += n;
		if (*s == '\0')
			break;
		if (*s++ != ':')
			return false;
		if (*s == ':') {
			if (gap)
				return false;
			gap = true;
			s++;
		} else if (*s == '\0') {
			return false;
		}
	}
	return gap ? groups < 8 : groups == 8;
}

static bool is_domain(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') ||
		      (s[i] >= '0' && s[i] <= '9') || s[i] == '.' || s[i] == '-' || s[i] == '_'))
			return false;
	return n > 0 && n <= DOMAIN_MAX_BYTES;
}

/* What is left of one line. */
struct line {
	const char *p, *end;
};

/* The next word into buf; false at the end. One that is too long becomes "", which nothing takes. */
static bool next_word(struct line *l, char buf[WORD_MAX_BYTES + 1])
{
	const char *start;
	size_t n;

	while (l->p < l->end && (*l->p == ' ' || *l->p == '\t' || *l->p == '\r'))
		l->p++;
	start = l->p;
	while (l->p < l->end && *l->p != ' ' && *l->p != '\t' && *l->p != '\r')
		l->p++;
	n = (size_t)(l->p - start);
	memcpy(buf, start, n <= WORD_MAX_BYTES ? n : 0);
	buf[n <= WORD_MAX_BYTES ? n : 0] = '\0';
	return n > 0;
}

struct reading {
	struct strv servers, search;
};

static void read_line(struct reading *rd, struct line l)
{
	char word[WORD_MAX_BYTES + 1];
	bool domain;

	if (l.p == l.end || *l.p == '#' || *l.p == ';' || !next_word(&l, word))
		return;
	if (streq(word, "nameserver")) {
		if (next_word(&l, word) && (is_ipv4(word) || is_ipv6(word)) && rd->servers.n < SERVERS_MAX)
			strv_add(&rd->servers, word);
		return;
	}
	domain = streq(word, "domain");
	if (!domain && !streq(word, "search"))
		return;
	rd->search.n = 0; /* the last such line counts */
	while (next_word(&l, word) && rd->search.n < SEARCH_MAX) {
		if (is_domain(word))
			strv_add(&rd->search, word);
		if (domain)
			break;
	}
}

int resolv_parse(struct bytes text, struct arena *a, struct strs *ret_servers, struct strs *ret_search,
		 struct err *e)
{
	struct reading rd = {STRV(a), STRV(a)};
	const char *p = text.p, *end = p + text.n;
	struct strs servers, search;
	int r;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *stop = nl != NULL ? nl : end;

		read_line(&rd, (struct line){p, stop});
		p = nl != NULL ? nl + 1 : end;
	}
	if ((r = strv_done(&rd.servers, &servers, e)) < 0 || (r = strv_done(&rd.search, &search, e)) < 0)
		return r;
	*ret_servers = servers;
	*ret_search = search;
	return 0;
}
