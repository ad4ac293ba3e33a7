/* SPDX-License-Identifier: Apache-2.0 */
/* Recipes: which syntax a file is in, what no file may hold, names of platforms, and what changed bytes come to. */
#include "bunny/recipe.h"

#include "bunny/build.h"
#include "common/json.h"
#include "unit.h"

static const struct recipe_options plain = {.host_arch = "amd64"};

static int parse(struct bytes text, struct arena *a, struct recipe *r, struct diags *d)
{
	static struct source source;

	source = (struct source){"f", text};
	*d = DIAGS(a);
	*r = (struct recipe){0};
	json_use_arena(a);
	return recipe_parse(&source, &plain, a, r, d);
}

static void the_first_line_tells_the_syntax(void **state)
{
	static const struct {
		const char *text;
		enum recipe_kind kind;
	} cases[] = {
		{"FROM scratch\n", RECIPE_CONTAINERFILE},
		{"from scratch", RECIPE_CONTAINERFILE},
		{"#syntax=x\n\n\t# more\n  ARG A=1\nFROM scratch\n", RECIPE_CONTAINERFILE},
		{"\xef\xbb\xbf# x\r\nFROM scratch\r\n", RECIPE_CONTAINERFILE},
		{"LABEL a=b:c\n", RECIPE_CONTAINERFILE},
		{"#syntax=x\nversion: v0.1\nplatforms: {framework: linux, monitor: qemu}\nkernel: {from: local, path: k}\n",
		 RECIPE_BUNNYFILE},
		{"{version: 0.1, platforms: {framework: a, monitor: b}, kernel: {from: local, path: k}}",
		 RECIPE_BUNNYFILE},
		{"---\nversion: 0.1\nplatforms:\n  framework: a\n  monitor: b\nkernel:\n  from: local\n  path: k\n",
		 RECIPE_BUNNYFILE},
		{"\"version\": 0.1\nplatforms: {framework: a, monitor: b}\nkernel: {from: local, path: k}",
		 RECIPE_BUNNYFILE},
		{"FROM: x\nversion: 0.1\nplatforms: {framework: a, monitor: b}\nkernel: {from: local, path: k}",
		 RECIPE_BUNNYFILE},
	};
	struct arena a = {0};
	struct recipe r;
	struct diags d;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (parse(unit_text(cases[i].text), &a, &r, &d) != 0 || r.kind != cases[i].kind)
			fail_msg("'%s': %s", cases[i].text, d.n ? d.v[0].text : "the other kind");
	arena_release(&a);
}

static void the_command_line_can_tell_the_syntax(void **state)
{
	const struct source source = {"f", unit_text("FROM scratch\n")};
	struct recipe_options opt = {.host_arch = "amd64", .only_bunnyfile = true};
	struct arena a = {0};
	struct diags d = DIAGS(&a);
	struct recipe r;

	(void)state;
	json_use_arena(&a);
	assert_int_equal(recipe_parse(&source, &opt, &a, &r, &d), -EINVAL);
	assert_non_null(strstr(d.v[0].text, "the file must be a map"));
	arena_release(&a);
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	struct arena a = {0};
	struct recipe r;
	struct diags d;
	char *large;

	(void)state;
	assert_int_equal(parse((struct bytes){"FROM a\nx\0y", 10}, &a, &r, &d), -EINVAL);
	assert_string_equal(d.v[0].text, "a NUL byte: is this a text file?");
	assert_int_equal(d.v[0].pos.line, 2);
	assert_int_equal(d.v[0].pos.col, 2);
	assert_int_equal(parse(unit_text("FROM \xc3\x28"), &a, &r, &d), -EINVAL);
	assert_string_equal(d.v[0].text, "byte 0xc3 is no UTF-8");
	large = arena_alloc(&a, RECIPE_MAX_BYTES + 1);
	memset(large, '#', RECIPE_MAX_BYTES + 1);
	assert_int_equal(parse((struct bytes){large, RECIPE_MAX_BYTES + 1}, &a, &r, &d), -EINVAL);
	assert_string_equal(d.v[0].text, "the file has 1048577 bytes, at most 1048576 are read");
	/* A length that nothing can have is not believed either. */
	assert_int_equal(parse((struct bytes){large, (size_t)4 << 30}, &a, &r, &d), -EINVAL);
	arena_release(&a);
}

static void lines_of_a_megabyte_are_read(void **state)
{
	static const char label[] = "FROM scratch\nLABEL a=";
	struct arena a = {0};
	char *text = arena_alloc(&a, RECIPE_MAX_BYTES);
	struct build_facts facts = {0};
	struct recipe r;
	struct diags d;

	(void)state;
	memset(text, 'x', RECIPE_MAX_BYTES);
	memcpy(text, label, sizeof(label) - 1);
	assert_int_equal(parse((struct bytes){text, RECIPE_MAX_BYTES}, &a, &r, &d), 0);
	assert_int_equal(recipe_expand(&r, &facts, &plain, &a, &d), -EINVAL);
	assert_string_equal(d.v[0].text, "the value gets longer than 64 KiB");
	arena_release(&a);
}

/* Each line doubles: 2^60 bytes, if it were let. */
static void variables_cannot_explode(void **state)
{
	struct arena a = {0};
	struct strbuf text = STRBUF(&a);
	struct build_facts facts = {0};
	struct recipe r;
	struct diags d;

	(void)state;
	sb_add(&text, "FROM scratch\nENV A=xxxxxxxxxxxxxxxx\n");
	for (int i = 0; i < 60; i++)
		sb_add(&text, "ENV A=$A$A\n");
	assert_int_equal(parse((struct bytes){text.p, text.len}, &a, &r, &d), 0);
	assert_int_equal(recipe_expand(&r, &facts, &plain, &a, &d), -EINVAL);
	assert_string_equal(d.v[0].text, "the value gets longer than 64 KiB");
	assert_true(a.used_bytes < 64u << 20);
	arena_release(&a);
}

static void what_is_wanted_is_wanted_once(void **state)
{
	static const char text[] = "FROM nginx AS a\nFROM nginx\nCOPY x y /\nCOPY x /z\nCOPY --from=busybox a b\n"
				   "COPY --from=busybox c d\nCOPY --from=a e f\n";
	struct build_facts facts = {0};
	struct arena a = {0};
	struct recipe r;
	struct diags d;

	(void)state;
	assert_int_equal(parse(unit_text(text), &a, &r, &d), 0);
	assert_int_equal(recipe_expand(&r, &facts, &plain, &a, &d), 0);
	assert_int_equal(r.nimages, 2);
	assert_true(r.images[0].need_config);
	assert_false(r.images[1].need_config);
	assert_string_equal(r.images[1].ref, "busybox");
	assert_int_equal(r.npaths, 2);
	assert_string_equal(r.paths[0].path, "x");
	/* Doing it again gives the same. */
	assert_int_equal(recipe_expand(&r, &facts, &plain, &a, &d), 0);
	assert_int_equal(r.npaths, 2);
	assert_int_equal(r.stages[1].nops, 5);
	arena_release(&a);
}

/* A kernel of this machine comes with its bytes, and is compared like one of the context. */
static void a_given_kernel_is_looked_at(void **state)
{
	static const char elf[] = "\x7f"
				  "ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\xb7";
	struct recipe_options opt = {.host_arch = "amd64",
				     .kernel_file = "/boot/k",
				     .kernel_bytes = {elf, sizeof(elf)}};
	struct build_facts facts = {0};
	struct arena a = {0};
	struct build b;
	struct recipe r;
	struct diags d;

	(void)state;
	assert_int_equal(parse(unit_text("FROM nginx\n"), &a, &r, &d), 0);
	assert_int_equal(recipe_expand(&r, &facts, &opt, &a, &d), 0);
	assert_int_equal(r.npaths, 0);
	assert_int_equal(build_decide(&r, &facts, &opt, &a, &b, &d), -EINVAL);
	assert_string_equal(d.v[0].text, "kernel '/boot/k' is for arm64, but the image would be for amd64");
	opt.host_arch = "arm64";
	opt.platform = (struct platform){"linux", "arm64", NULL};
	d = DIAGS(&a);
	assert_int_equal(recipe_parse(&r.source, &opt, &a, &r, &d), 0);
	assert_int_equal(recipe_expand(&r, &facts, &opt, &a, &d), 0);
	assert_int_equal(build_decide(&r, &facts, &opt, &a, &b, &d), 0);
	assert_int_equal(b.ninputs, 1);
	assert_int_equal(b.trees[0].layers[0].ops[0].kind, BUILD_FILE);
	assert_string_equal(b.trees[0].layers[0].ops[0].dst, "/.boot/kernel");
	assert_int_equal(b.trees[0].layers[0].ops[0].bytes.n, sizeof(elf));
	arena_release(&a);
}

static void platforms_have_names(void **state)
{
	struct arena a = {0};
	struct platform p;

	(void)state;
	assert_true(platform_parse("linux/x86_64", &a, &p));
	assert_string_equal(p.arch, "amd64");
	assert_true(platform_parse("linux/arm/v7", &a, &p));
	assert_string_equal(p.variant, "v7");
	assert_true(platform_parse("qemu/amd64", &a, &p));
	assert_string_equal(p.os, "qemu");
	assert_false(platform_parse("linux", &a, &p));
	assert_false(platform_parse("/amd64", &a, &p));
	assert_false(platform_parse("linux/", &a, &p));
	assert_false(platform_parse("linux/arm/", &a, &p));
	assert_false(platform_parse("linux/arm/v7/x", &a, &p));
	assert_string_equal(arch_from_name("x86"), "amd64");
	assert_string_equal(arch_from_name("AArch64"), "arm64");
	assert_null(arch_from_name("z80"));
	arena_release(&a);
}

static void changed_bytes_end_in_words(void **state)
{
	static const char *const good[] =
		{"ARG A=1\nFROM a:$A AS b\nENV X=${A:-y} Z=\"q\"\nCOPY --from=b --chown=1:2 <<E /x/ \nhi $X\nE\nCMD [\"a\"]\n"
		 "LABEL com.urunc.unikernel.binary=/k\nADD a.tar b* /d/\nEXPOSE 1-3/udp\nWORKDIR x\n",
		 "version: v0.1\nplatforms: {framework: linux, monitor: qemu, arch: x86}\nrootfs:\n  from: redis\n  type: raw\n"
		 "  include: [a:b, {from: c, source: d, destination: e}]\nkernel: {from: local, path: k}\ncmdline: \"a 'b c'\"\n"};
	uint64_t seed = 42;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		unsigned char text[512];
		struct arena a = {0};
		struct build_facts facts = {0};
		struct build build;
		struct recipe r;
		struct diags d;
		size_t n = strlen(good[i & 1]);
		int ret;

		memcpy(text, good[i & 1], n);
		n = unit_mutate(&seed, text, n);
		ret = parse((struct bytes){text, n}, &a, &r, &d);
		if (ret == 0)
			ret = recipe_expand(&r, &facts, &plain, &a, &d);
		if (ret == 0)
			ret = build_decide(&r, &facts, &plain, &a, &build, &d);
		assert_true(ret == 0 ? d.errors == 0 : ret == -EINVAL && d.errors > 0);
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_line_tells_the_syntax),
		cmocka_unit_test(the_command_line_can_tell_the_syntax),
		cmocka_unit_test(bytes_that_are_no_text_are_refused),
		cmocka_unit_test(lines_of_a_megabyte_are_read),
		cmocka_unit_test(variables_cannot_explode),
		cmocka_unit_test(what_is_wanted_is_wanted_once),
		cmocka_unit_test(a_given_kernel_is_looked_at),
		cmocka_unit_test(platforms_have_names),
		cmocka_unit_test(changed_bytes_end_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
