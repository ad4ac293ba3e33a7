/* SPDX-License-Identifier: Apache-2.0 */
/* One container on disk: finding, reading, writing, removing it. */
#include "runtime/container.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "common/log.h"
#include "common/path.h"
#include "common/proc.h"

#define MAGIC "urunc\0\0\1"
#define MAGIC_BYTES 8
#define PREFIX_BYTES (MAGIC_BYTES + 8)
#define FIRST_READ_BYTES 8192
#define STATE_MAX_BYTES (256u << 20)

static const struct field head_fields[] = {
	FIELD(struct container_head, oci_version, FK_STR),
	FIELD(struct container_head, id, FK_STR),
	FIELD(struct container_head, bundle, FK_STR),
	FIELD(struct container_head, rootfs, FK_STR),
	FIELD(struct container_head, created_ns, FK_U64),
	FIELD(struct container_head, owner, FK_U32),
	FIELD_SUB(struct container_head, cgroup, FK_REC, &rec_confine_cgroup),
	FIELD_SUB(struct container_head, poststart, FK_RECS, &rec_spec_hook),
	FIELD_SUB(struct container_head, poststop, FK_RECS, &rec_spec_hook),
	FIELD_SUB(struct container_head, annotations, FK_RECS, &rec_spec_kv),
	FIELD(struct container_head, timestamps, FK_STR),
};
const struct record rec_container_head = RECORD(struct container_head, head_fields);

void container_done(struct container *c)
{
	fd_close(&c->dirfd);
}

int container_id_check(const char *id, struct err *e)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+.-";
	size_t n = strlen(id);

	if (n == 0)
		return err_set(e, EINVAL, "container id cannot be empty");
	if (n > ID_MAX_BYTES || strspn(id, allowed) != n || streq(id, ".") || streq(id, ".."))
		return err_set(e, EINVAL,
			       "invalid container ID format '%.64s': allowed are 1 to %d letters, digits and _ + - . "
			       "(but not '.' or '..' alone)",
			       id, ID_MAX_BYTES);
	return 0;
}

/* --- reading --- */

static uint32_t get_u32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_u32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

/* Reads until n bytes are there; -EBADMSG when the file ends before. */
static int read_until(int fd, unsigned char *buf, size_t *have, size_t n)
{
	while (*have < n) {
		ssize_t r = read(fd, buf + *have, n - *have);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (r == 0)
			return -EBADMSG;
		*have += (size_t)r;
	}
	return 0;
}

/* The file's first `PREFIX + head (+ plan)` bytes, in as few reads as possible. */
static int read_state(int fd, bool with_plan, struct arena *a, const unsigned char **ret, uint32_t *ret_head,
		      uint32_t *ret_plan, struct err *e)
{
	unsigned char *buf = arena_alloc(a, FIRST_READ_BYTES);
	uint32_t head, plan;
	size_t have, want;
	ssize_t got;
	int r;

	if (!buf)
		return err_oom(e);
	do
		got = read(fd, buf, FIRST_READ_BYTES);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_sys(e, "cannot read the container's state");
	have = (size_t)got;
	if (have < PREFIX_BYTES || memcmp(buf, MAGIC, MAGIC_BYTES) != 0)
		return err_set(e, EBADMSG,
			       "the container's state file is damaged or of another version of urunc");
	head = get_u32(buf + MAGIC_BYTES);
	plan = get_u32(buf + MAGIC_BYTES + 4);
	if (head > STATE_MAX_BYTES || plan > STATE_MAX_BYTES)
		return err_set(e, EBADMSG, "the container's state file is damaged: sizes %u and %u", head,
			       plan);
	want = PREFIX_BYTES + (size_t)head + (with_plan ? plan : 0);
	if (want > have) {
		unsigned char *all = arena_alloc(a, want);

		if (!all)
			return err_oom(e);
		memcpy(all, buf, have);
		buf = all;
		r = read_until(fd, buf, &have, want);
		if (r < 0)
			return err_set(e, -r,
				       "the container's state file is damaged: it ends after %zu bytes", have);
	}
	*ret = buf;
	*ret_head = head;
	*ret_plan = plan;
	return 0;
}

static int decode_state(struct container *c, int fd, bool with_plan, struct arena *a, struct err *e)
{
	const unsigned char *buf = NULL;
	struct launch_plan *plan;
	uint32_t head_n = 0, plan_n = 0;
	int r;

	r = read_state(fd, with_plan, a, &buf, &head_n, &plan_n, e);
	if (r < 0)
		return r;
	r = record_decode(&rec_container_head, buf + PREFIX_BYTES, head_n, a, &c->head, e);
	if (r < 0)
		return err_wrap(e, "container state");
	if (!with_plan)
		return 0;
	plan = arena_alloc(a, sizeof(*plan));
	if (!plan)
		return err_oom(e);
	r = plan_decode(buf + PREFIX_BYTES + head_n, plan_n, a, plan, e);
	if (r < 0)
		return err_wrap(e, "container state");
	c->plan = plan;
	return 0;
}

/* <root>/<id> as a path in buf. */
static int state_path(const struct runtime *rt, const char *id, char *buf, size_t n, struct err *e)
{
	int len = snprintf(buf, n, "%s/%s", rt->root, id);

	if (len < 0 || (size_t)len >= n)
		return err_set(e, ENAMETOOLONG, "state root '%s' is too long", rt->root);
	return 0;
}

static int read_ours(const struct runtime *rt, const char *id, int fd, unsigned flags, struct container *c,
		     struct err *e)
{
	int r = decode_state(c, fd, flags & OPEN_PLAN, rt->arena, e);
	bool damaged = r < 0 && r != -ENOMEM && flags & OPEN_DAMAGED;

	if (r < 0 && !damaged)
		return r;
	if (damaged) {
		log_warn("container '%s': %s", id, e->msg);
		c->head = (struct container_head){.id = id};
	}
	if (flags & OPEN_DAMAGED)
		r = journal_salvage(c->dirfd, id, rt->arena, &c->journal, e);
	else
		r = journal_read(c->dirfd, rt->arena, &c->journal, e);
	return r < 0 || !damaged ? r : container_salvage_cgroup(c, rt->arena, e);
}

/* `delete` unlinks `plan`, then the journal: whoever had opened the one before may miss the other, and would take a
 * container that is going for one that is coming. `update` puts another `plan` in its place. */
static bool unlinked(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_nlink == 0;
}

/* Reads the files in c->dirfd. 0, or 1 when they vanished while they were read. */
static int read_files(const struct runtime *rt, const char *id, unsigned flags, struct container *c,
		      struct err *e)
{
	bool again = false;

	for (;; again = true) {
		_cleanup_fd_ int fd = openat(c->dirfd, PLAN_FILE,
					     O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		int r;

		if (fd < 0 && errno != ENOENT)
			return err_sys(e, "cannot open the state of container '%s'", id);
		if (fd < 0 && again)
			return 1;
		c->owner = fd < 0 ? (int)owner_of_foreign_dir(c->dirfd) : OWNER_US;
		if (c->owner != OWNER_US)
			return 0;
		c->journal = (struct journal){0};
		r = read_ours(rt, id, fd, flags, c, e);
		if (r < 0)
			return err_wrap(e, "container '%s'", id);
		if (!unlinked(fd))
			return 0;
	}
}

int container_open(const struct runtime *rt, const char *id, unsigned flags, struct container *ret,
		   struct err *e)
{
	_cleanup_container_ struct container c = CONTAINER_NULL;
	char path[4096];
	int r;

	r = container_id_check(id, e);
	if (r < 0)
		return r;
	r = state_path(rt, id, path, sizeof(path), e);
	if (r < 0)
		return r;
	c.dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (c.dirfd < 0 && errno != ENOENT)
		return err_sys(e, "cannot open state directory '%s'", path);
	if (c.dirfd >= 0 && flags & OPEN_LOCK) {
		r = container_lock(c.dirfd, LOCK_WAIT_MS, e);
		if (r == -ENOENT)
			fd_close(&c.dirfd);
		else if (r < 0)
			return r;
	}
	r = c.dirfd >= 0 ? read_files(rt, id, flags, &c, e) : 0;
	if (r < 0)
		return r;
	if (r > 0) {
		container_done(&c);
		c = CONTAINER_NULL;
	}
	*ret = c;
	c.dirfd = -1;
	return 0;
}

int container_foreign(struct err *e)
{
	return err_set(e, EREMOTE, "the container belongs to another runtime");
}

int container_get(const struct runtime *rt, const char *id, unsigned flags, struct container *ret,
		  struct err *e)
{
	_cleanup_container_ struct container c = CONTAINER_NULL;
	int r = container_open(rt, id, flags, &c, e);

	if (r < 0)
		return r;
	if (c.owner == OWNER_RUNC || c.owner == OWNER_CRUN)
		return container_foreign(e);
	if (c.owner != OWNER_US)
		return err_set(e, ENOENT, "container does not exist");
	*ret = c;
	c.dirfd = -1;
	return 0;
}

/* --- writing --- */

static int make_dir(const struct runtime *rt, const char *path, struct err *e)
{
	if (mkdir(path, 0700) == 0)
		return 0;
	if (errno == ENOENT) {
		int r = path_mkdirs(rt->root, rt->root_mode, e);

		if (r < 0)
			return err_wrap(e, "state root");
		if (mkdir(path, 0700) == 0)
			return 0;
	}
	if (errno == EEXIST)
		return err_set(e, EEXIST, "container with given ID already exists");
	return err_sys(e, "cannot make state directory '%s'", path);
}

static int note_creator(int dirfd, int *ret_journal, struct err *e)
{
	_cleanup_fd_ int fd = -1;
	char boot_id[BOOT_ID_BYTES];
	struct proc_stat self = {0};
	pid_t pid = getpid();
	int r = boot_id_read(boot_id, e);

	if (r == 0)
		r = proc_stat_read(pid, &self, e);
	if (r == 0)
		r = journal_open(dirfd, &fd, e);
	if (r == 0)
		r = journal_add_creator(fd, pid, self.start_time, boot_id, e);
	if (r == 0)
		*ret_journal = fd_steal(&fd);
	return r;
}

int container_make_dir(const struct runtime *rt, const char *id, int *ret_dirfd, int *ret_journal,
		       struct err *e)
{
	struct err ignored = {0};
	_cleanup_fd_ int fd = -1;
	char path[4096];
	int r;

	r = state_path(rt, id, path, sizeof(path), e);
	if (r < 0)
		return r;
	r = make_dir(rt, path, e);
	if (r == -EEXIST && container_clear_stale(rt, id, &ignored) > 0)
		r = make_dir(rt, path, e);
	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_sys(e, "cannot open state directory '%s'", path);
	/* Somebody may just look at it, or clear it away as a leftover; then it is dead when we get the lock. */
	r = container_lock(fd, LOCK_WAIT_MS, e);
	if (r < 0)
		return r;
	r = note_creator(fd, ret_journal, e);
	if (r < 0) {
		if (container_destroy(rt, id, fd, NULL, &ignored) < 0)
			log_warn("%s", ignored.msg);
		return r;
	}
	*ret_dirfd = fd_steal(&fd);
	return 0;
}

int container_write(int dirfd, const struct container_head *head, const struct launch_plan *plan,
		    struct arena *a, struct err *e)
{
	struct strbuf b = STRBUF(a);
	unsigned char prefix[PREFIX_BYTES];
	size_t head_n;
	int r;

	memcpy(prefix, MAGIC, MAGIC_BYTES);
	memset(prefix + MAGIC_BYTES, 0, PREFIX_BYTES - MAGIC_BYTES);
	sb_addn(&b, prefix, sizeof(prefix));
	record_encode(&rec_container_head, head, &b);
	head_n = b.len - PREFIX_BYTES;
	plan_encode(plan, &b);
	if (b.oom)
		return err_oom(e);
	if (b.len > STATE_MAX_BYTES)
		return err_set(e, EFBIG, "the launch plan has %zu bytes, the limit is %u", b.len,
			       STATE_MAX_BYTES);
	put_u32((unsigned char *)b.p + MAGIC_BYTES, (uint32_t)head_n);
	put_u32((unsigned char *)b.p + MAGIC_BYTES + 4, (uint32_t)(b.len - PREFIX_BYTES - head_n));
	r = file_write_atomic(dirfd, PLAN_FILE, 0600, b.p, b.len, e);
	return r < 0 ? err_wrap(e, "container state") : 0;
}
