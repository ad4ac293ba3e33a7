/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's side of a BPF program: helpers by number and the few protocol headers it reads. */
#ifndef URUNC_NET_BPF_HELPERS_H
#define URUNC_NET_BPF_HELPERS_H

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#define SEC(name_) __attribute__((section(name_), used))
#define INLINE static __attribute__((always_inline)) inline
#define be16(x) __builtin_bswap16((__u16)(x))
#define be32(x) __builtin_bswap32((__u32)(x))

/* Read by mk/bpf2c.c out of section "maps". */
struct map_def {
	__u32 type, key_bytes, value_bytes, entries, flags;
};

static __u64 (*const clock_ns)(void) = (void *)BPF_FUNC_ktime_get_ns;
static void *(*const map_get)(const void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
static long (*const map_set)(const void *map, const void *key, const void *value,
			     __u64 flags) = (void *)BPF_FUNC_map_update_elem;
static long (*const map_drop)(const void *map, const void *key) = (void *)BPF_FUNC_map_delete_elem;
static long (*const load_bytes)(const struct __sk_buff *skb, __u32 at, void *to,
				__u32 n) = (void *)BPF_FUNC_skb_load_bytes;
static long (*const store_bytes)(struct __sk_buff *skb, __u32 at, const void *from, __u32 n,
				 __u64 flags) = (void *)BPF_FUNC_skb_store_bytes;
static long (*const l3_csum)(struct __sk_buff *skb, __u32 at, __u64 from, __u64 to,
			     __u64 flags) = (void *)BPF_FUNC_l3_csum_replace;
static long (*const l4_csum)(struct __sk_buff *skb, __u32 at, __u64 from, __u64 to,
			     __u64 flags) = (void *)BPF_FUNC_l4_csum_replace;
static __s64 (*const csum_diff)(const __u32 *from, __u32 from_bytes, const __u32 *to, __u32 to_bytes,
				__u32 seed) = (void *)BPF_FUNC_csum_diff;
static long (*const redirect)(__u32 ifindex, __u64 flags) = (void *)BPF_FUNC_redirect;
static long (*const clone_to)(struct __sk_buff *skb, __u32 ifindex,
			      __u64 flags) = (void *)BPF_FUNC_clone_redirect;
static struct bpf_sock *(*const tcp_socket)(struct __sk_buff *skb, struct bpf_sock_tuple *t, __u32 n,
					    __u64 netns, __u64 flags) = (void *)BPF_FUNC_skc_lookup_tcp;
static struct bpf_sock *(*const udp_socket)(struct __sk_buff *skb, struct bpf_sock_tuple *t, __u32 n,
					    __u64 netns, __u64 flags) = (void *)BPF_FUNC_sk_lookup_udp;
static long (*const put_socket)(struct bpf_sock *sk) = (void *)BPF_FUNC_sk_release;

#define ETH_IP4 0x0800
#define ETH_ARP 0x0806
#define ETH_IP6 0x86dd
#define ETH_BYTES 14

enum { IP_ICMP = 1, IP_TCP = 6, IP_UDP = 17, IP_FRAG6 = 44, IP_ICMP6 = 58 };
/* States of sockets; a UDP socket that is connected is in that of an established one. */
enum { ST_TIME_WAIT = 6, ST_CLOSE = 7, ST_LISTEN = 10 };
enum { TCP_SYN = 0x02, TCP_RST = 0x04, TCP_ACK = 0x10 };

struct eth {
	__u16 to[3], from[3], type;
};

#endif
