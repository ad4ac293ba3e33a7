/* SPDX-License-Identifier: Apache-2.0 */
/* Rumprun's command line, text for text, and what its parser could not give back. */
#include <errno.h>

#include "guests/guest.h"
#include "unit.h"

static struct arena arena;
static struct vm_nic nic;
static struct vm_disk disk;

static const struct guest_ops *ops(void)
{
	const struct guest_ops *g = guest_find("rumprun");

	assert_non_null(g);
	return g;
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

static void refused(const struct app_desc *app, const struct vm_desc *vm, const char *words)
{
	struct strbuf b = STRBUF(&arena);
	struct err e = {0};

	assert_fails(ops()->cmdline(app, vm, &b, &e), e, EINVAL, words);
	arena_release(&arena);
}

static struct vm_desc machine(bool net, bool block)
{
	struct vm_desc vm = {.network_known = true};

	nic = (struct vm_nic){.tap = "t",
			      .fd = -1,
			      .address = "10.4.0.2/22",
			      .gateway = "10.4.0.1",
			      .name = "tap"};
	disk = (struct vm_disk){.path = "/disk0", .serial = "rootfs", .mount_point = "/", .name = "rootfs"};
	vm.nics.v = &nic;
	vm.nics.n = net;
	vm.disks.v = &disk;
	vm.disks.n = block;
	return vm;
}

static void whole(void **state)
{
	const char *args[] = {"redis-server", "/data/conf/redis.conf"}, *env[] = {"A=1", "B=<2> & 3"};
	struct app_desc app = {.args = {args, 2}, .env = {env, 2}};
	struct vm_desc vm = machine(true, true);

	(void)state;
	assert_string_equal(
		line(&app, &vm),
		"{\"cmdline\":\"redis-server /data/conf/redis.conf\",\"env\":\"A=1\",\"env\":\"B=<2> & 3\","
		"\"net\":{\"if\":\"ukvmif0\",\"cloner\":\"True\",\"type\":\"inet\",\"method\":\"static\","
		"\"addr\":\"10.4.0.2\",\"mask\":\"22\",\"gw\":\"10.4.0.1\"},"
		"\"blk\":{\"source\":\"etfs\",\"path\":\"/dev/ld0a\",\"fstype\":\"blk\",\"mountpoint\":\"/data\"}}");
	vm = machine(false, false);
	app.env.n = 0;
	assert_string_equal(line(&app, &vm), "{\"cmdline\":\"redis-server /data/conf/redis.conf\"}");
	app.args.n = 0;
	assert_string_equal(line(&app, &vm), "{\"cmdline\":\"\"}");
	arena_release(&arena);
}

static bool has(const struct vm_desc *vm, const char *part)
{
	const struct app_desc app = {0};

	return strstr(line(&app, vm), part) != NULL;
}

static void mount_points(void **state)
{
	struct vm_desc vm = machine(false, true);

	(void)state;
	assert_true(has(&vm, "\"mountpoint\":\"/data\"}}"));
	disk.mount_point = NULL;
	assert_true(has(&vm, "\"mountpoint\":\"/data\"}}"));
	disk.mount_point = "/srv/www";
	assert_true(has(&vm, "\"mountpoint\":\"/srv/www\"}}"));
	disk.mount_point = "/a\",\"env\":\"B";
	refused(&(struct app_desc){0}, &vm, "the mount point of the block image has a double quote");
	arena_release(&arena);
}

static void gateways(void **state)
{
	struct vm_desc vm = machine(true, false);

	(void)state;
	nic.gateway = NULL;
	assert_true(has(&vm, "\"mask\":\"22\"}"));
	nic.address = "10.4.0.2/32";
	assert_true(has(&vm, "\"mask\":\"32\"}"));
	/* Outside the network: wider until it is inside. */
	nic.gateway = "10.4.1.1";
	assert_true(has(&vm, "\"mask\":\"23\",\"gw\":\"10.4.1.1\"}"));
	nic.gateway = "127.255.0.1";
	assert_true(has(&vm, "\"mask\":\"1\",\"gw\":\"127.255.0.1\"}"));
	nic.gateway = "169.254.1.1"; /* not one bit in common */
	refused(&(struct app_desc){0}, &vm, "a Rumprun guest at 10.4.0.2 cannot reach gateway 169.254.1.1");
	nic.address = "172.16.0.2/32";
	assert_true(has(&vm, "\"mask\":\"5\",\"gw\":\"169.254.1.1\"}"));
	nic.address = NULL;
	assert_false(has(&vm, "\"net\""));
	arena_release(&arena);
}

/*
 * What the guest does: the string ends at the first quote without a backslash before it and is taken as it is; then
 * rumprun_parseargs splits it.
 */
static void parse(const char *s, char words[][64], size_t *n)
{
	const char *end;
	size_t len = 0;
	bool inside = false;
	char quote = 0;

	s = strstr(s, "\"cmdline\":\"") + 11;
	for (end = s; *end != '"'; end++)
		if (*end == '\\') {
			end++;
			assert_non_null(strchr("\"\\/bfnrt", *end)); /* others are no JSON to it */
		}
	*n = 0;
	for (; s < end; s++) {
		char c = *s, raw = c;

		if (c == '\\')
			raw = *++s;
		if (strchr(" \n\t", c) && !quote) {
			words[*n][len] = '\0';
			*n += inside;
			inside = false;
			len = 0;
			continue;
		}
		inside = true;
		if (quote && c == quote)
			quote = 0;
		else if (c == '\'' || c == '"')
			quote = c;
		else
			words[*n][len++] = raw;
	}
	words[*n][len] = '\0';
	*n += inside;
}

static void arguments(void **state)
{
	const char *args[] = {"a",   "b c", "",         "  ", "\"q\"", "d\"e f\"g", "back\\slash\\",
			      "\\ ", "<&>", "\xc3\xbc", "--", "{}",    "x,y:z"};
	struct app_desc app = {.args = {args, sizeof(args) / sizeof(args[0])}};
	struct vm_desc vm = machine(false, false);
	char words[16][64];
	size_t n;

	(void)state;
	parse(line(&app, &vm), words, &n);
	assert_int_equal(n, app.args.n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(words[i], args[i]);
	arena_release(&arena);
}

static void refused_text(void **state)
{
	const char *args[] = {"ok", NULL}, *env[] = {"OK=1", NULL};
	struct app_desc app = {.args = {args, 2}};
	struct vm_desc vm = machine(false, false);

	(void)state;
	args[1] = "it's";
	refused(&app, &vm, "process.args[1] has a single quote");
	args[1] = "a\nb";
	refused(&app, &vm, "process.args[1] has a line break or another control byte");
	args[1] = "a\177";
	refused(&app, &vm, "process.args[1] has a line break or another control byte");
	args[1] = "\xff";
	refused(&app, &vm, "process.args[1] is no valid UTF-8");
	args[1] = "x_RUMPRUN_ROOTFSCFG=/f";
	refused(&app, &vm, "process.args[1] has the text '_RUMPRUN_ROOTFSCFG='");
	app = (struct app_desc){.env = {env, 2}};
	env[1] = "JSON={\"a\":1}";
	refused(&app, &vm, "process.env[1] (JSON) has a double quote or a backslash");
	env[1] = "W=C:\\";
	refused(&app, &vm, "process.env[1] (W) has a double quote or a backslash");
	env[1] = "N=a\nb";
	refused(&app, &vm, "process.env[1] (N) has a line break");
	env[1] = "U=\xc3";
	refused(&app, &vm, "process.env[1] (U) is no valid UTF-8");
	env[1] = "Q=it's"; /* nobody splits these */
	assert_string_equal(line(&app, &vm), "{\"cmdline\":\"\",\"env\":\"OK=1\",\"env\":\"Q=it's\"}");
	arena_release(&arena);
}

static void contract(void **state)
{
	(void)state;
	assert_false(ops()->no_env || ops()->no_args || ops()->urunit);
	assert_int_equal(ops()->max_vcpus, 1);
	assert_int_equal(ops()->max_disks, 1);
	assert_int_equal(ops()->max_cmdline_bytes, 8191);
	assert_int_equal(ops()->roots, 1u << ROOT_NONE | 1u << ROOT_BLOCK);
	assert_string_equal(ops()->block_filesystems[0], "ext2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),     cmocka_unit_test(mount_points), cmocka_unit_test(gateways),
		cmocka_unit_test(arguments), cmocka_unit_test(refused_text), cmocka_unit_test(contract),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
