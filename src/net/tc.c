/* SPDX-License-Identifier: Apache-2.0 */
/* Traffic control on what comes in. */
#include "net/tc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <stdio.h>
#include <string.h>

#include "common/netlink.h"
#include "common/str.h"

static int on_queue(void *arg, const struct nlmsghdr *m, struct err *e)
{
	const struct tcmsg *tc = NLMSG_DATA(m);
	struct tc_queues *q = arg;
	const char *kind;

	if (m->nlmsg_type != RTM_NEWQDISC || m->nlmsg_len < NLMSG_LENGTH(sizeof(*tc)))
		return 0;
	kind = nl_str(nl_msg_find(m, sizeof(*tc), TCA_KIND));
	if (!streq(kind, "ingress") && !streq(kind, "clsact"))
		return 0;
	if (q->n == TC_QUEUES_MAX)
		return err_set(e, E2BIG, "the network namespace has more than %d ingress queues",
			       TC_QUEUES_MAX);
	q->v[q->n].ifindex = (uint32_t)tc->tcm_ifindex;
	q->v[q->n].block = nl_u32(nl_msg_find(m, sizeof(*tc), TCA_INGRESS_BLOCK), 0);
	q->n++;
	return 0;
}

int tc_list(int rt, struct tc_queues *ret, struct err *e)
{
	struct tcmsg tc = {.tcm_family = AF_UNSPEC};
	int r, tries;

	for (tries = 0, r = 1; r == 1 && tries < 8; tries++) {
		struct nl_batch b = {0};

		ret->n = 0;
		nl_begin(&b, RTM_GETQDISC, NLM_F_DUMP, &tc, sizeof(tc));
		r = nl_dump(rt, &b, on_queue, ret, "listing queues", e);
	}
	return r == 1 ? err_set(e, EAGAIN, "the network namespace keeps changing while its queues are listed")
		      : r;
}

const struct tc_queue *tc_of(const struct tc_queues *q, uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < q->n; i++) {
		if (q->v[i].ifindex == ifindex)
			return &q->v[i];
	}
	return NULL;
}

static struct tcmsg queue_at(uint32_t ifindex)
{
	return (struct tcmsg){.tcm_family = AF_UNSPEC,
			      .tcm_ifindex = (int)ifindex,
			      .tcm_handle = TC_H_MAKE(TC_H_INGRESS, 0),
			      .tcm_parent = TC_H_INGRESS};
}

int tc_add(int rt, uint32_t ifindex, uint32_t block, struct err *e)
{
	struct tcmsg tc = queue_at(ifindex);
	struct nl_batch b = {0};

	nl_begin(&b, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &tc, sizeof(tc));
	nl_put_str(&b, TCA_KIND, "ingress");
	nl_put_u32(&b, TCA_INGRESS_BLOCK, block);
	return nl_commit(rt, &b, "adding an ingress queue", e);
}

int tc_remove(int rt, uint32_t ifindex, struct err *e)
{
	struct tcmsg tc = queue_at(ifindex);
	struct nl_batch b = {0};
	int r;

	nl_begin(&b, RTM_DELQDISC, NLM_F_ACK, &tc, sizeof(tc));
	r = nl_commit(rt, &b, "removing an ingress queue", e);
	return r == -ENOENT || r == -ENODEV || r == -EINVAL ? 0 : r;
}

static struct tcmsg filter_at(struct tc_place at)
{
	struct tcmsg tc = {.tcm_family = AF_UNSPEC, .tcm_info = TC_H_MAKE(0, htons(ETH_P_ALL))};

	if (at.block) {
		tc.tcm_ifindex = (int)TCM_IFINDEX_MAGIC_BLOCK;
		tc.tcm_parent = at.block;
	} else {
		tc.tcm_ifindex = (int)at.ifindex;
		tc.tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
	}
	return tc;
}

struct wanted_filter {
	const char *prefix;
	struct tc_filter *found;
};

static int on_filter(void *arg, const struct nlmsghdr *m, struct err *e)
{
	const struct tcmsg *tc = NLMSG_DATA(m);
	const struct wanted_filter *w = arg;
	const struct nlattr *opts;
	const char *name;

	(void)e;
	if (m->nlmsg_type != RTM_NEWTFILTER || m->nlmsg_len < NLMSG_LENGTH(sizeof(*tc)) || w->found->id ||
	    !streq(nl_str(nl_msg_find(m, sizeof(*tc), TCA_KIND)), "bpf"))
		return 0;
	opts = nl_msg_find(m, sizeof(*tc), TCA_OPTIONS);
	name = nl_str(nl_find(nl_data(opts), nl_len(opts), TCA_BPF_NAME));
	if (!name || !str_starts(name, w->prefix) || strlen(name) >= sizeof(w->found->name))
		return 0;
	w->found->id = nl_u32(nl_find(nl_data(opts), nl_len(opts), TCA_BPF_ID), 0);
	w->found->handle = tc->tcm_handle;
	w->found->info = tc->tcm_info;
	memcpy(w->found->name, name, strlen(name) + 1);
	return 0;
}

int tc_find_bpf(int rt, struct tc_place at, const char *prefix, struct tc_filter *ret, struct err *e)
{
	struct tc_filter found = {0};
	struct wanted_filter w = {prefix, &found};
	struct tcmsg tc = filter_at(at);
	struct nl_batch b = {0};
	int r;

	tc.tcm_info = 0;
	nl_begin(&b, RTM_GETTFILTER, NLM_F_DUMP, &tc, sizeof(tc));
	r = nl_dump(rt, &b, on_filter, &w, "listing filters", e);
	if (r < 0)
		return r;
	*ret = found;
	return 0;
}

int tc_add_bpf(int rt, struct tc_place at, const char *name, int program_fd, struct err *e)
{
	struct tcmsg tc = filter_at(at);
	struct nl_batch b = {0};
	size_t opts;

	nl_begin(&b, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &tc, sizeof(tc));
	nl_put_str(&b, TCA_KIND, "bpf");
	opts = nl_nest(&b, TCA_OPTIONS);
	nl_put_u32(&b, TCA_BPF_FD, (uint32_t)program_fd);
	nl_put_str(&b, TCA_BPF_NAME, name);
	nl_put_u32(&b, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	nl_unnest(&b, opts);
	return nl_commit(rt, &b, "adding a BPF filter", e);
}

int tc_remove_bpf(int rt, struct tc_place at, const struct tc_filter *f, struct err *e)
{
	struct tcmsg tc = filter_at(at);
	struct nl_batch b = {0};
	int r;

	tc.tcm_info = f->info;
	tc.tcm_handle = f->handle;
	nl_begin(&b, RTM_DELTFILTER, NLM_F_ACK, &tc, sizeof(tc));
	nl_put_str(&b, TCA_KIND, "bpf");
	r = nl_commit(rt, &b, "removing a BPF filter", e);
	return r == -ENOENT || r == -ENODEV ? 0 : r;
}

int tc_add_redirect(int rt, struct tc_place at, uint32_t ifindex, struct err *e)
{
	/* One key that compares no bits: u32 has no filter without a key. */
	struct tc_u32_sel sel = {.flags = TC_U32_TERMINAL, .nkeys = 1};
	uint8_t all[sizeof(sel) + sizeof(struct tc_u32_key)] = {0};
	struct tc_mirred mirred = {.action = TC_ACT_STOLEN, .eaction = TCA_EGRESS_REDIR, .ifindex = ifindex};
	struct tcmsg tc = filter_at(at);
	struct nl_batch b = {0};
	size_t opts, acts, act, args;

	nl_begin(&b, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &tc, sizeof(tc));
	nl_put_str(&b, TCA_KIND, "u32");
	opts = nl_nest(&b, TCA_OPTIONS);
	memcpy(all, &sel, sizeof(sel));
	nl_put(&b, TCA_U32_SEL, all, sizeof(all));
	acts = nl_nest(&b, TCA_U32_ACT);
	act = nl_nest(&b, 1);
	nl_put_str(&b, TCA_ACT_KIND, "mirred");
	args = nl_nest(&b, TCA_ACT_OPTIONS);
	nl_put(&b, TCA_MIRRED_PARMS, &mirred, sizeof(mirred));
	nl_unnest(&b, args);
	nl_unnest(&b, act);
	nl_unnest(&b, acts);
	nl_unnest(&b, opts);
	return nl_commit(rt, &b, "adding a redirecting filter", e);
}
