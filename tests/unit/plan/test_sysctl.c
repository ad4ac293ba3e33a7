/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel parameters go to the guest's kernel where it takes them, else into namespaces of the container's own. */
#include "plan/toys.h"

static struct spec_kv kv[2];

static void set(struct world *w, const char *key, const char *value)
{
	kv[0] = (struct spec_kv){key, value};
	w->f.spec.sysctl.v = kv;
	w->f.spec.sysctl.n = 1;
}

static void to_a_guest_that_takes_them(void **state)
{
	static const char *const mine[] = {"net.core.somaxconn", "kernel.shmmax", "vm.overcommit_memory",
					   "net.ipv4.conf.eth0:1.forwarding"};
	struct world *w = *state;

	toy_guest.sysctls = true;
	for (size_t i = 0; i < sizeof(mine) / sizeof(mine[0]); i++) {
		set(w, mine[i], "1 2");
		assert_planned(w); /* the world has neither a network nor an IPC namespace */
		assert_int_equal(w->p.sysctl.n, 0);
		assert_int_equal(w->p.app.sysctls.n, 1);
		assert_string_equal(w->p.app.sysctls.v[0], arena_printf(&w->a, "%s=1 2", mine[i]));
	}
}

static void names_that_are_none(void **state)
{
	static const char *const bad[] = {"", ".", "a..b", "/etc/passwd", "a/b", ".a", "a.", "a=b"};
	struct world *w = *state;

	toy_guest.sysctls = true;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		set(w, bad[i], "1");
		assert_refused(w, EINVAL, "is no name of a kernel parameter");
	}
}

static void to_the_containers_namespaces(void **state)
{
	struct world *w = *state;

	set(w, "net.core.somaxconn", "1");
	assert_refused(w, EINVAL, "is not allowed in the host's network namespace");
	set(w, "fs.mqueue.msg_max", "1");
	assert_refused(w, EINVAL, "is not allowed in the host's ipc namespace");
	set(w, "kernel.domainname", "d");
	assert_refused(w, EINVAL, "is not allowed in the host's uts namespace");
	w->ns[w->f.spec.namespaces.n++] = (struct spec_ns){"uts", NULL};
	assert_planned(w);
	assert_int_equal(w->p.sysctl.n, 1);
	assert_string_equal(w->p.sysctl.v[0].key, "kernel.domainname");
	assert_int_equal(w->p.app.sysctls.n, 0);
}

/* It is the guest that says so, not its init. */
static void an_init_alone_is_not_enough(void **state)
{
	struct world *w = *state;

	toy_guest.urunit = true;
	w->args[0] = "/urunit";
	set(w, "net.core.somaxconn", "1");
	assert_refused(w, EINVAL, "host's network namespace");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		toy_test(to_a_guest_that_takes_them),
		toy_test(names_that_are_none),
		toy_test(to_the_containers_namespaces),
		toy_test(an_init_alone_is_not_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
