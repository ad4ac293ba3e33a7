/* SPDX-License-Identifier: Apache-2.0 */
/* Engines act on what is listed: valid JSON, no promise that is not kept. */
#include "runtime/features.h"

#include <jansson.h>

#include "common/json.h"
#include "guests/guest.h"
#include "monitors/monitor.h"
#include "unit.h"

static json_t *features(struct arena *a)
{
	struct strbuf out = STRBUF(a);
	json_t *root = NULL;
	struct err e = {0};

	json_use_arena(a);
	features_json(&out);
	assert_false(out.oom);
	assert_ok(json_parse((struct bytes){out.p, out.len}, "features", &root, &e), e);
	return root;
}

static const char *text(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	assert_non_null(s);
	return s;
}

static void the_shape(void **state)
{
	struct arena a = {0};
	json_t *f = features(&a), *linux_o = json_object_get(f, "linux");

	(void)state;
	assert_string_equal(text(f, "ociVersionMin"), "1.0.0");
	assert_string_equal(text(f, "ociVersionMax"), "1.2.0");
	assert_int_equal(json_array_size(json_object_get(f, "hooks")), 6);
	/* With "rro" in it Docker writes rro mounts, which a guest does not honour. */
	assert_int_equal(json_array_size(json_object_get(f, "mountOptions")), 0);
	assert_true(json_array_size(json_object_get(linux_o, "namespaces")) >= 6);
	assert_true(json_is_true(json_object_get(json_object_get(linux_o, "cgroup"), "v1")));
	assert_true(json_is_true(json_object_get(json_object_get(linux_o, "cgroup"), "v2")));
	assert_true(json_is_false(json_object_get(json_object_get(linux_o, "seccomp"), "enabled")));
	arena_release(&a);
}

static void all_monitors_and_guests(void **state)
{
	struct arena a = {0};
	json_t *notes = json_object_get(features(&a), "annotations");
	const struct monitor_ops *m;
	const struct guest_ops *g;

	(void)state;
	assert_string_equal(text(notes, "dev.urunc.version"), URUNC_VERSION);
	for (size_t i = 0; (m = monitor_next(&i));)
		assert_non_null(strstr(text(notes, "dev.urunc.monitors"), m->name));
	for (size_t i = 0; (g = guest_next(&i));)
		assert_non_null(strstr(text(notes, "dev.urunc.guests"), g->name));
	arena_release(&a);
}

/* What engines do not ask for has a member of its own. */
static void the_table_is_there(void **state)
{
	struct arena a = {0};
	json_t *table = json_object_get(features(&a), "urunc"), *pair;
	size_t i;

	(void)state;
	assert_true(json_array_size(json_object_get(table, "monitors")) >= 1);
	assert_true(json_array_size(json_object_get(table, "guests")) >= 1);
	json_array_foreach(json_object_get(table, "pairs"), i, pair)
	{
		assert_non_null(monitor_find(text(pair, "monitor")));
		assert_non_null(guest_find(text(pair, "guest")));
	}
	assert_true(i >= 1);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shape),
		cmocka_unit_test(all_monitors_and_guests),
		cmocka_unit_test(the_table_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
