/* SPDX-License-Identifier: Apache-2.0 */
/* Masquerading for one tap of the static mode. */
#include "net/nft.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "common/netlink.h"
#include "common/str.h"

#define CHAIN "postrouting"
#define SOURCE_OFFSET 12 /* of the source address in an IPv4 header */
#define NAT_PRIORITY 100 /* where source addresses are changed */

static void begin(struct nl_batch *b, uint16_t type, uint16_t flags)
{
	struct nfgenmsg nf = {.nfgen_family = NFPROTO_IPV4, .version = NFNETLINK_V0};

	nl_begin(b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, &nf, sizeof(nf));
}

/* The marks around a transaction: all of it happens or nothing. */
static void mark(struct nl_batch *b, uint16_t type)
{
	struct nfgenmsg nf = {.version = NFNETLINK_V0,
			      .res_id = 0x0a00}; /* NFNL_SUBSYS_NFTABLES, big-endian */

	nl_begin(b, type, 0, &nf, sizeof(nf));
}

struct expr {
	size_t element, data;
};

static struct expr expr_begin(struct nl_batch *b, const char *name)
{
	struct expr x;

	x.element = nl_nest(b, NFTA_LIST_ELEM);
	nl_put_str(b, NFTA_EXPR_NAME, name);
	x.data = nl_nest(b, NFTA_EXPR_DATA);
	return x;
}

static void expr_end(struct nl_batch *b, struct expr x)
{
	nl_unnest(b, x.data);
	nl_unnest(b, x.element);
}

static void equals(struct nl_batch *b, const void *value, size_t n)
{
	struct expr x = expr_begin(b, "cmp");
	size_t data;

	nl_put_be32(b, NFTA_CMP_SREG, NFT_REG_1);
	nl_put_be32(b, NFTA_CMP_OP, NFT_CMP_EQ);
	data = nl_nest(b, NFTA_CMP_DATA);
	nl_put(b, NFTA_DATA_VALUE, value, n);
	nl_unnest(b, data);
	expr_end(b, x);
}

static void rule(struct nl_batch *b, uint32_t subnet, uint32_t link)
{
	size_t list = nl_nest(b, NFTA_RULE_EXPRESSIONS);
	struct expr x = expr_begin(b, "payload");

	nl_put_be32(b, NFTA_PAYLOAD_DREG, NFT_REG_1);
	nl_put_be32(b, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	nl_put_be32(b, NFTA_PAYLOAD_OFFSET, SOURCE_OFFSET);
	nl_put_be32(b, NFTA_PAYLOAD_LEN, 3);
	expr_end(b, x);
	equals(b, &subnet, 3);
	x = expr_begin(b, "meta");
	nl_put_be32(b, NFTA_META_KEY, NFT_META_OIF);
	nl_put_be32(b, NFTA_META_DREG, NFT_REG_1);
	expr_end(b, x);
	equals(b, &link, sizeof(link));
	x = expr_begin(b, "masq");
	expr_end(b, x);
	nl_unnest(b, list);
}

int nft_masquerade(int nf, const char *table, uint32_t subnet, uint32_t link, struct err *e)
{
	struct nl_batch b = {0};
	size_t hook;

	mark(&b, NFNL_MSG_BATCH_BEGIN);
	begin(&b, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK);
	nl_put_str(&b, NFTA_TABLE_NAME, table);
	begin(&b, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_ACK);
	nl_put_str(&b, NFTA_CHAIN_TABLE, table);
	nl_put_str(&b, NFTA_CHAIN_NAME, CHAIN);
	nl_put_str(&b, NFTA_CHAIN_TYPE, "nat");
	hook = nl_nest(&b, NFTA_CHAIN_HOOK);
	nl_put_be32(&b, NFTA_HOOK_HOOKNUM, NF_INET_POST_ROUTING);
	nl_put_be32(&b, NFTA_HOOK_PRIORITY, NAT_PRIORITY);
	nl_unnest(&b, hook);
	begin(&b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK);
	nl_put_str(&b, NFTA_RULE_TABLE, table);
	nl_put_str(&b, NFTA_RULE_CHAIN, CHAIN);
	rule(&b, subnet, link);
	mark(&b, NFNL_MSG_BATCH_END);
	return nl_commit(nf, &b, "masquerading by nf_tables, which the static network needs", e);
}

int nft_drop(int nf, const char *table, struct err *e)
{
	struct nl_batch b = {0};
	int r;

	mark(&b, NFNL_MSG_BATCH_BEGIN);
	begin(&b, NFT_MSG_DELTABLE, NLM_F_ACK);
	nl_put_str(&b, NFTA_TABLE_NAME, table);
	mark(&b, NFNL_MSG_BATCH_END);
	r = nl_commit(nf, &b, "removing a table of nf_tables", e);
	return r == -ENOENT || r == -EOPNOTSUPP || r == -EINVAL ? 0 : r;
}

struct name {
	char *to;
	size_t n;
};

static int on_table(void *arg, const struct nlmsghdr *m, struct err *e)
{
	const char *s = nl_str(nl_msg_find(m, sizeof(struct nfgenmsg), NFTA_TABLE_NAME));
	struct name *name = arg;

	(void)e;
	if (s && str_starts(s, NFT_PREFIX) && strlen(s) < name->n)
		memcpy(name->to, s, strlen(s) + 1);
	return 0;
}

int nft_any(int nf, char *ret, size_t n, struct err *e)
{
	struct name name = {ret, n};
	struct nl_batch b = {0};
	int r;

	ret[0] = '\0';
	begin(&b, NFT_MSG_GETTABLE, NLM_F_DUMP);
	r = nl_dump(nf, &b, on_table, &name, "listing tables of nf_tables", e);
	return r == -EOPNOTSUPP || r == -EINVAL || r > 0 ? 0 : r;
}
