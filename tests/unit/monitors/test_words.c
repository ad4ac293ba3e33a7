/* SPDX-License-Identifier: Apache-2.0 */
/* What may become part of a monitor's word, and what is refused in words. */
#include <errno.h>

#include "monitors/words.h"
#include "unit.h"

static void macs(void **state)
{
	static const char *const bad[] = {"",
					  "52:54:00:00:00",
					  "52:54:00:00:00:01:02",
					  "52:54:00:00:00:0g",
					  "52-54-00-00-00-01",
					  "52:54:00:00:00:01,bus=pci.9",
					  "525400000001",
					  "52:54:00:00:00:1"};

	(void)state;
	assert_true(word_is_mac("52:54:00:ab:CD:ef"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(word_is_mac(bad[i]));
}

static void plain_words(void **state)
{
	static const char *const bad[] = {NULL,   "",   "a,b", "a=b",   "a\nb",
					  "a\"b", "[a", "a]",  "a\x7f", "\x1f"};

	(void)state;
	assert_true(word_is_plain("tap0_urunc"));
	assert_true(word_is_plain("/run/api sock.\xc3\xa4"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(word_is_plain(bad[i]));
}

static void vcpus(void **state)
{
	struct vm_desc vm = {.vcpus = 1};
	struct err e = {0};

	(void)state;
	assert_ok(words_check_vcpus("m", &vm, 32, &e), e);
	vm.vcpus = 32;
	assert_ok(words_check_vcpus("m", &vm, 32, &e), e);
	vm.vcpus = 33;
	assert_fails(words_check_vcpus("m", &vm, 32, &e), e, EINVAL,
		     "cannot have 33 vCPUs (allowed: 1 to 32;");
	vm.vcpus = 0;
	assert_fails(words_check_vcpus("m", &vm, 32, &e), e, EINVAL, "[monitors.m] default_vcpus");
}

static void nics(void **state)
{
	struct vm_nic nic = {.tap = "tap0", .fd = -1};
	struct err e = {0};

	(void)state;
	assert_ok(words_check_nic(&nic, &e), e);
	nic.mac = "52:54:00:00:00:01,romfile=x";
	assert_fails(words_check_nic(&nic, &e), e, EINVAL, "is no MAC address");
	nic.mac = NULL;
	nic.tap = "a,b";
	assert_fails(words_check_nic(&nic, &e), e, EINVAL, "'a,b' is no name of a tap device");
	nic.tap = NULL;
	assert_fails(words_check_nic(&nic, &e), e, EINVAL, "is no name of a tap device");
	nic.fd = 7;
	assert_ok(words_check_nic(&nic, &e), e);
}

static void disks(void **state)
{
	struct vm_disk d = {.path = "/disk0", .serial = "12345678901234567890"};
	struct err e = {0};

	(void)state;
	assert_ok(words_check_disk(&d, &e), e);
	d.serial = "123456789012345678901"; /* would reach the guest cut, and match nothing there */
	assert_fails(words_check_disk(&d, &e), e, EINVAL, "is longer than 20 bytes");
	d.serial = "x,drive=y";
	assert_fails(words_check_disk(&d, &e), e, EINVAL, "no usable path or serial");
	d.serial = "vol0";
	d.path = "/disk,readonly=off";
	assert_fails(words_check_disk(&d, &e), e, EINVAL, "disk 'vol0'");
}

static void shares(void **state)
{
	struct vm_share s = {.tag = "fs0", .path = "/share0"};
	struct err e = {0};

	(void)state;
	assert_ok(words_check_share(&s, &e), e);
	s.path = "/a,security_model=passthrough";
	assert_fails(words_check_share(&s, &e), e, EINVAL, "shared directory 'fs0'");
	s.socket = "/run/fs0.sock"; /* then the path is not told to the monitor */
	assert_ok(words_check_share(&s, &e), e);
	s.tag = "a,b";
	assert_fails(words_check_share(&s, &e), e, EINVAL, "no usable tag");
}

static void api_paths(void **state)
{
	struct vm_desc vm = {0};
	struct err e = {0};

	(void)state;
	assert_ok(words_check_api_path("qemu", &vm, &e), e);
	vm.api_path = "/run/api.sock";
	assert_ok(words_check_api_path("qemu", &vm, &e), e);
	vm.api_path = "/run/a,server=off";
	assert_fails(words_check_api_path("qemu", &vm, &e), e, EINVAL, "[monitors.qemu] socket_path");
}

static void cmdlines(void **state)
{
	struct err e = {0};

	(void)state;
	assert_ok(words_check_cmdline("m", "", 0, &e), e);
	assert_ok(words_check_cmdline("m", " ~\"'\\,=[", 8, &e), e);
	assert_fails(words_check_cmdline("m", "abcd", 3, &e), e, E2BIG,
		     "4 bytes long, but monitor 'm' has room for 3");
	assert_fails(words_check_cmdline("m", "a\nb", 9, &e), e, EINVAL,
		     "byte 1 of the guest's command line is 0x0a");
	assert_fails(words_check_cmdline("m", "ab\xc3\xa4", 9, &e), e, EINVAL, "byte 2");
	assert_fails(words_check_cmdline("m", "\x7f", 9, &e), e, EINVAL, "0x7f");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(macs),      cmocka_unit_test(plain_words), cmocka_unit_test(vcpus),
		cmocka_unit_test(nics),      cmocka_unit_test(disks),       cmocka_unit_test(shares),
		cmocka_unit_test(api_paths), cmocka_unit_test(cmdlines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
