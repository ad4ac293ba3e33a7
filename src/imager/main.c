/* SPDX-License-Identifier: Apache-2.0 */
/* urunc-image: makes the disks of a container root. It reads what an image's author wrote, so it runs on its own: with
 * two descriptors, one capability and bounded resources. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "common/str.h"
#include "image/erofs.h"
#include "image/ext4.h"
#include "image/ext4_tree.h"
#include "image/modules.h"

#define ROOT_FD 3
#define OUT_FD 4
/* A node takes some 300 bytes. */
#define MAX_NODES (4u << 20)
#define MAX_BYTES (1ull << 40)
#define MAX_MEMORY_BYTES (4ull << 30)
#define MAX_CPU_SECONDS 1800
#define NICENESS 5
/* Directories in each other cost a descriptor each. */
#define MAX_FILES 1024
#define SKIPPED ".urunc"
/* How it ends, for who is to say what to change. */
#define STATUS_NO_SPACE 2
#define STATUS_TOO_BIG 3

/* What can be made of a tree. */
static const struct kind {
	const char *word;
	bool ext4, layer;
} kinds[] = {{"erofs", false, false},
	     {"layer", false, true},
	     {"ext4-tree", true, false},
	     {"ext4-layer", true, true}};

static const struct kind *find_kind(const char *word)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (streq(kinds[i].word, word))
			return &kinds[i];
	return NULL;
}

static int limit(int what, uint64_t n, struct err *e)
{
	const struct rlimit r = {n, n};

	return setrlimit((__rlimit_resource_t)what, &r) < 0 ? err_sys(e, "cannot limit itself") : 0;
}

/* The attributes of an overlay's layer are shown to CAP_SYS_ADMIN only. */
static int drop_privileges(bool layer, struct err *e)
{
	const uint32_t keep = 1u << CAP_DAC_READ_SEARCH | (layer ? 1u << CAP_SYS_ADMIN : 0);
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct now[2] = {{0}};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_sys(e, "cannot give up privileges");
	if (syscall(SYS_capget, &head, now) < 0)
		return err_sys(e, "cannot read its capabilities");
	now[0].permitted &= keep;
	now[0].effective = now[0].permitted;
	now[1].permitted = now[1].effective = 0;
	now[0].inheritable = now[1].inheritable = 0;
	return syscall(SYS_capset, &head, now) < 0 ? err_sys(e, "cannot give up capabilities") : 0;
}

static int confine(bool layer, struct err *e)
{
	int r;

	if (setpriority(PRIO_PROCESS, 0, NICENESS) < 0)
		return err_sys(e, "cannot lower its priority");
	if ((r = limit(RLIMIT_AS, MAX_MEMORY_BYTES, e)) < 0 ||
	    (r = limit(RLIMIT_CPU, MAX_CPU_SECONDS, e)) < 0 || (r = limit(RLIMIT_CORE, 0, e)) < 0 ||
	    (r = limit(RLIMIT_NOFILE, MAX_FILES, e)) < 0)
		return r;
	return drop_privileges(layer, e);
}

static int check_out(struct err *e)
{
	struct stat st;

	if (fstat(OUT_FD, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size != 0)
		return err_set(e, EINVAL, "descriptor %d must be an empty regular file", OUT_FD);
	return 0;
}

/* Before its name is seen it is on the disk. */
static int settle(struct err *e)
{
	return fsync(OUT_FD) < 0 ? err_sys(e, "cannot write an image") : 0;
}

/* Past its limit a write fails, instead of ending the program without a word. */
static int limit_out(uint64_t max_bytes, struct err *e)
{
	if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		return err_sys(e, "cannot ignore a signal");
	return limit(RLIMIT_FSIZE, max_bytes, e);
}

static int parse_bytes(const char *text, uint64_t *ret, struct err *e)
{
	return str_u64(text, 0, UINT64_MAX, ret) ? 0
						 : err_set(e, EINVAL, "'%.32s' is no number of bytes", text);
}

static int do_tree(const struct kind *k, const char *most, struct arena *a, struct err *e)
{
	struct tree_limits limits = {MAX_NODES, MAX_BYTES, SKIPPED, k->layer};
	struct tree t;
	uint64_t bytes;
	int r = most ? parse_bytes(most, &limits.max_bytes, e) : 0;

	if (r == 0)
		r = limit_out(limits.max_bytes, e);
	if (r == 0)
		r = tree_read(ROOT_FD, &limits, a, &t, e);
	if (r == 0)
		r = k->ext4 ? ext4_tree_write(&t, ROOT_FD, OUT_FD, limits.max_bytes, a, &bytes, e)
			    : erofs_write(&t, ROOT_FD, OUT_FD, a, &bytes, e);
	return r == 0 ? settle(e) : r;
}

static int do_ext4(const char *size, struct err *e)
{
	uint64_t bytes;
	int r = parse_bytes(size, &bytes, e);

	if (r == 0)
		r = limit_out(bytes, e);
	return r == 0 ? ext4_make(OUT_FD, bytes, e) : r;
}

static int run(int argc, char **argv, struct arena *a, struct err *e)
{
	const char *what = argc > 1 ? argv[1] : "";
	const struct kind *k = find_kind(what);
	int r = confine(k && k->layer, e);

	if (r == 0)
		r = check_out(e);
	if (r < 0)
		return r;
	if ((argc == 2 || argc == 3) && k)
		return do_tree(k, argv[2], a, e);
	if (argc == 3 && streq(what, "ext4"))
		return do_ext4(argv[2], e);
	if (argc > 2 && streq(what, "modules")) {
		const struct strs files = {(const char **)(uintptr_t)(argv + 2), (size_t)argc - 2};

		return modules_pack(ROOT_FD, &files, OUT_FD, a, e);
	}
	return err_set(e, EINVAL,
		       "usage: urunc-image (erofs | layer | ext4-tree | ext4-layer) [MAX_BYTES] | ext4 BYTES | modules FILE...  (descriptor "
		       "3: the tree, 4: an empty file)");
}

static void say(const struct err *e)
{
	size_t n = strlen(e->msg);

	/* Whatever a name of the tree holds, it is one line. */
	for (size_t i = 0; i < n; i++) {
		char c = (unsigned char)e->msg[i] < ' ' ? '?' : e->msg[i];

		if (write_all(STDERR_FILENO, &c, 1) < 0)
			return;
	}
	if (write_all(STDERR_FILENO, "\n", 1) < 0)
		return;
}

int main(int argc, char **argv)
{
	struct arena a = {0};
	struct err e = {0};

	if (run(argc, argv, &a, &e) == 0)
		return 0;
	say(&e);
	return e.code == ENOSPC || e.code == EDQUOT ? STATUS_NO_SPACE
	       : e.code == EFBIG || e.code == E2BIG ? STATUS_TOO_BIG
						    : 1;
}
