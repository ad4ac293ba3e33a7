/* SPDX-License-Identifier: Apache-2.0 */
/* Netlink messages: what is built can be found again, what is torn is not followed, the kernel's refusals are told. */
#include "common/netlink.h"

#include <linux/rtnetlink.h>
#include <net/if.h>

#include "common/fd.h"
#include "unit.h"

static void attributes_are_found_again(void **state)
{
	struct ifinfomsg ifi = {.ifi_index = 7};
	struct nl_batch b = {0};
	const struct nlmsghdr *m = (const void *)b.buf;
	const struct nlattr *nest;
	size_t at;

	(void)state;
	nl_begin(&b, RTM_NEWLINK, NLM_F_ACK, &ifi, sizeof(ifi));
	nl_put_str(&b, IFLA_IFNAME, "eth0");
	at = nl_nest(&b, IFLA_LINKINFO);
	nl_put_u8(&b, 1, 0xab);
	nl_put_be32(&b, 2, 0x01020304);
	nl_unnest(&b, at);
	nl_put_u32(&b, IFLA_MTU, 1400);
	assert_false(b.full);
	assert_int_equal(m->nlmsg_len, b.len);
	assert_int_equal(m->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	assert_string_equal(nl_str(nl_msg_find(m, sizeof(ifi), IFLA_IFNAME)), "eth0");
	assert_int_equal(nl_u32(nl_msg_find(m, sizeof(ifi), IFLA_MTU), 0), 1400);
	nest = nl_msg_find(m, sizeof(ifi), IFLA_LINKINFO);
	assert_int_equal(nl_len(nl_find(nl_data(nest), nl_len(nest), 1)), 1);
	assert_memory_equal(nl_data(nl_find(nl_data(nest), nl_len(nest), 2)), "\1\2\3\4", 4);
	assert_null(nl_find(nl_data(nest), nl_len(nest), 3));
	assert_null(nl_msg_find(m, sizeof(ifi), IFLA_QDISC));
	assert_int_equal(nl_u32(NULL, 42), 42);
	assert_int_equal(nl_u32(nl_find(nl_data(nest), nl_len(nest), 1), 42), 42);
	assert_null(nl_str(NULL));
}

static void messages_stand_behind_one_another(void **state)
{
	struct ifinfomsg ifi = {0};
	struct nl_batch b = {0};
	const struct nlmsghdr *second;

	(void)state;
	nl_begin(&b, 1, 0, &ifi, sizeof(ifi));
	nl_put(&b, 5, "abcde", 5);
	second = (const void *)(b.buf + b.len);
	nl_begin(&b, 2, 0, &ifi, sizeof(ifi));
	nl_put_u32(&b, 6, 1);
	assert_int_equal(((const struct nlmsghdr *)(const void *)b.buf)->nlmsg_len % 4, 0);
	assert_int_equal(second->nlmsg_type, 2);
	assert_ptr_equal((const uint8_t *)second + second->nlmsg_len, b.buf + b.len);
}

static void texts_without_end_are_none(void **state)
{
	struct ifinfomsg ifi = {0};
	struct nl_batch b = {0};

	(void)state;
	nl_begin(&b, 1, 0, &ifi, sizeof(ifi));
	nl_put(&b, 5, "abcd", 4);
	assert_null(nl_str(nl_msg_find((const void *)b.buf, sizeof(ifi), 5)));
}

static void torn_attributes_are_not_followed(void **state)
{
	uint64_t chance = 4711;
	int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		struct ifinfomsg ifi = {0};
		struct nl_batch b = {0};
		const struct nlattr *a = NULL;
		unsigned char *copy;
		size_t n, at, steps = 0;

		nl_begin(&b, 1, 0, &ifi, sizeof(ifi));
		nl_put_str(&b, 1, "name");
		at = nl_nest(&b, 2);
		nl_put_u32(&b, 3, 9);
		nl_unnest(&b, at);
		n = unit_mutate(&chance, b.buf, b.len);
		/* A copy of exactly this size: the sanitizers see what is read behind it. */
		copy = malloc(n);
		assert_non_null(copy);
		memcpy(copy, b.buf, n);
		if (n > 32) {
			while ((a = nl_next(copy + 32, n - 32, a)) && steps++ < 100)
				(void)nl_str(nl_find(nl_data(a), nl_len(a), 3));
		}
		assert_true(steps < 100);
		free(copy);
	}
}

static void too_much_is_told_when_it_is_sent(void **state)
{
	struct ifinfomsg ifi = {0};
	struct nl_batch b = {0};
	_cleanup_fd_ int fd = -1;
	struct err e = {0};
	int i;

	(void)state;
	assert_ok(nl_open(NETLINK_ROUTE, &fd, &e), e);
	nl_begin(&b, RTM_SETLINK, NLM_F_ACK, &ifi, sizeof(ifi));
	for (i = 0; i < 1000; i++)
		nl_put_u32(&b, 1, 1);
	assert_fails(nl_commit(fd, &b, "much", &e), e, EMSGSIZE, "much");
}

static void refusals_have_the_step_and_an_errno(void **state)
{
	struct ifinfomsg ifi = {.ifi_index = 0x7ffffff0};
	struct nl_batch b = {0};
	_cleanup_fd_ int fd = -1;
	struct err e = {0};

	(void)state;
	assert_ok(nl_open(NETLINK_ROUTE, &fd, &e), e);
	nl_begin(&b, RTM_SETLINK, NLM_F_ACK, &ifi, sizeof(ifi));
	assert_true(nl_commit(fd, &b, "setting nothing", &e) < 0);
	assert_non_null(strstr(e.msg, "setting nothing"));
}

static int count_lo(void *arg, const struct nlmsghdr *m, struct err *e)
{
	const char *name = nl_str(nl_msg_find(m, sizeof(struct ifinfomsg), IFLA_IFNAME));

	(void)e;
	*(int *)arg += name && strcmp(name, "lo") == 0;
	return 0;
}

static int refuse(void *arg, const struct nlmsghdr *m, struct err *e)
{
	(void)arg;
	(void)m;
	return err_set(e, E2BIG, "enough");
}

static void dumps_are_walked_and_can_be_ended(void **state)
{
	struct ifinfomsg ifi = {0};
	struct nl_batch b = {0};
	_cleanup_fd_ int fd = -1;
	struct err e = {0};
	int n = 0;

	(void)state;
	assert_ok(nl_open(NETLINK_ROUTE, &fd, &e), e);
	nl_begin(&b, RTM_GETLINK, NLM_F_DUMP, &ifi, sizeof(ifi));
	assert_ok(nl_dump(fd, &b, count_lo, &n, "links", &e), e);
	assert_int_equal(n, 1);
	nl_begin(&b, RTM_GETLINK, NLM_F_DUMP, &ifi, sizeof(ifi));
	assert_fails(nl_dump(fd, &b, refuse, NULL, "links", &e), e, E2BIG, "enough");
	/* The rest of that answer is out of the way. */
	n = 0;
	nl_begin(&b, RTM_GETLINK, NLM_F_DUMP, &ifi, sizeof(ifi));
	assert_ok(nl_dump(fd, &b, count_lo, &n, "links", &e), e);
	assert_int_equal(n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_are_found_again),
		cmocka_unit_test(messages_stand_behind_one_another),
		cmocka_unit_test(texts_without_end_are_none),
		cmocka_unit_test(torn_attributes_are_not_followed),
		cmocka_unit_test(too_much_is_told_when_it_is_sent),
		cmocka_unit_test(refusals_have_the_step_and_an_errno),
		cmocka_unit_test(dumps_are_walked_and_can_be_ended),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
