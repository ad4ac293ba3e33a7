/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata: whose container it is, how values are decoded and merged, and what is refused. */
#include "common/base64.h"
#include "plan/world.h"

static const char *b64n(struct world *w, const void *p, size_t n)
{
	struct strbuf b = STRBUF(&w->a);
	const char *s;

	base64_encode(&b, p, n);
	assert_ok(sb_done(&b, &s, &w->e), w->e);
	return s;
}

static const char *b64(struct world *w, const char *s)
{
	return b64n(w, s, strlen(s));
}

static int identify(struct world *w)
{
	w->e = (struct err){0};
	return plan_identify(&w->f, &w->a, &w->w, &w->e);
}

static void json_key(struct world *w, const char *key, const char *value)
{
	static struct spec_kv kv[16];

	w->f.has_urunc_json = true;
	w->f.urunc_json.v = kv;
	kv[w->f.urunc_json.n++] = (struct spec_kv){arena_printf(&w->a, KEY_PREFIX "%s", key), value};
}

/* The same four values, base64 where asked. */
static void metadata(struct world *w, bool encoded)
{
	static const char *const kv[][2] = {{"unikernelType", "linux"},
					    {"hypervisor", "qemu"},
					    {"binary", "/boot/vmlinuz"},
					    {"initrd", "/boot/initrd.img"}};

	for (size_t i = 0; i < 4; i++)
		world_annotate(w, kv[i][0], encoded ? b64(w, kv[i][1]) : kv[i][1]);
}

static void whose_it_is(void **state)
{
	struct world *w = *state;

	assert_int_equal(identify(w), 0);
	w->f.spec.annotations.n = 0;
	assert_int_equal(identify(w), 1);
	world_annotate(w, "io.example.other", "x");
	assert_int_equal(identify(w), 1);
	w->f.has_urunc_json = true;
	assert_fails(identify(w), w->e, EINVAL, "unikernelType' is missing");
	w->f.has_urunc_json = false;
	w->f.urunc_json_problem = "is a FIFO, not a regular file";
	assert_fails(identify(w), w->e, EINVAL, "/urunc.json: is a FIFO");
	w->f.config.strict = false;
	assert_int_equal(identify(w), 1);
}

static void pods(void **state)
{
	struct world *w = *state;

	world_annotate(w, "io.kubernetes.cri.container-type", "sandbox");
	assert_int_equal(identify(w), 1);
	world_annotate(w, "io.kubernetes.cri.container-type", "container");
	assert_int_equal(identify(w), 0);
	world_drop(w, "unikernelType");
	assert_fails(identify(w), w->e, EINVAL, "unikernelType' is missing");
	world_drop(w, "binary"); /* only wishes for the whole pod are left: a sidecar */
	assert_int_equal(identify(w), 1);
	w->f.has_urunc_json = true;
	assert_fails(identify(w), w->e, EINVAL, "is missing");
	w->f.has_urunc_json = false;
	world_drop(w, "container-type");
	assert_fails(identify(w), w->e, EINVAL, "is missing");
	world_annotate(w, "io.kubernetes.cri-o.ContainerType", "sandbox");
	assert_int_equal(identify(w), 1);
}

static void plain_and_encoded_say_the_same(void **state)
{
	struct world *w = *state;

	for (int encoded = 0; encoded < 2; encoded++) {
		metadata(w, encoded);
		world_annotate(w, "cmdline", encoded ? b64(w, "a b") : "a b");
		world_annotate(w, "mountRootfs", encoded ? b64(w, "T") : "T");
		assert_int_equal(identify(w), 0);
		assert_string_equal(w->w.meta.type, "linux");
		assert_string_equal(w->w.meta.hypervisor, "qemu");
		assert_string_equal(w->w.meta.binary, "/boot/vmlinuz");
		assert_string_equal(w->w.meta.initrd, "/boot/initrd.img");
		assert_string_equal(w->w.meta.cmdline, "a b");
		assert_true(w->w.meta.mount_rootfs);
		assert_string_equal(w->w.guest->name, "linux");
		assert_string_equal(w->w.monitor->name, "qemu");
		assert_int_equal(w->w.warnings.n, 0);
	}
}

static void base64_is_undone_once(void **state)
{
	struct world *w = *state;

	metadata(w, true);
	world_annotate(w, "cmdline", b64(w, b64(w, "a b")));
	assert_int_equal(identify(w), 0);
	assert_string_equal(w->w.meta.cmdline, "YSBi");
	metadata(w, false);
	world_annotate(w, "cmdline", "YSBi"); /* plain source: plain value */
	assert_int_equal(identify(w), 0);
	assert_string_equal(w->w.meta.cmdline, "YSBi");
	world_annotate(w, "unikernelType", b64(w, b64(w, "linux")));
	assert_fails(identify(w), w->e, EINVAL, "unknown or unsupported guest");
}

static void broken_base64(void **state)
{
	struct world *w = *state;
	static const char *const bad[] = {"L2Jvb3Q",  "L2J vb3Q=", "L2Jv\nb3Q=", "L2Jvb3Q==",
					  "L2Jvb3R=", "====",      "L2Jvb3Q=\n"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		metadata(w, true);
		world_annotate(w, "binary", bad[i]);
		assert_fails(identify(w), w->e, EINVAL, "annotation 'com.urunc.unikernel.binary'");
		/* The same verdict through the other door. */
		w->f.spec.annotations.n = 0;
		w->f.urunc_json.n = 0;
		json_key(w, "unikernelType", b64(w, "linux"));
		json_key(w, "hypervisor", b64(w, "qemu"));
		json_key(w, "binary", bad[i]);
		assert_fails(identify(w), w->e, EINVAL, "urunc.json key 'com.urunc.unikernel.binary'");
		w->f.urunc_json.n = 0;
		w->f.has_urunc_json = false;
	}
	metadata(w, true);
	world_annotate(w, "cmdline", b64n(w, "a\0b", 3));
	assert_fails(identify(w), w->e, EINVAL, "NUL");
	world_annotate(w, "cmdline", b64n(w, "\xc3\x28", 2));
	assert_fails(identify(w), w->e, EINVAL, "not UTF-8");
}

static void annotations_win_key_by_key(void **state)
{
	struct world *w = *state;

	w->f.spec.annotations.n = 0;
	json_key(w, "unikernelType", b64(w, "linux"));
	json_key(w, "hypervisor", b64(w, "xen"));
	json_key(w, "binary", b64(w, "/from-json"));
	json_key(w, "initrd", b64(w, "/initrd-from-json"));
	world_annotate(w, "hypervisor", "qemu");
	world_annotate(w, "initrd", b64(w, "/from-annotation")); /* each key decides, without a type */
	assert_int_equal(identify(w), 0);
	assert_string_equal(w->w.meta.binary, "/from-json");
	assert_string_equal(w->w.meta.initrd, "/from-annotation");
	world_annotate(w, "hypervisor", b64(w, "qemu"));
	world_annotate(w, "binary", "/plain");
	assert_int_equal(identify(w), 0);
	assert_string_equal(w->w.meta.hypervisor, "qemu");
	assert_string_equal(w->w.meta.binary, "/plain");
	world_annotate(w, "initrd", ""); /* present but empty: no initrd */
	assert_int_equal(identify(w), 0);
	assert_null(w->w.meta.initrd);
}

static void aliases(void **state)
{
	struct world *w = *state;

	world_annotate(w, "version", "2");
	world_annotate(w, "useDMBlock", "1");
	assert_int_equal(identify(w), 0);
	assert_string_equal(w->w.meta.version, "2");
	assert_true(w->w.meta.mount_rootfs);
	world_annotate(w, "unikernelVersion", "1");
	world_annotate(w, "mountRootfs", "0");
	assert_int_equal(identify(w), 0);
	assert_string_equal(w->w.meta.version, "1");
	assert_false(w->w.meta.mount_rootfs);
}

static void unknown_keys_are_told_once(void **state)
{
	struct world *w = *state;

	world_annotate(w, "Binary", "/x");
	world_annotate(w, KEY_PREFIX "binary.", "/y");
	assert_int_equal(identify(w), 0);
	assert_string_equal(w->w.meta.binary, "/boot/vmlinuz");
	assert_int_equal(w->w.warnings.n, 2);
	assert_non_null(strstr(w->w.warnings.v[0], "com.urunc.unikernel.Binary' is not known and is ignored"));
	assert_planned(w);
	assert_int_equal(w->p.warnings.n, 2);
}

/* key, value, words of the refusal */
static const char *const refusals[][3] = {
	{"hypervisor", "qemu ", "unknown or unsupported monitor 'qemu ' (allowed: "},
	{"hypervisor", " qemu", "unsupported monitor"},
	{"hypervisor", "../../bin/sh", "unsupported monitor"},
	{"hypervisor", "QEMU", "unsupported monitor"},
	{"hypervisor", "", "hypervisor' is empty"},
	{"hypervisor", "xen", "(allowed: "},
	{"hypervisor", "hvt", "guest 'linux' does not run on monitor 'hvt' (allowed: qemu"},
	{"unikernelType", "", "unikernelType' is empty"},
	{"unikernelType", "Linux", "unsupported guest 'Linux' (allowed: "},
	{"unikernelType", "nanos", "unsupported guest 'nanos'"},
	{"binary", "", "binary' is empty"},
	{"binary", "/k -drive file=/dev/sda", "not allowed in a path"},
	{"binary", "/k,readonly=off", "not allowed in a path"},
	{"binary", "-kernel", "begins with '-'"},
	{"binary", "/a/../b", "not a clean path"},
	{"binary", "/", "is a directory"},
	{"initrd", "fd:3", "not allowed in a path"},
	{"block", "nbd:10.0.0.1:1", "not allowed in a path"},
	{"block", "http://x/y", "not allowed in a path"},
	{"block", "json:{\"driver\":\"host_device\"}", "not allowed in a path"},
	{"blkMntPoint", "/a b", "not allowed in a path"},
	{"solo5NetDev", "net0,mac=x", "solo5NetDev': 'net0,mac=x' is no Solo5 device name"},
	{"solo5BlkDev", "disk 0", "solo5BlkDev': 'disk 0' is no Solo5 device name"},
	{"mountRootfs", "TRUE ", "is not a boolean"},
	{"mountRootfs", "yes", "is not a boolean"},
	{"mountRootfs", "2", "is not a boolean"},
};

static void refused_values(void **state)
{
	struct world *w = *state;

	for (int encoded = 0; encoded < 2; encoded++)
		for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
			bool name = streq(refusals[i][0], "unikernelType");

			metadata(w, encoded && !name);
			world_annotate(w, refusals[i][0],
				       encoded && !name ? b64(w, refusals[i][1]) : refusals[i][1]);
			assert_fails(identify(w), w->e, EINVAL, refusals[i][2]);
			assert_null(strchr(w->e.msg, '\n'));
			world_drop(w, refusals[i][0]);
		}
}

static bool runs_on_it(const struct guest_ops *g, const struct monitor_ops *m)
{
	for (size_t i = 0; g->monitors[i] != NULL; i++)
		if (streq(g->monitors[i], m->name))
			return true;
	return false;
}

/* Of all guests and monitors that there are. */
static void every_pair_is_taken_or_refused(void **state)
{
	struct world *w = *state;
	const struct guest_ops *g;
	const struct monitor_ops *m;
	size_t taken = 0, refused = 0;

	for (size_t i = 0; (g = guest_next(&i)) != NULL;)
		for (size_t k = 0; (m = monitor_next(&k)) != NULL;) {
			world_annotate(w, "unikernelType", g->name);
			world_annotate(w, "hypervisor", m->name);
			if (runs_on_it(g, m)) {
				assert_ok(identify(w), w->e);
				assert_ptr_equal(w->w.guest, g);
				assert_ptr_equal(w->w.monitor, m);
				taken++;
			} else {
				assert_fails(identify(w), w->e, EINVAL,
					     arena_printf(&w->a,
							  "guest '%s' does not run on monitor '%s' (allowed: %s",
							  g->name, m->name, g->monitors[0]));
				refused++;
			}
		}
	assert_in_range(taken, 13, 35);
	assert_true(refused > 0);
}

static void incomplete(void **state)
{
	static const char *const keys[] = {"unikernelType", "hypervisor", "binary"};
	struct world *w = *state;

	for (size_t i = 0; i < 3; i++) {
		metadata(w, false);
		world_drop(w, keys[i]);
		assert_fails(identify(w), w->e, EINVAL, "is missing");
		assert_non_null(strstr(w->e.msg, keys[i]));
	}
}

static void long_values(void **state)
{
	struct world *w = *state;
	char *s = arena_alloc(&w->a, (16u << 10) + 2);

	memset(s, 'x', 16u << 10);
	world_annotate(w, "cmdline", s);
	assert_int_equal(identify(w), 0);
	s[16u << 10] = 'x';
	assert_fails(identify(w), w->e, EINVAL, "a value may have 16384");
	world_annotate(w, "cmdline", "\xff");
	assert_fails(identify(w), w->e, EINVAL, "is not UTF-8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(whose_it_is),
		world_test(pods),
		world_test(plain_and_encoded_say_the_same),
		world_test(base64_is_undone_once),
		world_test(broken_base64),
		world_test(annotations_win_key_by_key),
		world_test(aliases),
		world_test(unknown_keys_are_told_once),
		world_test(refused_values),
		world_test(every_pair_is_taken_or_refused),
		world_test(incomplete),
		world_test(long_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
