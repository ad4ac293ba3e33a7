/* SPDX-License-Identifier: Apache-2.0 */
/* Which interfaces a guest takes over, and what becomes of a resolver's address. */
#include "plan/toys.h"

static const char *const some_address[] = {"10.0.0.2/24"};

struct links {
	struct net_link v[12];
	struct net_facts f;
	struct plan_links chosen;
	struct strs warnings;
};

static void add(struct links *l, const char *name, const char *mac, bool up)
{
	l->f.links.v = l->v;
	l->v[l->f.links.n++] = (struct net_link){.name = name,
						 .mac = mac,
						 .mtu = 1500,
						 .up = up,
						 .addresses = {(const char **)(uintptr_t)some_address, 1}};
}

static void choose(struct world *w, struct links *l)
{
	assert_ok(plan_links(&w->p, &l->f, &w->a, &l->chosen, &l->warnings, &w->e), w->e);
}

#define MAC "02:00:00:00:00:01"

static int setup(void **state)
{
	struct world *w;
	int r = toys_setup(state);

	w = *state;
	w->p.guest = "toyguest";
	w->p.monitor = "toymon";
	return r;
}

#define net_test(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)

static void no_network_is_no_error(void **state)
{
	struct links l = {0};

	choose(*state, &l);
	assert_int_equal(l.chosen.n, 0);
	assert_int_equal(l.warnings.n, 0);
}

/* Discovery has put the one with the default route first. */
static void in_their_order(void **state)
{
	struct links l = {0};

	add(&l, "eth1", MAC, true);
	add(&l, "eth0", MAC, true);
	choose(*state, &l);
	assert_int_equal(l.chosen.n, 2);
	assert_ptr_equal(l.chosen.v[0], &l.v[0]);
	assert_ptr_equal(l.chosen.v[1], &l.v[1]);
	assert_int_equal(l.warnings.n, 0);
}

static void the_first_must_be_usable(void **state)
{
	struct world *w = *state;
	struct links l = {0};

	add(&l, "tun0", NULL, true);
	add(&l, "eth0", MAC, true);
	assert_fails(plan_links(&w->p, &l.f, &w->a, &l.chosen, &l.warnings, &w->e), w->e, ENODEV,
		     "'tun0' cannot be given to the guest: it has no MAC address");
	l = (struct links){0};
	add(&l, "eth0", MAC, false);
	assert_fails(plan_links(&w->p, &l.f, &w->a, &l.chosen, &l.warnings, &w->e), w->e, ENODEV,
		     "'eth0' cannot be given to the guest: it is down");
}

static void others_are_left_out_with_a_word(void **state)
{
	struct world *w = *state;
	struct links l = {0};

	add(&l, "eth0", MAC, true);
	add(&l, "wg0", NULL, true);
	add(&l, "eth1", MAC, false);
	add(&l, "eth2", MAC, true);
	add(&l, "eth3", MAC, true);
	choose(w, &l);
	assert_int_equal(l.chosen.n, 2);
	assert_ptr_equal(l.chosen.v[1], &l.v[3]);
	assert_int_equal(l.warnings.n, 3);
	assert_non_null(strstr(l.warnings.v[0], "'wg0' is not given to guest 'toyguest': it has no MAC"));
	assert_non_null(strstr(l.warnings.v[1], "'eth1' is not given to guest 'toyguest': it is down"));
	assert_non_null(
		strstr(l.warnings.v[2], "'eth3' is not given to guest 'toyguest': it can have no more"));
}

/* Create has warned of it; a broken link does not concern such a guest either. */
static void a_guest_without_drivers(void **state)
{
	struct links l = {0};

	toy_guest.max_nics = 0;
	add(&l, "tun0", NULL, true);
	add(&l, "eth0", MAC, true);
	choose(*state, &l);
	assert_int_equal(l.chosen.n, 0);
	assert_int_equal(l.warnings.n, 0);
}

static void as_many_as_the_manifest_names(void **state)
{
	static struct solo5_device devices[] = {{"disk", SOLO5_BLOCK},
						{"service", SOLO5_NET},
						{"more", SOLO5_NET}};
	struct world *w = *state;
	struct links l = {0};

	toy_guest.max_nics = 5;
	w->p.vm.solo5 = (struct solo5_abi){.target = SOLO5_SPT, .devices = {devices, 2}};
	add(&l, "eth0", MAC, true);
	add(&l, "eth1", MAC, true);
	choose(w, &l);
	assert_int_equal(l.chosen.n, 1);
	assert_int_equal(l.warnings.n, 1);
	w->p.vm.solo5.devices.n = 3;
	choose(w, &l);
	assert_int_equal(l.chosen.n, 2);
	w->p.vm.solo5.devices.n = 1;
	choose(w, &l);
	assert_int_equal(l.chosen.n, 0);
}

/* The taps of such a monitor travel with the plan, and no more than these. */
static void as_many_as_a_monitor_gets_by_descriptor(void **state)
{
	struct world *w = *state;
	struct links l = {0};

	toy_guest.max_nics = 16;
	toy_monitor.caps |= MON_TAP_FD;
	for (int i = 0; i < NICS_BY_FD_MAX + 2; i++)
		add(&l, "eth", MAC, true);
	choose(w, &l);
	assert_int_equal(l.chosen.n, NICS_BY_FD_MAX);
	assert_int_equal(l.warnings.n, 2);
	assert_non_null(strstr(l.warnings.v[0], "it can have no more"));
	toy_monitor.caps &= ~(unsigned)MON_TAP_FD;
	choose(w, &l);
	assert_int_equal(l.chosen.n, NICS_BY_FD_MAX + 2);
}

static void the_static_network_has_one(void **state)
{
	struct world *w = *state;
	struct links l = {0};

	w->p.net_mode = NET_STATIC;
	add(&l, "eth0", MAC, true);
	add(&l, "eth1", MAC, true);
	choose(w, &l);
	assert_int_equal(l.chosen.n, 1);
	assert_string_equal(l.chosen.v[0]->name, "eth0");
	assert_int_equal(l.warnings.n, 1);
}

/* --- names --- */

static void redirected(struct world *w, const char *text, const char *want)
{
	struct bytes out;

	assert_ok(resolv_redirect(unit_text(text), "127.0.0.11", "169.254.77.53", &w->a, &out, &w->e), w->e);
	assert_int_equal(out.n, strlen(want));
	assert_memory_equal(out.p, want, out.n);
}

static void the_resolver_gets_its_other_address(void **state)
{
	struct world *w = *state;

	redirected(w, "nameserver 127.0.0.11", "nameserver 169.254.77.53");
	redirected(w, "nameserver 127.0.0.11\n", "nameserver 169.254.77.53\n");
	redirected(w, "nameserver\t127.0.0.11\r\n", "nameserver\t169.254.77.53\r\n");
	redirected(w, "  nameserver \t 127.0.0.11 # ours\n", "  nameserver \t 169.254.77.53 # ours\n");
	redirected(w, "search a b\nnameserver 127.0.0.11\nnameserver 10.0.0.1\noptions ndots:0\n",
		   "search a b\nnameserver 169.254.77.53\nnameserver 10.0.0.1\noptions ndots:0\n");
	redirected(w, "nameserver 127.0.0.11\n\nnameserver 127.0.0.11\n",
		   "nameserver 169.254.77.53\n\nnameserver 169.254.77.53\n");
}

static void everything_else_stays(void **state)
{
	static const char *const same[] = {
		"",
		"\n",
		"\n\n\n",
		"nameserver",
		"nameserver ",
		"nameserver\n127.0.0.11\n",
		"nameserver127.0.0.11\n",
		"nameservers 127.0.0.11\n",
		"nameserver 127.0.0.1\n",
		"nameserver 127.0.0.111\n",
		"nameserver 127.0.0.11.\n",
		"nameserver x127.0.0.11\n",
		"nameserver 10.0.0.1 127.0.0.11\n",
		"#nameserver 127.0.0.11\n",
		"# nameserver 127.0.0.11\n",
		"; nameserver 127.0.0.11\n",
		"search 127.0.0.11\n",
		"NAMESERVER 127.0.0.11\n",
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		redirected(*state, same[i], same[i]);
}

/* Only then the namespace is searched for it. */
static void who_wants_the_resolver(void **state)
{
	static const char *const texts[] = {"nameserver 127.0.0.11",
					    "search a\n\nnameserver 10.0.0.1\nnameserver 127.0.0.11\n", "",
					    "nameserver 127.0.0.1\n# nameserver 127.0.0.11\n", "\n\n"};
	struct guest_file v[] = {{.path = "/etc/hosts", .data = {"nameserver 127.0.0.11\n", 22}},
				 {.path = "/etc/resolv.conf"}};
	struct start_facts now = {.files = {v, 1}};

	(void)state;
	assert_false(plan_wants_resolver(&now));
	now.files.n = 2;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		v[1].data = unit_text(texts[i]);
		assert_int_equal(plan_wants_resolver(&now), i < 2);
	}
}

/* Any bytes: nothing crashes, and what has no such line comes out as it went in. */
static void any_bytes(void **state)
{
	static const char some[] = "nameserver 127.0.0.11\n\t \r#";
	struct world *w = *state;
	uint64_t seed = 11;
	char text[80];

	for (int round = 0; round < 5000; round++) {
		struct bytes out, again;
		size_t n = unit_random(&seed) % sizeof(text);

		for (size_t i = 0; i < n; i++)
			text[i] = unit_random(&seed) % 5 ? some[i % (sizeof(some) - 1)]
							 : (char)(unit_random(&seed) >> 8);
		assert_ok(resolv_redirect((struct bytes){text, n}, "127.0.0.11", "127.0.0.12", &w->a, &out,
					  &w->e),
			  w->e);
		assert_int_equal(out.n, n);
		assert_ok(resolv_redirect(out, "127.0.0.11", "127.0.0.13", &w->a, &again, &w->e), w->e);
		assert_int_equal(again.n, n);
		assert_memory_equal(again.p, out.p, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		net_test(no_network_is_no_error),
		net_test(in_their_order),
		net_test(the_first_must_be_usable),
		net_test(others_are_left_out_with_a_word),
		net_test(a_guest_without_drivers),
		net_test(as_many_as_the_manifest_names),
		net_test(as_many_as_a_monitor_gets_by_descriptor),
		net_test(the_static_network_has_one),
		world_test(the_resolver_gets_its_other_address),
		world_test(everything_else_stays),
		world_test(who_wants_the_resolver),
		world_test(any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
