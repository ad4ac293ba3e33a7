/* SPDX-License-Identifier: Apache-2.0 */
/* What start knows goes into the plan, and out of it again when it is no longer so. */
#include "plan/toys.h"

static struct vm_nic nics[] = {{.tap = "tap0", .fd = -1}, {.tap = "tap1", .fd = -1}, {.tap = "tap2", .fd = -1}};
static struct guest_file files[] = {
	{.path = "/etc/hosts", .mode = 0644, .data = {"127.0.0.1 localhost\n", 20}},
	{.path = "/etc/resolv.conf", .mode = 0644, .data = {"nameserver 10.0.0.2\nsearch a.b\n", 31}},
};

static void files_of_the_container(void **state)
{
	struct world *w = *state;
	const struct start_facts now = {.files = {files, 2}};

	assert_planned(w);
	assert_int_equal(w->p.app.files.n + w->p.app.dns.n, 0);
	assert_ok(now_fill(&w->p, &now, &w->a, &w->e), w->e);
	assert_int_equal(w->p.app.files.n, 2);
	assert_string_equal(w->p.app.files.v[0].path, "/etc/hosts");
	assert_int_equal(w->p.app.dns.n, 1);
	assert_string_equal(w->p.app.dns.v[0], "10.0.0.2");
	assert_string_equal(w->p.app.dns_search.v[0], "a.b");
	assert_ok(now_fill(&w->p, NULL, &w->a, &w->e), w->e);
	assert_int_equal(w->p.app.files.n + w->p.app.dns.n + w->p.app.dns_search.n, 0);
	w->f.start = now; /* create knows them too */
	assert_planned(w);
	assert_int_equal(w->p.app.files.n, 2);
	assert_int_equal(w->p.app.dns.n, 1);
	assert_null(w->p.network);
}

/* What a guest is called when config.json does not say it but the engine's file does. */
static const char *name_of(struct world *w, const char *text, size_t n)
{
	struct guest_file file = {.path = "/etc/hostname", .mode = 0644, .data = {text, n}};
	const struct start_facts now = {.files = {&file, 1}};

	w->p.app.hostname = NULL;
	assert_ok(now_fill(&w->p, &now, &w->a, &w->e), w->e);
	return w->p.app.hostname;
}

static void the_name_of_the_pod(void **state)
{
	struct world *w = *state;
	struct guest_file web = {.path = "/etc/hostname", .data = {"web", 3}};
	char longest[66];

	assert_planned(w);
	assert_string_equal(name_of(w, "web-0.x_Y\n", 10), "web-0.x_Y");
	assert_string_equal(name_of(w, "web", 3), "web");
	assert_null(name_of(w, "", 0));
	assert_null(name_of(w, "\n", 1));
	assert_null(name_of(w, "a'b\n", 4));
	assert_null(name_of(w, "a\xc3\xa4", 3));
	assert_string_equal(name_of(w, "a\0b", 3), "a");
	memset(longest, 'n', sizeof(longest));
	assert_null(name_of(w, longest, 65));
	assert_int_equal(strlen(name_of(w, longest, 64)), 64);
	/* The container's own name comes first. */
	w->p.app.hostname = "own";
	assert_ok(now_fill(&w->p, &(struct start_facts){.files = {&web, 1}}, &w->a, &w->e), w->e);
	assert_string_equal(w->p.app.hostname, "own");
}

static void networks(void **state)
{
	struct world *w = *state;
	struct start_facts now = {.nics = {nics, 2}, .network_known = true, .clock_ms = 123};

	w->f.start = now;
	assert_planned(w);
	assert_int_equal(w->p.network->nics.n, 2);
	assert_true(w->p.vm.network_known);
	assert_true(w->p.app.start_clock_ms == 123);
	assert_int_equal(w->p.vm.nics.n, 2);
	now.nics.n = 3;
	assert_fails(now_fill(&w->p, &now, &w->a, &w->e), w->e, EINVAL,
		     "has 3 network interfaces, but guest 'toyguest' can have at most 2");
	assert_ok(now_fill(&w->p, NULL, &w->a, &w->e), w->e);
	assert_int_equal(w->p.vm.nics.n, 0);
	assert_false(w->p.vm.network_known);
}

/* Engines give every container a network, so a guest without one is told of, not refused. */
static void a_guest_without_network(void **state)
{
	struct world *w = *state;

	assert_planned(w);
	assert_false(toys_warned(w, "network"));
	toy_guest.max_nics = 0;
	w->f.start = (struct start_facts){.nics = {nics, 1}};
	assert_planned(w);
	assert_int_equal(w->p.vm.nics.n, 0);
	assert_true(toys_warned(w, "guest 'toyguest' has no network"));
	assert_null(world_op(w, "/dev/net/tun"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		toy_test(files_of_the_container),
		toy_test(the_name_of_the_pod),
		toy_test(networks),
		toy_test(a_guest_without_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
