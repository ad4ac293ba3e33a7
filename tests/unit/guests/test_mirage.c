/* SPDX-License-Identifier: Apache-2.0 */
/* MirageOS' command line: options for the network, and arguments that survive parse-argv. */
#include <errno.h>

#include "guests/guest.h"
#include "unit.h"

static struct arena arena;
static struct vm_nic nics[2];

static const struct guest_ops *ops(void)
{
	const struct guest_ops *g = guest_find("mirage");

	assert_non_null(g);
	return g;
}

static struct app_desc app_of(const char **args, size_t n)
{
	return (struct app_desc){.args = {args, n}};
}

static struct vm_desc machine(size_t n)
{
	struct vm_desc vm = {.network_known = true};

	nics[0] = (struct vm_nic){.tap = "t",
				  .fd = -1,
				  .address = "10.4.0.2/22",
				  .gateway = "10.4.0.1",
				  .name = "service"};
	nics[1] = (struct vm_nic){.tap = "u", .fd = -1, .address = "10.5.0.2/30", .name = "management"};
	vm.nics.v = nics;
	vm.nics.n = n;
	return vm;
}

static const char *line(const struct app_desc *app, const struct vm_desc *vm)
{
	struct strbuf b = STRBUF(&arena);
	struct err e = {0};
	const char *s;

	assert_ok(ops()->cmdline(app, vm, &b, &e), e);
	assert_ok(sb_done(&b, &s, &e), e);
	return s;
}

static void network(void **state)
{
	const char *args[] = {"--hello=there"};
	struct app_desc app = app_of(args, 1);
	struct vm_desc vm = machine(1);

	(void)state;
	assert_string_equal(line(&app, &vm), "--ipv4=10.4.0.2/22 --ipv4-gateway=10.4.0.1 --hello=there");
	nics[0].gateway = "169.254.1.1"; /* MirageOS asks for its address wherever it is */
	nics[0].address = "10.4.0.2/32";
	assert_string_equal(line(&app, &vm), "--ipv4=10.4.0.2/32 --ipv4-gateway=169.254.1.1 --hello=there");
	nics[0].gateway = NULL;
	nics[0].address = "10.4.0.2";
	assert_string_equal(line(&app, &vm), "--ipv4=10.4.0.2/32 --hello=there");
	nics[0].address = NULL;
	assert_string_equal(line(&app, &vm), "--hello=there");
	nics[0].address6 = "fd00::2/64";
	nics[0].gateway6 = "fd00::1";
	assert_string_equal(line(&app, &vm), "--ipv6=fd00::2/64 --ipv6-gateway=fd00::1 --hello=there");
	nics[0].address = "10.4.0.2/24"; /* a program for IPv4 alone does not know the others */
	assert_string_equal(line(&app, &vm), "--ipv4=10.4.0.2/24 --hello=there");
	vm.nics.n = 0;
	assert_string_equal(line(&app, &vm), "--hello=there");
	app.args.n = 0;
	assert_string_equal(line(&app, &vm), "");
	arena_release(&arena);
}

static void names(void **state)
{
	struct app_desc app = {0};
	struct vm_desc vm = machine(2);

	(void)state;
	assert_string_equal(line(&app, &vm),
			    "--ipv4=10.4.0.2/22 --ipv4-gateway=10.4.0.1 --management-ipv4=10.5.0.2/30");
	/* The only one is the unikernel's network, whatever it is called, unless metadata names it. */
	vm.nics.n = 1;
	nics[0].name = "net0";
	assert_string_equal(line(&app, &vm), "--ipv4=10.4.0.2/22 --ipv4-gateway=10.4.0.1");
	app.solo5_net = "net0";
	assert_string_equal(line(&app, &vm), "--net0-ipv4=10.4.0.2/22 --net0-ipv4-gateway=10.4.0.1");
	app.solo5_net = nics[0].name = "service";
	assert_string_equal(line(&app, &vm), "--ipv4=10.4.0.2/22 --ipv4-gateway=10.4.0.1");
	/* No manifest: what metadata say. */
	nics[0].name = NULL;
	app.solo5_net = "net0";
	assert_string_equal(line(&app, &vm), "--net0-ipv4=10.4.0.2/22 --net0-ipv4-gateway=10.4.0.1");
	arena_release(&arena);
}

static void said_already(void **state)
{
	const char *args[] = {"--ipv4=1.2.3.4/8", "--ipv4-gateways=x"};
	const char *apart[] = {"--ipv4-gateway", "1.2.3.4", "--", "--ipv4=x"};
	struct app_desc app = app_of(args, 2);
	struct vm_desc vm = machine(1);

	(void)state;
	assert_string_equal(line(&app, &vm), "--ipv4-gateway=10.4.0.1 --ipv4=1.2.3.4/8 --ipv4-gateways=x");
	app = app_of(apart, 4);
	assert_string_equal(line(&app, &vm), "--ipv4=10.4.0.2/22 --ipv4-gateway 1.2.3.4 -- --ipv4=x");
	arena_release(&arena);
}

/* Parse_argv.parse: four states, a list of words; a word without bytes is none. */
static void parse(const char *s, char words[][64], size_t *n)
{
	bool quoted = false, escaped = false;
	size_t len = 0;

	*n = 0;
	for (; *s; s++) {
		if (escaped) {
			words[*n][len++] = *s;
			escaped = false;
		} else if (*s == '\\') {
			escaped = true;
		} else if (*s == '"') {
			quoted = !quoted;
		} else if (*s == ' ' && !quoted) {
			words[*n][len] = '\0';
			*n += len > 0;
			len = 0;
		} else {
			words[*n][len++] = *s;
		}
	}
	assert_false(quoted || escaped);
	words[*n][len] = '\0';
	*n += len > 0;
}

static void arguments(void **state)
{
	const char *args[] = {"\n first",  "a b",         "  ",  "it's",         "\"q\"", "back\\slash\\",
			      "tab\tnl\n", "--x=\"y z\"", "<&>", "\xc3\xbc\xff", "--"};
	struct app_desc app = app_of(args, sizeof(args) / sizeof(args[0]));
	struct vm_desc vm = machine(0);
	char words[16][64];
	size_t n;

	(void)state;
	parse(line(&app, &vm), words, &n);
	assert_int_equal(n, app.args.n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(words[i], args[i]);
	assert_true(str_starts(line(&app, &vm),
			       "\\\n\\ first a\\ b ")); /* Solo5 would eat a bare line break there */
	arena_release(&arena);
}

static void no_word(void **state)
{
	const char *args[] = {"a", ""};
	struct app_desc app = app_of(args, 2);
	struct vm_desc vm = machine(0);
	struct strbuf b = STRBUF(&arena);
	struct err e = {0};

	(void)state;
	assert_fails(ops()->cmdline(&app, &vm, &b, &e), e, EINVAL, "process.args[1] is empty");
	arena_release(&arena);
}

/* The port belongs to the machine that QEMU makes. */
static void exit_status(void **state)
{
	struct app_desc app = {0};
	struct vm_desc vm = machine(0);
	struct err e = {0};

	(void)state;
	vm.exit_port = 0x501;
	vm.kernel_format = KERNEL_ELF_MULTIBOOT;
	assert_ok(ops()->adjust(&app, &vm, &arena, &e), e);
	assert_int_equal(vm.exit_port, 0x501);
	vm.kernel_format = KERNEL_ELF_SOLO5;
	assert_ok(ops()->adjust(&app, &vm, &arena, &e), e);
	assert_int_equal(vm.exit_port, 0);
	arena_release(&arena);
}

static void firmware(void **state)
{
	struct app_desc app = {0};
	struct vm_desc vm = machine(0);
	struct err e = {0};

	(void)state;
	vm.kernel_format = KERNEL_ELF_MULTIBOOT;
	vm.firmware = "qboot.rom";
	assert_ok(ops()->adjust(&app, &vm, &arena, &e), e);
	assert_string_equal(vm.firmware, "qboot.rom");
	vm.nics.n = 1;
	assert_ok(ops()->adjust(&app, &vm, &arena, &e), e);
	assert_null(vm.firmware);
	arena_release(&arena);
}

static void contract(void **state)
{
	(void)state;
	assert_true(ops()->no_env && !ops()->no_args && !ops()->urunit && !ops()->powerdown);
	assert_int_equal(ops()->max_vcpus, 1);
	assert_int_equal(ops()->max_cmdline_bytes, 8191);
	assert_int_equal(ops()->roots, 1u << ROOT_NONE);
	assert_int_equal(ops()->exit_port, 0x501);
	assert_int_equal(ops()->exit_ok, 41); /* QEMU's status 83 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(network),   cmocka_unit_test(names),    cmocka_unit_test(said_already),
		cmocka_unit_test(arguments), cmocka_unit_test(no_word),  cmocka_unit_test(exit_status),
		cmocka_unit_test(firmware),  cmocka_unit_test(contract),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
