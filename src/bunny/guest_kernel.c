/* SPDX-License-Identifier: Apache-2.0 */
/* Finding a kernel, and what of its modules a guest has to load. */
#include "bunny/guest_kernel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bunny/debian_kernel.h"
#include "bunny/gather.h"
#include "common/fd.h"
#include "common/io.h"
#include "common/moddep.h"
#include "common/path.h"

#define KERNEL_MAX_BYTES (256u << 20)
#define MODULE_MAX_BYTES (64u << 20)
#define LIST_MAX_BYTES (8u << 20)
#define MODULES_MAX 256

/* What a guest may need: its devices, its network, its root, volumes and shares. crc32c is what ext4 asks the kernel's crypto
 * for by name, so no dependency tells of it. */
static const char *const wanted[] =
	{"crc32c_generic", "virtio_mmio",  "virtio_pci", "virtio_console", "virtio_net",
	 "virtio_blk",     "virtio_rng",   "ext4",       "erofs",          "overlay",
	 "virtiofs",       "9pnet_virtio", "9p"};

struct finder {
	int modules; /* the directory */
	struct arena *a;
	struct guest_kernel *k;
	struct bytes dep;
	struct err *e;
};

static int add_file(struct finder *f, const char *path, size_t n)
{
	struct guest_kernel *k = f->k;
	struct kernel_module_file *m;
	int r;

	for (size_t i = 0; i < k->nmodules; i++) {
		if (strlen(k->modules[i].path) == n && memcmp(k->modules[i].path, path, n) == 0)
			return 0;
	}
	if (k->nmodules == MODULES_MAX)
		return err_set(f->e, E2BIG, "a guest would need more than %d modules", MODULES_MAX);
	m = &k->modules[k->nmodules];
	m->path = arena_strndup(f->a, path, n);
	if (!m->path)
		return err_oom(f->e);
	r = file_read(f->modules, m->path, MODULE_MAX_BYTES, f->a, &m->bytes, f->e);
	if (r == 0)
		k->nmodules++;
	return r;
}

static int add_module(struct finder *f, const char *name)
{
	size_t n, bytes;
	const char *line = moddep_find(f->dep, name, &n), *colon = line ? memchr(line, ':', n) : NULL, *end,
		   *w;

	if (!colon)
		return 0; /* the kernel has it inside, or not at all */
	end = line + n;
	while ((w = moddep_next(colon + 1, &end, &bytes)) != NULL) {
		int r = add_file(f, w, bytes);

		if (r < 0)
			return r;
	}
	return add_file(f, line, (size_t)(colon - line));
}

/* The list that goes with them names these modules only: what is listed is expected to be there. */
static int write_dep(struct finder *f)
{
	struct strbuf out = STRBUF(f->a);
	const char *text;

	for (size_t i = 0; i < f->k->nmodules; i++) {
		const char *path = f->k->modules[i].path, *at = f->dep.p, *found = NULL;
		size_t n = strlen(path);

		while (!found && (at = strstr(at, path)) != NULL) {
			if ((at == f->dep.p || at[-1] == '\n') && at[n] == ':')
				found = at;
			at += n;
		}
		if (found) {
			sb_addn(&out, found, strcspn(found, "\n"));
			sb_addc(&out, '\n');
		}
	}
	if (sb_done(&out, &text, f->e) < 0)
		return -ENOMEM;
	f->k->dep = (struct bytes){text, strlen(text)};
	return 0;
}

static int read_modules(const char *dir, struct arena *a, struct guest_kernel *k, struct err *e)
{
	_cleanup_fd_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct finder f = {fd, a, k, {"", 0}, e};
	int r;

	if (fd < 0)
		return err_sys(e, "'%s'", dir);
	k->modules = arena_array(a, MODULES_MAX, sizeof(*k->modules));
	if (!k->modules)
		return err_oom(e);
	r = file_read(fd, "modules.dep", LIST_MAX_BYTES, a, &f.dep, e);
	if (r == 0 && file_read(fd, "modules.builtin", LIST_MAX_BYTES, a, &k->builtin, NULL) < 0)
		k->builtin = (struct bytes){"", 0};
	for (size_t i = 0; r == 0 && i < sizeof(wanted) / sizeof(wanted[0]); i++)
		r = add_module(&f, wanted[i]);
	return r < 0 ? err_wrap(e, "modules in '%s'", dir) : write_dep(&f);
}

/* --- the kernel --- */

static bool is_dir(const char *path)
{
	struct stat st;

	return path && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static const char *modules_of(const char *file, const char *release, struct arena *a)
{
	const char *slash = strrchr(file, '/'), *beside, *host;

	beside = arena_printf(a, "%.*smodules", slash ? (int)(slash + 1 - file) : 0, file);
	if (is_dir(beside))
		return beside;
	host = release ? arena_printf(a, "/lib/modules/%s", release) : NULL;
	return is_dir(host) ? host : NULL;
}

static int read_kernel(const char *file, const char *modules, struct arena *a, struct guest_kernel *k,
		       struct err *e)
{
	char release[KERNEL_RELEASE_BYTES];
	_cleanup_fd_ int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int r;

	if (fd < 0)
		return err_sys(e, "kernel '%s'", file);
	if (kernel_release(fd, release) && !(k->release = arena_strdup(a, release)))
		return err_oom(e);
	r = read_all(fd, KERNEL_MAX_BYTES, a, &k->bytes, file, e);
	if (r < 0)
		return r;
	k->where = file;
	if (!modules)
		modules = modules_of(file, k->release, a);
	if (!modules)
		return 0;
	if (!k->release) {
		/* Only x86's say which they are; the directory's own name does, too. */
		char *real = realpath(modules, NULL);

		k->release = real ? arena_strdup(a, strrchr(real, '/') + 1) : modules;
		free(real);
		if (!k->release)
			return err_oom(e);
	}
	return read_modules(modules, a, k, e);
}

/* The newest in /boot, by the order of its name; a cloud kernel before any other. */
static const char *newest(struct arena *a)
{
	DIR *d = opendir("/boot");
	const struct dirent *ent;
	const char *best = NULL;

	while (d && (ent = readdir(d)) != NULL) {
		bool cloud = strstr(ent->d_name, "-cloud-"), best_cloud = best && strstr(best, "-cloud-");

		if (!str_starts(ent->d_name, "vmlinuz-") ||
		    access(arena_printf(a, "/boot/%s", ent->d_name), R_OK) < 0)
			continue;
		if (!best || cloud > best_cloud || (cloud == best_cloud && strverscmp(ent->d_name, best) > 0))
			best = arena_strdup(a, ent->d_name);
	}
	if (d)
		closedir(d);
	return best ? arena_printf(a, "/boot/%s", best) : NULL;
}

int guest_kernel_find(const char *what, const char *modules, const char *arch, const struct sources *s,
		      struct guest_kernel *ret, struct err *e)
{
	struct arena *a = s->a;
	struct guest_kernel k = {0};
	int r = 0;

	if (!what && streq(arch, host_arch()))
		what = newest(a);
	if (!what)
		r = debian_kernel_fetch(arch, s, &what, e);
	if (r == 0 && is_dir(what)) {
		what = arena_printf(a, "%s/vmlinuz", what);
		r = what ? 0 : err_oom(e);
	}
	if (r == 0)
		r = read_kernel(what, modules, a, &k, e);
	if (r == 0)
		*ret = k;
	return r;
}
