/* SPDX-License-Identifier: Apache-2.0 */
/* One step of a build: copying, making files, building roots. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bunny/cpio_image.h"
#include "bunny/ext_image.h"
#include "bunny/fs_copy.h"
#include "bunny/fs_layer.h"
#include "bunny/ignore.h"
#include "bunny/make.h"
#include "bunny/own_urunit.h"
#include "bunny/tar_read.h"
#include "bunny/unpack.h"
#include "bunny/users.h"

struct step {
	struct maker *m;
	const struct build *b;
	struct made_tree *trees, *t;
	const struct build_op *op;
	struct fs_copy_options copy;
	struct err *e;
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The directory at a path if there is one; links are followed. */
static struct fs_node *dir_at(struct fs *fs, const char *path)
{
	struct fs_node *n;

	return fs_find(fs, path, true, &n, NULL) == 0 && S_ISDIR(n->i->mode) ? n : NULL;
}

static int copy_into(struct step *s, const char *path, const struct fs_node *from)
{
	struct fs_node *dir;
	const char *name;
	int r = fs_parent(&s->t->fs, path, s->m->epoch, &dir, &name, s->e);

	return r == 0 ? fs_copy_node(&s->t->fs, dir, name, from, &s->copy, s->e) : r;
}

/* --- archives that ADD unpacks --- */

static int unpack_archive(struct step *s, const struct fs_node *from, bool *ret_done)
{
	const struct piece *data = &from->i->data;
	unsigned char head[512] = {0};
	struct digest packed, unpacked;
	struct fs_node *dir;
	uint64_t bytes = data->n;
	enum packing how;
	int fd, out, r;

	*ret_done = false;
	r = piece_open(data, &fd, s->e); /* stays open: its files are read later */
	if (r < 0)
		return r;
	if (pread(fd, head, sizeof(head), 0) < 0)
		return err_sys(s->e, "'%.256s'", from->name);
	how = packing_of(head, sizeof(head));
	if (how != PACKING_NONE) {
		r = cache_scratch(&s->m->sources->cache, &out, s->e);
		if (r == 0)
			r = unpack(how, fd, 0, bytes, out, &bytes, &packed, &unpacked, s->e);
		if (r < 0)
			return err_wrap(s->e, "'%.256s'", from->name);
		fd = out;
		if (pread(fd, head, sizeof(head), 0) < 0)
			return err_sys(s->e, "'%.256s'", from->name);
	}
	if (bytes < sizeof(head) || !tar_is_header(head))
		return 0;
	r = fs_mkdirs(&s->t->fs, s->op->dst, s->m->epoch, &dir, s->e);
	if (r == 0)
		r = fs_layer_apply(&s->t->fs, s->op->dst, fd, 0, bytes, FS_LAYER_PLAIN, s->e);
	*ret_done = r == 0;
	return r < 0 ? err_wrap(s->e, "'%.256s'", from->name) : 0;
}

/* --- copying --- */

/* A Containerfile's rules: a directory gives what is in it, a file goes into a directory that is there. */
static int copy_docker(struct step *s, const struct fs_node *from, const char *name)
{
	const char *dst = s->op->dst;
	struct fs_node *dir;
	bool done = false;
	int r;

	if (S_ISDIR(from->i->mode)) {
		r = fs_mkdirs(&s->t->fs, dst, s->m->epoch, &dir, s->e);
		return r == 0 ? fs_copy_kids(&s->t->fs, dir, from, &s->copy, s->e) : r;
	}
	if (s->op->unpack && S_ISREG(from->i->mode)) {
		r = unpack_archive(s, from, &done);
		if (r < 0 || done)
			return r;
	}
	if (s->op->dst_dir || dir_at(&s->t->fs, dst)) {
		r = fs_mkdirs(&s->t->fs, dst, s->m->epoch, &dir, s->e);
		return r == 0 ? fs_copy_node(&s->t->fs, dir, name, from, &s->copy, s->e) : r;
	}
	return copy_into(s, dst, from);
}

/* A bunnyfile's: it becomes the destination, or goes into it if that is a directory. */
static int copy_bunny(struct step *s, const struct fs_node *from, const char *name)
{
	struct fs_node *dir = s->op->dst_dir ? NULL : dir_at(&s->t->fs, s->op->dst);
	int r = 0;

	if (s->op->dst_dir)
		r = fs_mkdirs(&s->t->fs, s->op->dst, s->m->epoch, &dir, s->e);
	if (r < 0)
		return r;
	if (!dir)
		return copy_into(s, s->op->dst, from);
	if (*name == '\0')
		return fs_copy_kids(&s->t->fs, dir, from, &s->copy, s->e);
	return fs_copy_node(&s->t->fs, dir, name, from, &s->copy, s->e);
}

/* name: as it is called where it comes from, which of a link that was followed is the link's. */
static int copy_one(struct step *s, const struct fs_node *from, const char *name)
{
	return s->op->rules == COPY_DOCKER ? copy_docker(s, from, name) : copy_bunny(s, from, name);
}

struct matcher {
	struct step *s;
	const struct fs *fs;
	const char *pattern;
	size_t found;
};

static int match(struct fs_node *n, void *arg, struct err *e)
{
	struct matcher *m = arg;
	const char *path = fs_path(n, m->s->m->a), *name = n->name;
	int r;

	if (!path)
		return err_oom(e);
	if (!pattern_match(m->pattern, path))
		return 0;
	m->found++;
	if (S_ISLNK(n->i->mode) && (r = fs_find(m->fs, path, true, &n, e)) < 0)
		return r;
	return copy_one(m->s, n, name);
}

static int copy_matches(struct step *s, const struct fs *from)
{
	struct matcher m = {s, from, s->op->source, 0};
	int r;

	while (*m.pattern == '/')
		m.pattern++;
	r = fs_walk(from, match, &m, s->e);
	if (r == 0 && m.found == 0)
		return err_set(s->e, ENOENT, "nothing matches '%.256s'", s->op->source);
	return r;
}

static int copy_from_tree(struct step *s, const struct fs *from)
{
	struct fs_node *n;
	int r;

	if (s->op->wildcard)
		return copy_matches(s, from);
	r = fs_find(from, s->op->source, s->op->rules == COPY_DOCKER, &n, s->e);
	return r == 0 ? copy_one(s, n, base_name(s->op->source)) : r;
}

/* The step's source, alone in a tree. */
static int read_context(struct step *s, struct fs_node **ret)
{
	const bool all = streq(s->op->source, ".");
	struct fs *fs = arena_alloc(s->m->a, sizeof(*fs));
	int r;

	if (!fs)
		return err_oom(s->e);
	r = fs_init(fs, s->m->a, s->e);
	if (r == 0)
		r = context_read(s->m->context, s->op->source, s->op->rules == COPY_DOCKER, fs,
				 all ? "context" : base_name(s->op->source), s->e);
	if (r == 0)
		*ret = fs->top->kids[0];
	return r;
}

static int copy_from_context(struct step *s)
{
	struct fs_node *n = NULL;
	const struct fs *all;
	int r;

	if (!s->m->context)
		return err_set(s->e, EINVAL, "there is no context to copy '%.256s' from", s->op->source);
	if (s->op->wildcard) {
		r = context_all(s->m->context, s->m->a, &all, s->e);
		return r == 0 ? copy_matches(s, all) : r;
	}
	r = read_context(s, &n);
	if (r < 0)
		return r;
	if (s->op->rules == COPY_BUNNY && streq(s->op->source, "."))
		return copy_bunny(s, n, "");
	return copy_one(s, n, n->name);
}

static int read_image(struct step *s, size_t index, const struct fs **ret)
{
	const struct build_input *in = &s->b->inputs[index];
	struct image *im;
	struct fs *fs = arena_alloc(s->m->a, sizeof(*fs));
	int r;

	if (!fs)
		return err_oom(s->e);
	r = maker_image(s->m, in->ref, &in->platform, in->any_platform, &im, s->e);
	if (r == 0)
		r = fs_init(fs, s->m->a, s->e);
	if (r == 0)
		r = source_root(s->m->sources, im, fs, s->e);
	*ret = fs;
	return r < 0 ? err_wrap(s->e, "%.150s", in->ref) : 0;
}

static int copy_from_image(struct step *s)
{
	const struct fs *fs;
	int r = read_image(s, s->op->from.index, &fs);

	if (r < 0)
		return r;
	r = copy_from_tree(s, fs);
	return r < 0 ? err_wrap(s->e, "%.150s", s->b->inputs[s->op->from.index].ref) : 0;
}

static int copy_urunit(struct step *s)
{
	const char *arch = s->b->config.platform.arch;
	struct piece data;
	int r = own_urunit(arch, &data, s->m->a, s->e);

	return r == 0 ? fs_put_file(&s->t->fs, s->op->dst, s->op->mode >= 0 ? (uint32_t)s->op->mode : 0755,
				    s->m->epoch, data, s->e)
		      : r;
}

static int copy(struct step *s)
{
	switch (s->op->from.kind) {
	case FROM_CONTEXT:
		return copy_from_context(s);
	case FROM_STAGE:
		return copy_from_tree(s, &s->trees[s->op->from.index].fs);
	case FROM_IMAGE:
		return copy_from_image(s);
	case FROM_URUNIT:
		return copy_urunit(s);
	case FROM_SCRATCH:
		break;
	}
	return err_set(s->e, ENOENT, "there is no '%.256s' in nothing", s->op->source);
}

/* --- roots --- */

/* The initrd that ours follows. */
static int add_first(struct step *s, struct rope *rope)
{
	struct fs_node *n = NULL;
	const struct fs *fs;
	int r;

	if (s->op->after.kind == FROM_CONTEXT) {
		r = read_context(s, &n);
	} else {
		r = read_image(s, s->op->after.index, &fs);
		if (r == 0 && (r = fs_find(fs, s->op->source, true, &n, s->e)) < 0)
			r = err_wrap(s->e, "%.150s", s->b->inputs[s->op->after.index].ref);
	}
	if (r < 0)
		return r;
	if (!S_ISREG(n->i->mode))
		return err_set(s->e, EINVAL, "'%.256s' is no regular file, so no initrd to add files to",
			       s->op->source);
	rope_add(rope, n->i->data);
	cpio_image_follow(rope);
	return 0;
}

static int build_initrd(struct step *s, const struct fs *root, struct piece *ret)
{
	struct rope *rope = arena_alloc(s->m->a, sizeof(*rope));
	int r;

	if (!rope)
		return err_oom(s->e);
	*rope = ROPE(s->m->a);
	r = s->op->after.kind == FROM_SCRATCH ? 0 : add_first(s, rope);
	if (r == 0)
		r = cpio_image_write(root, rope, s->e);
	if (r == 0)
		*ret = piece_rope(rope);
	return r;
}

static int build_disk(struct step *s, const struct fs *root, struct piece *ret)
{
	const struct ext_options o = {.ext4 = s->op->root == ROOT_KIND_EXT4,
				      .size_bytes = s->op->size_bytes,
				      .epoch = s->m->epoch};
	uint64_t bytes;
	int fd, r = cache_scratch(&s->m->sources->cache, &fd,
				  s->e); /* stays open: it is read when the image is written */

	if (r == 0)
		r = ext_image_write(root, &o, fd, &bytes, s->e);
	if (r == 0)
		*ret = piece_fd(fd, 0, bytes);
	return r;
}

static int build_root(struct step *s)
{
	const struct fs *root = &s->trees[s->op->from.index].fs;
	struct piece data;
	int r = s->op->root == ROOT_KIND_INITRD ? build_initrd(s, root, &data) : build_disk(s, root, &data);

	return r == 0 ? fs_put_file(&s->t->fs, s->op->dst, s->op->mode >= 0 ? (uint32_t)s->op->mode : 0644,
				    s->m->epoch, data, s->e)
		      : r;
}

/* --- all --- */

static int make_dir(struct step *s)
{
	struct fs_inode like;
	struct fs_node *n;
	int r = fs_mkdirs(&s->t->fs, s->op->dst, s->m->epoch, &n, s->e);

	if (r < 0 || !n->parent)
		return r;
	like = *n->i;
	if (s->op->mode >= 0)
		like.mode = S_IFDIR | ((uint32_t)s->op->mode & 07777);
	if (s->copy.set_owner) {
		like.uid = s->copy.uid;
		like.gid = s->copy.gid;
	}
	/* Put anew only if something is: then this layer has it. */
	if (like.mode == n->i->mode && like.uid == n->i->uid && like.gid == n->i->gid)
		return 0;
	return fs_put(&s->t->fs, n->parent, n->name, &like, NULL, s->e);
}

static int put_bytes(struct step *s)
{
	const char *dst = s->op->dst;
	struct fs_node *n;
	int r = fs_put_file(&s->t->fs, dst, s->op->mode >= 0 ? (uint32_t)s->op->mode : 0644, s->m->epoch,
			    piece_bytes(s->op->bytes.p, s->op->bytes.n), s->e);

	if (r == 0)
		r = fs_find(&s->t->fs, dst, true, &n, s->e);
	if (r == 0 && s->copy.set_owner) {
		n->i->uid = s->copy.uid;
		n->i->gid = s->copy.gid;
	}
	return r;
}

static int set_owner(struct step *s)
{
	int r = 0;

	if (!s->op->owner.user && !s->op->owner.group)
		return 0;
	s->copy.set_owner = true;
	if (s->op->owner.user)
		r = users_uid(&s->t->fs, s->op->owner.user, &s->copy.uid, &s->copy.gid, s->e);
	if (r == 0 && s->op->owner.group)
		r = users_gid(&s->t->fs, s->op->owner.group, &s->copy.gid, s->e);
	return r;
}

int make_op(struct maker *m, const struct build *b, struct made_tree *trees, struct made_tree *t,
	    const struct build_op *op, struct err *e)
{
	struct step s = {m, b, trees, t, op, {.mode = op->mode, .exclude = op->exclude, .mtime = m->epoch},
			 e};
	int r = set_owner(&s);

	if (r < 0)
		return r;
	switch (op->kind) {
	case BUILD_COPY:
		return copy(&s);
	case BUILD_FILE:
		return put_bytes(&s);
	case BUILD_DIR:
		return make_dir(&s);
	case BUILD_ROOT:
		return build_root(&s);
	}
	return err_set(e, EINVAL, "a step of no kind");
}
