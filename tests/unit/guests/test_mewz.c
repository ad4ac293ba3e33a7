/* SPDX-License-Identifier: Apache-2.0 */
/* Mewz: an address or nothing, much memory, an exit port. */
#include "world.h"

static int setup(void **state)
{
	*state = world_new("mewz");
	return 0;
}
#define mewz_test(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)

static void lines(void **state)
{
	struct world *w = *state;

	world_says(w, "");
	world_arg(w, "ip=1.2.3.4/5");
	world_env(w, "A=b");
	world_says(w, "");
	world_nic(w, "10.0.2.15/24", "10.0.2.2");
	world_says(w, "ip=10.0.2.15/24 gateway=10.0.2.2");
	w->nics[0].address = "10.0.2.15/32";
	w->nics[0].gateway = "169.254.1.1";
	world_says(w, "ip=10.0.2.15/32 gateway=169.254.1.1");
	/* It has a network only if it is told of a gateway. */
	w->nics[0].gateway = NULL;
	world_says(w, "ip=10.0.2.15/32 gateway=0.0.0.0");
	w->nics[0].address = NULL;
	world_says(w, "");
}

static void memory(void **state)
{
	struct world *w = *state;
	struct guest_image img = {.kernel_bytes = 4 * MIB};

	assert_int_equal(w->g->min_memory(&img), 512 * MIB);
	img.kernel_memory_bytes = 600 * MIB;
	assert_int_equal(w->g->min_memory(&img), 600 * MIB);
}

static void traits(void **state)
{
	struct world *w = *state;

	assert_string_equal(w->g->monitors[0], "qemu");
	assert_null(w->g->monitors[1]);
	assert_int_equal(w->g->roots, 1u << ROOT_NONE);
	assert_int_equal(w->g->archs, 1u << ARCH_X86_64);
	assert_true(w->g->no_args && w->g->no_env && w->g->modern_virtio);
	assert_int_equal(w->g->exit_port, 0x501);
	assert_int_equal(w->g->exit_ok, -1);
	assert_int_equal(w->g->max_nics, 1);
	assert_int_equal(w->g->max_disks, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		mewz_test(lines),
		mewz_test(memory),
		mewz_test(traits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
