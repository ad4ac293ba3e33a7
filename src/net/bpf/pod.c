/* SPDX-License-Identifier: Apache-2.0 */
/* The pod switch: guests and processes share one address of one network namespace. docs/design/network.md tells why. */
#include "net/bpf/helpers.h"
#include "net/bpf/pod.h"

/*
 * The kernel checks every path through these programs when a guest starts, which takes longer than running them a million
 * times. So fields of packets are found by computed offsets instead of by cases, what differs is decided first and done at
 * one place, and nothing happens twice.
 */
#define MAP(name_, type_, key_, value_, n_, flags_)                                                          \
	SEC("maps") const struct map_def name_ = {BPF_MAP_TYPE_##type_, key_, value_, n_, flags_}
MAP(slots, ARRAY, 4, sizeof(struct pod_slot), POD_SLOTS, 0);
MAP(ifaces, HASH, 4, sizeof(struct pod_iface), 2 * POD_SLOTS, BPF_F_NO_PREALLOC);
MAP(state, ARRAY, 4, sizeof(struct pod_state), 1, 0);
MAP(flows, LRU_HASH, sizeof(struct pod_key), sizeof(struct pod_flow), 8192, 0);
MAP(ports, LRU_HASH, sizeof(struct pod_port), 4, 1024, 0);
MAP(asked, LRU_HASH, sizeof(struct pod_key), 4, 1024, 0); /* value: who refused, bit k = slot k */

#define LO 1
/* Source MAC of what comes from 169.254.77.x; on lo, the mark of what a guest sent. */
#define US_0 be16(0x0275)
#define US_1 be16(0x7275)
#define US_2 be16(0x6e63)

enum { IN, OUT };                               /* as the guest sees it */
enum { HOST, BROADCAST, MULTICAST, OTHERHOST }; /* skb->pkt_type */

struct pkt {
	struct pod_key key;
	__u32 l4;          /* where the header is; of the packet itself, also when it is an ICMP error */
	__u32 local;       /* where the guest's address is */
	__u32 proto, type; /* type: of ICMP, of the packet itself */
	__u32 error; /* an ICMP error: the rest is of the packet that it quotes, which went the other way */
	__u32 piece; /* fragment offset and 0x2000 for "more"; 0 for a whole datagram */
	__u16 id;
};

/* --- reading --- */

INLINE __u32 read_header(struct __sk_buff *skb, __u32 v6, __u32 l3, struct pkt *p)
{
	__u8 h[20];

	load_bytes(skb, l3, h, sizeof(h));
	p->proto = v6 ? h[6] : h[9];
	p->piece = v6 ? 0 : (h[6] & 0x3fu) << 8 | h[7];
	p->id = (__u16)(h[4] | h[5] << 8);
	return l3 + (v6 ? 40 : (h[0] & 15) * 4u);
}

INLINE int is_v6(struct __sk_buff *skb)
{
	return skb->protocol == be16(ETH_IP6);
}

INLINE int is_icmp(const struct pkt *p)
{
	return p->proto == IP_ICMP || p->proto == IP_ICMP6;
}

INLINE int has_ports(const struct pkt *p)
{
	return (p->proto == IP_TCP || p->proto == IP_UDP) && !(p->piece & 0x1fff);
}

INLINE void read_packet(struct __sk_buff *skb, struct pkt *p, __u32 link, __u32 direction)
{
	__u32 v6 = is_v6(skb), l3 = ETH_BYTES, bytes = v6 ? 16 : 4, first, l4;
	__u8 type = 255;

	__builtin_memset(p, 0, sizeof(*p));
	p->l4 = l4 = read_header(skb, v6, l3, p);
	if (is_icmp(p)) {
		load_bytes(skb, l4, &type, 1);
		p->type = type;
		/* Unreachable, quench, time exceeded, bad parameter. */
		if (type < (v6 ? 128 : 13) && (v6 || 0x1818 >> type & 1)) {
			p->error = 1;
			l3 = l4 + 8;
			l4 = read_header(skb, v6, l3, p);
			direction ^= 1;
		}
	}
	/* What comes in has its remote side first, what goes out has it second. */
	first = l3 + (v6 ? 8 : 12);
	p->local = first + (direction == IN ? bytes : 0);
	first += direction == IN ? 0 : bytes;
	if (v6)
		load_bytes(skb, first, p->key.remote, 16);
	else
		load_bytes(skb, first, p->key.remote, 4);
	load_bytes(skb, l4 + (direction == IN ? 0 : 2), &p->key.rport, 2);
	load_bytes(skb, l4 + (direction == IN ? 2 : 0), &p->key.lport, 2);
	p->key.link = link;
	p->key.proto = p->proto;
}

/* --- whose packet is it --- */

enum { NO_SOCKET, OPEN_SOCKET, CONNECTED_SOCKET };

/* Whether the namespace has a socket for it, and whether one for this remote side alone. */
INLINE int local_socket(struct __sk_buff *skb, const struct pkt *p)
{
	struct bpf_sock_tuple t;
	struct bpf_sock *sk;
	__u32 n, st;

	__builtin_memset(&t, 0, sizeof(t));
	if (is_v6(skb)) {
		__builtin_memcpy(t.ipv6.saddr, p->key.remote, 16);
		load_bytes(skb, p->local, t.ipv6.daddr, 16);
		t.ipv6.sport = p->key.rport;
		t.ipv6.dport = p->key.lport;
		n = sizeof(t.ipv6);
	} else {
		t.ipv4.saddr = p->key.remote[0];
		load_bytes(skb, p->local, &t.ipv4.daddr, 4);
		t.ipv4.sport = p->key.rport;
		t.ipv4.dport = p->key.lport;
		n = sizeof(t.ipv4);
	}
	/* To the kernel these are pointers of two kinds, which no instruction may have in common. */
	if (p->proto == IP_TCP) {
		sk = tcp_socket(skb, &t, n, BPF_F_CURRENT_NETNS, 0);
		if (!sk)
			return NO_SOCKET;
		st = sk->state;
		put_socket(sk);
		return st == ST_LISTEN || st == ST_TIME_WAIT ? OPEN_SOCKET : CONNECTED_SOCKET;
	}
	sk = udp_socket(skb, &t, n, BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return NO_SOCKET;
	st = sk->state;
	put_socket(sk);
	return st == ST_CLOSE ? OPEN_SOCKET : CONNECTED_SOCKET;
}

/* Instead of a tap. */
enum { STACK = 0, GUESTS = -1, EVERYBODY = -2 };

/* The namespace's own sockets were asked before. */
INLINE int guest_of(const struct pkt *p, const struct pod_iface *in)
{
	struct pod_port port;
	const int *owner;
	__u32 nobody = 0;

	if (in->n == 1 || !has_ports(p) || p->error)
		return (int)in->taps[0];
	port.link = p->key.link;
	port.proto = p->proto;
	port.port = p->key.lport;
	owner = map_get(&ports, &port);
	if (owner)
		return *owner;
	/* All are asked; who answers has it, and no refusal counts before the last one's. */
	map_set(&asked, &p->key, &nobody, BPF_ANY);
	return GUESTS;
}

INLINE int deliver(struct __sk_buff *skb, int to, const struct pod_iface *in)
{
	__u32 i;

	if (to == STACK)
		return TC_ACT_UNSPEC;
	if (to > 0)
		return (int)redirect((__u32)to, 0);
	for (i = 0; i < POD_SLOTS && i < in->n; i++)
		clone_to(skb, in->taps[i], 0);
	return to == EVERYBODY ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

/* Later pieces of a datagram have no ports: they are known by its number, and go where the first one went. */
INLINE void key_piece(struct pkt *p)
{
	p->key.rport = p->id;
	p->key.lport = 0;
	p->key.proto = p->proto | POD_FRAGMENT;
}

INLINE __u32 now_s(void)
{
	return (__u32)(clock_ns() >> 30);
}

/* A socket that waits for everybody gives way to a flow of a guest's, one that is connected does not. Another processor's
 * clock may be ahead of ours. */
INLINE int is_for_socket(const struct pkt *p, const struct pod_flow *f, int socket)
{
	if (!f || socket == CONNECTED_SOCKET)
		return socket;
	return socket && p->proto == IP_UDP && (__s32)(now_s() - f->heard_s) > POD_FLOW_MAX_S;
}

INLINE int receiver(struct __sk_buff *skb, struct pkt *p, const struct pod_iface *in)
{
	const struct pod_flow *f;
	struct pod_flow piece = {0};
	int to;

	if (p->piece & 0x1fff)
		key_piece(p);
	f = map_get(&flows, &p->key);
	if (has_ports(p) && is_for_socket(p, f, local_socket(skb, p)))
		to = STACK;
	else if (f)
		to = f->to;
	else
		to = guest_of(p, in);
	if (p->piece == 0x2000) {
		key_piece(p);
		piece.to = to;
		map_set(&flows, &p->key, &piece, BPF_ANY);
	}
	return to;
}

SEC("pod/link") int from_link(struct __sk_buff *skb)
{
	__u32 link = skb->ifindex;
	const struct pod_iface *in = map_get(&ifaces, &link);
	struct pkt p;
	int to = EVERYBODY;

	/* A bridge floods what it does not know yet. */
	if (!in || skb->pkt_type == OTHERHOST)
		return TC_ACT_UNSPEC;
	/* Neighbours' questions and answers, and what is meant for everybody, is for everybody. */
	if (skb->pkt_type == HOST && !skb->vlan_present && (skb->protocol == be16(ETH_IP4) || is_v6(skb))) {
		read_packet(skb, &p, link, IN);
		/* Nobody outside may pass for the namespace: answers to these addresses go to its loopback. */
		if (!is_v6(skb) && (be32(p.key.remote[0]) & 0xffffff00) == POD_ALIAS_NET)
			return TC_ACT_SHOT;
		if (!is_icmp(&p))
			to = receiver(skb, &p, in);
		else if (p.type == (is_v6(skb) ? 128 : 8))
			to = (int)in->taps[0]; /* ping */
	}
	return deliver(skb, to, in);
}

/* --- what a guest sends --- */

/* Remembers whose flow this is. 1: the packet is to be swallowed. */
INLINE int learn(const struct pkt *p, __u32 flags, int tap, __u32 slot)
{
	const struct pod_iface *in = map_get(&ifaces, &p->key.link);
	struct pod_flow *f = map_get(&flows, &p->key), new = {.to = tap, .heard_s = now_s()};
	__u32 *seen, refusal = p->error || flags & TCP_RST, bit = 1u << (slot & 31),
		     others = f && f->to != tap;
	const int *owner;
	struct pod_port port;

	if (!refusal) {
		if (f && !others)
			f->heard_s = new.heard_s;
		else
			map_set(&flows, &p->key, &new, BPF_ANY);
	} else if (!others) {
		map_drop(&flows, &p->key);
	}
	if (!in || in->n < 2)
		return 0;
	port.link = p->key.link;
	port.proto = p->proto;
	port.port = p->key.lport;
	seen = map_get(&asked, &p->key);
	if (!refusal) {
		/* An answer. */
		if (p->proto == IP_TCP ? (flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) : !!seen) {
			map_set(&ports, &port, &tap, BPF_ANY);
			map_drop(&asked, &p->key);
		}
		return 0;
	}
	/* A refusal: of something else's owner it means nothing; else it counts when all have refused. */
	if (others)
		return 1;
	owner = map_get(&ports, &port);
	if (owner && *owner == tap)
		map_drop(&ports, &port);
	if (!seen)
		return 0;
	if (((__sync_fetch_and_or(seen, bit) | bit) & in->mask) != in->mask)
		return 1;
	map_drop(&asked, &p->key);
	return 0;
}

/* New addresses for a packet and for the one that an ICMP error quotes, and new MACs. */
INLINE void readdress(struct __sk_buff *skb, const struct pkt *p, const __u32 *new, const __u16 *mac)
{
	__u32 at = ETH_BYTES + 12, old[2], sum = p->l4 + (p->proto == IP_TCP ? 16 : 6);
	struct eth eth;
	__s64 diff;

	load_bytes(skb, at, old, 8);
	diff = csum_diff(old, 8, new, 8, 0);
	l3_csum(skb, ETH_BYTES + 10, 0, (__u64)diff, 0);
	store_bytes(skb, at, new, 8, 0);
	if (p->error) {
		/* The quoted header keeps its sum, so the sum over the whole error does not change. */
		at = p->l4 + 8 + 12;
		load_bytes(skb, at, old, 8);
		diff = csum_diff(old, 8, new, 8, 0);
		l3_csum(skb, at - 2, 0, (__u64)diff, 0);
		store_bytes(skb, at, &new[1], 4, 0);
		store_bytes(skb, at + 4, &new[0], 4, 0);
	} else if (has_ports(p)) {
		l4_csum(skb, sum, 0, (__u64)diff,
			BPF_F_PSEUDO_HDR | (p->proto == IP_UDP ? BPF_F_MARK_MANGLED_0 : 0));
	}
	eth.to[0] = mac[0];
	eth.to[1] = mac[1];
	eth.to[2] = mac[2];
	eth.from[0] = US_0;
	eth.from[1] = US_1;
	eth.from[2] = US_2;
	eth.type = be16(ETH_IP4);
	store_bytes(skb, 0, &eth, sizeof(eth), 0);
}

INLINE void set_port(struct __sk_buff *skb, const struct pkt *p, __u32 at, __u16 from, __u16 to)
{
	l4_csum(skb, p->l4 + (p->proto == IP_TCP ? 16 : 6), from, to,
		2 | (p->proto == IP_UDP ? BPF_F_MARK_MANGLED_0 : 0));
	store_bytes(skb, p->l4 + at, &to, 2, 0);
}

INLINE __u16 resolver_port(const struct pkt *p)
{
	__u32 zero = 0;
	const struct pod_state *st = map_get(&state, &zero);

	if (!st || !has_ports(p) || p->error)
		return 0;
	return p->proto == IP_TCP ? st->resolver_tcp : st->resolver_udp;
}

/* To 169.254.77.x. Whom it came from is told by what it is called from now on, so no table is needed. */
INLINE int to_alias(struct __sk_buff *skb, const struct pkt *p, const struct pod_slot *s, __u32 slot,
		    __u32 which)
{
	__u32 new[2], other = which - POD_ALIAS_GUESTS, to = LO;
	__u16 nowhere[3] = {0}, port = 0;
	const struct pod_slot *peer = 0;

	new[0] = be32(POD_LOCAL_NET | slot);
	new[1] = be32(POD_LOCALHOST_IP);
	if (which == POD_ALIAS_TO_LOCAL) {
		new[0] = new[1];
	} else if (which == POD_ALIAS_TO_OWN) {
		new[0] = new[1] = s->ip;
	} else if (which == POD_ALIAS_OWN) {
		new[1] = s->ip;
	} else if (which == POD_ALIAS_RESOLVER) {
		port = resolver_port(p);
		if (!port || p->key.rport != be16(53))
			return TC_ACT_SHOT;
		new[1] = be32(POD_RESOLVER_IP);
	} else if (which != POD_ALIAS_LOCALHOST) {
		peer = map_get(&slots, &other);
		if (!peer || !peer->tap || !peer->local)
			return TC_ACT_SHOT;
		new[0] = be32(POD_ALIAS_NET | (POD_ALIAS_GUESTS + slot));
		new[1] = peer->ip;
		to = peer->tap;
	}
	readdress(skb, p, new, peer ? peer->mac : nowhere);
	if (port)
		set_port(skb, p, 2, be16(53), port);
	return (int)redirect(to, peer ? 0 : BPF_F_INGRESS);
}

/* Some guests ask for link-local addresses instead of sending them to their gateway. 1: answered. */
INLINE int answer_arp(struct __sk_buff *skb)
{
	__u16 a[14]; /* 0 to 3: kinds; 3: operation; 4 to 6, 7 to 8: sender's MAC and IP; 9 to 11, 12 to 13: target's */
	__u16 eth[6], ip[2];

	if (load_bytes(skb, ETH_BYTES, a, sizeof(a)) < 0 || a[3] != be16(1) || a[12] != be16(0xa9fe) ||
	    (be16(a[13]) & 0xff00) != 0x4d00)
		return 0;
	/* Asking with its own address is how a host looks whether someone has it already. */
	if (a[7] == a[12] && a[8] == a[13])
		return 0;
	ip[0] = a[12];
	ip[1] = a[13];
	a[3] = be16(2);
	eth[0] = a[9] = a[4];
	eth[1] = a[10] = a[5];
	eth[2] = a[11] = a[6];
	a[12] = a[7];
	a[13] = a[8];
	eth[3] = a[4] = US_0;
	eth[4] = a[5] = US_1;
	eth[5] = a[6] = US_2;
	a[7] = ip[0];
	a[8] = ip[1];
	store_bytes(skb, 0, eth, sizeof(eth), 0);
	store_bytes(skb, ETH_BYTES, a, sizeof(a), 0);
	return 1;
}

SEC("pod/tap") int from_tap(struct __sk_buff *skb)
{
	__u32 tap = skb->ifindex, slot, which = 0;
	const struct pod_iface *in = map_get(&ifaces, &tap);
	const struct pod_slot *s;
	__u8 flags = 0;
	__u16 mac[6];
	struct pkt p;

	if (!in)
		return TC_ACT_SHOT;
	slot = in->slot & 31;
	s = map_get(&slots, &slot);
	if (!s || load_bytes(skb, 0, mac, sizeof(mac)) < 0)
		return TC_ACT_SHOT;
	/* A guest has one MAC: what it sends under another name would never be answered. */
	if (mac[3] != s->mac[0] || mac[4] != s->mac[1] || mac[5] != s->mac[2])
		return TC_ACT_SHOT;
	if (skb->protocol == be16(ETH_ARP) && answer_arp(skb))
		return (int)redirect(tap, 0);
	if (skb->protocol != be16(ETH_IP4) && !is_v6(skb))
		return (int)redirect(s->link, 0);
	read_packet(skb, &p, s->link, OUT);
	if (!is_v6(skb) && (be32(p.key.remote[0]) & 0xffffff00) == POD_ALIAS_NET) {
		if (!s->local)
			return TC_ACT_SHOT;
		which = be32(p.key.remote[0]) & 0xff;
		p.key.link = LO;
	}
	if (p.proto == IP_TCP && !p.error)
		load_bytes(skb, p.l4 + 13, &flags, 1);
	/* Calls out of the guest to 169.254.77.x need no memory; multicasts are answered by somebody else. */
	if (has_ports(&p) && (!which || which == POD_ALIAS_TO_LOCAL || which == POD_ALIAS_TO_OWN) &&
	    !(mac[0] & be16(0x0100)) && learn(&p, flags, (int)tap, slot))
		return TC_ACT_SHOT;
	if (which)
		return to_alias(skb, &p, s, slot, which);
	return (int)redirect(s->link, 0);
}

/* --- what processes of the namespace send to themselves --- */

SEC("pod/lo") int from_lo(struct __sk_buff *skb)
{
	__u32 lo = LO, localhost = be32(POD_LOCALHOST_IP), addr[2], slot, alias = 0;
	const struct pod_iface *in = map_get(&ifaces, &lo);
	const struct pod_slot *s;
	const struct pod_flow *f;
	__u16 mac[6], port = 0;
	struct pkt p;
	int to;

	if (!in || skb->protocol != be16(ETH_IP4) || load_bytes(skb, 0, mac, sizeof(mac)) < 0 ||
	    load_bytes(skb, ETH_BYTES + 12, addr, sizeof(addr)) < 0)
		return TC_ACT_UNSPEC;
	/* What a guest sent stays here, even if nobody listens. */
	if (mac[3] == US_0 && mac[4] == US_1 && mac[5] == US_2)
		return TC_ACT_UNSPEC;
	/* To 127.0.77.k: a call, or the answer to one of guest k's. To the own address: a call, if no socket is there. */
	slot = (be32(addr[1]) & 0xffffff00) == POD_LOCAL_NET ? be32(addr[1]) & 0xff : 0;
	if (!slot && addr[0] != addr[1])
		return TC_ACT_UNSPEC;
	lo = slot ? slot : in->slot;
	s = map_get(&slots, &lo);
	if (!s || !s->tap || !s->local || !s->ip)
		return TC_ACT_UNSPEC;
	read_packet(skb, &p, LO, IN);
	if (addr[0] == localhost)
		alias = slot ? POD_ALIAS_LOCALHOST : POD_ALIAS_TO_LOCAL;
	else if (addr[0] == s->ip)
		alias = slot ? POD_ALIAS_OWN : POD_ALIAS_TO_OWN;
	else if (slot && addr[0] == be32(POD_RESOLVER_IP) && (port = resolver_port(&p)))
		alias = POD_ALIAS_RESOLVER;
	else
		return TC_ACT_UNSPEC;
	if (port && p.key.rport != port && p.key.rport != be16(53))
		return TC_ACT_UNSPEC;
	to = (int)s->tap;
	if (!slot) {
		if (!has_ports(&p) || p.error || local_socket(skb, &p))
			return TC_ACT_UNSPEC;
		p.key.remote[0] = be32(POD_ALIAS_NET | alias);
		f = map_get(&flows, &p.key);
		to = f ? f->to : guest_of(&p, in);
	}
	addr[0] = be32(POD_ALIAS_NET | alias);
	addr[1] = s->ip;
	readdress(skb, &p, addr, s->mac);
	if (port)
		set_port(skb, &p, 0, p.key.rport, be16(53));
	return deliver(skb, to, in);
}
