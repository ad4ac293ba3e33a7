/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of a tar archive. */
#include "bunny/tar_write.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bunny/tar_read.h"
#include "common/str.h"

#define NAME_BYTES 100
#define PREFIX_BYTES 155
#define OCTAL_MAX_7 07777777u
#define OCTAL_MAX_11 077777777777ull

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == TAR_BLOCK, "a header is one block");

static void octal(char *to, size_t n, uint64_t v)
{
	to[n - 1] = '\0';
	for (size_t i = n - 1; i-- > 0; v >>= 3)
		to[i] = (char)('0' + (v & 7));
}

static void fill_text(char *to, size_t most, const char *s, size_t n)
{
	memcpy(to, s, n < most ? n : most);
}

/* Where a path can be cut into prefix and name; NULL if nowhere. */
static const char *cut(const char *path, size_t n)
{
	if (n <= NAME_BYTES)
		return path;
	for (size_t i = n < PREFIX_BYTES + 1 ? n - 1 : PREFIX_BYTES; i > 0; i--) {
		if (path[i] == '/' && n - i - 1 <= NAME_BYTES && i + 1 < n)
			return path + i + 1;
	}
	return NULL;
}

static void checksum(struct header *h)
{
	const unsigned char *p = (const unsigned char *)h;
	unsigned sum = 0;

	memset(h->sum, ' ', sizeof(h->sum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += p[i];
	snprintf(h->sum, sizeof(h->sum), "%06o", sum & 0777777);
	h->sum[7] = ' ';
}

static void put_header(struct rope *out, struct header *h)
{
	void *p;

	checksum(h);
	p = arena_memdup(out->a, h, sizeof(*h));
	if (!p)
		out->oom = true;
	else
		rope_bytes(out, p, sizeof(*h));
}

static void begin(struct header *h, const struct fs_inode *i, char type)
{
	memset(h, 0, sizeof(*h));
	octal(h->mode, sizeof(h->mode), i->mode & 07777);
	octal(h->uid, sizeof(h->uid), i->uid <= OCTAL_MAX_7 ? i->uid : 0);
	octal(h->gid, sizeof(h->gid), i->gid <= OCTAL_MAX_7 ? i->gid : 0);
	octal(h->mtime, sizeof(h->mtime), i->mtime < 0 ? 0 : (uint64_t)i->mtime & OCTAL_MAX_11);
	octal(h->size, sizeof(h->size), 0);
	h->type = type;
	memcpy(h->magic, "ustar", 6);
	memcpy(h->version, "00", 2);
	if (type == '3' || type == '4') {
		octal(h->major, sizeof(h->major), i->major);
		octal(h->minor, sizeof(h->minor), i->minor);
	}
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts itself. */
static void record(struct strbuf *b, const char *key, const void *value, size_t n)
{
	size_t rest = strlen(key) + n + 3, length = rest + 1;
	char digits[24];

	while (rest + (size_t)snprintf(digits, sizeof(digits), "%zu", length) != length)
		length = rest + strlen(digits);
	sb_addf(b, "%s %s=", digits, key);
	sb_addn(b, value, n);
	sb_addc(b, '\n');
}

static void record_number(struct strbuf *b, const char *key, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)v);
	record(b, key, text, strlen(text));
}

static void records(struct strbuf *b, const char *path, const char *link, const struct fs_inode *i,
		    uint64_t size)
{
	if (!cut(path, strlen(path)))
		record(b, "path", path, strlen(path));
	if (strlen(link) > NAME_BYTES)
		record(b, "linkpath", link, strlen(link));
	if (size > OCTAL_MAX_11)
		record_number(b, "size", size);
	if (i->uid > OCTAL_MAX_7)
		record_number(b, "uid", i->uid);
	if (i->gid > OCTAL_MAX_7)
		record_number(b, "gid", i->gid);
	for (size_t k = 0; k < i->nxattrs; k++) {
		const char *key = arena_printf(b->a, "SCHILY.xattr.%s", i->xattrs[k].name);

		if (!key)
			b->oom = true;
		else
			record(b, key, i->xattrs[k].value, i->xattrs[k].n);
	}
}

static void put_extended(struct rope *out, struct strbuf *b)
{
	const struct fs_inode like = {.mode = 0644};
	struct header h;

	if (b->oom)
		out->oom = true;
	if (b->len == 0 || out->oom)
		return;
	begin(&h, &like, 'x');
	fill_text(h.name, NAME_BYTES, "pax", 3);
	octal(h.size, sizeof(h.size), b->len);
	put_header(out, &h);
	rope_bytes(out, b->p, b->len);
	rope_align(out, TAR_BLOCK);
}

static void put_member(struct rope *out, const char *path, const char *link, const struct fs_inode *i,
		       char type)
{
	uint64_t size = type == '0' ? i->data.n : 0;
	struct strbuf b = STRBUF(out->a);
	const char *name = cut(path, strlen(path));
	struct header h;

	records(&b, path, link, i, size);
	put_extended(out, &b);
	begin(&h, i, type);
	if (!name)
		fill_text(h.name, NAME_BYTES, path, strlen(path));
	else
		fill_text(h.name, NAME_BYTES, name, strlen(name));
	if (name && name != path)
		fill_text(h.prefix, PREFIX_BYTES, path, (size_t)(name - path - 1));
	fill_text(h.link, NAME_BYTES, link, strlen(link));
	octal(h.size, sizeof(h.size), size <= OCTAL_MAX_11 ? size : 0);
	put_header(out, &h);
	if (size) {
		rope_add(out, i->data);
		rope_align(out, TAR_BLOCK);
	}
}

static const char *with_slash(struct rope *out, const char *path)
{
	const char *s = arena_printf(out->a, "%s/", path);

	if (!s)
		out->oom = true;
	return s ? s : "";
}

void tar_add(struct rope *out, const char *path, uint32_t mode, int64_t mtime, struct piece data)
{
	const struct fs_inode i = {.mode = mode, .mtime = mtime, .data = data};
	bool dir = S_ISDIR(mode);

	put_member(out, dir ? with_slash(out, path) : path, "", &i, dir ? '5' : '0');
}

void tar_end(struct rope *out)
{
	rope_zeros(out, 2 * TAR_BLOCK);
}

/* --- a layer --- */

struct layer_writer {
	const struct fs *fs;
	struct rope *out;
	const char **first; /* path of the first name of the inode with this number */
	size_t n, cap;
};

static int forget(struct fs_node *n, void *arg, struct err *e)
{
	(void)arg, (void)e;
	n->i->number = 0;
	return 0;
}

static bool remember(struct layer_writer *w, struct fs_inode *i, const char *path)
{
	const char **v = arena_room(w->out->a, w->first, w->n, &w->cap, 64, sizeof(*v));

	if (!v)
		return false;
	w->first = v;
	w->first[w->n++] = path;
	i->number = w->n;
	return true;
}

static int write_node(struct fs_node *n, void *arg, struct err *e)
{
	struct layer_writer *w = arg;
	struct fs_inode *i = n->i;
	const char *path;

	if (n->layer != w->fs->layer)
		return 0;
	path = fs_path(n, w->out->a);
	if (!path)
		return err_oom(e);
	if (i->number) {
		put_member(w->out, path, w->first[i->number - 1], i, '1');
		return 0;
	}
	if (i->nlink > 1 && !S_ISDIR(i->mode) && !remember(w, i, path))
		return err_oom(e);
	switch (i->mode & S_IFMT) {
	case S_IFDIR:
		put_member(w->out, with_slash(w->out, path), "", i, '5');
		return 0;
	case S_IFLNK:
		put_member(w->out, path, i->target, i, '2');
		return 0;
	case S_IFCHR:
		put_member(w->out, path, "", i, '3');
		return 0;
	case S_IFBLK:
		put_member(w->out, path, "", i, '4');
		return 0;
	case S_IFIFO:
		put_member(w->out, path, "", i, '6');
		return 0;
	case S_IFREG:
		put_member(w->out, path, "", i, '0');
		return 0;
	default:
		return 0; /* a socket means nothing without who listens at it */
	}
}

int tar_write_layer(const struct fs *fs, struct rope *out, struct err *e)
{
	struct layer_writer w = {.fs = fs, .out = out};
	int r = fs_walk(fs, forget, NULL, e);

	if (r == 0)
		r = fs_walk(fs, write_node, &w, e);
	if (r < 0)
		return r;
	tar_end(out);
	return rope_done(out, e);
}
