/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the control port by its whole name, and knowing whether one can come. */
#include "urunit/portfind.h"

#include "common/ctl.h"
#include "tree.h"

static void the_port_is_found_by_its_whole_name(void **state)
{
	char node[UPORT_NODE_BYTES] = "untouched";

	(void)state;
	assert_false(uport_find(tree_dir, node));
	tree_put("vport0p1", "name", "org.qemu.guest_agent.0\n");
	tree_put("vport0p2", "name", CTL_PORT_NAME ".0\n");
	tree_put("vport0p3", "name", "io.urunc.ct\n");
	tree_put("vport0p4", "dev", "250:4\n");
	tree_put("vport0p6", "name", "");
	assert_false(uport_find(tree_dir, node));
	assert_string_equal(node, "untouched");
	tree_put("vport3p5", "name", CTL_PORT_NAME "\n");
	assert_true(uport_find(tree_dir, node));
	assert_string_equal(node, "vport3p5");
}

static void a_node_name_that_does_not_fit_is_none(void **state)
{
	char node[UPORT_NODE_BYTES] = "";

	(void)state;
	tree_put("vport0000000000000000000000000p01", "name", CTL_PORT_NAME "\n");
	assert_false(uport_find(tree_dir, node));
	tree_put("vport0000000000000000000000000p1", "name", CTL_PORT_NAME "\n");
	assert_false(uport_find(tree_dir, node));
	tree_put("vport000000000000000000000000p1", "name", CTL_PORT_NAME "\n");
	assert_true(uport_find(tree_dir, node));
}

static void only_a_console_device_may_bring_one(void **state)
{
	(void)state;
	assert_false(uport_device_present(tree_dir));
	tree_put("virtio0", "device", "0x0001\n");
	tree_put("virtio1", "vendor", "0x0003\n");
	assert_false(uport_device_present(tree_dir));
	tree_put("virtio2", "device", "0x0003\n");
	assert_true(uport_device_present(tree_dir));
}

static void a_port_that_is_not_there_is_not_waited_for_unless_asked(void **state)
{
	int fd = uevent_open();

	(void)state;
	/* This host has no such port. */
	assert_int_equal(uport_open(fd, -1), -1);
	assert_int_equal(uport_open(-1, 60000), -1);
	assert_int_equal(uport_open(fd, 30), -1);
	if (fd >= 0)
		close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(the_port_is_found_by_its_whole_name),
		tree_test(a_node_name_that_does_not_fit_is_none),
		tree_test(only_a_console_device_may_bring_one),
		cmocka_unit_test(a_port_that_is_not_there_is_not_waited_for_unless_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
