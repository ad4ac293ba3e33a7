/* SPDX-License-Identifier: Apache-2.0 */
/* Unmounting, remounting and holding block devices. */
#include "storage/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/lock.h"
#include "common/log.h"
#include "common/mountinfo.h"
#include "common/str.h"
#include "storage/guard.h"
#include "storage/loop.h"
#include "storage/options.h"

#define TEXT_BYTES 4096
#define LOCK_WAIT_MS 500 /* udev looks at a device for a moment whenever something about it changes */
/* Parts of a text: device numbers, VANISHES or nothing, source, target, type, the mount's options, the file system's. */
enum { P_DEVICE, P_LOOP, P_SOURCE, P_TARGET, P_TYPE, P_OPTIONS, P_SUPER, P_COUNT };
#define VANISHES "autoclear"

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

int claim_text(const struct block_claim *c, const struct claim_mount *m, struct arena *a, const char **ret,
	       struct err *e)
{
	const char *parts[P_COUNT] = {
		[P_DEVICE] = arena_printf(a, "%u:%u", c->major, c->minor),
		[P_LOOP] = c->source && loop_vanishes(c->source) ? VANISHES : "",
		[P_SOURCE] = c->source,
		[P_TARGET] = m->target,
		[P_TYPE] = m->fstype,
		[P_OPTIONS] = or_empty(m->options),
		[P_SUPER] = or_empty(m->super_options),
	};
	struct strbuf b = STRBUF(a);

	for (size_t i = 0; i < P_COUNT; i++) {
		if (!parts[i])
			return i == P_DEVICE
				       ? err_oom(e)
				       : err_set(e, EINVAL, "a mount of block device '%s' is not known whole",
						 or_empty(c->source));
		if (strchr(parts[i], '\n'))
			return err_set(e, EINVAL,
				       "block device '%s' cannot be given to a guest: the name or an option of its "
				       "mount has a line break",
				       c->source);
		sb_addf(&b, "%s%s", i ? "\n" : "", parts[i]);
	}
	if (b.len >= TEXT_BYTES)
		return err_set(e, ENAMETOOLONG,
			       "the mount of block device '%s' on '%.128s...' is too long to note", c->source,
			       m->target);
	return sb_done(&b, ret, e);
}

/* Is the file system on this device mounted here? */
static bool is_mounted(const char *target, dev_t device)
{
	struct stat st;

	return lstat(target, &st) == 0 && st.st_dev == device;
}

int claim_check(const struct block_claim *c, const struct claim_mount *m, struct err *e)
{
	/* Nobody plans that. The kernel would not unmount it but make it read-only, for the whole host. */
	if (streq(m->target, "/"))
		return err_set(e, EINVAL,
			       "block device '%s' is the host's own root ('/') and cannot be given to a guest",
			       c->source);
	if (!is_mounted(m->target, makedev(c->major, c->minor)))
		return err_set(e, ENOENT,
			       "block device '%s' is not mounted on '%s' any more: is another container using it?",
			       c->source, m->target);
	return 0;
}

static int take_away(const struct block_claim *c, const struct claim_mount *m, struct err *e)
{
	if (loop_vanishes(c->source)) {
		int r = loop_set_vanishes(c->source, false, e);

		if (r < 0)
			return r;
	}
	if (umount2(m->target, UMOUNT_NOFOLLOW) == 0)
		return 0;
	if (errno == EBUSY)
		return err_set(e, EBUSY,
			       "block device '%s' cannot be given to the guest: its mount on '%s' is in use (a process "
			       "works in it, has a file of it open, or something is mounted below)",
			       c->source, m->target);
	return err_sys(e, "block device '%s' cannot be unmounted from '%s'", c->source, m->target);
}

int claim_unmount(const struct block_claim *c, const struct claim_mount *m, struct err *e)
{
	int r = 0;

	/* Not so after a start that was killed between here and the guard. */
	if (is_mounted(m->target, makedev(c->major, c->minor))) {
		r = claim_check(c, m, e);
		if (r == 0)
			r = take_away(c, m, e);
	}
	return r < 0 ? r : guard_put(m->target, e);
}

static bool split(char *text, char *parts[P_COUNT])
{
	for (size_t i = 0; i < P_COUNT; i++) {
		if (!text)
			return false;
		parts[i] = text;
		text = strchr(text, '\n');
		if (text)
			*text++ = '\0';
	}
	return !text;
}

static bool parse_device(char *s, dev_t *ret)
{
	char *colon = strchr(s, ':');
	uint64_t major, minor;

	if (!colon)
		return false;
	*colon = '\0';
	if (!str_u64(s, 0, UINT32_MAX, &major) || !str_u64(colon + 1, 0, UINT32_MAX, &minor))
		return false;
	*ret = makedev((unsigned)major, (unsigned)minor);
	return true;
}

/* Nothing that trying once more would change. EBUSY is not among them: whoever has the device lets go of it one day. */
static bool is_final(int error)
{
	static const int codes[] = {ENOENT, ENOTDIR, ENXIO, ENODEV, ENOTBLK, EINVAL, EUCLEAN, EROFS, EIO};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i] == error)
			return true;
	return false;
}

/* The options are those that the kernel itself has shown; should it not take them back, the mount counts for more. */
static int mount_again(char *const parts[P_COUNT], const struct mount_words *w)
{
	int r = mount(parts[P_SOURCE], parts[P_TARGET], parts[P_TYPE], w->flags, w->data);

	if (r < 0 && errno == EINVAL && w->data[0])
		r = mount(parts[P_SOURCE], parts[P_TARGET], parts[P_TYPE], w->flags, NULL);
	if (r == 0 && w->rebind)
		r = mount(NULL, parts[P_TARGET], NULL, MS_REMOUNT | MS_BIND | w->rebind | w->flags, NULL);
	return r;
}

/* Positive: the error that makes it impossible for good. */
static int remount(char *const parts[P_COUNT], struct err *e)
{
	struct mount_words words;
	int r = mount_words(parts[P_OPTIONS], parts[P_SUPER], &words, e);

	if (r < 0)
		return r;
	if (mount_again(parts, &words) == 0)
		return 0;
	/* Another code than that of a control group with processes in it, at which delete kills what is there. */
	if (errno == EBUSY)
		return err_set(e, EAGAIN,
			       "'%s' cannot be mounted on '%s' again while somebody has it (mounted elsewhere, in use by "
			       "a program or by device mapper): end that, then delete the container again",
			       parts[P_SOURCE], parts[P_TARGET]);
	if (!is_final(errno))
		return err_sys(e, "cannot mount '%s' on '%s' again", parts[P_SOURCE], parts[P_TARGET]);
	return errno;
}

static void tell_final(char *const parts[P_COUNT], const char *why, bool guarded)
{
	log_warn("'%s' is not mounted on '%s' again: %s%s", parts[P_SOURCE], parts[P_TARGET], why,
		 guarded ? "; so that nobody writes to the directory below, the empty read-only '" MOUNT_GUARD_SOURCE
			   "' stays there until it is unmounted"
			 : "");
}

/* Whoever has mounted something there since uses it: that is not ours to take away, and what is below it stays. */
static int check_hidden(char *const parts[P_COUNT], bool mounted, struct err *e)
{
	int r = guard_is_hidden(parts[P_TARGET], e);

	if (r <= 0)
		return r;
	if (!mounted)
		return err_set(e, EAGAIN,
			       "'%s' cannot be mounted on '%s' again: something was mounted over '" MOUNT_GUARD_SOURCE
			       "' there meanwhile: unmount that, then delete the container again",
			       parts[P_SOURCE], parts[P_TARGET]);
	log_warn("'" MOUNT_GUARD_SOURCE
		 "' stays on '%s', below '%s', which somebody has mounted over it: unmount both",
		 parts[P_TARGET], parts[P_SOURCE]);
	return 0;
}

/* The guard goes first, or it would be below; should nothing come in its place, it comes back. */
static int put_back(char *const parts[P_COUNT], dev_t device, struct err *e)
{
	int guard = guard_remove(parts[P_TARGET], e), r;
	bool mounted = guard >= 0 && is_mounted(parts[P_TARGET], device);

	r = guard < 0 ? guard : check_hidden(parts, mounted, e);
	if (r < 0 || mounted)
		return r;
	r = remount(parts, e);
	if (r == 0)
		return 0;
	if (guard > 0 && guard_put(parts[P_TARGET], NULL) < 0)
		guard = 0;
	if (r > 0)
		tell_final(parts, strerror(r), guard > 0);
	return r < 0 ? r : 0;
}

/* False: no text of claim_text. copy is what the parts point into. */
static bool parse(const char *text, char copy[TEXT_BYTES], char *parts[P_COUNT], dev_t *ret)
{
	size_t n = strlen(text);

	if (n >= TEXT_BYTES)
		return false;
	memcpy(copy, text, n + 1);
	return split(copy, parts) && parse_device(parts[P_DEVICE], ret);
}

bool claim_is_noted(const char *text, const struct block_claim *c, const struct claim_mount *m)
{
	char copy[TEXT_BYTES], *parts[P_COUNT];
	dev_t device;

	return parse(text, copy, parts, &device) && device == makedev(c->major, c->minor) &&
	       streq(parts[P_TARGET], m->target);
}

int claim_remount(const char *text, struct err *e)
{
	char copy[TEXT_BYTES], *parts[P_COUNT];
	struct stat st;
	dev_t device;
	int r;

	if (!parse(text, copy, parts, &device))
		return err_set(e, EBADMSG, "journal: bad note of a mount that was taken away");
	/* The name may be another device's by now. */
	if (stat(parts[P_SOURCE], &st) < 0 || !S_ISBLK(st.st_mode) || st.st_rdev != device) {
		if (!is_mounted(parts[P_TARGET], device))
			tell_final(parts, "the device is gone", guard_find(parts[P_TARGET], NULL) > 0);
		return 0;
	}
	r = put_back(parts, device, e);
	/* Whoever unmounts it now may rely on it. */
	if (r == 0 && streq(parts[P_LOOP], VANISHES) && !loop_vanishes(parts[P_SOURCE]) &&
	    loop_set_vanishes(parts[P_SOURCE], true, NULL) < 0)
		log_warn("loop device '%s' will not be freed by itself", parts[P_SOURCE]);
	return r;
}

static bool is_device(const struct block_claim *c)
{
	struct stat st;

	return stat(c->source, &st) == 0 && S_ISBLK(st.st_mode) && st.st_rdev == makedev(c->major, c->minor);
}

int claim_lock(const struct block_claim *c, int *ret_fd, struct err *e)
{
	_cleanup_fd_ int fd = -1;

	if (!is_device(c)) {
		/* A device of the spec has the name that the container knows; opening it alone has to do. */
		if (c->mounts.n == 0)
			return 0;
		return err_set(e, ENODEV,
			       "'%s' is not block device %u:%u on this host, so it cannot be given to the guest",
			       c->source, c->major, c->minor);
	}
	fd = open(c->source, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_sys(e, "block device '%s' cannot be given to the guest", c->source);
	if (lock_within(fd, LOCK_WAIT_MS) < 0)
		return err_set(e, EBUSY,
			       "block device '%s' cannot be given to the guest: another container has it, or is to "
			       "have it",
			       c->source);
	*ret_fd = fd_steal(&fd);
	return 0;
}

int claim_hold(const struct block_claim *c, int *ret_fd, struct err *e)
{
	_cleanup_fd_ int fd = open(c->node,
				   (c->readonly ? O_RDONLY : O_RDWR) | O_EXCL | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 && errno == EBUSY)
		return err_set(e, EBUSY,
			       "block device '%s' cannot be given to the guest: somebody still has it (mounted in "
			       "another mount namespace, in use by another guest, by device mapper or as swap)",
			       c->source);
	if (fd < 0)
		return err_sys(e, "block device '%s' cannot be given to the guest", c->source);
	if (fstat(fd, &st) < 0 || !S_ISBLK(st.st_mode) || st.st_rdev != makedev(c->major, c->minor))
		return err_set(e, ESTALE, "'%s' in the box is not block device %u:%u ('%s')", c->node,
			       c->major, c->minor, c->source);
	*ret_fd = fd_steal(&fd);
	return 0;
}
