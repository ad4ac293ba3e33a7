/* SPDX-License-Identifier: Apache-2.0 */
/* Each value of an enum has its word, at its own index. */
#include "machine/machine.h"

#include "unit.h"

static size_t count(const char *const *names)
{
	size_t n = 0;

	while (names[n])
		n++;
	return n;
}

static void every_value_has_a_word(void **state)
{
	(void)state;
	assert_int_equal(count(arch_names), ARCH_AARCH64 + 1);
	assert_int_equal(count(accel_names), ACCEL_TCG + 1);
	assert_int_equal(count(kernel_format_names), KERNEL_ARM64_IMAGE + 1);
	assert_int_equal(count(root_kind_names), ROOT_IMAGE + 1);
	assert_int_equal(count(init_kind_names), INIT_URUNIT + 1);
	assert_int_equal(count(ns_kind_names), NS_TIME + 1);
	assert_int_equal(count(box_kind_names), BOX_SYMLINK + 1);
}

static void the_words_are_at_their_places(void **state)
{
	(void)state;
	assert_string_equal(arch_names[ARCH_AARCH64], "aarch64");
	assert_string_equal(accel_names[ACCEL_KVM], "kvm");
	assert_string_equal(kernel_format_names[KERNEL_ELF_SOLO5], "elf-solo5");
	assert_string_equal(root_kind_names[ROOT_VIRTIOFS], "virtiofs");
	assert_string_equal(init_kind_names[INIT_URUNIT_COMPAT], "urunit-compat");
	/* The words of the OCI specification. */
	assert_string_equal(ns_kind_names[NS_NET], "network");
	assert_string_equal(ns_kind_names[NS_MNT], "mount");
	assert_string_equal(box_kind_names[BOX_IMAGE_COPY], "image-copy");
	assert_string_equal(box_kind_names[BOX_INITRD], "initrd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_has_a_word),
		cmocka_unit_test(the_words_are_at_their_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
