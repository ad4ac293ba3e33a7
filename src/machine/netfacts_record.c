/* SPDX-License-Identifier: Apache-2.0 */
/* Record tables of the network facts. */
#include "machine/netfacts.h"

static const struct field net_link_fields[] = {
	FIELD(struct net_link, name, FK_STR),        FIELD(struct net_link, ifindex, FK_U32),
	FIELD(struct net_link, mac, FK_STR),         FIELD(struct net_link, mtu, FK_U32),
	FIELD(struct net_link, up, FK_BOOL),         FIELD(struct net_link, addresses, FK_STRS),
	FIELD(struct net_link, addresses6, FK_STRS), FIELD(struct net_link, gateway, FK_STR),
	FIELD(struct net_link, gateway6, FK_STR),    FIELD(struct net_link, has_default, FK_BOOL),
	FIELD(struct net_link, onlink, FK_BOOL),     FIELD(struct net_link, onlink6, FK_BOOL),
};
const struct record rec_net_link = RECORD(struct net_link, net_link_fields);

static const struct field net_facts_fields[] = {
	FIELD_SUB(struct net_facts, links, FK_RECS, &rec_net_link),
	FIELD(struct net_facts, resolver_udp, FK_U32),
	FIELD(struct net_facts, resolver_tcp, FK_U32),
};
const struct record rec_net_facts = RECORD(struct net_facts, net_facts_fields);
