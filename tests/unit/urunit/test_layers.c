/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a joined root, as configurations name them. */
#include <sys/mount.h>

#include "urunit/layers.h"

#include "conf.h"

static void words(void **state)
{
	(void)state;
	assert_int_equal(ulayer_parse("lower"), ULAYER_LOWER);
	assert_int_equal(ulayer_parse("upper"), ULAYER_UPPER);
	assert_int_equal(ulayer_parse("rw"), ULAYER_RW);
	assert_int_equal(ulayer_parse(""), ULAYER_NONE);
	assert_int_equal(ulayer_parse("low"), ULAYER_NONE);
}

static void options(void **state)
{
	struct utext t = {0};

	(void)state;
	assert_true(ulayer_options("/d", false, &t));
	assert_string_equal(t.s, "lowerdir=/d/lower,upperdir=/d/rw/up,workdir=/d/rw/work");
	t = (struct utext){0};
	assert_true(ulayer_options("/d", true, &t));
	assert_string_equal(t.s, "lowerdir=/d/upper:/d/lower,upperdir=/d/rw/up,workdir=/d/rw/work");
}

static void configurations(void **state)
{
	struct uconf c;
	const struct uvolume *v;

	(void)state;
	conf_good(&c,
		  "URS\nvolume 30\nserial a\npath /\nlayer lower\nro\nvolume 24\nserial b\npath /\nlayer rw\nURE\n");
	v = c.volumes.p;
	assert_int_equal(v[0].layer, ULAYER_LOWER);
	assert_true(v[0].flags & MS_RDONLY);
	assert_int_equal(v[1].layer, ULAYER_RW);
	conf_release(&c);
	conf_bad("URS\nvolume 24\nserial b\npath /\nlayer xx\nURE\n", "volume must have lines");
	conf_bad("URS\nvolume 25\nserial b\npath /a\nlayer rw\nURE\n", "volume is a layer");
	conf_bad("URS\nvolume 21\ntag b\npath /\nlayer rw\nURE\n", "volume is a layer");
}

static void a_root_without_a_lower_layer(void **state)
{
	struct uvec none = {0};
	struct utext why = {0};

	(void)state;
	assert_int_equal(ulayers_join(&none, "/nowhere", &why), -EINVAL);
	assert_non_null(strstr(why.s, "no lower layer"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(options),
		cmocka_unit_test(configurations),
		cmocka_unit_test(a_root_without_a_lower_layer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
