/* SPDX-License-Identifier: Apache-2.0 */
/* The OCI State object, byte by byte. */
#include "spec_test.h"

static const char *json_of(struct arena *a, const struct oci_state *s, int indent)
{
	struct strbuf b = STRBUF(a);

	state_to_json(s, indent, &b);
	assert_false(b.oom);
	return b.p;
}

static void what_hooks_get(void **state)
{
	static const struct spec_kv kv[] = {{"k\"1", "v"}, {"e", ""}};
	struct oci_state s = {
		.oci_version = "1.0.2",
		.id = "c1",
		.status = "created",
		.pid = 42,
		.bundle = "/b",
		.annotations = kv,
		.nannotations = 2,
	};
	struct arena a = {0};

	(void)state;
	assert_string_equal(
		json_of(&a, &s, 0),
		"{\"ociVersion\":\"1.0.2\",\"id\":\"c1\",\"pid\":42,\"status\":\"created\",\"bundle\":\"/b\","
		"\"annotations\":{\"k\\\"1\":\"v\",\"e\":\"\"}}");
	arena_release(&a);
}

static void what_state_prints(void **state)
{
	static const struct spec_kv kv[] = {{"k", "v"}};
	struct oci_state s = {
		.oci_version = "1.0.2",
		.id = "c1",
		.status = "stopped",
		.bundle = "/b",
		.rootfs = "/b/rootfs",
		.created = "2026-01-02T03:04:05Z",
		.owner = "",
		.annotations = kv,
		.nannotations = 1,
	};
	struct arena a = {0};

	(void)state;
	assert_string_equal(json_of(&a, &s, 2),
			    "{\n  \"ociVersion\": \"1.0.2\",\n  \"id\": \"c1\",\n  \"pid\": 0,\n"
			    "  \"status\": \"stopped\",\n  \"bundle\": \"/b\",\n  \"rootfs\": \"/b/rootfs\",\n"
			    "  \"created\": \"2026-01-02T03:04:05Z\",\n  \"annotations\": {\n    \"k\": \"v\"\n  },\n"
			    "  \"owner\": \"\"\n}");
	s.nannotations = 0;
	assert_null(strstr(json_of(&a, &s, 2), "annotations"));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_hooks_get),
		cmocka_unit_test(what_state_prints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
