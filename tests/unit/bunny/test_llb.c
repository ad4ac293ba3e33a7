/* SPDX-License-Identifier: Apache-2.0 */
/* The graph: what stands in the bytes, that they are always the same, and that another's definition can be built on. */
#include "bunny/llb.h"

#include "definition.h"

static struct arena arena;
static const struct llb_show plain = {0};

static struct llb_at context(struct llb *g)
{
	struct key_values attrs = {0};
	struct err e = {0};

	assert_ok(kv_set(&attrs, g->a, "local.followpaths", "[\"a\"]", &e), e);
	return llb_source(g, "local://context", &attrs, NULL, (struct llb_show){.name = "load"});
}

static struct llb_at image(struct llb *g, const char *name)
{
	const struct platform p = {"linux", "arm", "v7"};
	struct key_values none = {0};

	return llb_source(g, arena_printf(g->a, "docker-image://%s", name), &none, &p, plain);
}

static struct bytes small(struct llb *g)
{
	const struct llb_copy copy = {.from = context(g),
				      .src = "/a",
				      .dst = "/b/",
				      .mode = -1,
				      .contents = true};
	struct llb_files *f = llb_files_begin(g, image(g, "x"));
	struct err e = {0};
	struct bytes b;

	llb_copy(f, &copy, LLB_KEEP_TIME);
	llb_dir(f, "/d", 0700, (struct owner){"7", NULL}, 3);
	llb_file(f, "/d/f", 0600, (struct bytes){"text", 4}, (struct owner){"me", "us"}, 0);
	assert_ok(llb_finish(g, llb_files_end(f, (struct llb_show){"layer", {4, 1, 1}}), &b, &e), e);
	return b;
}

static void files_on_an_image(void **state)
{
	const struct source source = {"bunnyfile", {"a\nb\nc\nd\n", 8}};
	struct llb g = LLB(&arena, &source);

	(void)state;
	assert_string_equal(
		def_text(small(&g), &arena),
		"0: local://context local.followpaths=[\"a\"] 'load'\n"
		"1: docker-image://x linux/armv7\n"
		"2: files; 0+1=-1 copy /a -> /b/ contents parents; 2=-1 dir /d mode 700 parents user 7 at 3000000000; "
		"3=0 file /d/f mode 600 'text' user 'me' of 0 group 'us' of 0 at 0 [1.0] [0.0] 'layer' line 4\n"
		"3: result [2.0]\n");
}

static void the_same_bytes_each_time(void **state)
{
	struct llb one = LLB(&arena, NULL), two = LLB(&arena, NULL);
	struct bytes a = small(&one), b = small(&two);

	(void)state;
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
}

static void nothing_twice_and_nothing_for_nothing(void **state)
{
	struct llb g = LLB(&arena, NULL);
	struct llb_at a = image(&g, "x"), b = image(&g, "x"), c = image(&g, "y");
	struct err e = {0};
	struct bytes packed;

	(void)state;
	assert_int_equal(a.op, b.op);
	assert_int_not_equal(a.op, c.op);
	assert_int_equal(g.n, 2);
	/* A layer without operations is what it stands on. */
	assert_int_equal(llb_files_end(llb_files_begin(&g, a), plain).op, a.op);
	assert_int_equal(llb_files_end(llb_files_begin(&g, LLB_SCRATCH), plain).op, SIZE_MAX);
	/* An empty result is an empty definition. */
	assert_ok(llb_finish(&g, LLB_SCRATCH, &packed, &e), e);
	assert_int_equal(packed.n, 0);
}

static void a_program_with_mounts(void **state)
{
	const char *args[] = {"/bin/x", "a b"}, *env[] = {"A=b"};
	struct llb g = LLB(&arena, NULL);
	const struct llb_mount mounts[] = {
		{.at = image(&g, "x"), .dst = "/", .result = true},
		{.at = context(&g), .dst = "/in", .readonly = true},
		{.at = LLB_SCRATCH, .dst = "/out", .result = true},
	};
	struct llb_at at = llb_run(&g, &(struct strs){args, 2}, &(struct strs){env, 1}, mounts, 3, plain);
	const struct llb_copy copy = {.from = {at.op, 1},
				      .src = "/r",
				      .dst = "/r",
				      .mode = 0644,
				      .exclude = {args, 1}};
	struct llb_files *f = llb_files_begin(&g, LLB_SCRATCH);
	struct err e = {0};
	struct bytes b;

	(void)state;
	g.no_cache = true;
	llb_copy(f, &copy, 0);
	assert_ok(llb_finish(&g, llb_files_end(f, plain), &b, &e), e);
	assert_string_equal(def_text(b, &arena),
			    "0: docker-image://x linux/armv7\n"
			    "1: local://context local.followpaths=[\"a\"] 'load'\n"
			    "2: run /bin/x a b; / 0=0; /in 1=-1 ro; /out -1=1 net 2 [0.0] [1.0]\n"
			    "3: files; -1+0=0 copy /r -> /r mode 644 at 0 parents but /bin/x [2.1] no-cache\n"
			    "4: result [3.0]\n");
}

static void capabilities(struct bytes packed, const char *const *want)
{
	const Llb__Definition *d = pb_unpack(&llb__definition__descriptor, packed, &arena, NULL);

	for (size_t w = 0; want[w]; w++) {
		bool found = false;

		for (size_t i = 0; i < d->n_metadata; i++) {
			for (size_t k = 0; k < d->metadata[i]->value->n_caps; k++)
				found |= streq(d->metadata[i]->value->caps[k]->key, want[w]);
		}
		if (!found)
			fail_msg("no capability %s", want[w]);
	}
}

static void what_the_server_must_know_is_said(void **state)
{
	static const char *const want[] =
		{"source.image", "source.local", "source.local.followpaths", "file.base",
		 "platform",     "constraints",  "meta.description",         NULL};
	struct llb g = LLB(&arena, NULL);

	(void)state;
	capabilities(small(&g), want);
}

static void anothers_definition_goes_on(void **state)
{
	struct llb theirs = LLB(&arena, NULL), g = LLB(&arena, NULL);
	struct bytes first = small(&theirs), b;
	struct llb_files *f;
	struct err e = {0};

	(void)state;
	f = llb_files_begin(&g, llb_import(&g, first, "the definition"));
	llb_file(f, "/x", 0644, (struct bytes){"y", 1}, (struct owner){0}, LLB_KEEP_TIME);
	assert_ok(llb_finish(&g, llb_files_end(f, plain), &b, &e), e);
	assert_non_null(
		strstr(def_text(b, &arena), "3: files; 0=0 file /x mode 644 'y' [2.0]\n4: result [3.0]\n"));
	assert_non_null(strstr(def_text(b, &arena), "'layer'"));
}

static void definitions_that_are_refused(void **state)
{
	Llb__Definition d = LLB__DEFINITION__INIT;
	Llb__Op op = LLB__OP__INIT;
	Llb__Input input = LLB__INPUT__INIT, *inputs = &input;
	ProtobufCBinaryData def;
	struct bytes packed, b;
	struct err e = {0};

	(void)state;
	input.digest = pb_str("sha256:12");
	op.n_inputs = 1;
	op.inputs = &inputs;
	for (int i = 0; i < 3; i++) {
		struct llb g = LLB(&arena, NULL);

		if (i == 1)
			op.n_inputs = 0;
		assert_ok(pb_pack(&op.base, &arena, &packed, &e), e);
		def = pb_data(packed);
		d.n_def = 1;
		d.def = &def;
		assert_ok(pb_pack(&d.base, &arena, &packed, &e), e);
		if (i == 2)
			packed = (struct bytes){"\xff\xff", 2};
		llb_import(&g, packed, "frontend.bin");
		assert_fails(llb_finish(&g, LLB_SCRATCH, &b, &e), e, EPROTO,
			     i == 0   ? "frontend.bin: operation 0 needs 'sha256:12'"
			     : i == 1 ? "frontend.bin names no result"
				      : "frontend.bin: 2 bytes are no message");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_on_an_image),
		cmocka_unit_test(the_same_bytes_each_time),
		cmocka_unit_test(nothing_twice_and_nothing_for_nothing),
		cmocka_unit_test(a_program_with_mounts),
		cmocka_unit_test(what_the_server_must_know_is_said),
		cmocka_unit_test(anothers_definition_goes_on),
		cmocka_unit_test(definitions_that_are_refused),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	arena_release(&arena);
	return r;
}
