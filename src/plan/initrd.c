/* SPDX-License-Identifier: Apache-2.0 */
/* The archive that is appended to a guest's initrd. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cpio.h"
#include "plan/internal.h"

/* newc: six bytes of magic, then numbers of eight hex digits; the size is the seventh. */
#define NEWC_SIZE_AT (6 + 6 * 8)

static int check_member(const struct guest_file *g, struct err *e)
{
	const char *s = g->path;

	for (;;) {
		s += strspn(s, "/");
		size_t n = strcspn(s, "/");

		if (n == 0)
			return 0;
		if (n == 2 && s[0] == '.' && s[1] == '.')
			return err_set(e, EINVAL, "file '%.128s' for the guest has '..' in its path", g->path);
		s += n;
	}
}

static void put_header(struct strbuf *out, uint32_t *ino, const struct guest_file *g)
{
	size_t at = out->len;
	char hex[9];

	cpio_add(out, ino, g->path + strspn(g->path, "/"), S_IFREG | g->mode, 0, 0, NULL, 0);
	if (out->oom)
		return;
	for (int i = 0; i < 8; i++)
		hex[i] = "0123456789abcdef"[(g->host_bytes >> (28 - 4 * i)) & 15];
	memcpy(out->p + at + NEWC_SIZE_AT, hex, 8);
}

/* Behind an image's own initrd nobody would find it. */
static int fill_raw(const struct launch_plan *p, struct box_op *op, struct err *e)
{
	if (p->vm.files.n != 1 || op->src != NULL)
		return err_set(e, EINVAL,
			       "a guest whose configuration is its initrd cannot have another one, or files");
	op->data = p->vm.files.v[0].data;
	op->tail = (struct bytes){0};
	op->host_src = NULL;
	op->host_bytes = 0;
	return 0;
}

int initrd_fill(const struct launch_plan *p, struct arena *a, struct box_op *op, struct err *e)
{
	struct strbuf head = STRBUF(a), tail = STRBUF(a);
	const struct guest_file *from_host = NULL;
	uint32_t ino = 0;

	if (p->vm.files.n > 0 && streq(p->vm.files.v[0].path, GUEST_FILE_RAW))
		return fill_raw(p, op, e);
	for (size_t i = 0; i < p->vm.files.n; i++) {
		const struct guest_file *g = &p->vm.files.v[i];
		int r = check_member(g, e);

		if (r < 0)
			return r;
		if (g->host_path == NULL) {
			cpio_add(&head, &ino, g->path + strspn(g->path, "/"),
				 S_ISDIR(g->mode) ? g->mode : S_IFREG | g->mode, 0, 0, g->data.p, g->data.n);
		} else if (from_host == NULL && g->host_bytes <= UINT32_MAX) {
			from_host = g;
		} else {
			return err_set(e, EINVAL,
				       "the initrd can take only one file of the host, below 4 GiB, not '%s' too",
				       g->host_path);
		}
	}
	if (p->app.init == INIT_URUNIT && op->adds.n > 0)
		cpio_add(&head, &ino, INITRD_CARRIED_DIR, S_IFDIR | 0700, 0, 0, NULL, 0);
	if (from_host != NULL)
		put_header(&head, &ino, from_host);
	cpio_trailer(from_host != NULL || op->adds.n > 0 ? &tail : &head);
	if (head.oom || tail.oom)
		return err_oom(e);
	op->data = (struct bytes){head.p, head.len};
	op->tail = (struct bytes){tail.p, tail.len};
	op->host_src = from_host != NULL ? from_host->host_path : NULL;
	op->host_bytes = from_host != NULL ? from_host->host_bytes : 0;
	return 0;
}

uint64_t initrd_added_bytes(const struct box_op *op)
{
	uint64_t n = op->data.n + op->host_bytes + op->tail.n + 8; /* at most twice three bytes of padding */

	for (size_t i = 0; i < op->adds.n; i++)
		n += op->adds.v[i].max_bytes;
	return n;
}
