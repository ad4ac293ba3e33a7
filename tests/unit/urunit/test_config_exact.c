/* SPDX-License-Identifier: Apache-2.0 */
/* The URS section: any byte can be said, each value is checked, text sections give way. */
#include <sys/resource.h>

#include "conf.h"

#define FULL                                                                                                           \
	"URS\narg 7\n/bin/sh\narg 0\n\narg 9\na\nb 'c' \n\nenv 3\nA=1\nenv 6\nB=x\ny\n\ncwd 4\n/srv\nhostname 2\nvm\n" \
	"uid 4\n1000\ngid 4\n1001\ngroup 1\n5\ngroup 10\n4294967294\numask 3\n027\nrlimit 16\nNOFILE 1024 4096\n"      \
	"rlimit 23\nRLIMIT_CORE 0 unlimited\nterminal 1\n1\nctl 1\n1\nURE\n"

static void every_key_is_read(void **state)
{
	struct uconf c;

	(void)state;
	conf_good(&c, FULL);
	assert_true(c.present && c.exact && c.terminal && c.ctl && c.has_umask);
	conf_list(&c.args, "/bin/sh", "", "a\nb 'c' \n");
	conf_list(&c.env, "A=1", "B=x\ny\n");
	assert_string_equal(c.cwd, "/srv");
	assert_string_equal(c.hostname, "vm");
	assert_int_equal(c.uid, 1000);
	assert_int_equal(c.gid, 1001);
	assert_int_equal(c.umask, 027);
	assert_int_equal(c.groups.bytes, 8);
	assert_int_equal(((uint32_t *)c.groups.p)[0], 5);
	assert_int_equal(((uint32_t *)c.groups.p)[1], UCONF_ID_MAX);
	assert_true(c.rlimits[RLIMIT_NOFILE].set);
	assert_int_equal(c.rlimits[RLIMIT_NOFILE].soft, 1024);
	assert_int_equal(c.rlimits[RLIMIT_NOFILE].hard, 4096);
	assert_true(c.rlimits[RLIMIT_CORE].set);
	assert_true(c.rlimits[RLIMIT_CORE].hard == UINT64_MAX);
	assert_false(c.rlimits[RLIMIT_CPU].set);
	assert_int_equal(c.unknown, 0);
}

static void markers_inside_values_are_values(void **state)
{
	struct uconf c;

	(void)state;
	conf_good(&c, "URS\narg 4\nURE\n\narg 12\nenv 3\nA=1\nXX\nURE\n");
	conf_list(&c.args, "URE\n", "env 3\nA=1\nXX");
}

static void the_counted_section_wins_in_either_order(void **state)
{
	struct uconf c;

	(void)state;
	conf_good(&c,
		  "UES\nT=1\nUEE\nUCS\nUID:1\nGID:2\nWD:/t\nUCE\nURS\nuid 1\n7\nenv 3\nU=1\ncwd 2\n/u\nURE\n");
	assert_int_equal(c.uid, 7);
	assert_int_equal(c.gid, 2);
	assert_string_equal(c.cwd, "/u");
	conf_list(&c.env, "U=1");
	conf_good(&c,
		  "URS\nuid 1\n7\nenv 3\nU=1\ncwd 2\n/u\nURE\nUES\nT=1\nUEE\nUCS\nUID:1\nGID:2\nWD:/t\nUCE\n");
	assert_int_equal(c.uid, 7);
	assert_int_equal(c.gid, 2);
	assert_string_equal(c.cwd, "/u");
	conf_list(&c.env, "U=1");
}

static void unknown_keys_are_skipped_and_counted(void **state)
{
	struct uconf c;

	(void)state;
	conf_good(&c, "URS\nflavour 5\nsw\0et\ntaste 0\n\narg 1\nx\nURE\n");
	assert_int_equal(c.unknown, 2);
	assert_string_equal(c.first_unknown, "flavour");
	conf_list(&c.args, "x");
}

static void malformed_entries_are_refused(void **state)
{
	(void)state;
	conf_bad("URS\n", "URS without URE");
	conf_bad("URS", "URS without URE");
	conf_bad("URS\narg 1\nx\n", "URS without URE");
	conf_bad("URS\narg\nx\nURE\n", "an entry must begin with '<key> <nbytes>', at byte 4");
	conf_bad("URS\n 1\nx\nURE\n", "an entry must begin");
	conf_bad("URS\narg -1\nx\nURE\n", "an entry must begin");
	conf_bad("URS\narg  1\nx\nURE\n", "an entry must begin");
	conf_bad("URS\narg 1x\nx\nURE\n", "an entry must begin");
	conf_bad("URS\narg 4194305\nx\nURE\n", "an entry must begin");
	conf_bad("URS\narg 18446744073709551617\nx\nURE\n", "an entry must begin");
	conf_bad("URS\nabcdefghijklmnopqrstuvwxyzabcdefg 1\nx\nURE\n", "an entry must begin");
	conf_bad("URS\narg 2\nx\nURE\n", "as many bytes as announced");
	conf_bad("URS\narg 0\nx\nURE\n", "as many bytes as announced");
	conf_bad("URS\narg 100\nx\nURE\n", "as many bytes as announced");
	conf_bad("URS\narg 1\nx", "as many bytes as announced");
	conf_bad("URS\narg 1\n", "as many bytes as announced");
	conf_bad("URS\narg 1\nx\nUREX\n", "an entry must begin");
}

static void values_that_cannot_be_are_refused(void **state)
{
	(void)state;
	conf_bad("URS\narg 3\na\0b\nURE\n", "NUL byte in a value, at byte 10");
	conf_bad("URS\nenv 5\nA=\0bb\nURE\n", "NUL byte");
	conf_bad("URS\nenv 1\nA\nURE\n", "env must be NAME=VALUE");
	conf_bad("URS\nenv 2\n=A\nURE\n", "env must be NAME=VALUE");
	conf_bad("URS\ncwd 3\nsrv\nURE\n", "cwd must be an absolute path");
	conf_bad("URS\ncwd 0\n\nURE\n", "cwd must be an absolute path");
	conf_bad("URS\ncwd 3\n/\0a\nURE\n", "NUL byte");
	conf_bad("URS\nhostname 65\n12345678901234567890123456789012345678901234567890123456789012345\nURE\n",
		 "hostname must have at most 64 bytes");
	conf_bad("URS\nuid 10\n4294967295\nURE\n", "uid must be a number");
	conf_bad("URS\ngid 0\n\nURE\n", "gid must be a number");
	conf_bad("URS\ngroup 2\n-1\nURE\n", "group must be a number");
	conf_bad("URS\numask 4\n1000\nURE\n", "umask must be an octal number");
	conf_bad("URS\numask 1\n8\nURE\n", "umask must be an octal number");
	conf_bad("URS\nterminal 1\n2\nURE\n", "terminal must be 0 or 1");
	conf_bad("URS\nctl 4\ntrue\nURE\n", "ctl must be 0 or 1");
}

static void wrong_limits_are_refused(void **state)
{
	(void)state;
	conf_bad("URS\nrlimit 10\nNOSUCH 1 2\nURE\n", "rlimit of an unknown name");
	conf_bad("URS\nrlimit 0\n\nURE\n", "rlimit of an unknown name");
	conf_bad("URS\nrlimit 7\nRLIMIT_\nURE\n", "rlimit of an unknown name");
	conf_bad("URS\nrlimit 6\nNOFILE\nURE\n", "rlimit must be 'NAME soft hard'");
	conf_bad("URS\nrlimit 7\nNOFILE \nURE\n", "rlimit must be 'NAME soft hard'");
	conf_bad("URS\nrlimit 8\nNOFILE 1\nURE\n", "rlimit must be 'NAME soft hard'");
	conf_bad("URS\nrlimit 9\nNOFILE 1 \nURE\n", "rlimit must be 'NAME soft hard'");
	conf_bad("URS\nrlimit 10\nNOFILE 2 1\nURE\n", "soft <= hard");
	conf_bad("URS\nrlimit 12\nNOFILE 1 2 3\nURE\n", "rlimit must be");
	conf_bad("URS\nrlimit 11\nNOFILE -1 1\nURE\n", "rlimit must be");
}

static void the_number_of_groups_is_bounded(void **state)
{
	size_t n = UCONF_GROUPS_MAX, cap = 16 + (n + 1) * 10;
	char *text = malloc(cap);
	struct uconf c;
	struct utext why;

	(void)state;
	assert_non_null(text);
	for (int extra = 0; extra < 2; extra++) {
		size_t len = (size_t)sprintf(text, "URS\n");

		for (size_t i = 0; i < n + (size_t)extra; i++) {
			memcpy(text + len, "group 1\n7\n", 10);
			len += 10;
		}
		memcpy(text + len, "URE\n", 4);
		assert_int_equal(conf_parse(&c, text, len + 4, &why), extra ? -EINVAL : 0);
		conf_release(&c);
	}
	assert_non_null(strstr(why.s, "more than 65536 groups"));
	free(text);
}

static void mutations_are_read_or_refused(void **state)
{
	(void)state;
	conf_mutations(FULL, sizeof(FULL) - 1, 0x5eed0002, 30000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_read),
		cmocka_unit_test(markers_inside_values_are_values),
		cmocka_unit_test(the_counted_section_wins_in_either_order),
		cmocka_unit_test(unknown_keys_are_skipped_and_counted),
		cmocka_unit_test(malformed_entries_are_refused),
		cmocka_unit_test(values_that_cannot_be_are_refused),
		cmocka_unit_test(wrong_limits_are_refused),
		cmocka_unit_test(the_number_of_groups_is_bounded),
		cmocka_unit_test(mutations_are_read_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
