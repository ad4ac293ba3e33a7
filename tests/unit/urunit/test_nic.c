/* SPDX-License-Identifier: Apache-2.0 */
/* Which interface is meant, and which gateway is reached without a network of its own. */
#include "urunit/nic.h"

#include <arpa/inet.h>

#include "tree.h"

static struct uaddress address(const char *text, uint8_t prefix)
{
	struct uaddress a = {.text = text, .prefix = prefix, .n = 4};

	if (inet_pton(AF_INET, text, a.bytes) != 1) {
		assert_int_equal(inet_pton(AF_INET6, text, a.bytes), 1);
		a.n = 16;
	}
	return a;
}

static void interfaces(void)
{
	tree_put("lo", "address", "00:00:00:00:00:00\n");
	tree_put("lo", "ifindex", "1\n");
	tree_put("eth0", "address", "02:00:00:00:00:02\n");
	tree_put("eth0", "ifindex", "3\n");
	tree_put("eth1", "address", "02:00:00:00:00:01\n");
	tree_put("eth1", "ifindex", "2\n");
	tree_put("a-name-that-is-too-long", "address", "02:00:00:00:00:03\n");
	tree_put("a-name-that-is-too-long", "ifindex", "4\n");
	tree_put("bad", "address", "02:00:00:00:00:04\n");
	tree_put("bad", "ifindex", "x\n");
}

static void found_by_hardware_address_or_by_name(void **state)
{
	struct unic n = {.mac = "02:00:00:00:00:01", .name = "eth0"};
	struct unic_found f = {0};

	(void)state;
	interfaces();
	assert_true(unic_find(tree_dir, &n, &f));
	assert_string_equal(f.name, "eth1");
	assert_int_equal(f.ifindex, 2);
	n.mac[0] = '\0';
	assert_true(unic_find(tree_dir, &n, &f));
	assert_string_equal(f.name, "eth0");
	assert_int_equal(f.ifindex, 3);
	n.name = "eth2";
	assert_false(unic_find(tree_dir, &n, &f));
	memcpy(n.mac, "02:00:00:00:00:03", UNIC_MAC_BYTES);
	assert_false(unic_find(tree_dir, &n, &f));
	memcpy(n.mac, "02:00:00:00:00:04", UNIC_MAC_BYTES);
	assert_false(unic_find(tree_dir, &n, &f));
	assert_false(unic_find("/no/such/directory", &n, &f));
}

static void on_link(const char *a, uint8_t prefix, const char *gateway, bool want)
{
	struct unic n = {.addresses = {address("192.168.255.1", 32), address(a, prefix)}, .n_addresses = 2};
	struct uaddress g = address(gateway, 0);

	assert_int_equal(unic_on_link(&n, &g), want);
}

static void gateways_inside_and_outside(void **state)
{
	(void)state;
	on_link("10.0.0.2", 24, "10.0.0.1", true);
	on_link("10.0.0.2", 24, "10.0.1.1", false);
	on_link("10.0.0.2", 23, "10.0.1.1", true);
	on_link("10.0.0.130", 25, "10.0.0.1", false);
	on_link("10.0.0.2", 32, "169.254.1.1", false);
	on_link("10.0.0.2", 32, "10.0.0.2", true);
	on_link("10.0.0.2", 0, "8.8.8.8", true);
	on_link("10.0.0.2", 24, "fd00::1", false);
	on_link("fd00::2", 64, "fd00::1", true);
	on_link("fd00::2", 64, "fd00:0:0:1::1", false);
	on_link("fd00::2", 61, "fd00:0:0:1::1", true);
	on_link("fd00::2", 64, "fe80::1", true);
	on_link("fd00::2", 64, "febf::1", true);
	on_link("fd00::2", 64, "fec0::1", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(found_by_hardware_address_or_by_name),
		cmocka_unit_test(gateways_inside_and_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
