/* SPDX-License-Identifier: Apache-2.0 */
/* Decided builds as LLB: each layer one operation, roots made by our own program, and only what is named is sent. */
#include "bunny/llb_build.h"

#include "definition.h"

static struct arena arena;

#define SUM "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FROM(kind_, index_) ((struct from){(kind_), (index_)})

static struct build_input inputs[] = {
	{"redis:alpine", {"linux", "amd64", NULL}, false, NULL},
	{"unikraft.org/nginx:1.15", {"qemu", "amd64", NULL}, true, SUM},
};

static const char *built(const struct build *b, const struct llb_world *w)
{
	static const struct source source = {"bunnyfile", {"text", 4}};
	struct llb g = LLB(&arena, &source);
	struct err e = {0};
	struct bytes packed;
	struct llb_at at;

	assert_ok(llb_build(&g, b, w, &at, &e), e);
	assert_ok(llb_finish(&g, at, &packed, &e), e);
	return def_text(packed, &arena);
}

static void copies_by_both_rules(void **state)
{
	static const char *const exclude[] = {"*.md"};
	struct build_op ops[] = {
		{.kind = BUILD_COPY,
		 .from = FROM(FROM_CONTEXT, 0),
		 .source = "conf",
		 .dst = "/etc",
		 .mode = -1,
		 .dst_dir = true},
		{.kind = BUILD_COPY,
		 .from = FROM(FROM_CONTEXT, 0),
		 .source = "a*",
		 .dst = "/a",
		 .mode = 0600,
		 .wildcard = true,
		 .owner = {"1", "2"},
		 .exclude = {(const char **)(uintptr_t)exclude, 1},
		 .pos = {3, 1, 1}},
		{.kind = BUILD_COPY,
		 .from = FROM(FROM_CONTEXT, 0),
		 .source = "run.sh",
		 .dst = "/run.sh",
		 .mode = -1},
		{.kind = BUILD_COPY,
		 .from = FROM(FROM_IMAGE, 1),
		 .source = "/k",
		 .dst = "/.boot/kernel",
		 .mode = -1,
		 .rules = COPY_BUNNY},
		{.kind = BUILD_FILE, .bytes = {"{}", 2}, .dst = "/x/urunc.json", .mode = -1},
		{.kind = BUILD_DIR, .dst = "/data", .mode = -1},
	};
	struct build_layer layers[] = {{"COPY all", ops, 3}, {"kernel", ops + 3, 1}, {"rest", ops + 4, 2}};
	struct build_tree tree = {FROM(FROM_IMAGE, 0), layers, 3};
	const struct build b = {.inputs = inputs, .ninputs = 2, .trees = &tree, .ntrees = 1};
	struct llb_mode modes[] = {{"other", 0644}, {"run.sh", 0775}};
	const char *out[] = {"*.log", "!x.log"};
	const struct llb_world w = {.exclude = {out, 2},
				    .modes = modes,
				    .nmodes = 2,
				    .epoch = 5,
				    .resolve_mode = "local"};

	(void)state;
	assert_string_equal(
		built(&b, &w),
		"0: docker-image://docker.io/library/redis:alpine image.resolvemode=local linux/amd64\n"
		"1: local://context local.excludepatterns=[\"*.log\",\"!x.log\"] local.followpaths=[\"conf\",\"a*\",\"run.sh\"] "
		"local.sharedkeyhint=context 'load the context'\n"
		"2: files; 0+1=-1 copy /conf -> /etc/ at 5000000000 follow contents parents; 2+1=-1 copy /a* -> /a mode 600 user 1 "
		"group 2 at 5000000000 follow contents parents wildcard but *.md; 3+1=0 copy /run.sh -> /run.sh mode 755 at "
		"5000000000 follow contents parents [0.0] [1.0] 'COPY all' line 3\n"
		"3: docker-image://unikraft.org/nginx:1.15@" SUM " image.resolvemode=local qemu/amd64\n"
		"4: files; 0+1=0 copy /k -> /.boot/kernel at 5000000000 parents [2.0] [3.0] 'kernel'\n"
		"5: files; 0=-1 dir /x mode 755 parents at 5000000000; 1=-1 file /x/urunc.json mode 644 '{}' at 5000000000; "
		"2=0 dir /data mode 755 parents at 5000000000 [4.0] 'rest'\n"
		"6: result [5.0]\n");
}

static void all_of_the_context_when_all_is_wanted(void **state)
{
	struct build_op ops[] = {
		{.kind = BUILD_COPY, .from = FROM(FROM_CONTEXT, 0), .source = "a", .dst = "/a", .mode = -1},
		{.kind = BUILD_COPY, .from = FROM(FROM_CONTEXT, 0), .source = ".", .dst = "/", .mode = -1},
	};
	struct build_layer layer = {"COPY", ops, 2};
	struct build_tree tree = {FROM(FROM_SCRATCH, 0), &layer, 1};
	const struct build b = {.trees = &tree, .ntrees = 1};
	const struct llb_world w = {.context = "there"},
			       git = {.context_source = "git://h/x#v1", .context_url = "http://h/x"};

	(void)state;
	assert_string_equal(
		built(&b, &w),
		"0: local://there local.sharedkeyhint=there 'load the context'\n"
		"1: files; -1+0=-1 copy /a -> /a at 0 follow contents parents; 1+0=0 copy / -> / at 0 follow contents "
		"parents [0.0] 'COPY'\n"
		"2: result [1.0]\n");
	assert_non_null(
		strstr(built(&b, &git), "0: git://h/x#v1 git.fullurl=http://h/x 'load the context'\n"));
}

static struct build root_build(enum root_kind kind, uint64_t size)
{
	static struct build_op ops[2];
	static struct build_layer layers[2];
	static struct build_tree trees[2];

	ops[0] = (struct build_op){.kind = BUILD_COPY,
				   .from = FROM(FROM_IMAGE, 0),
				   .source = "/",
				   .dst = "/",
				   .mode = -1};
	ops[1] = (struct build_op){.kind = BUILD_ROOT,
				   .from = FROM(FROM_STAGE, 0),
				   .root = kind,
				   .size_bytes = size,
				   .dst = "/.boot/rootfs",
				   .mode = -1,
				   .pos = {7, 1, 1}};
	layers[0] = (struct build_layer){"tree", &ops[0], 1};
	layers[1] = (struct build_layer){"root", &ops[1], 1};
	trees[0] = (struct build_tree){FROM(FROM_SCRATCH, 0), &layers[0], 1};
	trees[1] = (struct build_tree){FROM(FROM_SCRATCH, 0), &layers[1], 1};
	return (struct build){.inputs = inputs, .ninputs = 2, .trees = trees, .ntrees = 2, .result = 1};
}

static void roots_are_made_by_our_own_program(void **state)
{
	const struct build initrd = root_build(ROOT_KIND_INITRD, 0);
	const struct llb_world w = {.self = {"ELF", 3}, .epoch = 9};

	(void)state;
	assert_string_equal(
		built(&initrd, &w),
		"0: docker-image://docker.io/library/redis:alpine linux/amd64\n"
		"1: files; -1+0=0 copy / -> / at 9000000000 follow contents parents [0.0] 'tree'\n"
		"2: files; -1=0 file /bunny mode 755 'ELF' at 9000000000 'write bunny'\n"
		"3: run /bunny mkinitrd /in /out/root; / 0=0; /in 1=-1 ro; /out -1=1 net 2 [2.0] [1.0] 'root' line 7\n"
		"4: files; -1+0=0 copy /root -> /.boot/rootfs mode 644 at 9000000000 parents [3.1] 'root' line 7\n"
		"5: result [4.0]\n");
}

static void disks_and_the_frontends_own_image(void **state)
{
	const struct build disk = root_build(ROOT_KIND_EXT4, 1 << 20);
	struct key_values none = {0};
	struct llb theirs = LLB(&arena, NULL);
	struct llb_world w = {.tools_path = "/bin/bunny"};
	struct err e = {0};

	(void)state;
	assert_ok(llb_finish(&theirs,
			     llb_source(&theirs, "docker-image://b", &none, NULL, (struct llb_show){0}),
			     &w.tools, &e),
		  e);
	assert_non_null(strstr(built(&disk, &w),
			       "run /bin/bunny mkfs --fs ext4 --size 1048576 /in /out/root; / 0=0;"));
	assert_non_null(strstr(built(&disk, &w), "2: docker-image://b\n"));
}

static void contexts_stand_before_images(void **state)
{
	static const char *const cases[][3] = {
		{"redis:alpine", "docker-image://x:1", "docker-image://docker.io/library/x:1 linux/amd64"},
		{"docker.io/library/redis:alpine", "docker-image://x:1",
		 "docker-image://docker.io/library/x:1"},
		{"redis:alpine", "local:redis", "local://redis local.sharedkeyhint=redis"},
		{"redis:alpine", "git://h/x", "git://h/x"},
		{"redis:alpine", "oci-layout://h/x@" SUM, "oci-layout://h/x@" SUM},
		{"redis", "docker-image://x:1", "docker-image://docker.io/library/redis:alpine"},
	};
	struct llb_world w = {0};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct llb g = LLB(&arena, NULL);
		struct bytes packed;

		w.contexts = (struct key_values){0};
		assert_ok(kv_set(&w.contexts, &arena, cases[i][0], cases[i][1], &e), e);
		assert_ok(llb_finish(&g, llb_image(&g, &inputs[0], &w, &e), &packed, &e), e);
		if (!strstr(def_text(packed, &arena), cases[i][2]))
			fail_msg("'%s' is not in: %s", cases[i][2], def_text(packed, &arena));
	}
}

static void our_own_urunit(void **state)
{
	struct build_op op = {.kind = BUILD_COPY,
			      .from = FROM(FROM_URUNIT, 0),
			      .source = "/urunit",
			      .dst = "/urunit",
			      .mode = -1};
	struct build_layer layer = {"urunit", &op, 1};
	struct build_tree tree = {FROM(FROM_SCRATCH, 0), &layer, 1};
	const struct build b = {.trees = &tree, .ntrees = 1};
	struct llb_world w = {.urunit = {"init", 4}};
	struct llb g = LLB(&arena, NULL);
	struct err e = {0};
	struct llb_at at;

	(void)state;
	assert_non_null(
		strstr(built(&b, &w), "0: files; -1=0 file /urunit mode 755 'init' at 0 'write urunit'\n"));
	w.urunit = (struct bytes){0};
	w.urunit_why = "this bunny has one for amd64 only";
	assert_fails(llb_build(&g, &b, &w, &at, &e), e, ENOENT, "urunit: this bunny has one for amd64 only");
}

static void names_that_are_refused(void **state)
{
	struct build_input in[] = {{"Redis", {"linux", "amd64", NULL}, false, NULL}};
	struct build_tree tree = {FROM(FROM_IMAGE, 0), NULL, 0};
	struct build b = {.inputs = in, .ninputs = 1, .trees = &tree, .ntrees = 1};
	struct llb_world w = {0};
	struct llb g = LLB(&arena, NULL);
	struct err e = {0};
	struct llb_at at;

	(void)state;
	assert_fails(llb_build(&g, &b, &w, &at, &e), e, EINVAL, "'Redis' is no name of an image");
	in[0].ref = "redis";
	assert_ok(kv_set(&w.contexts, &arena, "redis", "https://h/x.tar", &e), e);
	assert_fails(llb_build(&g, &b, &w, &at, &e), e, EINVAL,
		     "build context 'redis': 'https://h/x.tar' is not known here");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_by_both_rules),
		cmocka_unit_test(all_of_the_context_when_all_is_wanted),
		cmocka_unit_test(roots_are_made_by_our_own_program),
		cmocka_unit_test(disks_and_the_frontends_own_image),
		cmocka_unit_test(contexts_stand_before_images),
		cmocka_unit_test(our_own_urunit),
		cmocka_unit_test(names_that_are_refused),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	arena_release(&arena);
	return r;
}
