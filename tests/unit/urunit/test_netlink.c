/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to rtnetlink: the bytes that the kernel's own headers define. */
#include "urunit/netlink.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <unistd.h>

#include "unit.h"
#include "urunit/uapi.h"

static struct uaddress address(const char *text, uint8_t prefix)
{
	struct uaddress a = {.text = text, .prefix = prefix, .n = 4};

	if (inet_pton(AF_INET, text, a.bytes) != 1) {
		assert_int_equal(inet_pton(AF_INET6, text, a.bytes), 1);
		a.n = 16;
	}
	return a;
}

static void head_is(const struct unl *r, uint16_t type, uint16_t flags)
{
	struct nlmsghdr h;

	assert_true(r->n <= sizeof(r->p) && r->n % 4 == 0);
	memcpy(&h, r->p, sizeof(h));
	assert_int_equal(h.nlmsg_len, r->n);
	assert_int_equal(h.nlmsg_type, type);
	assert_int_equal(h.nlmsg_flags, flags | NLM_F_REQUEST | NLM_F_ACK);
}

/* The attribute of this type behind a body of so many bytes; its length must be n. NULL: there is none. */
static const void *attribute(const struct unl *r, size_t body, int type, size_t n)
{
	for (size_t at = NLMSG_HDRLEN + body; at < r->n;) {
		struct rtattr a;

		memcpy(&a, r->p + at, sizeof(a));
		assert_true(a.rta_len >= sizeof(a) && at + a.rta_len <= r->n);
		if (a.rta_type == type) {
			assert_int_equal(a.rta_len, RTA_LENGTH(n));
			return r->p + at + sizeof(a);
		}
		at += RTA_ALIGN(a.rta_len);
	}
	return NULL;
}

static void links(void **state)
{
	struct ifinfomsg m;
	struct unl r;
	uint32_t mtu = 1400;

	(void)state;
	unl_link(&r, 7, NULL, mtu);
	head_is(&r, RTM_NEWLINK, 0);
	memcpy(&m, r.p + NLMSG_HDRLEN, sizeof(m));
	assert_int_equal(m.ifi_family, AF_UNSPEC);
	assert_int_equal(m.ifi_index, 7);
	assert_int_equal(m.ifi_flags, IFF_UP);
	assert_int_equal(m.ifi_change, IFF_UP);
	assert_memory_equal(attribute(&r, sizeof(m), IFLA_MTU, 4), &mtu, 4);
	assert_null(attribute(&r, sizeof(m), IFLA_IFNAME, 0));
	unl_link(&r, 7, "eth0", 0);
	memcpy(&m, r.p + NLMSG_HDRLEN, sizeof(m));
	assert_int_equal(m.ifi_change, 0);
	assert_string_equal(attribute(&r, sizeof(m), IFLA_IFNAME, 5), "eth0");
	assert_null(attribute(&r, sizeof(m), IFLA_MTU, 4));
}

static void broadcast_is(const char *text, uint8_t prefix, const char *want)
{
	struct uaddress a = address(text, prefix), b = address(want, 0);
	struct unl r;

	unl_address(&r, 1, &a);
	assert_memory_equal(attribute(&r, sizeof(struct ifaddrmsg), IFA_BROADCAST, 4), b.bytes, 4);
}

static void addresses(void **state)
{
	struct uaddress four = address("10.1.2.3", 20), six = address("fd00::2", 64),
			alone = address("10.0.0.1", 32);
	struct ifaddrmsg m;
	struct unl r;

	(void)state;
	unl_address(&r, 9, &four);
	head_is(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
	memcpy(&m, r.p + NLMSG_HDRLEN, sizeof(m));
	assert_int_equal(m.ifa_family, AF_INET);
	assert_int_equal(m.ifa_prefixlen, 20);
	assert_int_equal(m.ifa_flags, 0);
	assert_int_equal(m.ifa_scope, RT_SCOPE_UNIVERSE);
	assert_int_equal(m.ifa_index, 9);
	assert_memory_equal(attribute(&r, sizeof(m), IFA_LOCAL, 4), four.bytes, 4);
	assert_memory_equal(attribute(&r, sizeof(m), IFA_ADDRESS, 4), four.bytes, 4);
	broadcast_is("10.1.2.3", 20, "10.1.15.255");
	broadcast_is("10.1.2.3", 24, "10.1.2.255");
	broadcast_is("10.1.2.3", 0, "255.255.255.255");
	broadcast_is("10.1.2.1", 30, "10.1.2.3");
	unl_address(&r, 9, &alone);
	assert_null(attribute(&r, sizeof(m), IFA_BROADCAST, 4));
	unl_address(&r, 9, &six);
	memcpy(&m, r.p + NLMSG_HDRLEN, sizeof(m));
	assert_int_equal(m.ifa_family, AF_INET6);
	assert_int_equal(m.ifa_flags, IFA_F_NODAD);
	assert_memory_equal(attribute(&r, sizeof(m), IFA_LOCAL, 16), six.bytes, 16);
	assert_null(attribute(&r, sizeof(m), IFA_BROADCAST, 4));
}

static void gateways(void **state)
{
	struct uaddress four = address("169.254.1.1", 0), six = address("fe80::1", 0);
	uint32_t index = 9;
	struct rtmsg m;
	struct unl r;

	(void)state;
	unl_gateway(&r, index, &four, true);
	head_is(&r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
	memcpy(&m, r.p + NLMSG_HDRLEN, sizeof(m));
	assert_int_equal(m.rtm_family, AF_INET);
	assert_int_equal(m.rtm_dst_len, 0);
	assert_int_equal(m.rtm_table, RT_TABLE_MAIN);
	assert_int_equal(m.rtm_protocol, RTPROT_BOOT);
	assert_int_equal(m.rtm_scope, RT_SCOPE_UNIVERSE);
	assert_int_equal(m.rtm_type, RTN_UNICAST);
	assert_int_equal(m.rtm_flags, RTNH_F_ONLINK);
	assert_memory_equal(attribute(&r, sizeof(m), RTA_GATEWAY, 4), four.bytes, 4);
	assert_memory_equal(attribute(&r, sizeof(m), RTA_OIF, 4), &index, 4);
	unl_gateway(&r, index, &six, false);
	memcpy(&m, r.p + NLMSG_HDRLEN, sizeof(m));
	assert_int_equal(m.rtm_family, AF_INET6);
	assert_int_equal(m.rtm_flags, 0);
	assert_memory_equal(attribute(&r, sizeof(m), RTA_GATEWAY, 16), six.bytes, 16);
}

/* Nobody needs to be root to hear a no. */
static void the_kernel_answers(void **state)
{
	struct unl r;
	int fd = unl_open();

	(void)state;
	assert_true(fd >= 0);
	unl_link(&r, 0x7ffffff0, NULL, 0);
	assert_true(unl_ask(fd, r.p, r.n) < 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links),
		cmocka_unit_test(addresses),
		cmocka_unit_test(gateways),
		cmocka_unit_test(the_kernel_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
