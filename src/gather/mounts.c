/* SPDX-License-Identifier: Apache-2.0 */
/* The sources of the spec's bind mounts: what they are, and how much there is to copy. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/walk.h"
#include "gather/parts.h"

struct count {
	struct mount_facts *m;
	uint64_t max_bytes;
	uint32_t max_entries;
};

static int count_entry(const struct walk_entry *entry, void *arg, struct err *e)
{
	struct count *c = arg;
	struct mount_facts *m = c->m;

	(void)e;
	if (!S_ISDIR(entry->st->st_mode) && !S_ISREG(entry->st->st_mode) && !S_ISLNK(entry->st->st_mode)) {
		m->skipped++;
		return 0;
	}
	m->entries++;
	m->name_bytes += strlen(entry->path);
	if (!S_ISDIR(entry->st->st_mode))
		m->bytes += (uint64_t)entry->st->st_size;
	m->more = m->entries > c->max_entries || m->bytes > c->max_bytes;
	return m->more ? 1 : 0;
}

static int put_problem(struct mount_facts *m, const char *text, struct arena *a, struct err *e)
{
	m->problem = arena_strdup(a, text);
	return m->problem ? 0 : err_oom(e);
}

static int count_tree(const struct config *cfg, struct mount_facts *m, struct arena *a, struct err *e)
{
	/* Itself counts, too; whether anything is in it is always worth knowing. */
	const uint32_t most = (uint32_t)cfg->mounts_max_mb * MOUNT_ENTRIES_PER_MB;
	struct count c = {m, cfg->mounts_max_mb << 20, most ? most : 1};
	_cleanup_fd_ int fd = open(m->source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err why = {0};
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return put_problem(m, strerror(errno), a, e);
	/* Where something is mounted on first use, this is what was meant, not what stat saw. */
	m->dev = st.st_dev;
	m->ino = st.st_ino;
	if (walk_tree(fd, m->source, count_entry, &c, &why) < 0)
		return put_problem(m, why.msg, a, e);
	return 0;
}

static int look(const struct config *cfg, struct mount_facts *m, struct arena *a, struct err *e)
{
	_cleanup_fd_ int fd = open(m->source, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		m->kind = MOUNT_MISSING;
		return put_problem(m, strerror(errno), a, e);
	}
	m->real = gather_fd_path(fd, m->source, a);
	if (!m->real)
		return err_oom(e);
	m->mode = st.st_mode & 07777;
	m->uid = st.st_uid;
	m->gid = st.st_gid;
	m->dev = st.st_dev;
	m->ino = st.st_ino;
	if (S_ISDIR(st.st_mode)) {
		m->kind = MOUNT_DIRECTORY;
		return count_tree(cfg, m, a, e);
	}
	m->kind = S_ISREG(st.st_mode) ? MOUNT_FILE : MOUNT_OTHER;
	if (S_ISREG(st.st_mode)) {
		m->entries = 1;
		m->bytes = (uint64_t)st.st_size;
	}
	return 0;
}

/* Control groups are the guest's own business, and trees without end. */
static bool is_kernels(const char *destination)
{
	return str_starts(destination, "/proc/") || str_starts(destination, "/sys/") ||
	       streq(destination, "/proc") || streq(destination, "/sys") || streq(destination, "/dev");
}

int gather_bind_mounts(struct facts *f, struct arena *a, struct err *e)
{
	const struct oci_spec *s = &f->spec;
	struct mount_facts *v = arena_array(a, s->mounts.n, sizeof(*v));
	size_t n = 0;
	int r;

	if (!v)
		return err_oom(e);
	for (size_t i = 0; i < s->mounts.n; i++) {
		const struct spec_mount *m = &s->mounts.v[i];

		if (!spec_mount_is_bind(m) || is_kernels(m->destination))
			continue;
		v[n] = (struct mount_facts){.index = (uint32_t)i,
					    .source = path_join_clean(a, f->bundle, m->source)};
		if (!v[n].source)
			return err_oom(e);
		r = look(&f->config, &v[n++], a, e);
		if (r < 0)
			return r;
	}
	f->mounts.v = v;
	f->mounts.n = n;
	return 0;
}
