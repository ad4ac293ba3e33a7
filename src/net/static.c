/* SPDX-License-Identifier: Apache-2.0 */
/* The static network: the guest in a subnet of its own behind its tap, forwarded and masqueraded by the namespace. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/ip.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>

#include "common/fd.h"
#include "common/netlink.h"
#include "net/nft.h"
#include "net/ns.h"
#include "net/parts.h"

#define TABLE_BYTES 48
#define GUESTS_MAX 200

/* The table's name ends in what forwarding of the link was before the first guest: the last one puts it back. */
static int old_forwarding(const struct attachment *at, int nf, uint32_t *ret, struct err *e)
{
	char other[TABLE_BYTES] = "";
	int r = nft_any(nf, other, sizeof(other), e);

	if (r < 0)
		return r;
	if (other[0]) {
		*ret = other[strlen(other) - 1] == '1';
		return 0;
	}
	r = link_conf_get(at->rt, at->w->link->ifindex, IPV4_DEVCONF_FORWARDING, ret, e);
	*ret = r == 0 && *ret != 0;
	return r;
}

static int tell(const struct attachment *at, struct net_guest *g, struct err *e)
{
	/* Each guest of a namespace has a subnet of its own; the first one that of the original. */
	g->nic.address = arena_printf(at->a, "172.16.%u.2/24", at->tap_number + 1);
	g->nic.gateway = arena_printf(at->a, "172.16.%u.1", at->tap_number + 1);
	return g->nic.address && g->nic.gateway ? 0 : err_oom(e);
}

int static_join(const struct attachment *at, struct net_guest *g, struct err *e)
{
	uint32_t subnet = htonl(0xac100000u | (at->tap_number + 1) << 8), old = 0;
	_cleanup_fd_ int nf = -1;
	char table[TABLE_BYTES];
	int r;

	if (at->tap_number >= GUESTS_MAX)
		return err_set(e, EUSERS, "more than %d guests with a static network in one namespace",
			       GUESTS_MAX);
	r = netns_netlink(at->netns, NETLINK_NETFILTER, &nf, e);
	if (r == 0)
		r = old_forwarding(at, nf, &old, e);
	if (r < 0)
		return r;
	snprintf(table, sizeof(table), NFT_PREFIX "%u-%u", at->tap_index, old);
	r = net_note(at, e, "static %s %s", table, at->w->link->name);
	if (r == 0)
		r = nft_masquerade(nf, table, subnet, at->w->link->ifindex, e);
	if (r == 0)
		r = tap_up(at->rt, at->tap_index, at->w->link->mtu, subnet | htonl(1), e);
	if (r == 0)
		r = link_conf_set(at->rt, at->tap_index, IPV4_DEVCONF_FORWARDING, 1, e);
	if (r == 0)
		r = link_conf_set(at->rt, at->w->link->ifindex, IPV4_DEVCONF_FORWARDING, 1, e);
	return r < 0 ? r : tell(at, g, e);
}

int static_leave(int netns, int rt, const char *args, struct err *e)
{
	const char *blank = strchr(args, ' ');
	char table[TABLE_BYTES], other[TABLE_BYTES] = "";
	_cleanup_fd_ int nf = -1;
	uint32_t link = 0;
	int r;

	if (!blank || blank == args || (size_t)(blank - args) >= sizeof(table))
		return err_set(e, EINVAL, "journal: 'static %.100s' names no table and link", args);
	memcpy(table, args, (size_t)(blank - args));
	table[blank - args] = '\0';
	r = netns_netlink(netns, NETLINK_NETFILTER, &nf, e);
	if (r == 0)
		r = nft_drop(nf, table, e);
	if (r == 0)
		r = nft_any(nf, other, sizeof(other), e);
	if (r < 0 || other[0] || str_ends(table, "1"))
		return r;
	r = link_index(rt, blank + 1, &link, NULL, e);
	return r < 0 || link == 0 ? r : link_conf_set(rt, link, IPV4_DEVCONF_FORWARDING, 0, e);
}
