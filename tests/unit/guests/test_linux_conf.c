/* SPDX-License-Identifier: Apache-2.0 */
/* urunit's configuration, byte for byte, in both forms. */
#include "guests/linux_conf.h"

#include <errno.h>

#include "machine/confine.h"
#include "unit.h"

static void exact_with(const struct app_desc *app, const struct vm_desc *vm, const char *want)
{
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);

	linux_conf_exact(app, vm, &b);
	assert_false(b.oom);
	assert_string_equal(b.p, want);
	assert_int_equal(b.len, strlen(want));
	arena_release(&a);
}

static void exact_is(const struct app_desc *app, bool ctl, const char *want)
{
	exact_with(app, &(struct vm_desc){.ctl_fd = ctl ? 3 : -1}, want);
}

static void exact_least(void **state)
{
	const char *args[] = {"/urunit", "/bin/app"};
	struct app_desc app = {.args = {args, 2}, .cwd = "/"};

	(void)state;
	exact_is(&app, false, "URS\nhostname 5\nurunc\nuid 1\n0\ngid 1\n0\ncwd 1\n/\narg 8\n/bin/app\nURE\n");
	exact_is(&app, true,
		 "URS\nctl 1\n1\nhostname 5\nurunc\nuid 1\n0\ngid 1\n0\ncwd 1\n/\narg 8\n/bin/app\nURE\n");
}

static void exact_mounts(void **state)
{
	const char *args[] = {"/urunit", "/a"};
	struct app_mount mounts[] = {{"/data", NULL, "/.urunc/m0", NULL, true},
				     {"/tmp", NULL, NULL, "size=1m", false},
				     {"/x y", NULL, "/.urunc/m2", NULL, false}};
	struct app_desc app = {.args = {args, 2}, .cwd = "/", .mounts = {mounts, 3}, .readonly_root = true};

	(void)state;
	exact_is(&app, false,
		 "URS\nbind 30\nfrom /.urunc/m0\npath /data\nro\n\ntmpfs 26\npath /tmp\noptions size=1m\n\n"
		 "bind 26\nfrom /.urunc/m2\npath /x y\n\nreadonly 1\n1\nhostname 5\nurunc\nuid 1\n0\ngid 1\n0\ncwd 1\n/\narg 2\n/a\nURE\n");
}

/* Each disk once, where it is listed; the rest is there first. */
static void exact_order(void **state)
{
	const char *args[] = {"/urunit", "/a"};
	struct vm_disk disks[] = {{.serial = "rootfs", .mount_point = "/"},
				  {.serial = "vol1", .mount_point = "/data/./db", .readonly = true},
				  {.serial = "raw"},
				  {.serial = "vol3", .mount_point = "/v"}};
	struct app_mount mounts[] = {{.path = "/v", .disk = "vol3"},
				     {.path = "/data"},
				     {.path = "/data/db", .disk = "vol1"},
				     {.path = "/v/in", .from = "/.urunc/m0"}};
	struct app_desc app = {.args = {args, 2}, .cwd = "/", .mounts = {mounts, 4}};
	struct vm_desc vm = {.ctl_fd = -1, .disks = {disks, 4}};

	(void)state;
	exact_with(&app, &vm,
		   "URS\nvolume 29\nserial rootfs\norder 0\npath /\n\nvolume 28\nserial vol3\norder 3\npath /v\n\n"
		   "tmpfs 11\npath /data\n\nvolume 37\nserial vol1\norder 1\npath /data/db\nro\n\n"
		   "bind 27\nfrom /.urunc/m0\npath /v/in\n\n"
		   "hostname 5\nurunc\nuid 1\n0\ngid 1\n0\ncwd 1\n/\narg 2\n/a\nURE\n");
}

static void exact_everything(void **state)
{
	const char *args[] = {"/urunit", "sh", "-c", "a\n'b' \"\\", ""}, *env[] = {"N=x\ny", "URE\n=1", "E="};
	uint32_t groups[] = {7, 4294967294u};
	struct rlimit_value limits[] = {{"RLIMIT_NOFILE", 1024, 4096}, {"RLIMIT_CORE", 0, UINT64_MAX}};
	struct app_desc app = {.args = {args, 5},
			       .env = {env, 3},
			       .cwd = "/a b\n",
			       .uid = 1000,
			       .gid = 4294967294u,
			       .groups = {groups, 2},
			       .hostname = "box",
			       .terminal = true,
			       .has_umask = true,
			       .umask = 022,
			       .rlimits = {limits, 2}};

	(void)state;
	exact_is(&app, true,
		 "URS\nctl 1\n1\nhostname 3\nbox\nterminal 1\n1\nuid 4\n1000\ngid 10\n4294967294\ngroup 1\n7\n"
		 "group 10\n4294967294\numask 2\n22\nrlimit 16\nNOFILE 1024 4096\nrlimit 27\nCORE 0 18446744073709551615\n"
		 "cwd 5\n/a b\n\nenv 5\nN=x\ny\nenv 6\nURE\n=1\nenv 2\nE=\n"
		 "arg 2\nsh\narg 2\n-c\narg 8\na\n'b' \"\\\narg 0\n\nURE\n");
}

static void exact_machine(void **state)
{
	const char *args[] = {"/urunit", "x"}, *sysctls[] = {"net.core.somaxconn=128", "kernel.x=a\nb"};
	struct guest_file files[] = {{.path = "/etc/hosts", .mode = 0644, .data = {"1 a\n\0b", 6}},
				     {.path = "/etc/hostname", .mode = 0600, .data = {"", 0}}};
	struct vm_disk disks[] = {{.serial = "rootfs", .mount_point = "/", .fstype = "ext4", .readonly = true},
				  {.serial = "raw"},
				  {.serial = "vol0", .mount_point = "/data dir", .options = "nosuid,nodev"}};
	struct vm_share shares[] =
		{{.tag = "fs0", .mount_point = "/", .path = "/share0"},
		 {.tag = "none"},
		 {.tag = "fs1", .mount_point = "/s", .socket = "/v", .readonly = true, .in_archive = true}};
	struct vm_nic nics[] = {{.mac = "02:00:00:00:00:01",
				 .mtu = 1400,
				 .address = "10.0.0.2/24",
				 .gateway = "10.0.0.1",
				 .address6 = "fd00::2/64",
				 .gateway6 = "fe80::1"},
				{.address = "10.1.0.2/32"}};
	struct app_desc app = {.args = {args, 2},
			       .cwd = "/",
			       .files = {files, 2},
			       .sysctls = {sysctls, 2},
			       .start_clock_ms = 1795326644123};
	struct vm_desc vm = {.ctl_fd = -1, .disks = {disks, 3}, .shares = {shares, 3}, .nics = {nics, 2}};

	(void)state;
	/* up to the zero byte in the file; what follows it is in the mutations and in tests/e2e */
	files[0].data.n = 4;
	exact_with(&app, &vm,
		   "URS\nclock 13\n1795326644123\nvolume 44\nserial rootfs\norder 0\npath /\nfstype ext4\nro\n\n"
		   "volume 56\nserial vol0\norder 2\npath /data dir\noptions nosuid,nodev\n\n"
		   "volume 25\ntag fs0\npath /\nfstype 9p\n\n"
		   "volume 43\ntag fs1\npath /s\nfstype virtiofs\narchive\nro\n\n"
		   "nic 113\nmac 02:00:00:00:00:01\nname eth0\nmtu 1400\naddress 10.0.0.2/24\naddress fd00::2/64\n"
		   "gateway 10.0.0.1\ngateway fe80::1\n\nnic 30\nname eth1\naddress 10.1.0.2/32\n\n"
		   "file 19\n644 /etc/hosts\n1 a\n\nfile 18\n600 /etc/hostname\n\n"
		   "sysctl 22\nnet.core.somaxconn=128\nsysctl 12\nkernel.x=a\nb\n"
		   "hostname 5\nurunc\nuid 1\n0\ngid 1\n0\ncwd 1\n/\narg 1\nx\nURE\n");
}

/* A monitor that starts the guest again after a reset. */
static void exact_end(void **state)
{
	const char *args[] = {"/urunit", "x"};
	struct app_desc app = {.args = {args, 2}, .cwd = "/"};
	struct vm_desc vm = {.ctl_fd = -1, .end = END_POWER_OFF};

	(void)state;
	exact_with(&app, &vm,
		   "URS\nend 8\npoweroff\nhostname 5\nurunc\nuid 1\n0\ngid 1\n0\ncwd 1\n/\narg 1\nx\nURE\n");
	vm.end = END_KEYBOARD_RESET; /* the kernel's command line says how */
	exact_with(&app, &vm, "URS\nhostname 5\nurunc\nuid 1\n0\ngid 1\n0\ncwd 1\n/\narg 1\nx\nURE\n");
}

static void text_form(void **state)
{
	const char *args[] = {"/urunit", "/bin/app"}, *env[] = {"A=1 x", "B='\"\\", "C="};
	struct app_desc app = {.args = {args, 2}, .env = {env, 3}, .cwd = "/w d", .uid = 1000, .gid = 100};
	struct vm_disk disks[] = {{.serial = "rootfs", .mount_point = "/"},
				  {.serial = "vol0", .mount_point = "/data dir"},
				  {.serial = "raw"}};
	struct vm_desc vm = {.ctl_fd = -1};
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	struct err e = {0};

	(void)state;
	assert_ok(linux_conf_text(&app, &vm, &b, &e), e);
	assert_string_equal(b.p,
			    "UES\nA=1 x\nB='\"\\\nC=\nUEE\nUCS\nUID:1000\nGID:100\nWD:/w d\nUCE\nUBS\nUBE\n");
	b = STRBUF(&a);
	app.env.n = 0;
	vm.disks.v = disks;
	vm.disks.n = 3;
	assert_ok(linux_conf_text(&app, &vm, &b, &e), e);
	assert_string_equal(b.p,
			    "UES\nUEE\nUCS\nUID:1000\nGID:100\nWD:/w d\nUCE\nUBS\nID:vol0\nMP:/data dir\nUBE\n");
	arena_release(&a);
}

/* Nothing may end a section early or make a line of its own. */
static void text_form_refuses(void **state)
{
	static const char *const bad[] = {"A=x\ny", "A=x\r", "UEE", "\nUEE"};
	const char *args[] = {"/urunit", "/bin/app"}, *env[] = {"OK=1", NULL};
	struct app_desc app = {.args = {args, 2}, .env = {env, 2}, .cwd = "/"};
	struct vm_desc vm = {.ctl_fd = -1};
	struct arena a = {0};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct strbuf b = STRBUF(&a);

		env[1] = bad[i];
		assert_fails(linux_conf_text(&app, &vm, &b, &e), e, EINVAL, "process.env[1]");
		assert_non_null(strstr(e.msg, "replace_urunit = true"));
	}
	env[1] = "A=1";
	app.cwd = "/x\nUCE";
	struct strbuf b = STRBUF(&a);

	assert_fails(linux_conf_text(&app, &vm, &b, &e), e, EINVAL, "process.cwd");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_least),   cmocka_unit_test(exact_mounts),
		cmocka_unit_test(exact_order),   cmocka_unit_test(exact_everything),
		cmocka_unit_test(exact_machine), cmocka_unit_test(exact_end),
		cmocka_unit_test(text_form),     cmocka_unit_test(text_form_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
