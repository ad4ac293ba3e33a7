/* SPDX-License-Identifier: Apache-2.0 */
/* The container root as a directory that host and guest share: by 9p, which the monitor serves with what little it may
 * do, or by virtiofs, which a daemon beside it serves with some capabilities. */
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
 * change them, and guests do not expect that of their root. */
const char *shares_why_not_9p(const struct build *b)
{
	const struct share_facts *s = &b->f->share;

	if (!guest_takes(b, ROOT_9P))
		return "the guest cannot";
	if (!(b->w->monitor->caps & MON_9P))
		return "the monitor cannot";
	if (s->other == NULL || storage_readonly(b))
		return NULL;
	return arena_printf(
		b->a,
		"'%.256s' in the container root belongs to user %u, but all that the guest writes is done "
		"by the monitor, which is user %u and has no capabilities (make the root read-only, or all of "
		"it user %u's)",
		s->other, s->other_uid, b->p->creds.uid, b->p->creds.uid);
}

/* The administrator's own words, after ours. Those of the newer daemon which the older one has too are put in its way;
 * its sandbox is ours to choose. */
static void add_options(const struct build *b, struct strv *l)
{
	const char *p = b->f->config.virtiofsd_options;
	bool c = b->f->share.c_options, sandbox = false, cache = false;

	while (p != NULL && *(p += strspn(p, " \t")) != '\0') {
		size_t n = strcspn(p, " \t");
		const char *word = arena_strndup(b->a, p, n);

		p += n;
		if (sandbox || cache) {
			if (cache)
				strv_addf(l, "cache=%s", word);
			sandbox = cache = false;
		} else if (c && streq(word, "--cache")) {
			strv_add(l, "-o");
			cache = true;
		} else if (c && streq(word, "--sandbox")) {
			sandbox = true;
		} else {
			strv_add(l, word);
		}
	}
}

/* Both daemons want capabilities that they never get (for device nodes and capabilities of files), unless they are told. */
static int daemon_argv(const struct build *b, struct strs *ret, struct err *e)
{
	struct strv l = STRV(b->a);

	strv_add(&l, DAEMON_PROGRAM);
	strv_addf(&l, "--fd=%d", DAEMON_FD);
	strv_add(&l, "--rlimit-nofile=0");
	if (b->f->share.c_options) {
		strv_add(&l, "-f");
		strv_add(&l, "-o");
		strv_add(&l, "source=" DAEMON_TREE ",sandbox=chroot,modcaps=-mknod:-setfcap,log_level=err");
	} else {
		strv_add(&l, "--shared-dir=" DAEMON_TREE);
		strv_add(&l, "--modcaps=-mknod:-setfcap:-dac_read_search");
		strv_add(&l, "--inode-file-handles=never"); /* for which it would need the last one */
		strv_add(&l, "--log-level=warn");
	}
	add_options(b, &l);
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

static struct box_op tree_op(const struct vm_share *s, const char *dst)
{
	return (struct box_op){.kind = BOX_TREE, .dst = dst, .src = "/", .mode = s->readonly ? 0500 : 0700};
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

static int daemon_box(const struct build *b, const struct vm_share *s, struct confine_daemon *d, struct err *e)
{
	const struct share_facts *f = &b->f->share;
	struct op_list l = {arena_array(b->a, f->files.n + 6, sizeof(*l.v)), 0};

	if (l.v == NULL)
		return err_oom(e);
	box_add(&l, (struct box_op){.kind = BOX_BIND, .dst = DAEMON_PROGRAM, .src = b->f->virtiofsd_path});
	for (size_t i = 0; i < f->files.n; i++)
		box_add(&l, (struct box_op){.kind = BOX_BIND,
					    .dst = f->files.v[i].box,
					    .src = f->files.v[i].path,
					    .optional = f->files.v[i].optional});
	add_daemon_proc(&l);
	box_add(&l, tree_op(s, DAEMON_TREE));
	d->box.v = l.v;
	d->box.n = l.n;
	return 0;
}

static int add_daemon(const struct build *b, struct vm_share *s, struct err *e)
{
	struct confine_daemon *d = arena_alloc(b->a, sizeof(*d));
	int r;

	if (d == NULL)
		return err_oom(e);
	*d = (struct confine_daemon){.nofile = DAEMON_NOFILE};
	if ((r = daemon_argv(b, &d->argv, e)) < 0 || (r = daemon_caps(b, &d->caps, e)) < 0 ||
	    (r = daemon_box(b, s, d, e)) < 0)
		return r;
	s->daemon = d;
	return 0;
}

int shares_use(struct build *b, int kind, struct err *e)
{
	struct vm_share *s = arena_alloc(b->a, sizeof(*s));
	int r = 0;

	if (s == NULL)
		return err_oom(e);
	*s = (struct vm_share){.tag = "fs0", .mount_point = "/", .readonly = storage_readonly(b)};
	if (kind == ROOT_VIRTIOFS) {
		s->socket = BOX_SHARE_SOCKET;
		r = add_daemon(b, s, e);
	} else {
		s->path = BOX_SHARE_PATH;
	}
	b->p->vm.shares.v = s;
	b->p->vm.shares.n = 1;
	b->p->rootfs = (struct plan_rootfs){kind, b->f->root.path};
	b->p->app.root = kind;
	return r;
}

static bool is_written_9p(const struct vm_share *s)
{
	return s->path != NULL && !s->readonly;
}

size_t shares_ops(const struct build *b)
{
	return b->p->vm.shares.n + 1;
}

void shares_box(const struct build *b, struct op_list *l)
{
	const struct vm_desc *vm = &b->p->vm;
	bool proc = false;

	for (size_t i = 0; i < vm->shares.n; i++) {
		if (vm->shares.v[i].path != NULL)
			box_add(l, tree_op(&vm->shares.v[i], vm->shares.v[i].path));
		proc = proc || is_written_9p(&vm->shares.v[i]);
	}
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
