/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a plan that is made again at start, when the network is known. */
#include "plan/toys.h"

static const char *json(struct world *w)
{
	struct strbuf b = STRBUF(&w->a);
	const char *s;

	record_to_json(&rec_launch_plan, &w->p, 1, &b);
	assert_ok(sb_done(&b, &s, &w->e), w->e);
	return s;
}

static void without_network_nothing_changes(void **state)
{
	struct world *w = *state;
	const char *before;

	assert_planned(w);
	assert_null(w->p.network);
	before = json(w);
	assert_ok(plan_machine(&w->p, NULL, &w->a, &w->e), w->e);
	assert_non_null(w->p.network);
	assert_int_equal(w->p.network->nics.n, 0);
	w->p.network = NULL;
	assert_string_equal(json(w), before);
}

static void nics_become_words(void **state)
{
	static struct vm_nic nics[] = {{.tap = "tap0_urunc", .fd = -1, .mac = "52:54:00:12:34:56", .mtu = 1400},
				       {.fd = 9, .mac = "52:54:00:12:34:57"}};
	struct world *w = *state;
	size_t words;

	assert_planned(w);
	words = w->p.argv.n;
	assert_ok(plan_machine(&w->p, &(const struct start_facts){.nics = {nics, 2}}, &w->a, &w->e), w->e);
	assert_int_equal(w->p.network->nics.n, 2);
	assert_string_equal(w->p.network->nics.v[0].tap, "tap0_urunc");
	assert_int_equal(w->p.argv.n, words + 8);
	assert_string_equal(world_option(w, "-netdev"),
			    "tap,id=net0,ifname=tap0_urunc,script=no,downscript=no");
	assert_ok(plan_machine(&w->p, NULL, &w->a, &w->e), w->e);
	assert_int_equal(w->p.argv.n, words);
	assert_int_equal(w->p.vm.nics.n, 0);
}

static void a_wrong_nic_is_refused(void **state)
{
	static struct vm_nic bad[] = {{.tap = "t", .fd = -1, .mac = "52:54:00:00:00:01,bus=pci.9"},
				      {.tap = "t,x=y", .fd = -1, .mac = "52:54:00:00:00:01"}};
	struct world *w = *state;

	assert_planned(w);
	assert_fails(plan_machine(&w->p, &(const struct start_facts){.nics = {&bad[0], 1}}, &w->a, &w->e),
		     w->e, EINVAL, "is no MAC address");
	assert_fails(plan_machine(&w->p, &(const struct start_facts){.nics = {&bad[1], 1}}, &w->a, &w->e),
		     w->e, EINVAL, "is no name of a tap device");
}

/* A plan decoded at start has its archive made again, in its place. */
static void after_the_binary_form(void **state)
{
	struct world *w = *state;
	struct strbuf bin = STRBUF(&w->a);
	struct launch_plan back = {0};
	const struct box_op *op;
	const char *before;

	assert_planned(w);
	before = json(w);
	record_encode(&rec_launch_plan, &w->p, &bin);
	assert_ok(record_decode(&rec_launch_plan, bin.p, bin.len, &w->a, &back, &w->e), w->e);
	w->p = back;
	assert_ok(plan_machine(&w->p, NULL, &w->a, &w->e), w->e);
	op = machine_initrd_op(&w->p);
	assert_string_equal(op->dst, "/initrd");
	assert_true(op->data.n > 110);
	w->p.network = NULL;
	assert_string_equal(json(w), before);
}

static void the_command_lines_limit(void **state)
{
	struct world *w = *state;
	char *arg = arena_alloc(&w->a, 6000);
	size_t bare;

	w->args[0] = "/init";
	w->args[1] = arg;
	memset(arg, 'x', 1);
	assert_planned(w);
	bare = strlen(w->p.guest_cmdline) - 1;
	memset(arg, 'x', 2047 - bare);
	assert_planned(w);
	assert_int_equal(strlen(w->p.guest_cmdline), 2047);
	assert_string_equal(world_option(w, "-append"), w->p.guest_cmdline);
	arg[2047 - bare] = 'x';
	assert_refused(w, E2BIG, "is 2048 bytes long, but guest 'linux' takes at most 2047");
	memset(arg, 'x', 5000);
	assert_refused(w, E2BIG, "takes at most 2047");
	w->args[0] = "/urunit"; /* through a file: no limit */
	assert_planned(w);
}

static void names_of_another_version(void **state)
{
	struct world *w = *state;

	assert_planned(w);
	w->p.monitor = "other";
	assert_fails(plan_machine(&w->p, NULL, &w->a, &w->e), w->e, EINVAL, "'other'");
	w->p.monitor = "qemu";
	w->p.guest = "other";
	assert_fails(machine_prepare(&w->p, &w->a, &w->e), w->e, EINVAL,
		     "'other', which this urunc does not have");
	w->p.guest = "linux";
	for (size_t i = 0; i < w->p.box.n; i++)
		if (w->p.box.v[i].kind == BOX_INITRD)
			w->p.box.v[i].kind = BOX_IMAGE;
	assert_fails(plan_machine(&w->p, NULL, &w->a, &w->e), w->e, EINVAL, "no place in the box");
}

static bool tun_allowed(const struct world *w, uint32_t minor)
{
	for (size_t i = 0; i < w->p.cgroup.devices.n; i++)
		if (w->p.cgroup.devices.v[i].major == 10 && w->p.cgroup.devices.v[i].minor == minor)
			return true;
	return false;
}

static void devices_of_the_network(void **state)
{
	static struct vm_nic by_name = {.tap = "tap0", .fd = -1}, by_fd = {.fd = 5};
	struct world *w = *state;
	const struct box_op *op;

	w->f.spec.uid = 7;
	assert_planned(w);
	assert_true(tun_allowed(w, 200)); /* create decides for start */
	assert_null(world_op(w, "/dev/net/tun"));
	for (int i = 0; i < 2; i++) /* made twice, there once */
		assert_ok(plan_machine(&w->p, &(const struct start_facts){.nics = {&by_name, 1}}, &w->a,
				       &w->e),
			  w->e);
	op = &w->p.box.v[w->p.box.n - 1];
	assert_string_equal(op->dst, "/dev/net/tun");
	assert_string_not_equal(op[-1].dst, "/dev/net/tun");
	assert_int_equal(op->kind, BOX_NODE);
	assert_int_equal(op->mode, 0600);
	assert_int_equal(op->uid, 7);
	assert_true(op->major == 10 && op->minor == 200);
	toy_monitor.caps |= MON_TAP_FD;
	assert_planned(w);
	assert_false(tun_allowed(w, 200));
	assert_ok(plan_machine(&w->p, &(const struct start_facts){.nics = {&by_fd, 1}}, &w->a, &w->e), w->e);
	assert_null(world_op(w, "/dev/net/tun"));
	w->f.start = (struct start_facts){.nics = {&by_name, 1}};
	assert_planned(w);
	assert_true(tun_allowed(w, 200));
	assert_non_null(world_op(w, "/dev/net/tun"));
}

static void vhost(void **state)
{
	static struct config_monitor m = {.name = "toymon",
					  .default_memory_mb = 256,
					  .default_vcpus = 1,
					  .vhost = true};
	static struct vm_nic nic = {.fd = 5};
	struct world *w = *state;

	assert_planned(w);
	assert_false(tun_allowed(w, 238));
	w->f.config.monitors.v = &m;
	w->f.config.monitors.n = 1;
	assert_planned(w);
	assert_true(tun_allowed(w, 238));
	assert_null(world_op(w, "/dev/vhost-net"));
	assert_ok(plan_machine(&w->p, &(const struct start_facts){.nics = {&nic, 1}}, &w->a, &w->e), w->e);
	assert_int_equal(world_op(w, "/dev/vhost-net")->minor, 238);
}

static int show_cmdline(const struct vm_desc *vm, struct arena *a, struct guest_file *ret, struct err *e)
{
	(void)a;
	(void)e;
	*ret = (struct guest_file){.path = "/toy.json",
				   .mode = 0400,
				   .data = {vm->cmdline, strlen(vm->cmdline)}};
	return 0;
}

static void a_monitors_configuration_knows_the_command_line(void **state)
{
	struct world *w = *state;
	const struct box_op *op;

	toy_monitor.config_file = show_cmdline;
	w->args[1] = "one";
	assert_planned(w);
	op = world_op(w, "/toy.json");
	assert_int_equal(op->kind, BOX_FILE);
	assert_int_equal(op->data.n, 8);
	assert_memory_equal(op->data.p, "/app one", 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(without_network_nothing_changes),
		world_test(nics_become_words),
		world_test(a_wrong_nic_is_refused),
		world_test(after_the_binary_form),
		world_test(the_command_lines_limit),
		world_test(names_of_another_version),
		toy_test(devices_of_the_network),
		toy_test(vhost),
		toy_test(a_monitors_configuration_knows_the_command_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
