/* SPDX-License-Identifier: Apache-2.0 */
/* The state file. */
#include "shim/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "common/log.h"
#include "common/proc.h"
#include "common/record.h"
#include "shim/task.h"

#define MAX_BYTES (64u << 10)
/* For the names of the members, and numbers that become longer later. */
#define ROOM_BYTES 768u

static const struct field fields[] = {
	FIELD(struct kept, binary, FK_STR),
	FIELD(struct kept, root, FK_STR),
	FIELD(struct kept, log, FK_STR),
	FIELD(struct kept, owner, FK_U32),
	FIELD(struct kept, systemd_cgroup, FK_BOOL),
	FIELD(struct kept, pid, FK_U32),
	FIELD(struct kept, start_time, FK_U64),
	FIELD(struct kept, boot_id, FK_STR),
	FIELD(struct kept, exited, FK_BOOL),
	FIELD(struct kept, exit_status, FK_U32),
	FIELD(struct kept, exited_seconds, FK_I64),
	FIELD(struct kept, exited_nanos, FK_U32),
	FIELD(struct kept, cleaned, FK_BOOL),
};
static const struct record rec_kept = RECORD(struct kept, fields);

static int path_of(const char *bundle, char *buf, size_t n, struct err *e)
{
	int len = snprintf(buf, n, "%s/" KEEP_FILE, bundle);

	return len < 0 || (size_t)len >= n
		       ? err_set(e, ENAMETOOLONG, "the bundle's path '%.64s' is too long", bundle)
		       : 0;
}

static uint64_t start_time(const struct task *t)
{
	struct proc_stat st = {0};
	struct err gone = {0};

	if (t->init.pid <= 0 || t->init.reaped || proc_stat_read(t->init.pid, &st, &gone) < 0)
		return 0;
	return st.start_time;
}

/* The text, filled up with blanks to at least `room` bytes. */
static int make_text(const struct task *t, bool cleaned, size_t room, struct arena *a, struct bytes *ret,
		     struct err *e)
{
	char boot_id[BOOT_ID_BYTES] = "";
	struct strbuf b = STRBUF(a);
	struct err ignored = {0};
	const char *text = NULL;
	struct kept k = {
		.binary = t->cli.binary,
		.root = t->cli.root,
		.log = t->cli.log,
		.owner = (uint32_t)t->cli.owner,
		.systemd_cgroup = t->cli.systemd_cgroup,
		.pid = (uint32_t)t->init.pid,
		.start_time = start_time(t),
		.exited = t->init.reaped,
		.exit_status = t->init.exit_status,
		.exited_seconds = t->init.exited_at.tv_sec,
		.exited_nanos = (uint32_t)t->init.exited_at.tv_nsec,
		.cleaned = cleaned,
	};
	int r;

	if (boot_id_read(boot_id, &ignored) == 0)
		k.boot_id = boot_id;
	record_to_json(&rec_kept, &k, 0, &b);
	while (!b.oom && b.len + 1 < room)
		sb_addc(&b, ' ');
	sb_addc(&b, '\n');
	r = sb_done(&b, &text, e);
	if (r == 0)
		*ret = (struct bytes){text, b.len};
	return r;
}

static size_t make_room(const struct cli *c)
{
	return strlen(c->root) + strlen(c->log) + (c->binary ? strlen(c->binary) : 0) + ROOM_BYTES;
}

int keep_begin(const struct task *t, struct err *e)
{
	struct arena a = {0};
	struct bytes text = {0};
	char path[4096];
	int r = path_of(t->bundle, path, sizeof(path), e);

	if (r == 0)
		r = make_text(t, false, make_room(&t->cli), &a, &text, e);
	if (r == 0)
		r = file_write_atomic(AT_FDCWD, path, 0600, text.p, text.n, e);
	arena_release(&a);
	return r;
}

void keep_update(struct task *t, bool cleaned)
{
	struct arena a = {0};
	struct bytes text = {0};
	struct err e = {0};
	char path[4096];
	_cleanup_fd_ int fd = -1;
	struct stat st;

	if (path_of(t->bundle, path, sizeof(path), &e) < 0)
		return;
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	/* The bundle may be gone already. */
	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	/* In one write over the old text, which is never longer: nothing new is needed, and nobody sees half of it. */
	if (make_text(t, cleaned, (size_t)st.st_size, &a, &text, &e) < 0 ||
	    pwrite(fd, text.p, text.n, 0) != (ssize_t)text.n)
		log_warn("the state of container %s could not be kept", t->id);
	arena_release(&a);
}

void keep_exit(struct task *t)
{
	keep_update(t, false);
}

int keep_read(const char *bundle, struct arena *a, struct kept *ret, struct err *e)
{
	struct bytes text = {0};
	char path[4096];
	int r = path_of(bundle, path, sizeof(path), e);

	if (r < 0)
		return r;
	r = file_read(AT_FDCWD, path, MAX_BYTES, a, &text, e);
	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = record_from_json(&rec_kept, text, KEEP_FILE, a, ret, e);
	if (r == 0 && (!ret->root || !ret->log))
		r = err_set(e, EBADMSG, "'%s' does not say where the runtime has its state or its log", path);
	return r < 0 ? r : 1;
}
