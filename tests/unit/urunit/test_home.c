/* SPDX-License-Identifier: Apache-2.0 */
/* Home directories: the first good line of that user, "/" for everybody else. */
#include "urunit/home.h"

#include "unit.h"

static void check(const char *passwd, uint32_t uid, const char *want)
{
	char *copy = strdup(passwd);

	assert_non_null(copy);
	assert_string_equal(uhome_find(copy, uid), want);
	free(copy);
}

static void the_user_is_found_by_number(void **state)
{
	static const char users[] =
		"root:x:0:0:root:/root:/bin/sh\nme:x:1000:0:::\nyou:x:1000:1:a,b:/home/you:\nlast:x:7:7::/l";

	(void)state;
	check(users, 0, "/root");
	check(users, 1000, "/home/you");
	check(users, 1001, "/");
	check(users, 10, "/");
	check(users, 7, "/");
	check("last:x:7:7::/l:", 7, "/l");
	check("", 0, "/");
}

static void bad_lines_are_passed_over(void **state)
{
	(void)state;
	check("a:x: 5:0::/blank:/x\nb:x:-5:0::/minus:/x\n:::::\nc:x:5\nd:x:5:0::relative:/x\ne:x:5:0::/good:/x\n",
	      5, "/good");
	check("a:x:4294967301:0::/wrapped:/x\n", 5, "/");
}

static void chance_never_breaks_it(void **state)
{
	static const char seed[] = "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n";
	uint64_t random = 0x5eed0005;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		unsigned char buf[sizeof(seed)];
		size_t n;
		char *copy;

		memcpy(buf, seed, sizeof(seed));
		n = unit_mutate(&random, buf, sizeof(seed) - 1);
		copy = malloc(n + 1);
		memcpy(copy, buf, n);
		copy[n] = '\0';
		assert_int_equal(uhome_find(copy, 1000)[0], '/');
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_user_is_found_by_number),
		cmocka_unit_test(bad_lines_are_passed_over),
		cmocka_unit_test(chance_never_breaks_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
