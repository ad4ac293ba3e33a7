/* SPDX-License-Identifier: Apache-2.0 */
/* Directories that host and guest share: by 9p, which the monitor serves with what little it may do, or by virtiofs, which
 * a daemon beside it serves with some capabilities. One share is the container root, one has all mounts of the spec. */
#include <errno.h>
#include <string.h>

#include "plan/internal.h"

#define DAEMON_PROGRAM "/virtiofsd"
#define DAEMON_TREE "/share"
/* Seen of either daemon after a guest had read 6700 files: 5 to 7 MiB of its own, and as many open files in the kernel. */
#define DAEMON_OVERHEAD_BYTES (24 * MIB)
#define DAEMON_PROC "/procfs"
#define DAEMON_NOFILE (1u << 20)
#define DAEMON_NOFILE_TEXT "1048576"

/* What a share shows: operations whose dst is below the share's own place ("" is the share itself). */
struct trees {
	const struct box_op *v;
	size_t n;
};

static bool guest_takes(const struct build *b, int kind)
{
	return b->w->guest->roots & (1u << kind);
}

const char *shares_why_not_virtiofs(const struct build *b)
{
	if (!guest_takes(b, ROOT_VIRTIOFS))
		return "the guest cannot";
	if (!(b->w->monitor->caps & MON_VIRTIOFS))
		return "the monitor cannot";
	return b->f->virtiofsd_path == NULL ? "this host has no virtiofsd" : NULL;
}

/* The monitor is an ordinary user, whatever its number, without capabilities: it can neither make files of others nor
 * change them, and guests do not expect that of what is theirs to write. */
const char *shares_why_not_owned(const struct build *b, const char *other, uint32_t other_uid,
				 const char *where)
{
	if (other == NULL)
		return NULL;
	return arena_printf(b->a,
			    "'%.256s' in %s belongs to user %u, but all that the guest writes is done "
			    "by the monitor, which is user %u and has no capabilities (make %s read-only, or all of "
			    "it user %u's)",
			    other, where, other_uid, b->p->creds.uid, where, b->p->creds.uid);
}

const char *shares_why_not_9p(const struct build *b)
{
	if (!guest_takes(b, ROOT_9P))
		return "the guest cannot";
	if (!(b->w->monitor->caps & MON_9P))
		return "the monitor cannot";
	return storage_readonly(b) ? NULL
				   : shares_why_not_owned(b, b->f->share.other, b->f->share.other_uid,
							  "the container root");
}

/* A guest that keeps for ever what it has read would never see what the host changes in a mount. */
static const char *cache_mode(const struct vm_share *s, const char *asked)
{
	return s->in_archive && streq(asked, "always") ? "auto" : asked;
}

/* The administrator's own words, after ours. Those of the newer daemon which the older one has too are put in its way;
 * its sandbox is ours to choose. */
static void add_options(const struct build *b, const struct vm_share *s, struct strv *l)
{
	const char *p = b->f->config.virtiofsd_options;
	bool c = b->f->share.c_options, sandbox = false, cache = false;

	while (p != NULL && *(p += strspn(p, " \t")) != '\0') {
		size_t n = strcspn(p, " \t");
		const char *word = arena_strndup(b->a, p, n);

		p += n;
		if (sandbox || cache) {
			if (cache)
				strv_addf(l, "%s%s", c ? "cache=" : "", cache_mode(s, word));
			sandbox = cache = false;
		} else if (str_starts(word, "--cache=")) {
			if (c)
				strv_add(l, "-o");
			strv_addf(l, "%s%s",
				  c ? "cache=" : "--cache=", cache_mode(s, word + strlen("--cache=")));
		} else if (streq(word, "--cache")) {
			strv_add(l, c ? "-o" : word);
			cache = true;
		} else if (c && streq(word, "--sandbox")) {
			sandbox = true;
		} else {
			strv_add(l, word);
		}
	}
}

/* Both daemons want capabilities that they never get (for device nodes and capabilities of files), unless they are told. */
static int daemon_argv(const struct build *b, const struct vm_share *s, struct strs *ret, struct err *e)
{
	struct strv l = STRV(b->a);

	strv_add(&l, DAEMON_PROGRAM);
	strv_addf(&l, "--fd=%d", DAEMON_FD);
	strv_add(&l, "--rlimit-nofile=0");
	if (b->f->share.c_options) {
		strv_add(&l, "-f");
		strv_add(&l, "-o");
		strv_addf(&l, "source=" DAEMON_TREE ",sandbox=chroot,modcaps=-mknod:-setfcap,log_level=err%s",
			  s->in_archive ? ",announce_submounts" : "");
	} else {
		strv_add(&l, "--shared-dir=" DAEMON_TREE);
		strv_add(&l, "--modcaps=-mknod:-setfcap:-dac_read_search");
		strv_add(&l, "--inode-file-handles=never"); /* for which it would need the last one */
		strv_add(&l, "--log-level=warn");
		if (s->in_archive)
			strv_add(&l, "--announce-submounts");
	}
	add_options(b, s, &l);
	return strv_done(&l, ret, e);
}

/* The last two are to give up what it has, and are given up with it before it serves anyone. */
static int daemon_caps(const struct build *b, struct strs *ret, struct err *e)
{
	static const char *const caps[] = {"CAP_CHOWN",  "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID",
					   "CAP_SETGID", "CAP_SETUID",       "CAP_SETPCAP"};
	struct strv l = STRV(b->a);

	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
		strv_add(&l, caps[i]);
	/* The only sandbox of its own that it can have here, and it cannot be without. */
	if (b->f->share.c_options)
		strv_add(&l, "CAP_SYS_CHROOT");
	return strv_done(&l, ret, e);
}

/* The trees of a share, at their places below `place`. */
static int put_trees(const struct trees *t, const char *place, struct arena *a, struct op_list *l,
		     struct err *e)
{
	for (size_t i = 0; i < t->n; i++) {
		struct box_op op = t->v[i];

		op.dst = arena_printf(a, "%s%s", place, op.dst);
		if (op.dst == NULL)
			return err_oom(e);
		box_add(l, op);
	}
	return 0;
}

/* Itself it finds in the real one; the host's numbers, which either daemon insists on reading, are ours. */
static void add_daemon_proc(struct op_list *l)
{
	static const char *const numbers[] = {"/proc/sys/fs/nr_open", "/proc/sys/fs/file-max"};

	box_add(l, (struct box_op){.kind = BOX_PROC, .dst = DAEMON_PROC});
	box_add(l, (struct box_op){.kind = BOX_SYMLINK, .dst = "/proc/self", .src = DAEMON_PROC "/self"});
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		box_add(l, (struct box_op){.kind = BOX_FILE,
					   .dst = numbers[i],
					   .mode = 0444,
					   .data = {DAEMON_NOFILE_TEXT "\n", strlen(DAEMON_NOFILE_TEXT) + 1}});
}

static int daemon_box(const struct build *b, const struct trees *t, struct confine_daemon *d, struct err *e)
{
	const struct share_facts *f = &b->f->share;
	struct op_list l = {arena_array(b->a, f->files.n + t->n + 5, sizeof(*l.v)), 0};
	int r;

	if (l.v == NULL)
		return err_oom(e);
	box_add(&l, (struct box_op){.kind = BOX_BIND, .dst = DAEMON_PROGRAM, .src = b->f->virtiofsd_path});
	for (size_t i = 0; i < f->files.n; i++)
		box_add(&l, (struct box_op){.kind = BOX_BIND,
					    .dst = f->files.v[i].box,
					    .src = f->files.v[i].path,
					    .optional = f->files.v[i].optional});
	add_daemon_proc(&l);
	r = put_trees(t, DAEMON_TREE, b->a, &l, e);
	d->box.v = l.v;
	d->box.n = l.n;
	return r;
}

static int add_daemon(const struct build *b, struct vm_share *s, const struct trees *t, struct err *e)
{
	struct confine_daemon *d = arena_alloc(b->a, sizeof(*d));
	int r;

	if (d == NULL)
		return err_oom(e);
	*d = (struct confine_daemon){.nofile = DAEMON_NOFILE};
	if ((r = daemon_argv(b, s, &d->argv, e)) < 0 || (r = daemon_caps(b, &d->caps, e)) < 0 ||
	    (r = daemon_box(b, t, d, e)) < 0)
		return r;
	s->daemon = d;
	return 0;
}

/* 9p: the monitor's own box shows the trees. */
static int add_trees(struct build *b, const char *place, const struct trees *t, struct err *e)
{
	struct op_list l = {arena_array(b->a, b->trees.n + t->n, sizeof(*l.v)), 0};

	if (l.v == NULL)
		return err_oom(e);
	for (size_t i = 0; i < b->trees.n; i++)
		box_add(&l, b->trees.v[i]);
	b->trees = l;
	return put_trees(t, place, b->a, &b->trees, e);
}

/* kind: ROOT_VIRTIOFS or ROOT_9P. Of the share only what it is for is filled in. */
static int add_share(struct build *b, int kind, struct vm_share s, const struct trees *t, struct err *e)
{
	struct vm_desc *vm = &b->p->vm;
	struct vm_share *v = arena_array(b->a, vm->shares.n + 1, sizeof(*v));
	int r;

	if (v == NULL)
		return err_oom(e);
	if (vm->shares.n > 0)
		memcpy(v, vm->shares.v, vm->shares.n * sizeof(*v));
	s.tag = arena_printf(b->a, "fs%zu", vm->shares.n);
	if (kind == ROOT_VIRTIOFS)
		s.socket = arena_printf(b->a, BOX_SHARE_SOCKET, vm->shares.n);
	else
		s.path = arena_printf(b->a, BOX_SHARE_PATH "%zu", vm->shares.n);
	if (s.tag == NULL || (s.socket == NULL && s.path == NULL))
		return err_oom(e);
	r = kind == ROOT_VIRTIOFS ? add_daemon(b, &s, t, e) : add_trees(b, s.path, t, e);
	v[vm->shares.n++] = s;
	vm->shares.v = v;
	return r;
}

int shares_use(struct build *b, int kind, struct err *e)
{
	const struct vm_share s = {.mount_point = "/", .readonly = storage_readonly(b)};
	const struct box_op root = {.kind = BOX_TREE, .dst = "", .src = "/", .mode = s.readonly ? 0500 : 0700};

	b->p->rootfs = (struct plan_rootfs){kind, b->f->root.path};
	b->p->app.root = kind;
	return add_share(b, kind, s, &(struct trees){&root, 1}, e);
}

int shares_use_mounts(struct build *b, int kind, const struct op_list *mounts, struct err *e)
{
	struct vm_share s = {.mount_point = SHARED_MOUNTS_PATH, .in_archive = true, .readonly = true};

	for (size_t i = 0; i < mounts->n; i++)
		if (mounts->v[i].mode & 0222)
			s.readonly = false;
	return add_share(b, kind, s, &(struct trees){mounts->v, mounts->n}, e);
}

static bool is_written_9p(const struct vm_share *s)
{
	return s->path != NULL && !s->readonly;
}

size_t shares_ops(const struct build *b)
{
	return b->trees.n + 1;
}

void shares_box(const struct build *b, struct op_list *l)
{
	const struct vm_desc *vm = &b->p->vm;
	bool proc = false;

	for (size_t i = 0; i < b->trees.n; i++)
		box_add(l, b->trees.v[i]);
	for (size_t i = 0; i < vm->shares.n; i++)
		proc = proc || is_written_9p(&vm->shares.v[i]);
	/* QEMU's 9p changes modes by way of /proc/self/fd, and with each file that it makes. */
	if (proc)
		box_add(l, (struct box_op){.kind = BOX_PROC, .dst = "/proc"});
}

uint64_t shares_overhead(const struct build *b)
{
	uint64_t n = 0;

	for (size_t i = 0; i < b->p->vm.shares.n; i++)
		if (b->p->vm.shares.v[i].daemon != NULL)
			n += DAEMON_OVERHEAD_BYTES;
	return n;
}
