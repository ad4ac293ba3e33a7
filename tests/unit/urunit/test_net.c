/* SPDX-License-Identifier: Apache-2.0 */
/* The default route's request: the bytes that rtnetlink defines, as the kernel's own headers lay them out. */
#include "urunit/net.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "unit.h"
#include "urunit/uapi.h"

static void the_request_is_what_the_kernel_defines(void **state)
{
	uint8_t out[UNET_ROUTE_BYTES];
	struct {
		struct nlmsghdr head;
		struct rtmsg route;
		struct rtattr oif;
		uint32_t ifindex;
	} r;

	(void)state;
	_Static_assert(sizeof(r) == UNET_ROUTE_BYTES, "same size");
	assert_int_equal(unet_route_request(out, 0x01020304), sizeof(r));
	memcpy(&r, out, sizeof(r));
	assert_int_equal(r.head.nlmsg_len, sizeof(r));
	assert_int_equal(r.head.nlmsg_type, RTM_NEWROUTE);
	assert_int_equal(r.head.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	assert_int_equal(r.route.rtm_family, AF_INET);
	assert_int_equal(r.route.rtm_dst_len, 0);
	assert_int_equal(r.route.rtm_table, RT_TABLE_MAIN);
	assert_int_equal(r.route.rtm_protocol, RTPROT_BOOT);
	assert_int_equal(r.route.rtm_scope, RT_SCOPE_LINK);
	assert_int_equal(r.route.rtm_type, RTN_UNICAST);
	assert_int_equal(r.route.rtm_flags, 0);
	assert_int_equal(r.oif.rta_type, RTA_OIF);
	assert_int_equal(r.oif.rta_len, RTA_LENGTH(sizeof(uint32_t)));
	assert_int_equal(r.ifindex, 0x01020304);
}

static void our_structures_are_the_kernels(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct u_sockaddr_nl), sizeof(struct sockaddr_nl));
	assert_int_equal(offsetof(struct u_sockaddr_nl, groups), offsetof(struct sockaddr_nl, nl_groups));
	assert_int_equal(U_NETLINK_KOBJECT_UEVENT, NETLINK_KOBJECT_UEVENT);
	assert_int_equal(U_NETLINK_ROUTE, NETLINK_ROUTE);
	assert_int_equal(U_NLMSG_ERROR, NLMSG_ERROR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_request_is_what_the_kernel_defines),
		cmocka_unit_test(our_structures_are_the_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
