/* SPDX-License-Identifier: Apache-2.0 */
/* Network facts keep every member on their way to plan. */
#include "machine/netfacts.h"

#include "machine/round.h"

static void everything(void **state)
{
	const char *v4[] = {"10.0.0.2/24", "10.0.0.3/24"}, *v6[] = {"fd00::2/64"};
	struct net_link link = {.name = "eth0",
				.ifindex = 7,
				.mac = "02:42:0a:00:00:02",
				.mtu = 1400,
				.up = true,
				.addresses = {v4, 2},
				.addresses6 = {v6, 1},
				.gateway = "169.254.1.1",
				.gateway6 = "fe80::1",
				.has_default = true,
				.onlink = true,
				.onlink6 = true};
	struct net_facts facts = {.links = {&link, 1}, .resolver_udp = 40053, .resolver_tcp = 40054},
			 back = {0};
	const struct net_link *got;
	struct arena a = {0};

	(void)state;
	round_trip(&rec_net_facts, &facts, &back, &a);
	assert_int_equal(back.links.n, 1);
	got = back.links.v;
	assert_string_equal(got->name, "eth0");
	assert_int_equal(got->ifindex, 7);
	assert_string_equal(got->mac, "02:42:0a:00:00:02");
	assert_int_equal(got->mtu, 1400);
	assert_true(got->up && got->has_default && got->onlink && got->onlink6);
	assert_int_equal(got->addresses.n, 2);
	assert_string_equal(got->addresses.v[1], "10.0.0.3/24");
	assert_string_equal(got->addresses6.v[0], "fd00::2/64");
	assert_string_equal(got->gateway, "169.254.1.1");
	assert_string_equal(got->gateway6, "fe80::1");
	assert_int_equal(back.resolver_udp, 40053);
	assert_int_equal(back.resolver_tcp, 40054);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
