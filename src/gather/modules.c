/* SPDX-License-Identifier: Apache-2.0 */
/* The modules of the guest's kernel, as the container root has them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "common/moddep.h"
#include "gather/parts.h"
#include "guests/guest.h"

#define MODULES "/lib/modules"
#define LIST_MAX_BYTES (8u << 20)
/* Real ones have 10 and 40. Each is a file that is opened, and a word of urunc-image's. */
#define MODULE_MAX_NEEDS 64
#define MAX_NEEDS 256

/* All that a guest of ours may need for its devices and its root. crc32c is what ext4 and erofs ask the kernel's crypto
 * for by name, so no dependency tells of it. */
static const char *const wanted[] = {
	"crc32c_generic", "virtio_mmio",  "virtio_pci", "virtio_console", "virtio_blk", "erofs",      "ext4",
	"overlay",        "9pnet_virtio", "9p",         "virtiofs",       "virtio_net", "virtio_rng",
};
#define NWANTED (sizeof wanted / sizeof wanted[0])

/* --- which kernel it is --- */

/* An x86 kernel says so itself. */
static const char *release_in_kernel(int rootfd, const char *kernel, struct arena *a)
{
	const struct rpath where = {rootfd, kernel};
	_cleanup_fd_ int fd = -1;
	char text[KERNEL_RELEASE_BYTES];
	struct stat st;

	if (rpath_open_regular(&where, &fd, &st, NULL) < 0 || !kernel_release(fd, text))
		return NULL;
	return arena_strdup(a, text);
}

/* Others do not; but where there are modules of one kernel only it must be this one. */
static const char *only_release(int rootfd, struct arena *a)
{
	const struct rpath where = {rootfd, MODULES};
	const char *found = NULL;
	size_t n = 0;
	struct dirent *ent;
	DIR *d;
	int fd = -1;

	if (rpath_open(&where, O_RDONLY | O_DIRECTORY | O_NONBLOCK, &fd, NULL) < 0)
		return NULL;
	d = fdopendir(fd);
	if (!d) {
		fd_close(&fd);
		return NULL;
	}
	while ((ent = readdir(d)))
		if (kernel_release_good(ent->d_name) && n++ == 0)
			found = arena_strdup(a, ent->d_name);
	closedir(d);
	return n == 1 ? found : NULL;
}

/* --- its modules --- */

struct search {
	int rootfd;
	const char *dir; /* "/lib/modules/6.1.0" */
	size_t *needs;   /* of all modules, so far */
	struct arena *a;
	struct err *e;
};

static int read_list(const struct search *s, const char *name, struct bytes *ret)
{
	const struct rpath where = {s->rootfd, arena_printf(s->a, "%s/%s", s->dir, name)};
	_cleanup_fd_ int fd = -1;
	struct stat st;
	int r;

	if (!where.path)
		return err_oom(s->e);
	r = rpath_open_regular(&where, &fd, &st, NULL);
	return r < 0 ? r : read_all(fd, LIST_MAX_BYTES, s->a, ret, where.path, s->e);
}

static int add_file(const struct search *s, const char *name, size_t n, struct kernel_module *m,
		    const char **ret)
{
	const struct rpath where = {s->rootfd, arena_printf(s->a, "%s/%.*s", s->dir, (int)n, name)};
	_cleanup_fd_ int fd = -1;
	struct stat st;
	int r;

	if (!where.path)
		return err_oom(s->e);
	r = rpath_open_regular(&where, &fd, &st, s->e);
	if (r < 0)
		return r;
	m->bytes += (uint64_t)st.st_size;
	*ret = where.path;
	return 0;
}

/* Of "path: b a" first a is loaded, then b, then path. */
static int add_needs(const struct search *s, const char *words, const char *end, struct kernel_module *m)
{
	struct strv needs = STRV(s->a);
	const char *path, *w;
	size_t n = 0, bytes;
	int r;

	while ((w = moddep_next(words, &end, &bytes)) != NULL) {
		if (n++ == MODULE_MAX_NEEDS || (*s->needs)++ == MAX_NEEDS)
			return err_set(s->e, E2BIG,
				       "'%.256s/modules.dep' has '%s' need more other modules than allowed (%d for one, "
				       "%d for all that the guest loads)",
				       s->dir, m->name, MODULE_MAX_NEEDS, MAX_NEEDS);
		r = add_file(s, w, bytes, m, &path);
		if (r < 0)
			return r;
		strv_add(&needs, path);
	}
	return strv_done(&needs, &m->needs, s->e);
}

static int fill_module(const struct search *s, struct bytes dep, struct bytes builtin, struct kernel_module *m)
{
	size_t n = 0;
	const char *line = moddep_find(builtin, m->name, &n), *colon;

	m->builtin = line != NULL;
	line = line ? NULL : moddep_find(dep, m->name, &n);
	colon = line ? memchr(line, ':', n) : NULL;
	if (!colon)
		return 0;
	int r = add_file(s, line, (size_t)(colon - line), m, &m->path);

	return r == 0 ? add_needs(s, colon + 1, line + n, m) : r;
}

int gather_modules(int rootfd, struct facts *f, const struct plan_wants *w, struct arena *a, struct err *e)
{
	struct module_facts *ret = &f->modules;
	size_t needs = 0;
	struct search s = {.rootfd = rootfd, .needs = &needs, .a = a, .e = e};
	struct bytes dep, builtin = {"", 0};
	int r = 0;

	if (rootfd < 0 || !w->guest || !w->guest->urunit || w->meta.initrd || !w->meta.binary)
		return 0;
	ret->release = release_in_kernel(rootfd, w->meta.binary, a);
	if (!ret->release)
		ret->release = only_release(rootfd, a);
	s.dir = ret->release ? arena_printf(a, MODULES "/%s", ret->release) : NULL;
	/* A kernel without modules, or whose modules nobody put there, is expected to do without. */
	if (!s.dir || read_list(&s, "modules.dep", &dep) < 0)
		return 0;
	if (read_list(&s, "modules.builtin", &builtin) < 0)
		builtin = (struct bytes){"", 0};
	ret->list.v = arena_array(a, NWANTED, sizeof *ret->list.v);
	if (!ret->list.v)
		return err_oom(e);
	for (size_t i = 0; r == 0 && i < NWANTED; i++) {
		struct kernel_module *m = &ret->list.v[ret->list.n++];

		m->name = wanted[i];
		r = fill_module(&s, dep, builtin, m);
	}
	ret->known = r == 0;
	return r < 0 ? err_wrap(e, "kernel modules of the container root") : 0;
}
