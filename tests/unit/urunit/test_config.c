/* SPDX-License-Identifier: Apache-2.0 */
/* The original's text sections: read as the original writes them, refused as a whole when anything is wrong. */
#include "urunit/config.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "conf.h"

#define ORIGINAL                                                                                             \
	"UES\nPATH=/usr/bin:/bin\nA=b c\nUEE\nUCS\nUID:1000\nGID:1001\nWD:/srv\nUCE\n"                       \
	"UBS\nID:rootfs\nMP:/\nID:vol3\nMP:/data\nUBE\n"

static const struct uvolume *volume(const struct uconf *c, size_t i)
{
	return (const struct uvolume *)c->volumes.p + i;
}

static void the_original_form_is_read(void **state)
{
	struct uconf c;

	(void)state;
	conf_good(&c, ORIGINAL);
	assert_true(c.present);
	assert_false(c.exact);
	conf_list(&c.env, "PATH=/usr/bin:/bin", "A=b c");
	assert_int_equal(c.uid, 1000);
	assert_int_equal(c.gid, 1001);
	assert_string_equal(c.cwd, "/srv");
	assert_int_equal(c.volumes.bytes, sizeof(struct uvolume));
	assert_string_equal(volume(&c, 0)->id, "vol3");
	assert_string_equal(volume(&c, 0)->path, "/data");
	assert_false(c.ctl);
}

static void sections_may_be_missing_empty_or_in_any_order(void **state)
{
	struct uconf c;

	(void)state;
	conf_good(&c, "");
	assert_true(c.present);
	conf_good(&c, "UBS\nUBE\n\nUES\nUEE\nUCS\nUCE\n");
	assert_int_equal(c.env.bytes, 0);
	assert_null(c.cwd);
	conf_good(&c, "UCS\nUID: 5\nGID:\t7\nFUTURE: x\nUCE");
	assert_int_equal(c.uid, 5);
	assert_int_equal(c.gid, 7);
	/* as an initrd, padded to a word */
	conf_good(&c, "UES\nA=1\nUEE\n\0\0");
	conf_list(&c.env, "A=1");
}

static void only_a_whole_marker_line_ends_a_section(void **state)
{
	struct uconf c;

	(void)state;
	conf_good(&c, "UES\n\nUEEX=1\n UEE\nUES\nUEE\n");
	conf_list(&c.env, "UEEX=1", " UEE", "UES");
}

/* Written by hand, for a machine without a runtime. The original passes over such lines. */
static void keys_of_ours_in_the_text_form(void **state)
{
	const struct uvolume *v;
	const struct unic *n;
	const struct uputfile *f;
	const uint32_t *groups;
	struct uconf c;

	(void)state;
	conf_good(&c,
		  "UES\nA=1\nUEE\nUCS\nUID:33\nGID: 34\nWD: /srv\narg: /bin/app\narg:  two words; x\narg:\n"
		  "hostname: web\ngroup: 5\ngroup:6\numask: 027\nrlimit: NOFILE 10 unlimited\n"
		  "sysctl: net.core.somaxconn=5\nnic: name eth0;address 10.0.2.15/24; gateway 10.0.2.2\n"
		  "volume: serial data; path /srv;  fstype xfs; options noatime; ro\n"
		  "file: 644 /etc/resolv.conf; nameserver 10.0.2.3;search a.b\nFOO: x\nfoo bar\nnew: y\nend: poweroff\n"
		  "UCE\n");
	assert_true(c.present && !c.exact && c.power_off);
	conf_list(&c.env, "A=1");
	conf_list(&c.args, "/bin/app", "two words; x", "");
	assert_int_equal(c.uid, 33);
	assert_int_equal(c.gid, 34);
	assert_string_equal(c.cwd, "/srv");
	assert_string_equal(c.hostname, "web");
	groups = c.groups.p;
	assert_int_equal(c.groups.bytes, 2 * sizeof(*groups));
	assert_int_equal(groups[1], 6);
	assert_int_equal(c.umask, 027);
	assert_true(c.rlimits[RLIMIT_NOFILE].hard == UINT64_MAX && c.rlimits[RLIMIT_NOFILE].soft == 10);
	conf_list(&c.sysctls, "net.core.somaxconn=5");
	n = c.nics.p;
	assert_string_equal(n->name, "eth0");
	assert_int_equal(n->addresses[0].prefix, 24);
	assert_string_equal(n->gateways[0].text, "10.0.2.2");
	v = c.volumes.p;
	assert_string_equal(v->path, "/srv");
	assert_string_equal(v->fstype, "xfs");
	assert_true(v->exact && v->flags == (MS_NOATIME | MS_RDONLY));
	f = c.files.p;
	assert_int_equal(f->n, strlen("nameserver 10.0.2.3\nsearch a.b"));
	assert_memory_equal(f->data, "nameserver 10.0.2.3\nsearch a.b", f->n);
	assert_int_equal(c.unknown, 1);
	assert_string_equal(c.first_unknown, "new");
	conf_release(&c);
	/* What has a name of its own there has no second one. */
	conf_good(&c, "UCS\nuid: x\nenv: y\nUCE\n");
	assert_int_equal(c.unknown, 2);
	conf_release(&c);
	conf_bad("UCS\numask: 99\nUCE\n", "umask must be an octal number from 0 to 777, in line 2");
	conf_bad("UCS\nnic: mtu x\nUCE\n", "nic must have lines");
	conf_bad("UCS\narg: x\nUCE\nURS\nURE\n", "in both UCS and URS");
	conf_bad("URS\nURE\nUCS\narg: x\nUCE\n", "in both UCS and URS");
}

static void wrong_ids_are_refused(void **state)
{
	(void)state;
	conf_bad("UCS\nUID:4294967295\nUCE\n",
		 "UID and GID must be decimal numbers from 0 to 4294967294, in line 2");
	conf_bad("UCS\nGID:99999999999999999999\nUCE\n", "UID and GID");
	conf_bad("UCS\nUID:-1\nUCE\n", "UID and GID");
	conf_bad("UCS\nUID:10 0\nUCE\n", "UID and GID");
	conf_bad("UCS\nUID:\nUCE\n", "UID and GID");
	conf_bad("UCS\nUID:root\nUCE\n", "UID and GID");
}

static void wrong_volumes_are_refused(void **state)
{
	(void)state;
	conf_bad("UBS\nMP:/x\nUBE\n", "volumes must be pairs");
	conf_bad("UBS\nID:a\nID:b\nMP:/x\nUBE\n", "volumes must be pairs");
	conf_bad("UBS\nID:a\nMP:relative\nUBE\n", "volumes must be pairs");
	conf_bad("UBS\nID:\nMP:/x\nUBE\n", "volumes must be pairs");
	conf_bad("UBS\nID:a\nUBE\n", "volume with ID but without MP");
	conf_bad("UBS\nwhat\nUBE\n", "volumes must be pairs");
}

static void sections_without_end_and_unknown_ones_are_refused(void **state)
{
	(void)state;
	conf_bad("UES\nA=1\n", "UES without UEE");
	conf_bad("UCS\nUID:1\n", "UCS without UCE");
	conf_bad("UBS\n", "UBS without UBE");
	conf_bad("hello\n", "a section must begin with UES, UCS, UBS or URS, in line 1");
	conf_bad("UES\nUEE\nA=1\n", "in line 3");
	conf_bad("UES\n\nA=1\n", "UES without UEE, in line 3");
	/* Where there may be line breaks in values, lines are not counted. */
	conf_bad("URS\nURE\nUCS\nUID:x\nUCE\n", "at byte 12");
	conf_bad("UEE\n", "a section must begin");
}

static void nul_bytes_are_refused(void **state)
{
	(void)state;
	conf_bad("UES\nA=1\0B=2\nUEE\n", "NUL byte in the environment");
	conf_bad("UCS\nWD:/a\0b\nUCE\n", "NUL byte in the user section");
	conf_bad("UBS\nID:a\0\nMP:/\nUBE\n", "NUL byte in the volume section");
	conf_bad("UES\0x\nUEE\n", "NUL byte");
}

static void mutations_are_read_or_refused(void **state)
{
	(void)state;
	conf_mutations(ORIGINAL, sizeof(ORIGINAL) - 1, 0x5eed0001, 20000);
}

static void put(const char *path, const void *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	assert_int_equal(ftruncate(fd, (off_t)n), 0);
	close(fd);
}

static void files_are_loaded_or_the_reason_is_told(void **state)
{
	char dir[256], path[300];
	struct uconf c = {0};
	struct utext why = {0};

	(void)state;
	unit_tmpdir(dir);
	snprintf(path, sizeof(path), "%s/conf", dir);
	/* A named configuration must be there: without it the application would run as root. */
	assert_int_equal(uconf_load(&c, path, &why), -ENOENT);
	assert_non_null(strstr(why.s, "cannot read the configuration "));
	assert_false(c.present);

	put(path, ORIGINAL, sizeof(ORIGINAL) - 1);
	assert_int_equal(uconf_load(&c, path, &why), 0);
	assert_int_equal(c.uid, 1000);

	put(path, "rubbish", 7);
	c = (struct uconf){0};
	assert_int_equal(uconf_load(&c, path, &why), -EINVAL);
	assert_non_null(strstr(why.s, "/conf: a section must begin"));
	assert_false(c.present);

	assert_int_equal(truncate(path, UCONF_MAX_BYTES + 1), 0);
	assert_int_equal(uconf_load(&c, path, &why), -EFBIG);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(uconf_load(&c, path, &why), -EINVAL);
	unit_rmdir(dir);
}

static void no_file_at_the_default_place_is_no_configuration(void **state)
{
	struct uconf c = {0};
	struct utext why = {0};

	(void)state;
	assert_int_equal(access(UCONF_DEFAULT_PATH, F_OK), -1);
	assert_int_equal(uconf_load(&c, NULL, &why), 0);
	assert_false(c.present);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_original_form_is_read),
		cmocka_unit_test(sections_may_be_missing_empty_or_in_any_order),
		cmocka_unit_test(only_a_whole_marker_line_ends_a_section),
		cmocka_unit_test(keys_of_ours_in_the_text_form),
		cmocka_unit_test(wrong_ids_are_refused),
		cmocka_unit_test(wrong_volumes_are_refused),
		cmocka_unit_test(sections_without_end_and_unknown_ones_are_refused),
		cmocka_unit_test(nul_bytes_are_refused),
		cmocka_unit_test(mutations_are_read_or_refused),
		cmocka_unit_test(files_are_loaded_or_the_reason_is_told),
		cmocka_unit_test(no_file_at_the_default_place_is_no_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
