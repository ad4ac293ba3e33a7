/* SPDX-License-Identifier: Apache-2.0 */
/* The few kernel structures and numbers that musl's own headers lack (it ships no <linux/…>). */
#ifndef URUNC_URUNIT_UAPI_H
#define URUNC_URUNIT_UAPI_H

#include <stdint.h>

/* <linux/netlink.h>, <linux/rtnetlink.h> */
#define U_NETLINK_ROUTE 0
#define U_NETLINK_KOBJECT_UEVENT 15
#define U_NLM_F_REQUEST 0x1
#define U_NLM_F_ACK 0x4
#define U_NLM_F_REPLACE 0x100
#define U_NLM_F_EXCL 0x200
#define U_NLM_F_CREATE 0x400
#define U_NLMSG_ERROR 2
#define U_RTM_NEWLINK 16
#define U_RTM_NEWADDR 20
#define U_RTM_NEWROUTE 24
#define U_IFLA_IFNAME 3
#define U_IFLA_MTU 4
#define U_IFA_ADDRESS 1
#define U_IFA_LOCAL 2
#define U_IFA_BROADCAST 4
#define U_IFA_F_NODAD 0x02
#define U_RT_TABLE_MAIN 254
#define U_RTPROT_BOOT 3
#define U_RT_SCOPE_UNIVERSE 0
#define U_RT_SCOPE_LINK 253
#define U_RTNH_F_ONLINK 4
#define U_RTN_UNICAST 1
#define U_RTA_OIF 4
#define U_RTA_GATEWAY 5

struct u_sockaddr_nl {
	uint16_t family, pad;
	uint32_t pid, groups;
};

struct u_nlmsghdr {
	uint32_t len;
	uint16_t type, flags;
	uint32_t seq, pid;
};

struct u_ifinfomsg {
	uint8_t family, pad;
	uint16_t type;
	int32_t index;
	uint32_t flags, change;
};

struct u_ifaddrmsg {
	uint8_t family, prefixlen, flags, scope;
	uint32_t index;
};

struct u_rtmsg {
	uint8_t family, dst_len, src_len, tos, table, protocol, scope, type;
	uint32_t flags;
};

struct u_rtattr {
	uint16_t len, type;
};

#endif
