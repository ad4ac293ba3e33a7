/* SPDX-License-Identifier: Apache-2.0 */
/* The URS keys that describe the machine: each value is read exactly or the configuration is refused. */
#include <sys/mount.h>
#include "conf.h"

static const struct uputfile *file_at(const struct uconf *c, size_t i)
{
	assert_true(i < c->files.bytes / sizeof(struct uputfile));
	return (const struct uputfile *)c->files.p + i;
}

static void files_hold_any_bytes(void **state)
{
	struct uconf c;

	(void)state;
	conf_good(&c, "URS\nfile 19\n644 /etc/hosts\na\0b\n\nfile 9\n000 /x y\n\nURE\n");
	assert_int_equal(c.files.bytes, 2 * sizeof(struct uputfile));
	assert_string_equal(file_at(&c, 0)->path, "/etc/hosts");
	assert_int_equal(file_at(&c, 0)->mode, 0644);
	assert_int_equal(file_at(&c, 0)->n, 4);
	assert_memory_equal(file_at(&c, 0)->data, "a\0b\n", 4);
	assert_string_equal(file_at(&c, 1)->path, "/x y");
	assert_int_equal(file_at(&c, 1)->n, 0);
	conf_release(&c);
	conf_bad("URS\nfile 0\n\nURE\n", "file must begin with");
	conf_bad("URS\nfile 7\n644 /ab\nURE\n", "file must begin with");
	conf_bad("URS\nfile 8\n1644 /a\n\nURE\n", "file must begin with");
	conf_bad("URS\nfile 7\n6x4 /a\n\nURE\n", "file must begin with");
	conf_bad("URS\nfile 6\n644 a\n\nURE\n", "file must have an absolute path");
	conf_bad("URS\nfile 10\n644 /a/../\n\nURE\n", "file must begin with");
	conf_bad("URS\nfile 12\n644 /a/../b\n\nURE\n", "file must have an absolute path");
	conf_bad("URS\nfile 8\n644 /..\n\nURE\n", "file must have an absolute path");
	conf_bad("URS\nfile 8\n644 /a/\n\nURE\n", "file must have an absolute path");
	conf_bad("URS\nfile 9\n644 /a\0b\n\nURE\n", "file must have an absolute path");
}

static void parameters(void **state)
{
	struct uconf c;

	(void)state;
	conf_good(&c, "URS\nsysctl 7\na.b=1 2\nsysctl 2\nx=\nURE\n");
	conf_list(&c.sysctls, "a.b=1 2", "x=");
	conf_release(&c);
	conf_bad("URS\nsysctl 3\na.b\nURE\n", "sysctl must be NAME=VALUE");
	conf_bad("URS\nsysctl 2\n=1\nURE\n", "sysctl must be NAME=VALUE");
	conf_bad("URS\nsysctl 5\na=b\0c\nURE\n", "sysctl must be NAME=VALUE");
}

static void the_time_of_the_start(void **state)
{
	struct uconf c;

	(void)state;
	conf_good(&c, "URS\nclock 13\n1795326644123\nURE\n");
	assert_true(c.clock_ms == 1795326644123ull);
	conf_bad("URS\nclock 15\n253402300800001\nURE\n", "clock must be");
	conf_bad("URS\nclock 2\n-1\nURE\n", "clock must be");
}

static void how_it_ends(void **state)
{
	struct uconf c;

	(void)state;
	conf_good(&c, "URS\nURE\n");
	assert_false(c.power_off);
	conf_good(&c, "URS\nend 8\npoweroff\nURE\n");
	assert_true(c.power_off);
	conf_good(&c, "URS\nend 8\npoweroff\nend 5\nreset\nURE\n");
	assert_false(c.power_off);
	conf_bad("URS\nend 4\nhalt\nURE\n", "end must be reset or poweroff");
	conf_bad("URS\nend 0\n\nURE\n", "end must be reset or poweroff");
}

static void interfaces(void **state)
{
	const struct unic *n;
	struct uconf c;

	(void)state;
	conf_good(&c,
		  "URS\nnic 109\nmac 02:00:00:00:0A:fF\nname eth0\nmtu 1400\naddress 10.0.0.2/24\naddress fd00::2/64\n"
		  "gateway 10.0.0.1\ngateway ::1\n\nnic 9\nname eth1\nnic 32\nname eth2\naddress 0.0.0.0/0\nq r\n\nURE\n");
	n = c.nics.p;
	assert_int_equal(c.nics.bytes, 3 * sizeof(*n));
	assert_string_equal(n[0].mac, "02:00:00:00:0a:ff");
	assert_string_equal(n[0].name, "eth0");
	assert_int_equal(n[0].mtu, 1400);
	assert_int_equal(n[0].n_addresses, 2);
	assert_string_equal(n[0].addresses[0].text, "10.0.0.2/24");
	assert_int_equal(n[0].addresses[0].n, 4);
	assert_int_equal(n[0].addresses[0].prefix, 24);
	assert_memory_equal(n[0].addresses[0].bytes, "\12\0\0\2", 4);
	assert_int_equal(n[0].addresses[1].n, 16);
	assert_int_equal(n[0].addresses[1].prefix, 64);
	assert_int_equal(n[0].n_gateways, 2);
	assert_int_equal(n[0].gateways[1].n, 16);
	assert_string_equal(n[1].name, "eth1");
	assert_int_equal(n[1].n_addresses, 0);
	assert_int_equal(c.unknown, 1);
	assert_string_equal(c.first_unknown, "q");
	conf_release(&c);
}

#define NIC(n, text) conf_bad("URS\nnic " #n "\n" text "\nURE\n", "nic ")

static void interfaces_that_cannot_be_are_refused(void **state)
{
	char text[4096] = "URS\n";
	struct uconf c;
	struct utext why;

	(void)state;
	NIC(0, "");
	NIC(8, "mtu 1500");
	NIC(8, "mac 02:0");
	NIC(21, "mac 02:00:00:00:00:0g");
	NIC(21, "mac 02-00-00-00-00-01");
	NIC(5, "name ");
	NIC(7, "name ..");
	NIC(8, "name a/b");
	NIC(21, "name 1234567890123456");
	NIC(20, "name eth0\nmtu 65536\n");
	NIC(18, "name e\naddress 1.2");
	NIC(23, "name e\naddress 10.0.0.1");
	NIC(26, "name e\naddress 10.0.0.1/33");
	NIC(26, "name e\naddress fd00::1/129");
	NIC(26, "name e\ngateway 10.0.0.1/24");
	NIC(15, "name e\ngateway ");
	NIC(8, "name e\n\n");
	NIC(8, "name e\0f");
	NIC(52, "name e\ngateway 1.1.1.1\ngateway 1.1.1.1\ngateway ::1\n\n");
	for (int i = 0; i < 17; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "nic 8\nname e%02d\n", i);
	strcat(text, "URE\n");
	assert_int_equal(conf_parse(&c, text, strlen(text), &why), -EINVAL);
	assert_non_null(strstr(why.s, "more than 16 network interfaces"));
	conf_release(&c);
}

static void volumes(void **state)
{
	const struct uvolume *v;
	struct uconf c;

	(void)state;
	conf_good(&c,
		  "URS\nvolume 41\nserial rootfs\norder 3\npath /\nfstype ext4\n\nvolume 21\ntag fs0\npath /a b\nro\n\n"
		  "URE\nUBS\nID:old\nMP:/o\nUBE\n");
	v = c.volumes.p;
	assert_int_equal(c.volumes.bytes, 3 * sizeof(*v));
	assert_string_equal(v[0].id, "rootfs");
	assert_string_equal(v[0].path, "/");
	assert_string_equal(v[0].fstype, "ext4");
	assert_int_equal(v[0].order, 3);
	assert_true(v[0].exact && !v[0].share && !(v[0].flags & MS_RDONLY));
	assert_string_equal(v[1].id, "fs0");
	assert_string_equal(v[1].path, "/a b");
	assert_null(v[1].fstype);
	assert_true(v[1].order == SIZE_MAX);
	assert_true(v[1].exact && v[1].share && (v[1].flags & MS_RDONLY));
	assert_false(v[2].exact || v[1].archive);
	conf_release(&c);
	conf_good(&c, "URS\nvolume 24\ntag fs0\npath /a\narchive\n\nURE\n");
	v = c.volumes.p;
	assert_true(v[0].archive && v[0].share && !(v[0].flags & MS_RDONLY));
	conf_release(&c);
	conf_bad("URS\nvolume 23\ntag fs0\npath //\narchive\nURE\n", "volume of the archive has path /");
	conf_good(&c,
		  "URS\nvolume 75\nserial a\npath /a\nfstype xfs\noptions noatime,logbufs=8,ro,nodev,allocsize=1m\nURE\n");
	v = c.volumes.p;
	assert_string_equal(v[0].options, "logbufs=8,allocsize=1m");
	assert_int_equal(v[0].flags, MS_NOATIME | MS_RDONLY | MS_NODEV);
	conf_release(&c);
	conf_good(&c, "URS\nvolume 31\nserial a\npath /a\noptions noexec\nURE\n");
	v = c.volumes.p;
	assert_null(v[0].options);
	assert_int_equal(v[0].flags, MS_NOEXEC);
	conf_release(&c);
	conf_bad("URS\nvolume 0\n\nURE\n", "volume has no serial or tag");
	conf_bad("URS\nvolume 8\nserial a\nURE\n", "volume has no serial or tag");
	conf_bad("URS\nvolume 6\npath /\nURE\n", "volume has no serial or tag");
	conf_bad("URS\nvolume 15\nserial \npath /a\nURE\n", "volume must have lines");
	conf_bad("URS\nvolume 15\nserial a\npath a\nURE\n", "volume must have lines");
	conf_bad("URS\nvolume 19\nserial a\npath /a/..\nURE\n", "volume must have lines");
	conf_bad("URS\nvolume 24\nserial a\npath /\norder 26\nURE\n", "volume must have lines");
	conf_bad("URS\nvolume 23\nserial a\npath /\nfstype \nURE\n", "volume must have lines");
}

static void copies_and_tmpfs(void **state)
{
	const struct ubind *b;
	struct uconf c;

	(void)state;
	conf_good(&c,
		  "URS\nreadonly 1\n1\nbind 31\nfrom /.urunc/m0\npath /a b\nro\nq\n\n"
		  "tmpfs 40\npath /t\noptions size=1m,noexec,mode=700\n\nbind 15\nfrom /a\npath /b\nURE\n");
	b = c.binds.p;
	assert_int_equal(c.binds.bytes, 3 * sizeof(*b));
	assert_string_equal(b[0].from, "/.urunc/m0");
	assert_string_equal(b[0].path, "/a b");
	assert_true(b[0].flags == MS_RDONLY && c.readonly);
	assert_null(b[1].from);
	assert_string_equal(b[1].options, "size=1m,mode=700");
	assert_int_equal(b[1].flags, MS_NOEXEC);
	assert_string_equal(b[2].path, "/b");
	assert_true(b[2].flags == 0 && !b[2].options);
	assert_string_equal(c.first_unknown, "q");
	conf_release(&c);
	conf_bad("URS\nbind 7\npath /a\nURE\n", "bind needs from and path");
	conf_bad("URS\nbind 7\nfrom /a\nURE\n", "bind needs from and path");
	conf_bad("URS\ntmpfs 15\nfrom /a\npath /b\nURE\n", "tmpfs needs path and no from");
	conf_bad("URS\ntmpfs 6\npath a\nURE\n", "bind and tmpfs must have lines");
	conf_bad("URS\ntmpfs 10\npath /a/..\nURE\n", "bind and tmpfs must have lines");
	conf_bad("URS\nreadonly 1\nx\nURE\n", "readonly must be 0 or 1");
}

/* What the original's sections list comes first, as there: they know no binds, and stand behind them. */
static void the_order_of_all_mounts(void **state)
{
	static const size_t want[] = {0, 1, 2, 2, 0};
	const struct uvolume *v;
	struct uconf c;

	(void)state;
	conf_good(&c,
		  "URS\nvolume 15\nserial a\npath /\ntmpfs 7\npath /t\nvolume 18\nserial b\npath /t/b\n"
		  "bind 21\nfrom /m0\npath /t/b/c\n\nvolume 20\nserial c\npath /t/b/c\nvolume 16\nserial d\npath /d\n"
		  "URE\nUBS\nID:old\nMP:/o\nUBE\n");
	v = c.volumes.p;
	assert_int_equal(c.volumes.bytes, 5 * sizeof(*v));
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(v[i].after, want[i]);
	conf_release(&c);
	conf_good(&c, "UCS\ntmpfs: path /t\nvolume: tag s; path /t/s\nUCE\nUBS\nID:old\nMP:/o\nUBE\n");
	v = c.volumes.p;
	assert_true(v[0].after == 1 && v[1].after == 0);
	conf_release(&c);
}

static void mutations_never_lead_astray(void **state)
{
	static const char seed[] =
		"URS\nfile 19\n644 /etc/hosts\na\0b\n\nsysctl 5\na.b=1\nclock 3\n123\n"
		"nic 72\nmac 02:00:00:00:0a:ff\nname eth0\nmtu 1400\naddress fd00::2/64\ngateway ::1\n\n"
		"volume 41\nserial rootfs\norder 3\npath /\nfstype ext4\n\nvolume 20\ntag fs0\npath /ab\nro\n\nbind 18\nfrom /a\npath /b\nro\ntmpfs 7\npath /a\narg 1\nx\nURE\n";

	(void)state;
	conf_mutations(seed, sizeof(seed) - 1, 20260101, 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(how_it_ends),
		cmocka_unit_test(files_hold_any_bytes),
		cmocka_unit_test(parameters),
		cmocka_unit_test(the_time_of_the_start),
		cmocka_unit_test(interfaces),
		cmocka_unit_test(interfaces_that_cannot_be_are_refused),
		cmocka_unit_test(volumes),
		cmocka_unit_test(copies_and_tmpfs),
		cmocka_unit_test(the_order_of_all_mounts),
		cmocka_unit_test(mutations_never_lead_astray),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
