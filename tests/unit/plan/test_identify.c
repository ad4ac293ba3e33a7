/* SPDX-License-Identifier: Apache-2.0 */
/* Whose container is it, and what does its metadata say: plain or base64, merged, judged. */
#include "plan_test.h"

static int identify(struct sample *s)
{
	s->e = (struct err){0};
	memset(&s->w, 0, sizeof(s->w));
	return plan_identify(&s->f, &s->a, &s->w, &s->e);
}

#define assert_identify_fails(s, words)                                                                      \
	do {                                                                                                 \
		assert_int_equal(identify(s), -EINVAL);                                                      \
		if (!strstr((s)->e.msg, (words)))                                                            \
			fail_msg("'%s' lacks '%s'", (s)->e.msg, (words));                                    \
	} while (0)

static void no_metadata_is_the_delegates(void **state)
{
	struct sample s;

	(void)state;
	sample_begin(&s);
	s.f.spec.annotations.n = 0;
	assert_int_equal(identify(&s), 1);
	sample_annotate(&s, "org.example.type", "x");
	assert_int_equal(identify(&s), 1);
	sample_end(&s);
}

static void plain_annotations(void **state)
{
	struct sample s;

	(void)state;
	sample_begin(&s);
	sample_annotate(&s, KEY("cmdline"), "bGludXg=");
	assert_ok(identify(&s), s.e);
	assert_string_equal(s.w.meta.type, "linux");
	assert_string_equal(s.w.meta.binary, "/boot/vmlinuz");
	/* Base64 of something, but this source is plain. */
	assert_string_equal(s.w.meta.cmdline, "bGludXg=");
	assert_null(s.w.meta.block);
	assert_ptr_equal(s.w.guest, guest_find("linux"));
	assert_ptr_equal(s.w.monitor, monitor_find("qemu"));
	sample_end(&s);
}

static void encoded_annotations(void **state)
{
	struct sample s;

	(void)state;
	sample_begin(&s);
	sample_annotate(&s, KEY("unikernelType"), "bGludXg=");
	sample_annotate(&s, KEY("hypervisor"), "cWVtdQ==");
	sample_annotate(&s, KEY("binary"), "L2s=");
	sample_annotate(&s, KEY("initrd"), "");
	assert_ok(identify(&s), s.e);
	assert_string_equal(s.w.meta.hypervisor, "qemu");
	assert_string_equal(s.w.meta.binary, "/k");
	assert_null(s.w.meta.initrd);
	/* One of them plain: the whole source was said to be encoded. */
	sample_annotate(&s, KEY("initrd"), "/boot/initrd");
	assert_identify_fails(&s, "initrd'");
	sample_end(&s);
}

static void encoded_values_that_are_no_text(void **state)
{
	static const struct {
		const char *value, *words;
	} bad[] = {{"AGE=", "NUL"},
		   {"/w==", "UTF-8"},
		   {"L2s", "binary'"},
		   {"L2s=\n", "binary'"},
		   {"L2\ns=", "binary'"}};
	struct sample s;

	(void)state;
	sample_begin(&s);
	sample_annotate(&s, KEY("unikernelType"), "bGludXg=");
	sample_annotate(&s, KEY("hypervisor"), "cWVtdQ==");
	sample_annotate(&s, KEY("initrd"), "");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		sample_annotate(&s, KEY("binary"), bad[i].value);
		assert_identify_fails(&s, bad[i].words);
	}
	sample_end(&s);
}

static void base64_is_taken_off_once(void **state)
{
	struct sample s;

	(void)state;
	sample_begin(&s);
	/* base64 of "bGludXg=" */
	sample_annotate(&s, KEY("unikernelType"), "YkdsdWRYZz0=");
	assert_identify_fails(&s, "'YkdsdWRYZz0='");
	sample_annotate(&s, KEY("unikernelType"), "bGludXg");
	assert_identify_fails(&s, "'bGludXg'");
	sample_end(&s);
}

static void urunc_json_alone_and_merged(void **state)
{
	struct sample s;

	(void)state;
	sample_begin(&s);
	s.f.spec.annotations.n = 0;
	sample_json(&s, KEY("unikernelType"), "bGludXg=");
	sample_json(&s, KEY("hypervisor"), "cWVtdQ==");
	sample_json(&s, KEY("binary"), "L2s=");
	sample_json(&s, KEY("cmdline"), "YSBi");
	assert_ok(identify(&s), s.e);
	assert_string_equal(s.w.meta.binary, "/k");
	assert_string_equal(s.w.meta.cmdline, "a b");
	/* The spec wins key by key; without a type there, each value shows by itself what it is. */
	sample_annotate(&s, KEY("binary"), "/other");
	sample_annotate(&s, KEY("mountRootfs"), "ZmFsc2U=");
	sample_annotate(&s, KEY("initrd"), "L2k=");
	assert_ok(identify(&s), s.e);
	assert_string_equal(s.w.meta.binary, "/other");
	assert_string_equal(s.w.meta.initrd, "/i");
	assert_string_equal(s.w.meta.cmdline, "a b");
	assert_false(s.w.meta.mount_rootfs);
	s.json[3].value = "a b";
	assert_identify_fails(&s, "urunc.json key 'com.urunc.unikernel.cmdline'");
	sample_end(&s);
}

static void aliases_stand_in(void **state)
{
	struct sample s;

	(void)state;
	sample_begin(&s);
	sample_annotate(&s, KEY("version"), "0.1");
	sample_annotate(&s, KEY("useDMBlock"), "true");
	assert_ok(identify(&s), s.e);
	assert_string_equal(s.w.meta.version, "0.1");
	assert_true(s.w.meta.mount_rootfs);
	sample_annotate(&s, KEY("mountRootfs"), "false");
	sample_annotate(&s, KEY("unikernelVersion"), "0.2");
	assert_ok(identify(&s), s.e);
	assert_string_equal(s.w.meta.version, "0.2");
	assert_false(s.w.meta.mount_rootfs);
	sample_end(&s);
}

static void wrong_names(void **state)
{
	static const char *const monitors[] = {"qemu ", "../../bin/sh", "QEMU", "runc", "qemu,x"};
	struct sample s;

	(void)state;
	sample_begin(&s);
	for (size_t i = 0; i < sizeof(monitors) / sizeof(monitors[0]); i++) {
		sample_annotate(&s, KEY("hypervisor"), monitors[i]);
		assert_identify_fails(&s, "unknown or unsupported monitor");
		assert_non_null(strstr(s.e.msg, "qemu"));
	}
	sample_annotate(&s, KEY("hypervisor"), "hvt");
	assert_identify_fails(&s, "guest 'linux' does not run on monitor 'hvt' (allowed: ");
	sample_annotate(&s, KEY("hypervisor"), "");
	assert_identify_fails(&s, "annotation 'com.urunc.unikernel.hypervisor' is empty");
	sample_annotate(&s, KEY("hypervisor"), "qemu");
	sample_annotate(&s, KEY("unikernelType"), "windows");
	assert_identify_fails(&s, "unknown or unsupported guest 'windows' (allowed: linux");
	sample_end(&s);
}

static void incomplete_metadata_is_no_other_runtimes_business(void **state)
{
	struct sample s;

	(void)state;
	sample_begin(&s);
	s.f.spec.annotations.n = 1;
	assert_identify_fails(&s, "'com.urunc.unikernel.hypervisor' is missing");
	s.annotations[0] = (struct spec_kv){KEY("hypervisor"), "qemu"};
	assert_identify_fails(&s, "'com.urunc.unikernel.unikernelType' is missing");
	s.f.config.strict = false;
	assert_int_equal(identify(&s), 1);
	sample_end(&s);
}

static void pods_share_annotations(void **state)
{
	struct sample s;

	(void)state;
	sample_begin(&s);
	sample_annotate(&s, "io.kubernetes.cri.container-type", "sandbox");
	assert_int_equal(identify(&s), 1);
	sample_annotate(&s, "io.kubernetes.cri.container-type", "container");
	assert_ok(identify(&s), s.e);
	/* A sidecar that only inherited a wish of the pod. */
	s.f.spec.annotations.n = 0;
	sample_annotate(&s, "io.kubernetes.cri-o.ContainerType", "container");
	sample_annotate(&s, KEY("hypervisor"), "qemu");
	assert_int_equal(identify(&s), 1);
	sample_json(&s, KEY("unikernelType"), "bGludXg=");
	assert_identify_fails(&s, "'com.urunc.unikernel.binary' is missing");
	sample_end(&s);
}

static void unknown_keys_are_warned_about(void **state)
{
	struct sample s;

	(void)state;
	sample_begin(&s);
	sample_annotate(&s, KEY("binary."), "/x");
	sample_json(&s, KEY("Hypervisor"), "!");
	sample_json(&s, "other", "!");
	assert_ok(identify(&s), s.e);
	assert_int_equal(s.w.warnings.n, 2);
	assert_non_null(strstr(s.w.warnings.v[0], "Hypervisor' is not known"));
	assert_non_null(strstr(s.w.warnings.v[1], "binary.' is not known"));
	sample_end(&s);
}

static void a_bad_urunc_json_is_told(void **state)
{
	struct sample s;

	(void)state;
	sample_begin(&s);
	s.f.spec.annotations.n = 0;
	s.f.urunc_json_problem = "is a FIFO";
	assert_identify_fails(&s, "/urunc.json: is a FIFO");
	sample_end(&s);
}

static void long_values(void **state)
{
	static char text[(16 << 10) + 2];
	struct sample s;

	(void)state;
	sample_begin(&s);
	memset(text, 'x', (16 << 10) + 1);
	sample_annotate(&s, KEY("cmdline"), text);
	assert_identify_fails(&s, "16385 bytes long");
	text[16 << 10] = '\0';
	assert_ok(identify(&s), s.e);
	sample_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_metadata_is_the_delegates),
		cmocka_unit_test(plain_annotations),
		cmocka_unit_test(encoded_annotations),
		cmocka_unit_test(encoded_values_that_are_no_text),
		cmocka_unit_test(base64_is_taken_off_once),
		cmocka_unit_test(urunc_json_alone_and_merged),
		cmocka_unit_test(aliases_stand_in),
		cmocka_unit_test(wrong_names),
		cmocka_unit_test(incomplete_metadata_is_no_other_runtimes_business),
		cmocka_unit_test(pods_share_annotations),
		cmocka_unit_test(unknown_keys_are_warned_about),
		cmocka_unit_test(a_bad_urunc_json_is_told),
		cmocka_unit_test(long_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
