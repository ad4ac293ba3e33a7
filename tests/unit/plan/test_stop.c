/* SPDX-License-Identifier: Apache-2.0 */
/* Who is told to stop, by which way, and where the monitor's control socket may lie. */
#include "plan/toys.h"

static const struct powerdown by_fd = {.message = "power\n", .archs = 1u << ARCH_X86_64};
static const struct powerdown by_path = {.message = "PUT\r\n", .path = "/run/api.sock", .archs = ~0u};

static void no_button(void **state)
{
	struct world *w = *state;

	w->f.config.stop_grace_ms = 77;
	assert_planned(w);
	assert_int_equal(w->p.stop_action, STOP_SIGNAL_MONITOR);
	assert_int_equal(w->p.stop_signo, 15);
	assert_int_equal(w->p.stop_code, 83);
	assert_int_equal(w->p.stop_grace_ms, 77);
	assert_int_equal(w->p.vm.api_fd, -1);
	assert_null(w->p.vm.api_path);
	toy_monitor.powerdown = &by_fd; /* the guest would not hear it */
	assert_planned(w);
	assert_int_equal(w->p.stop_action, STOP_SIGNAL_MONITOR);
	toy_monitor.powerdown = NULL; /* the monitor has none */
	toy_guest.powerdown = true;
	assert_planned(w);
	assert_int_equal(w->p.stop_action, STOP_SIGNAL_MONITOR);
	assert_null(w->p.stop_message);
}

static void a_button_by_descriptor(void **state)
{
	struct world *w = *state;

	toy_guest.powerdown = true;
	toy_monitor.powerdown = &by_fd;
	assert_planned(w);
	assert_int_equal(w->p.stop_action, STOP_MESSAGE);
	assert_string_equal(w->p.stop_message, "power\n");
	assert_int_equal(w->p.vm.api_fd, API_FD);
	assert_null(w->p.vm.api_path);
	w->f.config.supervise = false; /* nobody would press it */
	assert_planned(w);
	assert_int_equal(w->p.stop_action, STOP_SIGNAL_MONITOR);
	assert_int_equal(w->p.vm.api_fd, -1);
	w->f.config.supervise = true;
	w->f.host.arch = ARCH_AARCH64;
	toy_monitor.binaries[ARCH_AARCH64] = toy_binaries;
	assert_planned(w);
	assert_int_equal(w->p.stop_action, STOP_SIGNAL_MONITOR);
}

static void a_button_by_path(void **state)
{
	struct world *w = *state;
	const struct box_op *op;

	toy_guest.powerdown = true;
	toy_monitor.powerdown = &by_path;
	w->f.spec.uid = 7;
	w->f.spec.gid = 8;
	assert_planned(w);
	assert_int_equal(w->p.stop_action, STOP_MESSAGE);
	assert_int_equal(w->p.vm.api_fd, -1);
	assert_string_equal(w->p.vm.api_path, "/run/api.sock");
	op = world_op(w, "/run");
	assert_int_equal(op->kind, BOX_TMPFS);
	assert_int_equal(op->mode, 0700);
	assert_int_equal(op->uid, 7);
	assert_int_equal(op->gid, 8);
	assert_int_equal(op->host_bytes, 65536);
}

/* Signals go to the application where urunit listens. */
static void with_urunit_no_button_is_needed(void **state)
{
	struct world *w = *state;

	toy_guest.powerdown = toy_guest.urunit = true;
	toy_monitor.powerdown = &by_fd;
	toy_monitor.caps |= MON_CTL;
	w->args[0] = "/urunit";
	assert_planned(w);
	assert_true(w->p.ctl);
	assert_int_equal(w->p.stop_action, STOP_SIGNAL_MONITOR);
	toy_monitor.caps &= ~(unsigned)MON_CTL; /* but here it cannot hear */
	assert_planned(w);
	assert_false(w->p.ctl);
	assert_int_equal(w->p.stop_action, STOP_MESSAGE);
}

static void the_administrators_socket(void **state)
{
	static struct config_monitor m = {.name = "toymon", .default_memory_mb = 256, .default_vcpus = 1};
	struct world *w = *state;

	w->f.config.monitors.v = &m;
	w->f.config.monitors.n = 1;
	m.socket_path = "/run/toy/api.sock";
	assert_planned(w);
	assert_null(w->p.vm.api_path);
	assert_true(toys_warned(w, "[monitors.toymon] socket_path has no effect"));
	toy_monitor.powerdown = &by_fd;
	toy_guest.powerdown = true;
	assert_planned(w);
	assert_string_equal(w->p.vm.api_path, "/run/toy/api.sock");
	assert_int_equal(w->p.vm.api_fd, API_FD);
	assert_int_equal(world_op(w, "/run/toy")->kind, BOX_TMPFS);
	toy_monitor.powerdown = &by_path; /* there is one socket, where the administrator wants it */
	assert_planned(w);
	assert_string_equal(w->p.vm.api_path, "/run/toy/api.sock");
	assert_null(world_op(w, "/run"));
	m.socket_path = "";
	assert_planned(w);
	assert_string_equal(w->p.vm.api_path, "/run/api.sock");
	m.socket_path = NULL;
}

static void places_for_it(void **state)
{
	static struct config_monitor m = {.name = "toymon", .default_memory_mb = 256, .default_vcpus = 1};
	static const struct {
		const char *path, *why;
	} bad[] = {
		{"api.sock", "is not an absolute path"},
		{"/api.sock", "lies in the root of the monitor's box"},
		{"/run/../api.sock", "is not a clean path"},
		{"/run/a,server=on", "not allowed in a path"},
		{"/dev/api.sock", "directory '/dev' of the monitor's box is taken by '/dev'"},
		{"/kernel/api.sock", "taken by '/kernel'"},
		{"/lib/api.sock", "directory '/lib' of the monitor's box is taken by '/lib/libc.so.6'"},
		{"/fw/qboot.rom/x/api.sock", "taken by '/fw/qboot.rom'"},
		{"/dev/x/api.sock", "taken by '/dev'"},
	};
	struct world *w = *state;
	char path[] = "/run/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
		      "012";

	toy_monitor.powerdown = &by_fd;
	w->f.config.monitors.v = &m;
	w->f.config.monitors.n = 1;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		m.socket_path = bad[i].path;
		assert_refused(w, EINVAL, bad[i].why);
	}
	m.socket_path = path;
	assert_refused(w, EINVAL, "is 108 bytes long; the path of a socket may have 107");
	path[107] = '\0';
	assert_planned(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		toy_test(no_button),
		toy_test(a_button_by_descriptor),
		toy_test(a_button_by_path),
		toy_test(with_urunit_no_button_is_needed),
		toy_test(the_administrators_socket),
		toy_test(places_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
