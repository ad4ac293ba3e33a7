/* SPDX-License-Identifier: Apache-2.0 */
/* BuildKit's calls, against a server of its protocol: old ones and new ones. */
#include "bunny/gateway.h"

#include "bunny/llb.h"
#include "buildkit.h"

static struct arena arena;

static const struct kit old = {
	.caps = {"solve.base", "readfile"},
	.old_refs = true,
	.files = {{"context", "a.conf", "hello", 0644},
		  {"context", "dir", NULL, 0755},
		  {"context", "run", "x", 0755}},
	.images = {{"docker.io/library/x:1", "{\"os\":\"linux\"}", NULL}},
};
static const struct kit new = {
	.caps = {"proto.refarray", "source.metaresolver", "gateway.warnings", "gateway.solve.evaluate"},
	.files = {{"context", "a.conf", "hello", 0644},
		  {"context", "dir", NULL, 0755},
		  {"context", "run", "x", 04755}},
	.images = {{"docker.io/library/x:1", "{\"os\":\"linux\"}", "sha256:12"}},
};

static struct bytes local_directory(const char *name)
{
	struct llb g = LLB(&arena, NULL);
	struct key_values none = {0};
	struct err e = {0};
	struct bytes b;

	assert_ok(llb_finish(&g, llb_source(&g, name, &none, NULL, (struct llb_show){0}), &b, &e), e);
	return b;
}

static void files_and_images(void **state)
{
	const struct kit *const kits[] = {&old, &new};
	const struct platform amd64 = {"linux", "amd64", NULL};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct kit_end end = kit_start(kits[i]);
		_cleanup_grpc_ struct grpc_conn *conn = NULL;
		struct gateway_image image;
		struct gateway_stat st, *list;
		struct err e = {0};
		struct gateway g;
		struct bytes text;
		const char *ref;
		size_t n;

		assert_ok(grpc_open(end.in, end.out, "localhost", &conn, &e), e);
		assert_ok(gateway_open(&g, conn, &arena, &e), e);
		assert_int_equal(g.can_resolve_meta, i);
		assert_int_equal(g.can_ref, i);
		assert_ok(gateway_solve(&g, local_directory("local://context"), true, &ref, &e), e);
		assert_string_equal(ref, "0");
		assert_ok(gateway_read(&g, ref, "/a.conf", 0, 0, &text, &e), e);
		assert_int_equal(text.n, 5);
		assert_memory_equal(text.p, "hello", 5);
		assert_ok(gateway_read(&g, ref, "/a.conf", 1, 3, &text, &e), e);
		assert_int_equal(text.n, 3);
		assert_memory_equal(text.p, "ell", 3);
		assert_fails(gateway_read(&g, ref, "/b.conf", 0, 0, &text, &e), e, ENOENT,
			     "'/b.conf': No such file");
		assert_ok(gateway_stat(&g, ref, "dir", &st, &e), e);
		assert_int_equal(st.mode, S_IFDIR | 0755);
		assert_ok(gateway_stat(&g, ref, "a.conf", &st, &e), e);
		assert_int_equal(st.mode, S_IFREG | 0644);
		assert_int_equal(st.size, 5);
		assert_ok(gateway_list(&g, ref, "/", NULL, &list, &n, &e), e);
		assert_int_equal(n, 3);
		assert_string_equal(list[2].path, "run");
		assert_ok(gateway_image(&g, "docker.io/library/x:1", &amd64, "local", &image, &e), e);
		assert_memory_equal(image.config.p, "{\"os\":\"linux\"}", 14);
		assert_true(streq(image.digest, i ? "sha256:12" : NULL));
		assert_fails(gateway_image(&g, "docker.io/library/y:1", &amd64, NULL, &image, &e), e, ENOENT,
			     "not found");
		assert_int_equal(g.last.code, GRPC_NOT_FOUND);
		assert_non_null(
			strstr(end.heard->log, i ? "Image docker.io/library/x:1 linux/amd64 local meta\n"
						 : "Image docker.io/library/x:1 linux/amd64 local\n"));
		assert_true(!strstr(end.heard->log, " now") == !i);
		kit_stop(&end);
	}
}

static void a_server_that_refuses(void **state)
{
	const struct kit kit = {.caps = {"proto.refarray"}, .refuse = "local://context"};
	struct kit_end end = kit_start(&kit);
	_cleanup_grpc_ struct grpc_conn *conn = NULL;
	struct err e = {0};
	struct gateway g;
	const char *ref;

	(void)state;
	assert_ok(grpc_open(end.in, end.out, "localhost", &conn, &e), e);
	assert_ok(gateway_open(&g, conn, &arena, &e), e);
	assert_fails(gateway_solve(&g, local_directory("local://context"), true, &ref, &e), e, EIO,
		     "Solve: lstat /var/lib/x/nothing: no such file");
	assert_string_equal(g.last.message, "lstat /var/lib/x/nothing: no such file or directory");
	assert_ok(gateway_solve(&g, local_directory("local://other"), true, &ref, &e), e);
	kit_stop(&end);
}

static void warnings_only_where_they_are_known(void **state)
{
	const struct source source = {"bunnyfile", {"a\nb\n", 4}};
	const struct diag d = {DIAG_WARNING, {2, 1, 1}, "this is odd", "do that"};
	const struct kit *const kits[] = {&old, &new};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct kit_end end = kit_start(kits[i]);
		_cleanup_grpc_ struct grpc_conn *conn = NULL;
		struct err e = {0};
		struct gateway g;

		assert_ok(grpc_open(end.in, end.out, "localhost", &conn, &e), e);
		assert_ok(gateway_open(&g, conn, &arena, &e), e);
		assert_ok(gateway_warn(&g, &d, &source, &e), e);
		assert_true(!strstr(end.heard->log, "Warn this is odd\n") == !i);
		kit_stop(&end);
	}
}

static const Gateway__ReturnRequest *returned(const struct kit_end *end)
{
	const struct bytes b = {end->heard->result, end->heard->result_n};
	const Gateway__ReturnRequest *r = pb_unpack(&gateway__return_request__descriptor, b, &arena, NULL);

	assert_non_null(r);
	return r;
}

static void results_in_every_form(void **state)
{
	const struct gateway_result one = {"7", NULL}, two[] = {{"7", "linux/amd64"}, {NULL, "linux/arm64"}};
	struct key_values metadata = {0};
	const Gateway__ReturnRequest *r;
	struct err e = {0};
	struct gateway g;

	(void)state;
	assert_ok(kv_set(&metadata, &arena, "containerimage.config", "{}", &e), e);
	for (size_t i = 0; i < 3; i++) {
		struct kit_end end = kit_start(i ? &new : &old);
		_cleanup_grpc_ struct grpc_conn *conn = NULL;

		assert_ok(grpc_open(end.in, end.out, "localhost", &conn, &e), e);
		assert_ok(gateway_open(&g, conn, &arena, &e), e);
		assert_ok(gateway_return(&g, i == 2 ? two : &one, i == 2 ? 2 : 1, &metadata, &e), e);
		r = returned(&end);
		assert_null(r->error);
		assert_int_equal(r->result->n_metadata, 1);
		assert_string_equal(r->result->metadata[0]->key, "containerimage.config");
		assert_memory_equal(r->result->metadata[0]->value.data, "{}", 2);
		if (i == 0) {
			assert_int_equal(r->result->result_case, GATEWAY__RESULT__RESULT_REF_DEPRECATED);
			assert_string_equal(r->result->ref_deprecated, "7");
		} else if (i == 1) {
			assert_string_equal(r->result->ref->id, "7");
		} else {
			assert_int_equal(r->result->refs->n_refs, 2);
			assert_string_equal(r->result->refs->refs[0]->key, "linux/amd64");
			assert_string_equal(r->result->refs->refs[0]->value->id, "7");
			assert_string_equal(r->result->refs->refs[1]->value->id, "");
		}
		kit_stop(&end);
	}
}

static void a_refusal_keeps_the_servers_details(void **state)
{
	Gateway__Any any = GATEWAY__ANY__INIT, *anys = &any;
	Gateway__Status status = GATEWAY__STATUS__INIT;
	struct kit_end end = kit_start(&new);
	_cleanup_grpc_ struct grpc_conn *conn = NULL;
	const Gateway__ReturnRequest *r;
	struct bytes details;
	struct err e = {0};
	struct gateway g;

	(void)state;
	any.type_url = pb_str("github.com/moby/buildkit/errdefs.Vertex+json");
	status.code = 5;
	status.n_details = 1;
	status.details = &anys;
	assert_ok(pb_pack(&status.base, &arena, &details, &e), e);
	assert_ok(grpc_open(end.in, end.out, "localhost", &conn, &e), e);
	assert_ok(gateway_open(&g, conn, &arena, &e), e);
	assert_ok(gateway_fail(&g, "f:1: wrong", details, &e), e);
	r = returned(&end);
	assert_null(r->result);
	assert_int_equal(r->error->code, 5);
	assert_string_equal(r->error->message, "f:1: wrong");
	assert_string_equal(r->error->details[0]->type_url, any.type_url);
	assert_ok(gateway_fail(&g, "f:2: wrong", (struct bytes){0}, &e), e);
	r = returned(&end);
	assert_int_equal(r->error->code, GRPC_UNKNOWN);
	kit_stop(&end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_and_images),
		cmocka_unit_test(a_server_that_refuses),
		cmocka_unit_test(results_in_every_form),
		cmocka_unit_test(warnings_only_where_they_are_known),
		cmocka_unit_test(a_refusal_keeps_the_servers_details),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	arena_release(&arena);
	return r;
}
