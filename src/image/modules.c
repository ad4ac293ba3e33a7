/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel modules as an archive that the guest's kernel unpacks before it starts our init. */
#include "image/modules.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cpio.h"
#include "common/fd.h"
#include "common/io.h"
#include "common/path.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Each becomes a line of the list, where blanks would begin parameters. */
static int check_name(const char *path, struct err *e)
{
	const char *name = base_name(path);

	if (*name && !strpbrk(name, " \t\n#") && strlen(name) < 256)
		return 0;
	return err_set(e, EINVAL, "kernel module '%.256s' of the container root has an unusable name", path);
}

static int add_module(int root_fd, const char *path, struct strbuf *out, uint32_t *ino, struct err *e)
{
	const struct rpath where = {.rootfd = root_fd, .path = path};
	_cleanup_fd_ int fd = -1;
	struct bytes data = {0};
	struct stat st;
	int r = check_name(path, e);

	if (r == 0)
		r = rpath_open_regular(&where, &fd, &st, e);
	if (r == 0)
		r = read_all(fd, MODULES_MAX_BYTES - out->len, out->a, &data, path, e);
	if (r == -EFBIG)
		return err_set(e, E2BIG, "the kernel modules that the guest needs are larger than %u bytes",
			       MODULES_MAX_BYTES);
	if (r < 0)
		return r;
	path = arena_printf(out->a, MODULES_DIR "/%s", base_name(path));
	if (!path)
		return err_oom(e);
	cpio_add(out, ino, path, S_IFREG | 0400, 0, 0, data.p, data.n);
	return 0;
}

int modules_pack(int root_fd, const struct strs *files, int out_fd, struct arena *a, struct err *e)
{
	struct strbuf out = STRBUF(a), list = STRBUF(a);
	uint32_t ino = 0;
	int r = 0;

	cpio_add(&out, &ino, MODULES_DIR, S_IFDIR | 0755, 0, 0, NULL, 0);
	for (size_t i = 0; r == 0 && i < files->n; i++) {
		r = add_module(root_fd, files->v[i], &out, &ino, e);
		sb_addf(&list, "/" MODULES_DIR "/%s\n", base_name(files->v[i]));
	}
	if (r < 0)
		return r;
	cpio_add(&out, &ino, MODULES_LIST, S_IFREG | 0400, 0, 0, list.p, list.len);
	cpio_trailer(&out);
	if (out.oom || list.oom)
		return err_oom(e);
	r = write_all(out_fd, out.p, out.len);
	return r < 0 ? err_set(e, -r, "cannot write the guest's kernel modules: %s", strerror(-r)) : 0;
}
