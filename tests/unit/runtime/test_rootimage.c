/* SPDX-License-Identifier: Apache-2.0 */
/* Disks of a container root: what is taken as the guest's writable file, and what an image cannot pass off as one. */
/* wrap: renameat2 */
#include "runtime/rootimage.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "common/fd.h"
#include "common/io.h"
#include "common/log.h"
#include "common/proc.h"
#include "gather/scratch.h"

#define KEY "11aa"

static int rename_error; /* of a rename with flags; 0: as the kernel says */

int __real_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	errno = rename_error;
	return rename_error ? -1 : __real_renameat2(from_dir, from, to_dir, to, flags);
}

static uint64_t cache_max_bytes;

static const char *own(struct scratch *s, const char *id)
{
	char boot[BOOT_ID_BYTES];

	assert_ok(boot_id_read(boot, &s->e), s->e);
	return scratch_path(s, arena_printf(&s->a, "cache/use/%s-%s", boot, id));
}

static struct spec_hooks hooks;

/* The lower disk is in the cache, so that only the writable one is to be made. */
static int make_noted(struct scratch *s, const char *id, int journal)
{
	struct plan_image im = {.format = "erofs",
				.imager = scratch_path(s, "imager"),
				.cache_dir = scratch_path(s, "cache"),
				.key = KEY,
				.lower = "root",
				.base = s->dir,
				.lower_path = own(s, id),
				.writable = "/.urunc/rw.img",
				.writable_bytes = 1 << 20,
				.cache_max_bytes = cache_max_bytes};
	struct launch_plan p = {.root_path = scratch_path(s, "root"), .image = &im, .create_runtime = hooks};

	return rootimage_make(&p, journal, &s->a, &s->e);
}

static int make(struct scratch *s, const char *id)
{
	_cleanup_fd_ int journal = open(scratch_path(s, arena_printf(&s->a, "journal-%s", id)),
					O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	return make_noted(s, id, journal);
}

static int setup(void **state)
{
	struct scratch *s;

	rename_error = 0;
	cache_max_bytes = 1 << 20;
	scratch_setup(state);
	s = *state;
	scratch_text(s, "cache/" KEY ".erofs", "image");
	scratch_text(s, "imager", "#!/bin/sh\nsleep 0.3\nprintf made >&4\n");
	assert_ok(path_mkdirs(scratch_path(s, "cache/use"), 0700, &s->e), s->e);
	assert_ok(path_mkdirs(scratch_path(s, "root/.urunc"), 0700, &s->e), s->e);
	return 0;
}

static void what_is_no_file_is_not_even_opened(void **state)
{
	struct scratch *s = *state;
	const char *rw = scratch_path(s, "root/.urunc/rw.img");

	unit_needs_root();
	/* A device that nobody serves: to open it fails with other words. */
	assert_int_equal(mknod(rw, S_IFCHR | 0600, makedev(240, 77)), 0);
	assert_fails(make(s, "a"), s->e, EINVAL, "not a file of urunc's");
	assert_int_equal(unlink(rw), 0);
	assert_int_equal(symlink("/etc/hostname", rw), 0);
	assert_fails(make(s, "a"), s->e, EINVAL, "not a file of urunc's");
	assert_int_equal(unlink(rw), 0);
	scratch_text(s, "root/other", "x");
	assert_int_equal(link(scratch_path(s, "root/other"), rw), 0);
	assert_fails(make(s, "a"), s->e, EINVAL, "not a file of urunc's");
}

static void no_more_bytes_than_configured(void **state)
{
	struct scratch *s = *state;
	const char *rw = scratch_text(s, "root/.urunc/rw.img", "x");
	struct stat st;

	unit_needs_root();
	assert_int_equal(chmod(rw, 06777), 0);
	assert_ok(make(s, "a"), s->e);
	assert_int_equal(stat(rw, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(truncate(rw, (1 << 20) + 1), 0);
	assert_fails(make(s, "b"), s->e, EFBIG, "writable_mb");
}

static void two_creates_on_one_root(void **state)
{
	struct scratch *s = *state;
	int status;
	pid_t pid;

	unit_needs_root();
	unit_needs_call(clone3);
	pid = fork();
	if (pid == 0)
		_exit(make(s, "a") < 0);
	assert_ok(make(s, "b"), s->e);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(access(scratch_path(s, "root/.urunc/rw.img"), F_OK), 0);
	assert_int_not_equal(access(scratch_path(s, "root/.urunc/rw.img.new"), F_OK), 0);
}

/* Its own name comes first; what has taken the cache's meanwhile is no reason to do without. */
static void an_image_that_cannot_be_kept(void **state)
{
	struct scratch *s = *state;
	const char *kept = scratch_path(s, "cache/" KEY ".erofs");
	struct stat st;

	unit_needs_root();
	unit_needs_call(clone3);
	assert_int_equal(unlink(kept), 0);
	scratch_text(s, "root/.urunc/rw.img", "x");
	scratch_text(s, "imager",
		     arena_printf(&s->a, "#!/bin/sh\n[ -e %s ] && exit 1\nmkdir %s; printf made >&4\n",
				  own(s, "a"), kept));
	assert_ok(make(s, "a"), s->e);
	assert_int_equal(stat(own(s, "a"), &st), 0);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(rmdir(kept), 0);
	scratch_text(s, "imager", "#!/bin/sh\nprintf made >&4\n");
	assert_ok(make(s, "b"), s->e);
	assert_int_equal(stat(kept, &st), 0);
	assert_int_equal(st.st_nlink, 2);
}

/* Not every file that does not fit is one of the cache's. */
static void what_is_full_is_named(void **state)
{
	struct scratch *s = *state;
	struct plan_modules m = {.imager = scratch_path(s, "imager"),
				 .cache_dir = scratch_path(s, "cache"),
				 .path = own(s, "m")};
	struct launch_plan p = {.root_path = scratch_path(s, "root"), .modules = &m};
	_cleanup_fd_ int full = open("/dev/full", O_WRONLY | O_CLOEXEC),
			 journal = open(scratch_path(s, "journal"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_fails(make_noted(s, "a", full), s->e, ENOSPC, "journal");
	assert_null(strstr(s->e.msg, "cache_dir"));
	unit_needs_root();
	unit_needs_call(clone3);
	scratch_text(s, "imager", "#!/bin/sh\necho no room >&2; exit 2\n");
	assert_fails(rootimage_make(&p, journal, &s->a, &s->e), s->e, ENOSPC, "[runtime] cache_dir '");
}

static void an_image_that_is_too_big(void **state)
{
	struct scratch *s = *state;

	unit_needs_root();
	unit_needs_call(clone3);
	assert_int_equal(unlink(scratch_path(s, "cache/" KEY ".erofs")), 0);
	scratch_text(s, "imager", "#!/bin/sh\n[ $1:$2 = erofs:1048576 ] && exit 3\n");
	assert_fails(make(s, "a"), s->e, E2BIG, "cache_max_mb = 1 at most");
	scratch_text(s, "imager", "#!/bin/sh\necho no room >&2; exit 2\n");
	assert_fails(make(s, "a"), s->e, ENOSPC, "[runtime] cache_dir '");
	/* No limit was set, so none is to be raised. */
	cache_max_bytes = 0;
	scratch_text(s, "imager", "#!/bin/sh\n[ -z $2 ] && echo too many bytes >&2; exit 3\n");
	assert_fails(make(s, "b"), s->e, E2BIG, "too many bytes");
	assert_null(strstr(s->e.msg, "cache_max_mb"));
}

/* NFS, ZFS before 2.2. */
static void a_file_system_whose_renames_have_no_flags(void **state)
{
	struct scratch *s = *state;
	struct stat st;

	unit_needs_root();
	unit_needs_call(clone3);
	rename_error = EINVAL;
	assert_ok(make(s, "a"), s->e);
	assert_int_equal(stat(scratch_path(s, "root/.urunc/rw.img"), &st), 0);
	assert_int_equal(st.st_size, 4);
	assert_int_not_equal(access(scratch_path(s, "root/.urunc/rw.img.new"), F_OK), 0);
	assert_int_equal(unlink(scratch_path(s, "root/.urunc/rw.img")), 0);
	rename_error = EIO;
	assert_fails(make(s, "b"), s->e, EIO, "cannot name '.urunc/rw.img'");
	assert_int_not_equal(access(scratch_path(s, "root/.urunc/rw.img"), F_OK), 0);
}

static const char *logged_with(struct scratch *s, const char *id, const char *arg)
{
	struct spec_hook hook = {.path = "/bin/writer", .args = {&arg, 1}};
	const char *log = scratch_path(s, id);
	struct bytes text;
	int fd;

	hooks = (struct spec_hooks){&hook, 1};
	assert_ok(log_open(log, false, LOG_LVL_INFO, &s->e), s->e);
	assert_ok(make(s, id), s->e);
	hooks.n = 0;
	fd = open(log, O_RDONLY | O_CLOEXEC);
	assert_ok(read_all(fd, 4096, &s->a, &text, log, &s->e), s->e);
	close(fd);
	return arena_strndup(&s->a, text.p, text.n);
}

/* What they write would be lost without a word. */
static void hooks_come_too_late(void **state)
{
	struct scratch *s = *state;

	unit_needs_root();
	scratch_text(s, "root/.urunc/rw.img", "x");
	assert_non_null(strstr(logged_with(s, "a", "writer"), "createRuntime hook '/bin/writer'"));
	assert_null(strstr(logged_with(s, "b", "libnetwork-setkey"), "hook"));
}

#define image_test(f) cmocka_unit_test_setup_teardown(f, setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		image_test(what_is_no_file_is_not_even_opened),
		image_test(no_more_bytes_than_configured),
		image_test(two_creates_on_one_root),
		image_test(an_image_that_cannot_be_kept),
		image_test(an_image_that_is_too_big),
		image_test(what_is_full_is_named),
		image_test(a_file_system_whose_renames_have_no_flags),
		image_test(hooks_come_too_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
