/* SPDX-License-Identifier: Apache-2.0 */
/* Names of kernel parameters, as sysctl(8) understands them, and nothing outside of the directory. */
#include "urunit/sysctl.h"

#include <fcntl.h>
#include <unistd.h>

#include "tree.h"

static void path_is(const char *assignment, const char *want)
{
	char got[USYSCTL_PATH_BYTES] = "";

	assert_int_equal(usysctl_path("/p", assignment, got), want != NULL);
	if (want)
		assert_string_equal(got, want);
}

static void names_become_paths(void **state)
{
	char name[USYSCTL_PATH_BYTES + 8];

	(void)state;
	path_is("net.ipv4.ip_forward=1", "/p/net/ipv4/ip_forward");
	path_is("net/ipv4/ip_forward=a.b/c", "/p/net/ipv4/ip_forward");
	path_is("net.ipv4.conf.eth0/1.forwarding=1", "/p/net/ipv4/conf/eth0.1/forwarding");
	path_is("net/ipv4/conf/eth0.1/forwarding=1", "/p/net/ipv4/conf/eth0.1/forwarding");
	path_is("plain=", "/p/plain");
	path_is("=1", NULL);
	path_is("..=1", NULL);
	path_is("a//b=1", NULL);
	path_is("a..b=1", NULL);
	path_is(".a=1", NULL);
	path_is("a.=1", NULL);
	path_is("../../etc/passwd=1", NULL);
	path_is("a/../b=1", NULL);
	path_is("a/.=1", NULL);
	path_is("a.//.b=1", NULL);
	path_is("a.//=1", NULL);
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	name[sizeof(name) - 2] = '=';
	path_is(name, NULL);
}

static void values_are_written(void **state)
{
	const char *list[] = {"net.a=12 34", "../x=1", "net.absent=1", "net.b="};
	struct uvec v = {.p = list, .bytes = sizeof(list)};
	char buf[32];

	(void)state;
	tree_put("net", "a", "");
	tree_put("net", "b", "old");
	usysctl_set_all(tree_dir, &v);
	assert_true(ufile_attr(tree_dir, "net", "a", buf, sizeof(buf)));
	assert_string_equal(buf, "12 34");
	assert_true(ufile_attr(tree_dir, "net", "b", buf, sizeof(buf)));
	assert_string_equal(buf, "old");
	assert_false(ufile_attr(tree_dir, "net", "absent", buf, sizeof(buf)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_become_paths),
		tree_test(values_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
