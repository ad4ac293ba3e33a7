/* SPDX-License-Identifier: Apache-2.0 */
/* What the probe remembers, and what it does not believe. /dev/null plays a device that is not KVM. */
#include "common/proc.h"
#include "gather/parts.h"
#include "gather/scratch.h"

#define DEVICE "/dev/null"

static uint64_t device_number(void)
{
	struct stat st;

	assert_int_equal(stat(DEVICE, &st), 0);
	return st.st_rdev;
}

static const char *boot_id(struct scratch *s)
{
	char id[BOOT_ID_BYTES];

	assert_ok(boot_id_read(id, &s->e), s->e);
	return arena_strdup(&s->a, id);
}

static const char *line(struct scratch *s, const char *verdict)
{
	return arena_printf(&s->a, "%s %llu %s 123\n", boot_id(s), (unsigned long long)device_number(),
			    verdict);
}

static void put_cache(struct scratch *s, const char *text)
{
	assert_int_equal(chmod(scratch_text(s, "kvm-probe", text), 0644), 0);
}

static void first_time(void **state)
{
	struct scratch *s = *state;
	struct kvm_facts f = kvm_probe(DEVICE, s->dir, &s->a);
	char text[200] = {0}, want[200];
	int fd;

	assert_int_equal(f.verdict, KVM_ABSENT);
	fd = open(scratch_path(s, "kvm-probe"), O_RDONLY | O_CLOEXEC);
	assert_true(read(fd, text, sizeof text - 1) > 0);
	close(fd);
	snprintf(want, sizeof want, "%s %llu absent %u\n", boot_id(s), (unsigned long long)device_number(),
		 f.tsc_khz);
	assert_string_equal(text, want);
}

static void remembered(void **state)
{
	struct scratch *s = *state;
	struct kvm_facts f;

	put_cache(s, line(s, "works"));
	f = kvm_probe(DEVICE, s->dir, &s->a);
	assert_int_equal(f.verdict, KVM_WORKS);
	assert_int_equal(f.tsc_khz, 123);
	put_cache(s, line(s, "opens"));
	assert_int_equal(kvm_probe(DEVICE, s->dir, &s->a).verdict, KVM_OPENS);
	/* Nothing is remembered for a device that cannot be opened now. */
	assert_int_equal(kvm_probe("/dev/does-not-exist", s->dir, &s->a).verdict, KVM_ABSENT);
}

static void not_believed(void **state)
{
	struct scratch *s = *state;
	const char *texts[] = {
		"",
		"\n",
		"works",
		arena_printf(&s->a, "00000000-0000-0000-0000-000000000000 %llu works 123\n",
			     (unsigned long long)device_number()),
		arena_printf(&s->a, "%s %llu works 123\n", boot_id(s),
			     (unsigned long long)device_number() + 1),
		arena_printf(&s->a, "%s %llu works\n", boot_id(s), (unsigned long long)device_number()),
		line(s, "WORKS"),
		line(s, ""),
		arena_printf(&s->a, "%s %llu works 4294967296\n", boot_id(s),
			     (unsigned long long)device_number()),
		arena_printf(&s->a, "%s %llu works 123 more\n", boot_id(s),
			     (unsigned long long)device_number()),
	};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		put_cache(s, texts[i]);
		if (kvm_probe(DEVICE, s->dir, &s->a).verdict != KVM_ABSENT)
			fail_msg("believed: '%s'", texts[i]);
	}
}

static void files_of_others(void **state)
{
	struct scratch *s = *state;
	const char *cache = scratch_path(s, "kvm-probe");

	put_cache(s, line(s, "works"));
	assert_int_equal(chmod(cache, 0666), 0);
	assert_int_equal(kvm_probe(DEVICE, s->dir, &s->a).verdict, KVM_ABSENT);
	put_cache(s, line(s, "works"));
	assert_int_equal(rename(cache, scratch_path(s, "real")), 0);
	assert_int_equal(symlink("real", cache), 0);
	assert_int_equal(kvm_probe(DEVICE, s->dir, &s->a).verdict, KVM_ABSENT);
	assert_int_equal(unlink(cache), 0);
	assert_int_equal(mkfifo(cache, 0600), 0);
	assert_int_equal(kvm_probe(DEVICE, s->dir, &s->a).verdict, KVM_ABSENT);
	if (geteuid() == 0) {
		unlink(cache);
		put_cache(s, line(s, "works"));
		assert_int_equal(chown(cache, 65534, 65534), 0);
		assert_int_equal(kvm_probe(DEVICE, s->dir, &s->a).verdict, KVM_ABSENT);
	}
}

static void nowhere_to_write(void **state)
{
	struct scratch *s = *state;
	struct stat st;

	scratch_text(s, "file", "x");
	assert_int_equal(kvm_probe(DEVICE, scratch_path(s, "file/below"), &s->a).verdict, KVM_ABSENT);
	assert_int_equal(kvm_probe(DEVICE, NULL, &s->a).verdict, KVM_ABSENT);
	assert_int_equal(kvm_probe(DEVICE, scratch_path(s, "new/dir"), &s->a).verdict, KVM_ABSENT);
	assert_int_equal(stat(scratch_path(s, "new/dir/kvm-probe"), &st), 0);
	assert_int_equal(st.st_mode & 022, 0);
}

static void no_device(void **state)
{
	struct scratch *s = *state;

	assert_int_equal(kvm_probe(scratch_path(s, "none"), NULL, &s->a).verdict, KVM_ABSENT);
	assert_int_equal(kvm_probe(scratch_text(s, "file", "x"), NULL, &s->a).verdict, KVM_ABSENT);
	assert_int_equal(kvm_probe(s->dir, NULL, &s->a).verdict, KVM_ABSENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(first_time),      scratch_test(remembered),       scratch_test(not_believed),
		scratch_test(files_of_others), scratch_test(nowhere_to_write), scratch_test(no_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
