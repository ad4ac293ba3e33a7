/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the container's network interfaces the guest takes over, and where it asks for names. */
#include <errno.h>
#include <string.h>

#include "plan/internal.h"

size_t solo5_nets(const struct solo5_abi *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->devices.n; i++)
		n += s->devices.v[i].kind == SOLO5_NET;
	return n;
}

size_t plan_max_nics(const struct guest_ops *g, const struct monitor_ops *m)
{
	size_t n = g != NULL ? g->max_nics : 0;

	return m != NULL && m->caps & MON_TAP_FD && n > NICS_BY_FD_MAX ? NICS_BY_FD_MAX : n;
}

static size_t most_nics(const struct launch_plan *p)
{
	size_t n = plan_max_nics(guest_find(p->guest), monitor_find(p->monitor));

	if (p->net_mode == NET_STATIC && n > 1)
		n = 1;
	if (p->vm.solo5.target != SOLO5_NONE && n > solo5_nets(&p->vm.solo5))
		n = solo5_nets(&p->vm.solo5);
	return n;
}

static const char *unusable(const struct net_link *l)
{
	if (l->mac == NULL)
		return "it has no MAC address (a tunnel?), so no guest can take its place";
	return l->up ? NULL : "it is down";
}

int plan_links(const struct launch_plan *p, const struct net_facts *f, struct arena *a,
	       struct plan_links *ret, struct strs *ret_warnings, struct err *e)
{
	struct plan_links l = {arena_array(a, f->links.n, sizeof(*l.v)), 0};
	struct strv warnings = STRV(a);
	size_t most = most_nics(p);

	if (l.v == NULL)
		return err_oom(e);
	for (size_t i = 0; i < f->links.n && most > 0; i++) {
		const struct net_link *link = &f->links.v[i];
		const char *why = unusable(link);

		if (why != NULL && i == 0)
			return err_set(e, ENODEV, "network interface '%s' cannot be given to the guest: %s",
				       link->name, why);
		if (why == NULL && l.n == most)
			why = "it can have no more";
		if (why == NULL)
			l.v[l.n++] = link;
		else
			strv_addf(&warnings, "network interface '%s' is not given to guest '%s': %s",
				  link->name, p->guest, why);
	}
	*ret = l;
	return strv_done(&warnings, ret_warnings, e);
}

/* --- names --- */

static size_t line_end(const char *s, size_t n)
{
	const char *nl = memchr(s, '\n', n);

	return nl != NULL ? (size_t)(nl - s) : n;
}

static size_t skip(const char *s, size_t n, size_t at, bool blanks)
{
	while (at < n && (s[at] == ' ' || s[at] == '\t' || s[at] == '\r') == blanks)
		at++;
	return at;
}

/* Where the address stands in a line "nameserver ADDRESS", when it is this one. */
static bool names_server(const char *s, size_t n, const char *address, size_t *ret_at)
{
	static const char word[] = "nameserver";
	size_t at = skip(s, n, 0, true), end;

	if (n - at < sizeof(word) - 1 || memcmp(s + at, word, sizeof(word) - 1) != 0)
		return false;
	at += sizeof(word) - 1;
	end = skip(s, n, at, true);
	if (end == at)
		return false;
	at = end;
	end = skip(s, n, at, false);
	*ret_at = at;
	return end - at == strlen(address) && memcmp(s + at, address, end - at) == 0;
}

bool plan_wants_resolver(const struct start_facts *now)
{
	for (size_t k = 0; k < now->files.n; k++) {
		const struct guest_file *f = &now->files.v[k];
		const char *s = f->data.p;

		if (!streq(f->path, RESOLV_PATH))
			continue;
		for (size_t i = 0, n, at; i < f->data.n; i += n + 1) {
			n = line_end(s + i, f->data.n - i);
			if (names_server(s + i, n, DOCKER_RESOLVER, &at))
				return true;
		}
	}
	return false;
}

int resolv_redirect(struct bytes text, const char *from, const char *to, struct arena *a, struct bytes *ret,
		    struct err *e)
{
	struct strbuf b = STRBUF(a);
	const char *s = text.p;

	for (size_t i = 0, n, at; i < text.n; i += n) {
		n = line_end(s + i, text.n - i);
		if (names_server(s + i, n, from, &at)) {
			sb_addn(&b, s + i, at);
			sb_add(&b, to);
			at += strlen(from);
			sb_addn(&b, s + i + at, n - at);
		} else {
			sb_addn(&b, s + i, n);
		}
		if (i + n < text.n) {
			sb_addc(&b, '\n');
			n++;
		}
	}
	if (b.oom)
		return err_oom(e);
	*ret = (struct bytes){b.p != NULL ? b.p : "", b.len};
	return 0;
}
