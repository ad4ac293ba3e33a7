/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of kernel modules. */
#include "common/moddep.h"

#include <sys/mman.h>

#include "unit.h"

#define LIST                                                                                                 \
	"kernel/a/one.ko:\nkernel/b/virtio-rng.ko.xz: kernel/c/three.ko kernel/a/one.ko\nkernel/builtin.ko\n"

static void names(void **state)
{
	(void)state;
	assert_true(moddep_is("kernel/x/virtio-rng.ko.xz", 25, "virtio_rng"));
	assert_true(moddep_is("virtio_rng.ko", 13, "virtio_rng"));
	assert_false(moddep_is("kernel/x/virtio-rng.ko", 22, "rng"));
	assert_false(moddep_is("kernel/x/virtio", 15, "virtio"));
}

static void lines_and_needs(void **state)
{
	const struct bytes list = {LIST, sizeof(LIST) - 1};
	const char *line, *words, *end, *w;
	size_t n;

	(void)state;
	assert_null(moddep_find(list, "none", &n));
	assert_non_null(moddep_find(list, "builtin", &n));
	line = moddep_find(list, "virtio_rng", &n);
	assert_non_null(line);
	words = strchr(line, ':') + 1;
	end = line + n;
	w = moddep_next(words, &end, &n);
	assert_memory_equal(w, "kernel/a/one.ko", n);
	w = moddep_next(words, &end, &n);
	assert_memory_equal(w, "kernel/c/three.ko", n);
	assert_null(moddep_next(words, &end, &n));
}

static void what_a_kernel_says(void **state)
{
	int fd = memfd_create("k", MFD_CLOEXEC);
	char text[KERNEL_RELEASE_BYTES];

	(void)state;
	assert_false(kernel_release(fd, text));
	assert_int_equal(pwrite(fd, "HdrS", 4, 0x202), 4);
	assert_int_equal(pwrite(fd, "\x00\x01", 2, 0x20e), 2);
	assert_int_equal(pwrite(fd, "6.1.0-x (me) #1", 16, 0x300), 16);
	assert_true(kernel_release(fd, text));
	assert_string_equal(text, "6.1.0-x");
	assert_int_equal(pwrite(fd, "../up", 6, 0x300), 6);
	assert_false(kernel_release(fd, text));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(lines_and_needs),
		cmocka_unit_test(what_a_kernel_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
