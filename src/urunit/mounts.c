/* SPDX-License-Identifier: Apache-2.0 */
/* File systems that every program expects, and taking file systems away at the end. */
#include "urunit/mounts.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "urunit/file.h"
#include "urunit/text.h"

#define MOUNTS_MAX_BYTES (1u << 20)
#define SAFE (MS_NOSUID | MS_NOEXEC | MS_NODEV)

static const struct {
	const char *type, *target, *data;
	unsigned long flags;
	bool optional; /* a kernel may lack it, and most programs do not need it */
} base[] = {
	{"proc", "/proc", NULL, SAFE, false},
	{"sysfs", "/sys", NULL, SAFE, false},
	{"devtmpfs", "/dev", "mode=0755", MS_NOSUID, false},
	{"devpts", "/dev/pts", "mode=0620,gid=5,ptmxmode=0666", MS_NOSUID | MS_NOEXEC, true},
	{"tmpfs", "/dev/shm", "mode=1777", MS_NOSUID | MS_NODEV, true},
};

static const char *const links[][2] = {
	{"/proc/self/fd", "/dev/fd"},
	{"/proc/self/fd/0", "/dev/stdin"},
	{"/proc/self/fd/1", "/dev/stdout"},
	{"/proc/self/fd/2", "/dev/stderr"},
};

void umnt_setup(void)
{
	for (size_t i = 0; i < sizeof(base) / sizeof(base[0]); i++) {
		int rc = mount(base[i].type, base[i].target, base[i].type, base[i].flags, base[i].data);

		if (rc < 0 && errno == ENOENT && mkdir(base[i].target, 0755) == 0)
			rc = mount(base[i].type, base[i].target, base[i].type, base[i].flags, base[i].data);
		/* EBUSY: the kernel (CONFIG_DEVTMPFS_MOUNT) or someone before us has done it. */
		if (rc < 0 && errno != EBUSY && !base[i].optional)
			usay_about("cannot mount ", base[i].target, errno);
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		int rc = symlink(links[i][0], links[i][1]);

		/* There already, or a read-only /dev that is the image's own business. */
		(void)rc;
	}
}

/* A read-only root may lack the directory; then the program has to do without. */
static void move_below(const char *dir, const char *what)
{
	struct utext to = {0};

	utext_add(&to, dir);
	utext_add(&to, what);
	if (mount(what, to.s, NULL, MS_MOVE, NULL) == 0)
		return;
	if (errno == ENOENT && mkdir(to.s, 0755) == 0 && mount(what, to.s, NULL, MS_MOVE, NULL) == 0)
		return;
	usay_about("cannot move to the new root: ", what, errno);
}

int umnt_move_root(const char *dir)
{
	static const char *const ours[] = {"/dev", "/proc", "/sys"};

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		move_below(dir, ours[i]);
	if (chdir(dir) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return -errno;
	return 0;
}

/* Ends the word at *p with a NUL byte and undoes \ooo in place; *p moves to the next word. */
static char *word(char **p)
{
	char *start = *p, *to = *p, *from = *p;

	while (*from && *from != ' ') {
		uint64_t c = 0;

		if (from[0] == '\\' && strnlen(from + 1, 3) == 3 && unum_parse(from + 1, 3, 8, 255, &c)) {
			*to++ = (char)c;
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*p = *from ? from + 1 : from;
	*to = '\0';
	return start;
}

bool umnt_parse_line(char *line, const char **ret_source, const char **ret_target, const char **ret_type)
{
	char *source = word(&line), *target = word(&line), *type = word(&line);

	if (!*target || !*type)
		return false;
	*ret_source = source;
	*ret_target = target;
	*ret_type = type;
	return true;
}

bool umnt_holds_data(const char *type)
{
	static const char *const pseudo[] = {
		"proc",     "sysfs",   "devtmpfs",  "devpts",      "tmpfs",      "ramfs",
		"rootfs",   "cgroup",  "cgroup2",   "mqueue",      "bpf",        "debugfs",
		"tracefs",  "pstore",  "configfs",  "nsfs",        "securityfs", "autofs",
		"efivarfs", "fusectl", "hugetlbfs", "binfmt_misc",
	};

	for (size_t i = 0; i < sizeof(pseudo) / sizeof(pseudo[0]); i++)
		if (strcmp(pseudo[i], type) == 0)
			return false;
	return true;
}

static void take_away(const char *target)
{
	if (strcmp(target, "/") == 0) {
		if (mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0)
			usay_about("cannot make read-only: ", "/", errno);
		return;
	}
	/* Nobody is left to hold it; a failure means the kernel itself does (a swap file, a loop device). */
	if (umount2(target, UMOUNT_NOFOLLOW) < 0 && errno != EINVAL)
		usay_about("cannot unmount ", target, errno);
}

/* What holds no data may lie on something that does, and keep it busy. */
static bool may_lie_below(const char *type)
{
	return strcmp(type, "tmpfs") == 0 || strcmp(type, "rootfs") == 0 || strcmp(type, "ramfs") == 0;
}

void umnt_take_all_away(void)
{
	const char *source = NULL, *target = NULL, *type = NULL;
	char *text = NULL;
	size_t n = 0;

	/* Without /proc the application took it away itself; sync has been called. */
	if (ufile_read("/proc/self/mounts", MOUNTS_MAX_BYTES, &text, &n) < 0)
		return;
	while (n) {
		text[--n] = '\0';
		while (n && text[n - 1] != '\n')
			n--;
		if (!umnt_parse_line(text + n, &source, &target, &type))
			continue;
		if (umnt_holds_data(type))
			take_away(target);
		else if (may_lie_below(type) && strcmp(target, "/") != 0)
			umount2(target, UMOUNT_NOFOLLOW);
	}
}
