/* SPDX-License-Identifier: Apache-2.0 */
/* What is found in a network namespace: the resolver's port in the kernel's tables; the rest is tests/net. */
#include "net/discover.h"

#include <fcntl.h>

#include "common/fd.h"
#include "unit.h"

#define HEAD                                                                                                 \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n"
#define ROW(n, local, st)                                                                                    \
	" " n ": " local " 00000000:0000 " st " 00000000:00000000 00:00000000 00000000     0        0 1\n"

static void resolver_is_found_by_address_and_state(void **state)
{
	(void)state;
	assert_int_equal(net_resolver_port(HEAD ROW("  0", "0100007F:0035", "07")
						   ROW("123", "0B00007F:9C40", "07"),
					   "07"),
			 0x9c40);
	/* Connected sockets and other tables' states do not count. */
	assert_int_equal(net_resolver_port(HEAD ROW("  0", "0B00007F:9C40", "01"), "07"), 0);
	assert_int_equal(net_resolver_port(HEAD ROW("  0", "0B00007F:9C40", "01")
						   ROW("  1", "0B00007F:9C41", "0A"),
					   "0A"),
			 0x9c41);
	assert_int_equal(net_resolver_port(HEAD, "07"), 0);
	assert_int_equal(net_resolver_port("", "07"), 0);
}

static void torn_tables_have_no_resolver(void **state)
{
	static const char text[] = HEAD ROW("  0", "0B00007F:9C40", "07");
	uint64_t chance = 99;
	char *copy;
	size_t n;
	int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		copy = malloc(sizeof(text));
		assert_non_null(copy);
		memcpy(copy, text, sizeof(text));
		n = unit_mutate(&chance, (unsigned char *)copy, sizeof(text) - 1);
		copy[n] = '\0';
		assert_true(net_resolver_port(copy, "07") < 65536);
		free(copy);
	}
}

static void what_is_no_namespace_is_an_error(void **state)
{
	_cleanup_fd_ int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct net_facts facts;
	struct arena a = {0};
	struct err e;

	(void)state;
	assert_fails(net_discover(fd, &a, &facts, &e), e, EINVAL, "network namespace");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resolver_is_found_by_address_and_state),
		cmocka_unit_test(torn_tables_have_no_resolver),
		cmocka_unit_test(what_is_no_namespace_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
