/* SPDX-License-Identifier: Apache-2.0 */
/* A whole build as BuildKit's frontend: what is asked, what is solved, and what the user is told. */
#include "bunny/frontend.h"

#include "buildkit.h"
#include "common/json.h"
#include "definition.h"

static struct arena arena;

#define CAPS                                                                                                 \
	{                                                                                                    \
		"proto.refarray", "gateway.warnings"                                                         \
	}
#define WORKERS "BUILDKIT_WORKERS=[{\"Platforms\":[{\"os\":\"linux\",\"architecture\":\"amd64\"}]}]"

static const char bunnyfile[] =
	"#syntax=bunny\nversion: v0.1\nplatforms:\n  framework: unikraft\n  monitor: qemu\nrootfs:\n"
	"  from: scratch\n  type: initrd\n  include:\n  - a.conf:/conf/a.conf\nkernel:\n  from: local\n"
	"  path: kernel\ncmdline: \"serve /conf/a.conf\"\n";

struct outcome {
	const char *log;
	const Gateway__ReturnRequest *returned;
	const char *solved; /* the last definition */
};

static struct outcome build(const struct kit *kit, const char *const *options)
{
	struct kit_end end = kit_start(kit);
	struct strv env = STRV(&arena);
	struct outcome out;
	struct strs all;
	struct err e = {0};

	json_use_arena(&arena);
	strv_add(&env, WORKERS);
	for (size_t i = 0; options[i]; i++)
		strv_addf(&env, "BUILDKIT_FRONTEND_OPT_%zu=%s", i, options[i]);
	assert_ok(strv_done(&env, &all, &e), e);
	assert_ok(frontend_run(end.in, end.out, &all, &arena, &e), e);
	out.log = arena_strdup(&arena, end.heard->log);
	out.returned = pb_unpack(&gateway__return_request__descriptor,
				 (struct bytes){end.heard->result, end.heard->result_n}, &arena, &e);
	out.solved = end.heard->last_n ? def_text((struct bytes){arena_memdup(&arena, end.heard->last,
									      end.heard->last_n),
								 end.heard->last_n},
						  &arena)
				       : NULL;
	assert_non_null(out.returned);
	kit_stop(&end);
	return out;
}
#define BUILD(kit_, ...) build((kit_), (const char *const[]){__VA_ARGS__, NULL})

static const char *metadata(const struct outcome *o, const char *key)
{
	const Gateway__Result *r = o->returned->result;

	for (size_t i = 0; r && i < r->n_metadata; i++) {
		if (streq(r->metadata[i]->key, key))
			return arena_memdup(&arena, r->metadata[i]->value.data, r->metadata[i]->value.len);
	}
	return NULL;
}

static const char *refusal(const struct outcome *o)
{
	return o->returned->error ? o->returned->error->message : "(none)";
}
#define assert_refused(o_, words_)                                                                           \
	do {                                                                                                 \
		if (!strstr(refusal(&(o_)), (words_)))                                                       \
			fail_msg("'%s' is not in '%s'", (words_), refusal(&(o_)));                           \
	} while (0)

static void a_bunnyfile(void **state)
{
	const struct kit kit = {
		.caps = CAPS,
		.files = {{"dockerfile", "bunnyfile", bunnyfile, 0644},
			  {"context", "a.conf", "hello", 0664},
			  {"context", "kernel",
			   "\x7f"
			   "ELF",
			   0755},
			  {"context", ".dockerignore", "# no\n*.log\n\n !keep.log \r\n", 0644}},
	};
	struct outcome o = BUILD(&kit, "filename=bunnyfile", "build-arg:SOURCE_DATE_EPOCH=60");

	(void)state;
	assert_string_equal(refusal(&o), "(none)");
	assert_string_equal(o.log,
			    "Solve dockerfile\nReadFile dockerfile bunnyfile\n"
			    "ReadFile dockerfile bunnyfile.dockerignore\n"
			    "Solve context\nReadFile context .bunnyignore\nReadFile context .dockerignore\n"
			    "Solve context\nReadFile context kernel\nSolve \nReturn\n");
	assert_non_null(strstr(o.solved, "local.excludepatterns=[\"*.log\",\"!keep.log\"]"));
	/* A mode that only this machine's umask has given comes out as `bunny build` gives it. */
	assert_non_null(strstr(o.solved, "copy /a.conf -> /conf/a.conf mode 644 at 60000000000"));
	assert_non_null(strstr(o.solved, "copy /kernel -> /.boot/kernel mode 755"));
	assert_non_null(strstr(o.solved, "mkinitrd /in /out/root"));
	assert_non_null(
		strstr(o.solved,
		       "file /urunc.json mode 644 '{\"com.urunc.unikernel.binary\":\"Ly5ib290L2tlcm5lbA==\","));
	assert_string_equal(metadata(&o, "annotation-manifest.com.urunc.unikernel.cmdline"),
			    "serve /conf/a.conf");
	assert_non_null(strstr(metadata(&o, "containerimage.config"), "\"Cmd\":[\"serve\",\"/conf/a.conf\"]"));
	assert_non_null(strstr(metadata(&o, "containerimage.config"), "\"created\":\"1970-01-01T00:01:00Z\""));
	assert_string_equal(o.returned->result->ref->id, "3");
}

static void usual_names_in_the_context(void **state)
{
	const struct kit kit = {
		.caps = CAPS,
		.files = {{"context", "Containerfile",
			   "FROM scratch\nCOPY kernel /k\nLABEL com.urunc.unikernel.unikernelType=unikraft "
			   "com.urunc.unikernel.hypervisor=qemu com.urunc.unikernel.binary=/k\n",
			   0644},
			  {"context", "kernel",
			   "\x7f"
			   "ELF",
			   0644}},
	};
	struct outcome o = BUILD(&kit, "label:mine=yes", "no-cache=");

	(void)state;
	assert_string_equal(refusal(&o), "(none)");
	assert_non_null(strstr(o.log, "ReadFile context bunnyfile\nReadFile context Containerfile\n"));
	assert_non_null(strstr(metadata(&o, "containerimage.config"), "\"mine\":\"yes\""));
	assert_non_null(strstr(o.solved, "'COPY kernel /k' no-cache line 2"));
}

static void images_are_asked_for_and_go_on(void **state)
{
	const struct kit kit = {
		.caps = CAPS,
		.files = {{"dockerfile", "Dockerfile",
			   "FROM base\nLABEL com.urunc.unikernel.unikernelType=unikraft "
			   "com.urunc.unikernel.hypervisor=qemu com.urunc.unikernel.binary=/k\n",
			   0644}},
		.images = {{"docker.io/library/base:latest",
			    "{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Env\":[\"A=b\"],\"Cmd\":[\"/k\"]},"
			    "\"history\":[{\"created_by\":\"older\"}]}",
			    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
			   {"docker.io/library/mine:1",
			    "{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{}}", NULL}},
	};
	struct outcome o = BUILD(&kit, "filename=Dockerfile", "image-resolve-mode=local");

	(void)state;
	assert_string_equal(refusal(&o), "(none)");
	assert_non_null(strstr(o.log, "Image docker.io/library/base:latest linux/amd64 local\n"));
	assert_non_null(
		strstr(o.solved, "docker-image://docker.io/library/base:latest@sha256:0123456789abcdef"));
	assert_non_null(strstr(metadata(&o, "containerimage.config"), "\"Env\":[\"A=b\"]"));
	assert_non_null(
		strstr(metadata(&o, "containerimage.config"), "\"history\":[{\"created_by\":\"older\"},{"));
	/* Another image, or a directory, instead. */
	o = BUILD(&kit, "filename=Dockerfile", "context:base=docker-image://mine:1");
	assert_string_equal(refusal(&o), "(none)");
	assert_non_null(strstr(o.log, "Image docker.io/library/mine:1 "));
	assert_non_null(strstr(o.solved, "0: docker-image://docker.io/library/mine:1 "));
	o = BUILD(&kit, "filename=Dockerfile", "context:base=local:dir");
	assert_string_equal(refusal(&o), "(none)");
	assert_non_null(strstr(o.solved, "0: local://dir "));
}

static void several_platforms(void **state)
{
	const struct kit kit = {
		.caps = CAPS,
		.files = {{"dockerfile", "bunnyfile", bunnyfile, 0644},
			  {"context", "a.conf", "hello", 0644},
			  {"context", "kernel", "raw", 0755}},
	};
	struct outcome o = BUILD(&kit, "filename=bunnyfile", "platform=linux/amd64,linux/arm64");

	(void)state;
	assert_string_equal(refusal(&o), "(none)");
	assert_int_equal(o.returned->result->refs->n_refs, 2);
	assert_non_null(strstr(metadata(&o, "refs.platforms"), "linux/arm64"));
	assert_non_null(
		strstr(metadata(&o, "containerimage.config/linux/arm64"), "\"architecture\":\"arm64\""));
	assert_string_equal(metadata(&o, "annotation-manifest[linux/arm64].com.urunc.unikernel.hypervisor"),
			    "qemu");
}

static void what_the_user_is_told(void **state)
{
	struct kit kit = {
		.caps = CAPS,
		.files = {{"dockerfile", "bunnyfile",
			   "version: v0.1\nplatforms:\n  framework: unikraft\n  monitor: qemu\nkernel:\n"
			   "  from: local\n  path: nothing\n",
			   0644},
			  {"dockerfile", "broken", "version: v9\n", 0644},
			  {"dockerfile", "image", "FROM absent\n", 0644}},
	};
	struct outcome o;

	(void)state;
	o = BUILD(&kit, "filename=bunnyfile");
	assert_refused(o, "bunnyfile:7:9: error: there is no 'nothing' in the context\n");
	o = BUILD(&kit, "filename=broken");
	assert_refused(o, "broken:1:");
	assert_refused(o, "Unsupported version v9");
	o = BUILD(&kit, "filename=elsewhere");
	assert_refused(o, "'elsewhere' is not there");
	o = BUILD(&kit, "filename=image");
	assert_refused(o, "not found");
	o = BUILD(&kit, "filename=bunnyfile", "platform=x");
	assert_refused(o, "option platform is 'x'");
	kit.refuse = "/.boot/kernel";
	kit.files[3] = (struct kit_file){"context", "nothing", "k", 0644};
	o = BUILD(&kit, "filename=bunnyfile");
	assert_refused(o, "lstat /var/lib/x/nothing: no such file or directory");
	assert_null(o.returned->result);
}

static void nobody_there(void **state)
{
	struct strs none = {0};
	struct err e = {0};
	int ends[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	close(ends[1]);
	assert_int_equal(frontend_run(ends[0], ends[0], &none, &arena, &e) < 0, 1);
	assert_non_null(strstr(e.msg, "cannot speak to BuildKit: Ping: "));
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bunnyfile),
		cmocka_unit_test(usual_names_in_the_context),
		cmocka_unit_test(images_are_asked_for_and_go_on),
		cmocka_unit_test(several_platforms),
		cmocka_unit_test(what_the_user_is_told),
		cmocka_unit_test(nobody_there),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	arena_release(&arena);
	return r;
}
