/* SPDX-License-Identifier: Apache-2.0 */
/* bunny mkinitrd, bunny mkfs: a directory, archive or image becomes a root alone. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bunny/cmd.h"
#include "bunny/cpio_image.h"
#include "bunny/ext_image.h"
#include "bunny/fs_dir.h"
#include "bunny/fs_layer.h"
#include "bunny/gather.h"
#include "bunny/locator.h"
#include "bunny/new_file.h"
#include "bunny/size.h"
#include "bunny/source.h"
#include "bunny/tar_read.h"
#include "bunny/unpack.h"

struct root_opts {
	const char *size, *fs, *label, *after;
	bool quiet, json, keep_times, root_owned;
};

#define COMMON_OPTS                                                                                          \
	{"keep-times", 0,                                                                                    \
	 OPT_BOOL,     offsetof(struct root_opts, keep_times),                                               \
	 NULL,         "times as they are, instead of SOURCE_DATE_EPOCH at the latest"},                     \
		{"root-owned", 0,                                                                            \
		 OPT_BOOL,     offsetof(struct root_opts, root_owned),                                       \
		 NULL,         "all files are root's, whoever has them here"},                               \
		{"quiet", 'q', OPT_BOOL, offsetof(struct root_opts, quiet), NULL, "only tell of errors"},    \
	{                                                                                                    \
		"json", 0, OPT_BOOL, offsetof(struct root_opts, json), NULL, "progress as lines of JSON"     \
	}

static const struct opt initrd_opts[] = {
	{"after", 0, OPT_STR, offsetof(struct root_opts, after), "INITRD",
	 "put another one, packed or not, before what is made"},
	COMMON_OPTS,
};
static const struct opt fs_opts[] = {
	{"size", 0, OPT_STR, offsetof(struct root_opts, size), "SIZE",
	 "of the disk, such as 60M or 1G (what fits, and a quarter)"},
	{"fs", 0, OPT_STR, offsetof(struct root_opts, fs), "TYPE", "ext2 (default) or ext4"},
	{"label", 0, OPT_STR, offsetof(struct root_opts, label), "TEXT", "its label, at most 16 bytes"},
	COMMON_OPTS,
};

static int to_root(struct fs_node *n, void *arg, struct err *e)
{
	(void)arg, (void)e;
	n->i->uid = n->i->gid = 0;
	return 0;
}

struct left_out {
	int fd; /* of the directory that is read */
	const char *name;
	struct stat st;
};

/* What an earlier call wrote into the directory that it was made of. */
static bool is_output(const char *path, bool dir, void *arg)
{
	const struct left_out *out = arg;
	const char *slash = strrchr(path, '/');
	struct stat st;

	return !dir && out->name && streq(slash ? slash + 1 : path, out->name) &&
	       fstatat(out->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == out->st.st_ino &&
	       st.st_dev == out->st.st_dev;
}

static int read_dir(struct bunny *b, const struct root_opts *o, const char *from, const char *to,
		    struct fs *fs, struct err *e)
{
	const char *slash = strrchr(to, '/');
	struct left_out out = {.name = slash ? slash + 1 : to};
	const struct fs_dir_options how = {.whole = true,
					   .keep_modes = true,
					   .keep_times = o->keep_times,
					   .mtime = b->epoch,
					   .skip = is_output,
					   .arg = &out};
	int fd = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* stays open: contents are read later */

	if (fd < 0)
		return err_sys(e, "'%s'", from);
	if (lstat(to, &out.st) < 0)
		out.name = NULL;
	out.fd = fd;
	return fs_read_dir(fs, fs->top, fd, from, &how, e);
}

/* A plain tar archive, such as `docker export` writes. */
static int read_tar(const char *from, const struct cache *cache, struct fs *fs, bool *ret_is, struct err *e)
{
	int fd = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* stays open, too */
	unsigned char head[TAR_BLOCK] = {0};
	struct digest packed, unpacked;
	enum packing how;
	struct stat st;
	uint64_t bytes;
	int r = 0;

	if (fd < 0 || fstat(fd, &st) < 0 || pread(fd, head, sizeof(head), 0) < 0)
		return err_sys(e, "'%s'", from);
	bytes = (uint64_t)st.st_size;
	how = packing_of(head, sizeof(head));
	if (how != PACKING_NONE) {
		int out;

		r = cache_scratch(cache, &out, e);
		if (r == 0)
			r = unpack(how, fd, 0, bytes, out, &bytes, &packed, &unpacked, e);
		if (r == 0 && pread(out, head, sizeof(head), 0) < 0)
			r = err_sys(e, "'%s'", from);
		fd = out;
	}
	*ret_is = r == 0 && bytes >= TAR_BLOCK && tar_is_header(head);
	if (*ret_is)
		r = fs_layer_apply(fs, "", fd, 0, bytes, 0, e);
	return r < 0 ? err_wrap(e, "'%s'", from) : 0;
}

static int read_image(struct bunny *b, const char *from, struct fs *fs, struct err *e)
{
	struct source_options so = {0};
	struct sources s = {.a = b->a, .report = &b->report, .o = &so};
	struct platform p = {"linux", host_arch(), NULL};
	struct image im;
	int r = cache_open(b->a, &s.cache, e);

	if (r == 0)
		r = source_image(&s, from, &p, false, &im, e);
	return r == 0 ? source_root(&s, &im, fs, e) : r;
}

static int to_epoch(struct fs_node *n, void *arg, struct err *e)
{
	const int64_t *epoch = arg;

	(void)e;
	if (n->i->mtime > *epoch)
		n->i->mtime = *epoch;
	return 0;
}

static int read_source(struct bunny *b, const struct root_opts *o, const char *from, const char *to,
		       struct fs *fs, struct err *e)
{
	struct cache cache;
	struct locator l;
	struct stat st;
	bool is_tar = false;
	int r = fs_init(fs, b->a, e);

	report_step(&b->report, "reading %s", from);
	if (r == 0)
		r = cache_open(b->a, &cache, e);
	if (r < 0)
		return r;
	if (stat(from, &st) < 0) {
		r = read_image(b, from, fs, e);
		if (r < 0 && (locator_parse(from, b->a, &l, NULL) < 0 || l.kind == LOCATE_NAME))
			return err_wrap(e, "there is no file '%.200s'", from);
	} else if (S_ISDIR(st.st_mode)) {
		r = read_dir(b, o, from, to, fs, e);
	} else {
		r = S_ISREG(st.st_mode) ? read_tar(from, &cache, fs, &is_tar, e) : 0;
		if (r == 0 && !is_tar)
			return err_set(e, EINVAL, "'%s' is neither a directory nor a tar archive in a file",
				       from);
	}
	if (r == 0 && !o->keep_times)
		r = fs_walk(fs, to_epoch, &b->epoch, e);
	if (r == 0 && !o->keep_times)
		to_epoch(fs->top, &b->epoch, e);
	if (r == 0 && o->root_owned) {
		to_root(fs->top, NULL, e);
		r = fs_walk(fs, to_root, NULL, e);
	}
	return r;
}

static int add_first(const char *path, struct rope *rope, struct err *e)
{
	int fd = open(path,
		      O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* stays open until all is written */
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "--after '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "--after '%s': an initrd is wanted, a regular file", path);
	rope_add(rope, piece_fd(fd, 0, (uint64_t)st.st_size));
	cpio_image_follow(rope);
	return 0;
}

static int write_initrd(struct bunny *b, const struct root_opts *o, const struct fs *fs, int fd, struct err *e)
{
	struct rope rope = ROPE(b->a);
	int r = o->after ? add_first(o->after, &rope, e) : 0;

	if (r == 0)
		r = cpio_image_write(fs, &rope, e);
	return r < 0 ? r : rope_write(&rope, &(struct rope_out){fd, NULL, report_bytes, &b->report}, e);
}

static int run_mkinitrd(struct bunny *b, const void *opts, const struct strs *args, struct err *e)
{
	const struct root_opts *o = opts;
	_cleanup_new_file_ struct new_file f = NEW_FILE;
	struct fs fs;
	int r;

	report_begin(&b->report, o->quiet, o->json);
	r = read_source(b, o, args->v[0], args->v[1], &fs, e);
	if (r == 0)
		r = new_file_begin(args->v[1], b->a, &f, e);
	if (r < 0)
		return r;
	report_step(&b->report, "writing %s", args->v[1]);
	r = write_initrd(b, o, &fs, f.fd, e);
	return r == 0 ? new_file_end(&f, b->a, e) : r;
}

static int run_mkfs(struct bunny *b, const void *opts, const struct strs *args, struct err *e)
{
	const struct root_opts *o = opts;
	struct ext_options how = {.label = o->label, .epoch = b->epoch};
	_cleanup_new_file_ struct new_file f = NEW_FILE;
	struct stat st;
	struct fs fs;
	uint64_t bytes;
	int r = size_parse(o->size, "--size", &how.size_bytes, e);

	if (r < 0)
		return r;
	how.ext4 = streq(o->fs, "ext4");
	if (o->fs && !how.ext4 && !streq(o->fs, "ext2"))
		return err_set(e, EINVAL, "--fs %s: ext2 and ext4 are known", o->fs);
	report_begin(&b->report, o->quiet, o->json);
	r = read_source(b, o, args->v[0], args->v[1], &fs, e);
	if (r == 0)
		r = new_file_begin(args->v[1], b->a, &f, e);
	if (r < 0)
		return r;
	if (fstat(f.fd, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_set(e, EINVAL, "cannot write '%s': a file or a block device is wanted for a disk",
			       args->v[1]);
	report_step(&b->report, "writing %s", args->v[1]);
	r = ext_image_write(&fs, &how, f.fd, &bytes, e);
	if (r < 0)
		return r;
	report_bytes(bytes, &b->report);
	return new_file_end(&f, b->a, e);
}

const struct bunny_command cmd_mkinitrd = {
	.name = "mkinitrd",
	.args = "DIR|TAR|IMAGE OUT",
	.summary = "makes an initial RAM file system (newc) of a root",
	.opts = {initrd_opts, sizeof(initrd_opts) / sizeof(initrd_opts[0])},
	.opts_bytes = sizeof(struct root_opts),
	.min_args = 2,
	.max_args = 2,
	.run = run_mkinitrd,
};

const struct bunny_command cmd_mkfs = {
	.name = "mkfs",
	.args = "DIR|TAR|IMAGE OUT",
	.summary = "makes an ext2 or ext4 disk of a root",
	.opts = {fs_opts, sizeof(fs_opts) / sizeof(fs_opts[0])},
	.opts_bytes = sizeof(struct root_opts),
	.min_args = 2,
	.max_args = 2,
	.run = run_mkfs,
};
