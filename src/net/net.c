/* SPDX-License-Identifier: Apache-2.0 */
/* A guest's way into the container's network namespace and out of it again. */
#include "net/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/fd.h"
#include "common/netlink.h"
#include "net/nft.h"
#include "net/ns.h"
#include "net/parts.h"
#include "net/plain.h"
#include "net/pod.h"

#define RESOLVER "169.254.77.53"

int net_note(const struct attachment *at, struct err *e, const char *fmt, ...)
{
	char line[NET_LINE_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (str_starts(line, "static "))
		memcpy(at->noted, line, sizeof(line));
	return !at->w->journal ? 0 : at->w->journal(at->w->journal_arg, line, e);
}

static int check(const struct net_wish *w, struct err *e)
{
	const struct net_link *l = w->link;

	if (!l->mac)
		return err_set(e, EINVAL, "interface '%s' has no MAC address, so no guest can take its place",
			       l->name);
	if (!l->up)
		return err_set(e, ENETDOWN, "interface '%s' has addresses but is down", l->name);
	if (w->mode == NET_STATIC && l->addresses.n == 0)
		return err_set(e, EADDRNOTAVAIL,
			       "interface '%s' has no IPv4 address, which the static network needs", l->name);
	return 0;
}

static int make_tap(struct attachment *at, struct err *e)
{
	int r, tries;

	/* Names are unique under our lock; others may take one all the same. */
	for (tries = 0, r = -EBUSY; r == -EBUSY && tries < 16; tries++) {
		r = tap_free_name(at->rt, &at->tap_number, at->tap, e);
		if (r == 0)
			r = tap_make(at->netns, at->tap, &at->fd, e);
	}
	if (r == 0)
		r = link_index(at->rt, at->tap, &at->tap_index, NULL, e);
	/* Until it is made persistent it goes with us. Names come again, numbers do not: both say whose it is. */
	return r < 0 ? r : net_note(at, e, "tap %s %u", at->tap, at->tap_index);
}

/* "10.0.0.2/24" -> network order; 0 when there is none. */
static uint32_t first_ip(const struct net_link *l)
{
	struct in_addr in = {0};
	char text[INET_ADDRSTRLEN + 4] = "";
	char *slash;

	if (l->addresses.n == 0)
		return 0;
	strncpy(text, l->addresses.v[0], sizeof(text) - 1);
	slash = strchr(text, '/');
	if (slash)
		*slash = '\0';
	return inet_pton(AF_INET, text, &in) == 1 ? in.s_addr : 0;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "02:42:ac:11:00:02" as net_discover writes it. */
static int parse_mac(const char *text, uint8_t mac[6], struct err *e)
{
	size_t i;

	for (i = 0; i < 6; i++) {
		const char *p = text + 3 * i;

		if (strlen(text) != 17 || hex_digit(p[0]) < 0 || hex_digit(p[1]) < 0 || (i < 5 && p[2] != ':'))
			return err_set(e, EINVAL, "'%.40s' is not a MAC address", text);
		mac[i] = (uint8_t)(hex_digit(p[0]) << 4 | hex_digit(p[1]));
	}
	return 0;
}

static int join_switch(const struct attachment *at, struct pod *pod, struct net_guest *g, struct err *e)
{
	struct pod_slot slot = {.tap = at->tap_index,
				.link = at->w->link->ifindex,
				.ip = first_ip(at->w->link),
				.local = !at->w->also};
	int r = parse_mac(at->w->link->mac, (uint8_t *)slot.mac, e);

	if (r == 0)
		r = pod_make(pod, e);
	if (r == 0)
		r = pod_set_resolver(pod, at->w->resolver_udp, at->w->resolver_tcp, e);
	if (r == 0)
		r = pod_join(pod, &slot, &g->number, e);
	if (r == 0 && (at->w->resolver_udp || at->w->resolver_tcp))
		g->resolver = RESOLVER;
	return r;
}

/* Not allowed, not there, or not as this kernel's verifier wants it. */
static bool no_bpf(int r)
{
	return r == -EPERM || r == -EACCES || r == -ENOSYS || r == -EINVAL || r == -EOPNOTSUPP;
}

static int switched(const struct attachment *at, struct pod *pod, struct net_guest *g, struct err *e)
{
	struct err why = {0};
	int r = join_switch(at, pod, g, &why);

	if (r < 0 && no_bpf(r) && pod_guests(pod) == 0 && !at->w->also) {
		g->number = 0;
		g->resolver = NULL;
		r = pod_unmake(pod, e);
		if (r == 0)
			r = tc_list(at->rt, &pod->queues, e);
		if (r == 0)
			r = plain_join(at->rt, &pod->queues, at->tap_index, at->w->link->ifindex, e);
		g->warning = arena_printf(at->a,
					  "the guest alone receives what comes in by '%s', other processes and guests "
					  "of the same network namespace cannot: %s",
					  at->w->link->name, why.msg);
		if (r == 0 && !g->warning)
			r = err_oom(e);
	} else if (r < 0 && e) {
		*e = why;
	}
	return r < 0 ? r : tap_up(at->rt, at->tap_index, at->w->link->mtu, 0, e);
}

static int tell(const struct attachment *at, struct net_guest *g, struct err *e)
{
	const struct net_link *l = at->w->link;

	memcpy(g->tap, at->tap, sizeof(g->tap));
	g->nic.fd = -1;
	if (!at->w->by_fd) {
		g->nic.tap = arena_strdup(at->a, at->tap);
		if (!g->nic.tap)
			return err_oom(e);
	}
	g->nic.mac = l->mac;
	g->nic.mtu = l->mtu;
	if (at->w->mode == NET_STATIC)
		return 0;
	g->nic.address = l->addresses.n ? l->addresses.v[0] : NULL;
	g->nic.address6 = l->addresses6.n ? l->addresses6.v[0] : NULL;
	g->nic.gateway = l->gateway;
	g->nic.gateway6 = l->gateway6;
	return 0;
}

/* With the namespace locked. */
static int attach(struct attachment *at, struct net_guest *g, struct err *e)
{
	_cleanup_pod_ struct pod pod = {.maps = {-1, -1, -1, -1, -1, -1}};
	int r = pod_open(at->rt, &pod, e);

	if (r == 0)
		r = pod_prune(&pod, e);
	if (r == 0)
		r = make_tap(at, e);
	if (r == 0)
		r = tell(at, g, e);
	if (r == 0)
		r = at->w->mode == NET_STATIC ? static_join(at, g, e) : switched(at, &pod, g, e);
	if (r == 0 && !at->w->by_fd)
		r = tap_keep(at->fd, at->w->uid, at->w->gid, e);
	return r;
}

/* "NAME IFINDEX": removed only if it is still the same one. */
static int undo_tap(int rt, const char *args, struct err *e)
{
	const char *blank = strchr(args, ' ');
	char name[IFNAMSIZ] = "";
	uint32_t ifindex = 0;
	bool is_tap = false;
	uint64_t wanted;
	int r;

	if (!blank || (size_t)(blank - args) >= sizeof(name) || !str_starts(args, TAP_PREFIX) ||
	    !str_u64(blank + 1, 1, INT32_MAX, &wanted))
		return err_set(e, EINVAL, "journal: 'tap %.100s' is not the name and the number of a tap",
			       args);
	memcpy(name, args, (size_t)(blank - args));
	r = link_index(rt, name, &ifindex, &is_tap, e);
	return r < 0 || !is_tap || ifindex != wanted ? r : link_remove(rt, ifindex, e);
}

/* One line of the journal; others' words are not ours to judge. */
static int undo(int netns, int rt, const char *line, struct err *e)
{
	if (str_starts(line, "static "))
		return static_leave(netns, rt, line + 7, e);
	if (str_starts(line, "tap "))
		return undo_tap(rt, line + 4, e);
	return 0;
}

/* Takes back what no guest needs any more. */
static int sweep(int rt, struct err *e)
{
	_cleanup_pod_ struct pod pod = {.maps = {-1, -1, -1, -1, -1, -1}};
	bool other = false;
	int r = pod_open_any(rt, &pod, &other, e);

	if (r == 0)
		r = pod_prune(&pod, e);
	if (r == 0)
		r = other ? pod_unmake_other(&pod, e) : pod_unmake(&pod, e);
	return r < 0 ? r : plain_unmake(rt, &pod.queues, e);
}

static int undo_all(int netns, int rt, const struct strs *lines, struct err *e)
{
	int first = 0, r;
	size_t i;

	for (i = lines->n; i > 0; i--) {
		r = undo(netns, rt, lines->v[i - 1], first ? NULL : e);
		first = first ? first : r;
	}
	r = sweep(rt, first ? NULL : e);
	return first ? first : r;
}

/* Everything that attach() may have left when it failed, by the same way that a crash would be cleaned up. */
static void take_back(struct attachment *at)
{
	char tap[64];
	const char *v[] = {tap, at->noted};
	struct strs lines = {v, at->noted[0] ? 2 : 1};

	fd_close(&at->fd);
	if (!at->tap_index)
		return;
	snprintf(tap, sizeof(tap), "tap %s %u", at->tap, at->tap_index);
	(void)!undo_all(at->netns, at->rt, &lines, NULL);
}

int net_attach(int netns_fd, const struct net_wish *w, struct arena *a, struct net_guest *ret, struct err *e)
{
	char noted[NET_LINE_BYTES] = "";
	struct attachment at = {.netns = netns_fd, .rt = -1, .w = w, .a = a, .fd = -1, .noted = noted};
	_cleanup_fd_ int lock = -1, rt = -1;
	struct net_guest g = {0};
	int r = check(w, e);

	if (r == 0)
		r = netns_lock(netns_fd, &lock, e);
	if (r == 0)
		r = netns_netlink(netns_fd, NETLINK_ROUTE, &rt, e);
	if (r < 0)
		return r;
	at.rt = rt;
	r = attach(&at, &g, e);
	if (r < 0) {
		take_back(&at);
		return err_wrap(e, "network '%s'", w->link->name);
	}
	if (w->by_fd)
		g.nic.fd = fd_steal(&at.fd);
	fd_close(&at.fd);
	*ret = g;
	return 0;
}

int net_detach(int netns_fd, const struct strs *lines, struct err *e)
{
	_cleanup_fd_ int lock = -1, rt = -1;
	int r;

	if (netns_fd < 0)
		return 0;
	r = netns_lock(netns_fd, &lock, e);
	if (r == 0)
		r = netns_netlink(netns_fd, NETLINK_ROUTE, &rt, e);
	return r < 0 ? r : undo_all(netns_fd, rt, lines, e);
}
