/* SPDX-License-Identifier: Apache-2.0 */
/* A layer's archive, put on top of a tree, and written again: what is read once more is the same. */
/* with: common bunny/digest.c bunny/rope.c bunny/rope_write.c bunny/fs.c bunny/fs_find.c bunny/fs_layer.c bunny/tar_read.c bunny/tar_pax.c bunny/tar_write.c bunny/cpio_image.c */
/* link: -l:libcrypto.a */
#include <sys/stat.h>

#include "bunny/cpio_image.h"
#include "bunny/fs_layer.h"
#include "bunny/tar_write.h"
#include "fuzz.h"

static int below_the_top(struct fs_node *n, void *arg, struct err *e)
{
	(void)e;
	FUZZ_HOLDS(n->depth > 0 && n->depth <= FS_DEPTH_MAX && *n->name && !strchr(n->name, '/'));
	FUZZ_HOLDS(strcmp(n->name, "..") != 0 && strcmp(n->name, ".") != 0);
	FUZZ_HOLDS(n->parent && S_ISDIR(n->parent->i->mode) && n->i->nlink > 0);
	if (S_ISREG(n->i->mode))
		FUZZ_HOLDS(n->i->data.n == 0 || n->i->data.at + n->i->data.n <= *(size_t *)arg);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct err e = {0};
	struct rope tar = ROPE(&a), cpio = ROPE(&a);
	struct digest d;
	struct fs fs;

	FUZZ_HOLDS(fs_init(&fs, &a, &e) == 0);
	fs.layer = 1;
	if (fs_layer_apply(&fs, "", fuzz_file(data, size), 0, size, size % 2 ? FS_LAYER_PLAIN : 0, &e) == 0) {
		FUZZ_HOLDS(fs_walk(&fs, below_the_top, &size, &e) == 0);
		FUZZ_HOLDS(tar_write_layer(&fs, &tar, &e) == 0 && tar.bytes % 512 == 0);
		FUZZ_HOLDS(rope_digest(&tar, &d, &e) == 0);
		FUZZ_HOLDS(cpio_image_write(&fs, &cpio, &e) == 0 && cpio.bytes % 512 == 0);
	} else {
		FUZZ_HOLDS(e.code > 0 && e.msg[0]);
	}
	arena_release(&a);
	return 0;
}
