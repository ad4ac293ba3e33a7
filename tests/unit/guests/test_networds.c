/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of an interface taken apart. */
#include "guests/networds.h"

#include "unit.h"

static void parts(void **state)
{
	static const struct {
		const char *in, *address, *mask;
		unsigned prefix;
	} t[] = {
		{"10.0.0.2/24", "10.0.0.2", "255.255.255.0", 24},
		{"172.17.0.2/16", "172.17.0.2", "255.255.0.0", 16},
		{"10.1.2.3/22", "10.1.2.3", "255.255.252.0", 22},
		{"10.1.2.3/32", "10.1.2.3", "255.255.255.255", 32},
		{"10.1.2.3", "10.1.2.3", "255.255.255.255", 32},
		{"10.1.2.3/0", "10.1.2.3", "0.0.0.0", 0},
		{"10.1.2.3/1", "10.1.2.3", "128.0.0.0", 1},
		{"255.255.255.255/31", "255.255.255.255", "255.255.255.254", 31},
	};
	struct networds w;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct vm_nic n = {.address = t[i].in, .gateway = "10.0.0.1"};

		assert_true(networds_ipv4(&n, &w));
		assert_string_equal(w.address, t[i].address);
		assert_string_equal(w.mask, t[i].mask);
		assert_int_equal(w.prefix, t[i].prefix);
		assert_string_equal(w.gateway, "10.0.0.1");
	}
}

static void none(void **state)
{
	static const char *const t[] =
		{"",          "10.0.0/24",   "10.0.0.0.1/24", "10.0.0.256/24", "fd00::2/64", "10.0.0.2/33",
		 "10.0.0.2/", "10.0.0.2/-1", "10.0.0.2x/24",  "1.2.3.1000/8"};
	struct networds w = {.prefix = 77};
	struct vm_nic n = {0};

	(void)state;
	assert_false(networds_ipv4(&n, &w));
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		n.address = t[i];
		assert_false(networds_ipv4(&n, &w));
	}
	assert_int_equal(w.prefix, 77);
}

static void reach(void **state)
{
	static const struct {
		const char *address, *gateway, *mask;
	} t[] = {
		{"10.0.0.2/24", "10.0.0.1", "255.255.255.0"},
		{"10.0.0.2/32", "10.0.0.1", "255.255.255.252"},
		{"192.168.1.7/32", "169.254.1.1", "128.0.0.0"},
		{"10.1.2.3/32", "169.254.1.1", "0.0.0.0"},
		{"10.0.0.2/24", NULL, "255.255.255.0"},
	};
	struct networds w;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct vm_nic n = {.address = t[i].address, .gateway = t[i].gateway};

		assert_true(networds_ipv4(&n, &w));
		networds_reach_gateway(&w);
		assert_string_equal(w.mask, t[i].mask);
	}
}

static void servers(void **state)
{
	const char *v[] = {"fd00::1", "8.8.4.4", "::1", "1.1.1.1"};
	const struct strs l = {v, 4};
	size_t i = 0;

	(void)state;
	assert_string_equal(networds_dns(&l, &i), "8.8.4.4");
	assert_string_equal(networds_dns(&l, &i), "1.1.1.1");
	assert_null(networds_dns(&l, &i));
	assert_null(networds_dns(&l, &i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts),
		cmocka_unit_test(none),
		cmocka_unit_test(reach),
		cmocka_unit_test(servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
