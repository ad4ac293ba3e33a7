/* SPDX-License-Identifier: Apache-2.0 */
/* The original's text sections: read as the original writes them, refused as a whole when anything is wrong. */
#include "urunit/config.h"

#include <fcntl.h>
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

static void wrong_ids_are_refused(void **state)
{
	(void)state;
	conf_bad("UCS\nUID:4294967295\nUCE\n",
		 "UID and GID must be decimal numbers from 0 to 4294967294, at byte 4");
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
	conf_bad("hello\n", "a section must begin with UES, UCS, UBS or URS, at byte 0");
	conf_bad("UES\nUEE\nA=1\n", "at byte 8");
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
