/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what an engine set up in a network namespace: links, addresses, default routes, Docker's resolver. */
#include "net/discover.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "common/fd.h"
#include "common/io.h"
#include "common/netlink.h"
#include "net/ns.h"

#define LINKS_MAX 64
#define ADDRESSES_MAX 256
#define PROC_NET_MAX (4u << 20)

struct address {
	uint32_t ifindex;
	uint8_t family, prefix, bytes[16];
	bool secondary;
};
struct gateway {
	bool seen, is_set;
	uint32_t metric;
	uint8_t bytes[16];
};
struct found {
	struct net_link link;
	struct gateway gw[2]; /* IPv4, IPv6 */
};
struct scan {
	struct arena *a;
	struct found links[LINKS_MAX];
	size_t nlinks;
	struct address addresses[ADDRESSES_MAX];
	size_t naddresses;
};

static struct found *by_index(struct scan *s, uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < s->nlinks; i++) {
		if (s->links[i].link.ifindex == ifindex)
			return &s->links[i];
	}
	return NULL;
}

static int on_link(void *arg, const struct nlmsghdr *m, struct err *e)
{
	const struct ifinfomsg *ifi = NLMSG_DATA(m);
	struct scan *s = arg;
	const struct nlattr *mac, *info;
	const char *kind;
	struct net_link *l;

	if (m->nlmsg_type != RTM_NEWLINK || m->nlmsg_len < NLMSG_LENGTH(sizeof(*ifi)) ||
	    ifi->ifi_flags & IFF_LOOPBACK)
		return 0;
	/* Taps are the other side of guests, never a way out. */
	info = nl_msg_find(m, sizeof(*ifi), IFLA_LINKINFO);
	kind = info ? nl_str(nl_find(nl_data(info), nl_len(info), IFLA_INFO_KIND)) : NULL;
	if (streq(kind, "tun"))
		return 0;
	if (s->nlinks == LINKS_MAX)
		return err_set(e, E2BIG, "the network namespace has more than %d interfaces", LINKS_MAX);
	s->links[s->nlinks] = (struct found){0};
	l = &s->links[s->nlinks].link;
	l->ifindex = (uint32_t)ifi->ifi_index;
	l->up = ifi->ifi_flags & IFF_UP;
	l->mtu = nl_u32(nl_msg_find(m, sizeof(*ifi), IFLA_MTU), 0);
	l->name = arena_strdup(s->a, nl_str(nl_msg_find(m, sizeof(*ifi), IFLA_IFNAME)));
	if (!l->name)
		return err_oom(e);
	mac = nl_msg_find(m, sizeof(*ifi), IFLA_ADDRESS);
	if (nl_len(mac) == 6) {
		const uint8_t *p = nl_data(mac);

		l->mac = arena_printf(s->a, "%02x:%02x:%02x:%02x:%02x:%02x", p[0], p[1], p[2], p[3], p[4],
				      p[5]);
		if (!l->mac)
			return err_oom(e);
	}
	s->nlinks++;
	return 0;
}

/* Copies an address attribute of the family's length; false if it is none. */
static bool address_bytes(uint8_t family, const struct nlattr *a, uint8_t ret[16])
{
	size_t n = family == AF_INET ? 4 : 16;

	if (nl_len(a) != n)
		return false;
	memcpy(ret, nl_data(a), n);
	return true;
}

static int on_address(void *arg, const struct nlmsghdr *m, struct err *e)
{
	const struct ifaddrmsg *ifa = NLMSG_DATA(m);
	struct address got = {0};
	struct scan *s = arg;
	const struct nlattr *a;
	uint32_t flags;

	if (m->nlmsg_type != RTM_NEWADDR || m->nlmsg_len < NLMSG_LENGTH(sizeof(*ifa)))
		return 0;
	flags = nl_u32(nl_msg_find(m, sizeof(*ifa), IFA_FLAGS), ifa->ifa_flags);
	if (ifa->ifa_family != AF_INET && ifa->ifa_family != AF_INET6)
		return 0;
	if (ifa->ifa_family == AF_INET6 && (ifa->ifa_scope != RT_SCOPE_UNIVERSE ||
					    flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED)))
		return 0;
	/* On a point-to-point link IFA_ADDRESS is the other side. */
	a = nl_msg_find(m, sizeof(*ifa), IFA_LOCAL);
	if (!a)
		a = nl_msg_find(m, sizeof(*ifa), IFA_ADDRESS);
	got.ifindex = ifa->ifa_index;
	got.family = ifa->ifa_family;
	got.prefix = ifa->ifa_prefixlen;
	got.secondary = ifa->ifa_family == AF_INET && flags & IFA_F_SECONDARY;
	if (!address_bytes(got.family, a, got.bytes))
		return 0;
	if (s->naddresses == ADDRESSES_MAX)
		return err_set(e, E2BIG, "the network namespace has more than %d addresses", ADDRESSES_MAX);
	s->addresses[s->naddresses++] = got;
	return 0;
}

static void default_route(struct scan *s, uint8_t family, uint32_t ifindex, uint32_t metric,
			  const struct nlattr *via)
{
	struct found *f = by_index(s, ifindex);
	struct gateway *g = f ? &f->gw[family == AF_INET6] : NULL;

	if (!g || (g->seen && g->metric <= metric))
		return;
	g->seen = true;
	g->metric = metric;
	g->is_set = address_bytes(family, via, g->bytes);
}

static int on_route(void *arg, const struct nlmsghdr *m, struct err *e)
{
	const struct rtmsg *rt = NLMSG_DATA(m);
	const struct nlattr *multi;
	struct scan *s = arg;
	uint32_t table, metric, oif;

	(void)e;
	if (m->nlmsg_type != RTM_NEWROUTE || m->nlmsg_len < NLMSG_LENGTH(sizeof(*rt)))
		return 0;
	table = nl_u32(nl_msg_find(m, sizeof(*rt), RTA_TABLE), rt->rtm_table);
	if (table != RT_TABLE_MAIN || rt->rtm_dst_len != 0 || rt->rtm_type != RTN_UNICAST)
		return 0;
	metric = nl_u32(nl_msg_find(m, sizeof(*rt), RTA_PRIORITY), 0);
	oif = nl_u32(nl_msg_find(m, sizeof(*rt), RTA_OIF), 0);
	if (oif)
		default_route(s, rt->rtm_family, oif, metric, nl_msg_find(m, sizeof(*rt), RTA_GATEWAY));
	multi = nl_msg_find(m, sizeof(*rt), RTA_MULTIPATH);
	if (multi && nl_len(multi) >= sizeof(struct rtnexthop)) {
		/* Of several equal ways the first. */
		const struct rtnexthop *nh = nl_data(multi);

		if (nh->rtnh_len >= sizeof(*nh) && nh->rtnh_len <= nl_len(multi))
			default_route(s, rt->rtm_family, (uint32_t)nh->rtnh_ifindex, metric,
				      nl_find((const uint8_t *)nh + sizeof(*nh), nh->rtnh_len - sizeof(*nh),
					      RTA_GATEWAY));
	}
	return 0;
}

static int dump(int rt, uint16_t type, const void *head, size_t n, nl_fn fn, struct scan *s, const char *what,
		struct err *e)
{
	struct nl_batch b = {0};

	nl_begin(&b, type, NLM_F_DUMP, head, n);
	return nl_dump(rt, &b, fn, s, what, e);
}

/* 1: the namespace changed while we looked. */
static int look(int rt, struct scan *s, struct err *e)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	struct ifinfomsg ifi = {0};
	int r, torn;
	size_t i;

	s->nlinks = s->naddresses = 0;
	torn = dump(rt, RTM_GETLINK, &ifi, sizeof(ifi), on_link, s, "listing interfaces", e);
	/* Where nothing but a loopback is, nothing has an address that counts. */
	for (i = 0; i < 2 && torn >= 0 && s->nlinks > 0; i++) {
		struct ifaddrmsg ifa = {.ifa_family = families[i]};
		struct rtmsg rtm = {.rtm_family = families[i]};

		r = dump(rt, RTM_GETADDR, &ifa, sizeof(ifa), on_address, s, "listing addresses", e);
		if (r >= 0)
			torn |= r, r = dump(rt, RTM_GETROUTE, &rtm, sizeof(rtm), on_route, s,
					    "listing routes", e);
		/* A kernel without IPv6 has nothing to say about it. */
		if (r == -EOPNOTSUPP && families[i] == AF_INET6)
			r = 0;
		torn = r < 0 ? r : torn | r;
	}
	return torn;
}

static bool covers(const struct address *ad, const uint8_t *other)
{
	uint8_t n = ad->prefix, whole = n / 8, rest = n % 8;

	if (memcmp(ad->bytes, other, whole) != 0)
		return false;
	return rest == 0 || ((ad->bytes[whole] ^ other[whole]) & (uint8_t)(0xff << (8 - rest))) == 0;
}

static const char *text_of(struct arena *a, uint8_t family, const uint8_t *bytes, int prefix)
{
	char buf[INET6_ADDRSTRLEN];

	if (!inet_ntop(family, bytes, buf, sizeof(buf)))
		return NULL;
	return prefix < 0 ? arena_strdup(a, buf) : arena_printf(a, "%s/%d", buf, prefix);
}

static int add_family(struct scan *s, struct found *f, uint8_t family, struct err *e)
{
	struct net_link *l = &f->link;
	const struct gateway *g = &f->gw[family == AF_INET6];
	struct strv texts = STRV(s->a);
	bool reached = false;
	const char *via;
	size_t i;
	int pass, r;

	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < s->naddresses; i++) {
			const struct address *ad = &s->addresses[i];

			if (ad->ifindex != l->ifindex || ad->family != family || ad->secondary != (pass == 1))
				continue;
			strv_add(&texts, text_of(s->a, family, ad->bytes, ad->prefix));
			reached |= g->is_set && covers(ad, g->bytes);
		}
	}
	r = strv_done(&texts, family == AF_INET ? &l->addresses : &l->addresses6, e);
	if (r < 0)
		return r;
	l->has_default |= g->seen;
	if (!g->is_set)
		return 0;
	via = text_of(s->a, family, g->bytes, -1);
	if (!via)
		return err_oom(e);
	if (family == AF_INET) {
		l->gateway = via;
		l->onlink = !reached;
	} else {
		/* Every link reaches link-local addresses. */
		l->gateway6 = via;
		l->onlink6 = !reached && !(g->bytes[0] == 0xfe && (g->bytes[1] & 0xc0) == 0x80);
	}
	return 0;
}

static uint32_t metric_of(const struct found *f)
{
	return f->gw[0].seen ? f->gw[0].metric : f->gw[1].seen ? f->gw[1].metric : UINT32_MAX;
}

/* The link with the best default route first, IPv4's before one that has only IPv6's. */
static int collect(struct scan *s, struct net_facts *ret, struct err *e)
{
	size_t i, n = 0, best = 0;
	struct net_link *v = arena_array(s->a, s->nlinks + 1, sizeof(*v)), first;
	const struct found *chosen = NULL;

	if (!v)
		return err_oom(e);
	for (i = 0; i < s->nlinks; i++) {
		struct found *f = &s->links[i];
		int r = add_family(s, f, AF_INET, e);

		if (r == 0)
			r = add_family(s, f, AF_INET6, e);
		if (r < 0)
			return r;
		if (f->link.addresses.n + f->link.addresses6.n == 0)
			continue;
		if (f->link.has_default &&
		    (!chosen || f->gw[0].seen > chosen->gw[0].seen ||
		     (f->gw[0].seen == chosen->gw[0].seen && metric_of(f) < metric_of(chosen)))) {
			chosen = f;
			best = n;
		}
		v[n++] = f->link;
	}
	first = v[best];
	memmove(v + 1, v, best * sizeof(*v));
	v[0] = first;
	ret->links.v = v;
	ret->links.n = n;
	return 0;
}

/* --- Docker's resolver --- */

static bool hex(const char *s, size_t n, uint32_t *ret)
{
	uint32_t v = 0;

	for (; n; n--, s++) {
		int d = *s >= '0' && *s <= '9' ? *s - '0' : *s >= 'A' && *s <= 'F' ? *s - 'A' + 10 : -1;

		if (d < 0)
			return false;
		v = v << 4 | (uint32_t)d;
	}
	*ret = v;
	return true;
}

uint32_t net_resolver_port(const char *text, const char *state)
{
	/* "  12: 0B00007F:9C40 00000000:0000 07 ...": addresses as the machine holds network order. */
	uint32_t wanted = htonl(0x7f00000b), address, port;
	const char *line;

	for (line = text; line && *line; line = strchr(line, '\n')) {
		const char *p;

		line += *line == '\n';
		p = line + strspn(line, " ");
		p += strspn(p, "0123456789");
		if (strncmp(p, ": ", 2) != 0 || !hex(p + 2, 8, &address) || p[10] != ':' ||
		    !hex(p + 11, 4, &port) || address != wanted)
			continue;
		if (strnlen(p, 32) == 32 && p[15] == ' ' && p[29] == ' ' && strncmp(p + 30, state, 2) == 0)
			return port;
	}
	return 0;
}

static uint32_t resolver(const char *path, const char *state, struct arena *a)
{
	struct bytes text;

	/* A table too large to read is a host's, which has no such resolver. */
	if (file_read(AT_FDCWD, path, PROC_NET_MAX, a, &text, NULL) < 0)
		return 0;
	return net_resolver_port(text.p, state);
}

int net_discover(int netns_fd, struct arena *a, struct net_facts *ret, struct err *e)
{
	struct net_facts facts = {0};
	_cleanup_fd_ int rt = -1;
	_cleanup_ns_ int home = -1;
	struct scan *s = arena_alloc(a, sizeof(*s));
	int r, tries;

	if (!s)
		return err_oom(e);
	s->a = a;
	r = netns_enter(netns_fd, &home, e);
	if (r == 0)
		r = nl_open(NETLINK_ROUTE, &rt, e);
	if (r < 0)
		return r;
	for (tries = 0, r = 1; tries < 8 && r == 1; tries++)
		r = look(rt, s, e);
	if (r == 1)
		return err_set(e, EAGAIN, "the network namespace keeps changing while it is read");
	if (r == 0)
		r = collect(s, &facts, e);
	if (r < 0)
		return r;
	*ret = facts;
	return 0;
}

int net_find_resolver(int netns_fd, struct arena *a, struct net_facts *facts, struct err *e)
{
	_cleanup_ns_ int home = -1;
	int r = netns_enter(netns_fd, &home, e);

	if (r < 0)
		return r;
	facts->resolver_udp = resolver("/proc/thread-self/net/udp", "07", a);
	facts->resolver_tcp = resolver("/proc/thread-self/net/tcp", "0A", a);
	return 0;
}
