/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's own network parameter: real masks, names, DNS, and what it cannot say. */
#include "guests/linux_net.h"

#include <errno.h>

#include "unit.h"

static void an_address_is_read_or_refused(void **state)
{
	static const char *const bad[] = {"",
					  "10.0.0.1",
					  "10.0.0/8",
					  "10.0.0.256/8",
					  "10.0.0.1/33",
					  "10.0.0.1/",
					  "10.0.0.1/8x",
					  "a.b.c.d/8",
					  "10.0.0.1 /8",
					  "fd00::1/64",
					  "1.2.3.4.5/8",
					  "0001.2.3.4/8",
					  "1.2.3.4/008x"};
	uint32_t a = 0;
	unsigned prefix = 0;

	(void)state;
	assert_true(linux_net_parse4("192.168.7.255/22", &a, &prefix));
	assert_int_equal(a, 0xc0a807ff);
	assert_int_equal(prefix, 22);
	assert_true(linux_net_parse4("0.0.0.0/0", &a, &prefix));
	assert_int_equal(prefix, 0);
	assert_true(linux_net_parse4("255.255.255.255", &a, NULL));
	assert_int_equal(a, 0xffffffff);
	assert_false(linux_net_parse4("10.0.0.1/8", &a, NULL));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(linux_net_parse4(bad[i], &a, &prefix));
	assert_int_equal(a, 0xffffffff);
}

struct world {
	struct arena a;
	struct err e;
	struct app_desc app;
	struct vm_desc vm;
	struct vm_nic nics[3];
};

static int word(struct world *w, const char **ret)
{
	struct strbuf b = STRBUF(&w->a);
	int r;

	w->e = (struct err){0};
	r = linux_net_word(&w->app, &w->vm, &b, &w->e);
	*ret = b.p != NULL ? b.p : "";
	return r;
}

static void word_is(struct world *w, const char *want)
{
	const char *got;

	assert_ok(word(w, &got), w->e);
	assert_string_equal(got, want);
}

static void what_a_kernel_is_told(void **state)
{
	const char *dns[] = {"fd00::53", "10.0.0.53", "1.1.1.1", "8.8.8.8"};
	struct world w = {.nics = {{.address6 = "fd00::2/64"},
				   {.address = "10.0.3.2/22", .gateway = "10.0.0.1", .address6 = "fd00::3/64"},
				   {.address = "10.9.0.2/16"}}};

	(void)state;
	w.vm.nics.v = w.nics;
	word_is(&w, "");
	w.vm.nics.n = 1;
	word_is(&w, "");
	w.vm.nics.n = 3;
	word_is(&w, " ip=10.0.3.2::10.0.0.1:255.255.252.0:urunc:eth1:off");
	assert_false(linux_net_off_link(&w.vm));
	w.app.hostname = "";
	w.app.dns.v = dns;
	w.app.dns.n = 4;
	word_is(&w, " ip=10.0.3.2::10.0.0.1:255.255.252.0:urunc:eth1:off:10.0.0.53:1.1.1.1");
	w.app.hostname = "my-guest.example";
	w.app.dns.n = 1;
	w.nics[1] = (struct vm_nic){.address = "10.1.1.5/32", .gateway = "169.254.1.1"};
	word_is(&w, " ip=10.1.1.5::169.254.1.1:255.255.255.255:my-guest.example:eth1:off");
	assert_true(linux_net_off_link(&w.vm));
	w.nics[1].gateway = NULL;
	word_is(&w, " ip=10.1.1.5:::255.255.255.255:my-guest.example:eth1:off");
	assert_false(linux_net_off_link(&w.vm));
	w.nics[1].address = "10.1.1.5/0";
	word_is(&w, " ip=10.1.1.5:::0.0.0.0:my-guest.example:eth1:off");
	arena_release(&w.a);
}

static void what_cannot_be_said_is_refused(void **state)
{
	static const char *const names[] = {"a:b", "a b", "a\nb", "a,init=/bin/sh x", "\xc3\xa4"};
	struct world w = {.nics = {{.address = "10.0.0.2/24", .gateway = "10.0.0.1"}}};
	const char *got;

	(void)state;
	w.vm.nics.v = w.nics;
	w.vm.nics.n = 1;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		w.app.hostname = names[i];
		assert_fails(word(&w, &got), w.e, EINVAL, "hostname '");
	}
	w.app.hostname = NULL;
	w.nics[0].address = "10.0.0.2";
	assert_fails(word(&w, &got), w.e, EINVAL, "'10.0.0.2' is no IPv4 address with a prefix length");
	w.nics[0].address = "10.0.0.2/24";
	w.nics[0].gateway = "10.0.0.1 init=/x";
	assert_fails(word(&w, &got), w.e, EINVAL, "gateway '10.0.0.1 init=/x' is no IPv4 address");
	arena_release(&w.a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_read_or_refused),
		cmocka_unit_test(what_a_kernel_is_told),
		cmocka_unit_test(what_cannot_be_said_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
