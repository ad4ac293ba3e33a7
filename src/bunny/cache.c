/* SPDX-License-Identifier: Apache-2.0 */
/* Files by their digest, and files without a name. */
#include "bunny/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bunny/unpack.h"
#include "common/fd.h"
#include "common/path.h"

#define LAYERS "layers"

static const char *place(struct arena *a)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (xdg && *xdg == '/')
		return arena_printf(a, "%s/bunny", xdg);
	if (home && *home == '/' && home[1])
		return arena_printf(a, "%s/.cache/bunny", home);
	return "/var/cache/bunny";
}

int cache_open(struct arena *a, struct cache *ret, struct err *e)
{
	struct cache c = {.path = place(a), .fd = -1};

	if (!c.path)
		return err_oom(e);
	if (path_mkdirs(c.path, 0700, NULL) == 0)
		c.fd = open(c.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c.fd < 0)
		c.path = NULL;
	else
		(void)!mkdirat(c.fd, LAYERS, 0700);
	*ret = c;
	return 0;
}

int cache_scratch(const struct cache *c, int *ret_fd, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	int fd = c->fd >= 0 ? openat(c->fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;
	char name[4096];

	if (fd < 0)
		fd = open(tmp && *tmp ? tmp : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) {
		/* A file system without nameless files: one whose name goes at once. */
		snprintf(name, sizeof(name), "%s/bunny.XXXXXX", tmp && *tmp ? tmp : "/tmp");
		fd = mkostemp(name, O_CLOEXEC);
		if (fd >= 0)
			unlink(name);
	}
	if (fd < 0)
		return err_sys(e, "cannot make a temporary file (TMPDIR says where)");
	*ret_fd = fd;
	return 0;
}

static int check(const struct piece *p, const struct digest *want, struct arena *a, struct err *e)
{
	struct rope one = ROPE(a);
	struct digest is;
	int r;

	rope_add(&one, *p);
	r = rope_digest(&one, &is, e);
	if (r == 0 && !digest_eq(&is, want))
		return err_set(e, EBADMSG,
			       "a layer is damaged: its bytes have another digest than its config says");
	return r;
}

/* True if the cache has it, whole. */
static bool find(const struct cache *c, const char *name, struct image_layer *l, struct arena *a)
{
	int fd = c->fd >= 0 ? openat(c->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
	struct stat st;
	struct piece p;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		p = piece_fd(fd, 0, (uint64_t)st.st_size);
		if (check(&p, &l->diff_id, a, NULL) == 0) {
			l->tar = p;
			return true;
		}
	}
	close(fd);
	unlinkat(c->fd, name, 0);
	return false;
}

static void keep(const struct cache *c, int fd, const char *name)
{
	char from[32];

	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	/* Somebody else may have been faster; and without a cache it is only done again. */
	if (c->fd >= 0)
		(void)!linkat(AT_FDCWD, from, c->fd, name, AT_SYMLINK_FOLLOW);
}

static int unpack_layer(const struct cache *c, const char *name, enum packing how, struct image_layer *l,
			struct err *e)
{
	_cleanup_fd_ int fd = -1;
	struct digest packed, unpacked;
	uint64_t bytes;
	int r = cache_scratch(c, &fd, e);

	if (r == 0)
		r = unpack(how, l->data.fd, l->data.at, l->data.n, fd, &bytes, &packed, &unpacked, e);
	if (r < 0)
		return r;
	if (!digest_eq(&packed, &l->digest) || !digest_eq(&unpacked, &l->diff_id))
		return err_set(e, EBADMSG,
			       "a layer is damaged: its bytes have another digest than its config says");
	keep(c, fd, name);
	l->tar = piece_fd(fd_steal(&fd), 0, bytes);
	return 0;
}

int cache_unpack(const struct cache *c, struct image_layer *l, struct arena *a, struct err *e)
{
	char hex[DIGEST_HEX_BYTES], name[DIGEST_HEX_BYTES + 16];
	struct piece head = l->data;
	enum packing how;
	struct bytes first;
	int r;

	if (l->tar.kind == PIECE_FD)
		return 0;
	head.n = head.n < 6 ? head.n : 6;
	r = piece_read(&head, 6, a, &first, e);
	if (r < 0)
		return r;
	how = packing_of(first.p, first.n);
	if (how == PACKING_NONE) {
		r = check(&l->data, &l->diff_id, a, e);
		if (r == 0)
			l->tar = l->data;
		return r;
	}
	digest_hex(&l->diff_id, hex);
	snprintf(name, sizeof(name), LAYERS "/%s", hex);
	return find(c, name, l, a) ? 0 : unpack_layer(c, name, how, l, e);
}
