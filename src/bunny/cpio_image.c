/* SPDX-License-Identifier: Apache-2.0 */
/* Tree to newc. Of hard links the first name carries the contents; Linux, GNU cpio and busybox all join the others to it. */
#include "bunny/cpio_image.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cpio.h"

#define ALIGN 512u
#define BEGIN 4u     /* an archive begins at a multiple of this */
#define END_BYTES 4u /* of LZ4's old format: a block of no bytes */

struct cpio_writer {
	struct rope *out;
	uint32_t ino;
};

static int forget(struct fs_node *n, void *arg, struct err *e)
{
	(void)arg, (void)e;
	n->i->number = 0;
	return 0;
}

static int put(struct cpio_writer *w, const char *path, struct fs_inode *i, struct err *e)
{
	bool again = i->number != 0, file = S_ISREG(i->mode), link = S_ISLNK(i->mode);
	struct strbuf head = STRBUF(w->out->a);
	struct cpio_member m = {.name = path, .mode = i->mode, .uid = i->uid, .gid = i->gid};

	if (streq(path, CPIO_TRAILER))
		return err_set(e, EINVAL,
			       "a file with the name '" CPIO_TRAILER
			       "', at which an initrd ends: rename it, or make a disk");
	if (file && i->data.n > UINT32_MAX)
		return err_set(e, EFBIG, "'%.256s' has %llu bytes; in an initrd a file has at most 4294967295",
			       path, (unsigned long long)i->data.n);
	if (!again)
		i->number = ++w->ino;
	m.ino = (uint32_t)i->number;
	m.mtime = i->mtime < 0 ? 0 : i->mtime > UINT32_MAX ? UINT32_MAX : (uint32_t)i->mtime;
	m.nlink = S_ISDIR(i->mode) ? 2 : i->nlink;
	m.major = i->major;
	m.minor = i->minor;
	m.bytes = again ? 0 : file ? (uint32_t)i->data.n : link ? (uint32_t)strlen(i->target) : 0;
	cpio_header(&head, NULL, &m);
	if (head.oom)
		return err_oom(e);
	rope_bytes(w->out, head.p, head.len);
	if (m.bytes && file)
		rope_add(w->out, i->data);
	else if (m.bytes)
		rope_bytes(w->out, i->target, m.bytes);
	rope_align(w->out, 4);
	return rope_done(w->out, e);
}

static int write_node(struct fs_node *n, void *arg, struct err *e)
{
	struct cpio_writer *w = arg;
	const char *path;

	if (S_ISSOCK(n->i->mode))
		return 0;
	path = fs_path(n, w->out->a);
	return path ? put(w, path, n->i, e) : err_oom(e);
}

int cpio_image_write(const struct fs *fs, struct rope *out, struct err *e)
{
	struct cpio_writer w = {.out = out};
	struct strbuf end = STRBUF(out->a);
	int r = fs_walk(fs, forget, NULL, e);

	if (r == 0) {
		fs->top->i->number = 0;
		r = put(&w, ".", fs->top->i, e);
	}
	if (r == 0)
		r = fs_walk(fs, write_node, &w, e);
	if (r < 0)
		return r;
	cpio_trailer(&end);
	if (end.oom)
		return err_oom(e);
	rope_bytes(out, end.p, end.len);
	rope_align(out, ALIGN);
	return rope_done(out, e);
}

/* What is packed by LZ4, as the kernel reads it, has no end: without zeros the archive behind it would be its next block. Other
 * formats do not mind. */
void cpio_image_follow(struct rope *out)
{
	rope_zeros(out, END_BYTES);
	rope_align(out, BEGIN);
}
