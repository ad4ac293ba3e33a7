/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of /proc/mounts, what must be unmounted, and in which order. */
/* wrap: mount umount2 ufile_read ufile_free symlink mkdir usay_about chdir chroot */
#include "urunit/mounts.h"

#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "unit.h"

static char calls[2048];
static const char *proc_mounts;
static const char *missing; /* a directory that is not there */
static int mount_errno;

static void record(const char *what, const char *name)
{
	strcat(calls, what);
	strcat(calls, name);
	strcat(calls, ";");
}

int __wrap_mount(const char *source, const char *target, const char *type, unsigned long flags,
		 const void *data);
int __wrap_umount2(const char *target, int flags);
int __wrap_ufile_read(const char *path, size_t max, char **ret, size_t *ret_n);
void __wrap_ufile_free(char *p, size_t max);
int __wrap_symlink(const char *to, const char *path);
int __wrap_mkdir(const char *path, mode_t mode);
void __wrap_usay_about(const char *a, const char *b, int code);

int __wrap_mount(const char *source, const char *target, const char *type, unsigned long flags,
		 const void *data)
{
	(void)data;
	if (flags & MS_MOVE) {
		record("move ", source);
		record("to ", target);
	} else
		record(flags & MS_REMOUNT ? flags & MS_RDONLY ? "ro " : "remount "
		       : type             ? type
					  : "?",
		       flags & MS_REMOUNT ? target : "");
	if (missing && strcmp(target, missing) == 0)
		mount_errno = ENOENT;
	errno = mount_errno;
	return mount_errno ? -1 : 0;
}

int __wrap_umount2(const char *target, int flags)
{
	assert_int_equal(flags, UMOUNT_NOFOLLOW);
	record("umount ", target);
	return 0;
}

int __wrap_chdir(const char *path);
int __wrap_chroot(const char *path);

int __wrap_chdir(const char *path)
{
	record("chdir ", path);
	return 0;
}

int __wrap_chroot(const char *path)
{
	record("chroot ", path);
	return 0;
}

int __wrap_ufile_read(const char *path, size_t max, char **ret, size_t *ret_n)
{
	assert_string_equal(path, "/proc/self/mounts");
	assert_true(max >= 1 << 20);
	if (!proc_mounts)
		return -ENOENT;
	/* The caller keeps it to the end, which comes soon. */
	static char *text;

	free(text);
	text = strdup(proc_mounts);
	*ret = text;
	*ret_n = strlen(proc_mounts);
	return 0;
}

void __wrap_ufile_free(char *p, size_t max)
{
	(void)max;
	(void)p;
}

int __wrap_symlink(const char *to, const char *path)
{
	record("link ", path);
	assert_int_equal(strncmp(to, "/proc/self/fd", 13), 0);
	errno = EEXIST;
	return -1;
}

int __wrap_mkdir(const char *path, mode_t mode)
{
	assert_int_equal(mode, 0755);
	record("mkdir ", path);
	missing = NULL;
	mount_errno = 0;
	return 0;
}

void __wrap_usay_about(const char *a, const char *b, int code)
{
	(void)code;
	record(a, b);
}

static int setup(void **state)
{
	(void)state;
	calls[0] = '\0';
	proc_mounts = missing = NULL;
	mount_errno = 0;
	return 0;
}

static void a_line_is_cut_and_unescaped(void **state)
{
	char line[] = "/dev/vdb /a\\040b\\011\\134c\\012 ext4 rw,relatime 0 0", bad[] = "x\\04 y\\999z t",
	     end[] = "a b\\0 c";
	char few[] = "source target", none[] = "";
	const char *source, *target, *type;

	(void)state;
	assert_true(umnt_parse_line(line, &source, &target, &type));
	assert_string_equal(source, "/dev/vdb");
	assert_string_equal(target, "/a b\t\\c\n");
	assert_string_equal(type, "ext4");
	assert_true(umnt_parse_line(bad, &source, &target, &type));
	assert_string_equal(source, "x\\04");
	assert_string_equal(target, "y\\999z");
	assert_true(umnt_parse_line(end, &source, &target, &type));
	assert_string_equal(target, "b\\0");
	assert_false(umnt_parse_line(few, &source, &target, &type));
	assert_false(umnt_parse_line(none, &source, &target, &type));
}

static void file_systems_of_the_kernel_hold_no_data(void **state)
{
	static const char *const none[] = {"proc",    "sysfs",  "tmpfs",   "rootfs",
					   "cgroup2", "devpts", "devtmpfs"};
	static const char *const some[] = {"ext4", "xfs",        "vfat",    "9p", "virtiofs",
					   "nfs4", "fuse.sshfs", "overlay", "new"};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_false(umnt_holds_data(none[i]));
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		assert_true(umnt_holds_data(some[i]));
}

static void the_last_mounted_goes_first_and_the_root_becomes_read_only(void **state)
{
	(void)state;
	proc_mounts = "/dev/vda / ext4 rw 0 0\nproc /proc proc rw 0 0\n/dev/vdb /data ext4 rw 0 0\n"
		      "/dev/vdc /data/in\\040side xfs rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n";
	umnt_take_all_away();
	assert_string_equal(calls, "umount /tmp;umount /data/in side;umount /data;ro /;");
}

static void a_ram_disk_root_is_left_alone(void **state)
{
	(void)state;
	proc_mounts = "rootfs / rootfs rw 0 0\nproc /proc proc rw 0 0";
	umnt_take_all_away();
	assert_string_equal(calls, "");
	proc_mounts = NULL;
	umnt_take_all_away();
	assert_string_equal(calls, "");
}

static void the_usual_places_are_mounted_in_order(void **state)
{
	(void)state;
	umnt_setup();
	assert_string_equal(calls,
			    "proc;sysfs;devtmpfs;devpts;tmpfs;link /dev/fd;link /dev/stdin;link /dev/stdout;"
			    "link /dev/stderr;");
}

static void a_missing_directory_is_made_and_what_is_mounted_stays(void **state)
{
	(void)state;
	missing = "/sys";
	umnt_setup();
	assert_non_null(strstr(calls, "proc;sysfs;mkdir /sys;sysfs;devtmpfs;"));
	assert_null(strstr(calls, "cannot"));
	setup(NULL);
	mount_errno = EBUSY;
	umnt_setup();
	assert_null(strstr(calls, "cannot"));
	setup(NULL);
	mount_errno = EPERM;
	umnt_setup();
	assert_non_null(strstr(calls, "cannot mount /proc;"));
	assert_null(strstr(calls, "cannot mount /dev/pts"));
}

static void a_new_root_takes_ours_along(void **state)
{
	(void)state;
	assert_int_equal(umnt_move_root("/n"), 0);
	assert_string_equal(calls, "move /dev;to /n/dev;move /proc;to /n/proc;move /sys;to /n/sys;"
				   "chdir /n;move .;to /;chroot .;chdir /;");
	setup(NULL);
	missing = "/n/proc";
	umnt_move_root("/n");
	assert_non_null(strstr(calls, "to /n/proc;mkdir /n/proc;move /proc;to /n/proc;"));
	setup(NULL);
	mount_errno = EINVAL;
	assert_int_equal(umnt_move_root("/n"), -EINVAL);
	assert_non_null(strstr(calls, "cannot move to the new root: /dev;"));
	assert_null(strstr(calls, "chroot"));
}

int main(void)
{
	/* Linked without the replacements this would mount and unmount on the machine that runs it. */
	if (umount2("/no/such/directory", UMOUNT_NOFOLLOW) != 0)
		abort();

	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_line_is_cut_and_unescaped, setup),
		cmocka_unit_test_setup(file_systems_of_the_kernel_hold_no_data, setup),
		cmocka_unit_test_setup(the_last_mounted_goes_first_and_the_root_becomes_read_only, setup),
		cmocka_unit_test_setup(a_ram_disk_root_is_left_alone, setup),
		cmocka_unit_test_setup(the_usual_places_are_mounted_in_order, setup),
		cmocka_unit_test_setup(a_new_root_takes_ours_along, setup),
		cmocka_unit_test_setup(a_missing_directory_is_made_and_what_is_mounted_stays, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
