/* SPDX-License-Identifier: Apache-2.0 */
/* The search of ld.so(8), done ahead of the loader: DT_RPATH, DT_RUNPATH, the cache, the default directories. */
#include "gather/closure.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/fd.h"
#include "common/io.h"
#include "common/path.h"
#include "gather/dynamic.h"
#include "machine/machine.h"

#if defined(__x86_64__)
#define HOST_MACHINE EM_X86_64
#define HOST_DIRS "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu"
#else
#define HOST_MACHINE EM_AARCH64
#define HOST_DIRS "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu"
#endif

/* Where loaders look last: what the cache does not tell. */
static const char *const glibc_dirs[] = {HOST_DIRS, "/lib64", "/usr/lib64", "/lib", "/usr/lib", NULL};
static const char *const musl_dirs[] = {"/lib", "/usr/local/lib", "/usr/lib", NULL};

/* Something whose libraries are to be found. */
struct closure_object {
	struct closure_object *next;
	const struct closure_object *parent; /* who needed it: its DT_RPATH counts as well */
	const char *host_dir, *box_dir;      /* $ORIGIN here and there; they differ below the program's */
	struct elf_dynamic dyn;
};

static int open_elf(const char *path, struct elf_file *ret)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int r;

	if (fd < 0)
		return -errno;
	r = elf_read(fd, ret);
	return r < 0 ? r : fd_steal(&fd);
}

static const char *dir_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path));
}

static int enqueue(struct closure *c, const struct closure_object *parent, const struct elf_file *f,
		   const char *host_dir, const char *box_dir, struct err *e)
{
	struct closure_object *o = arena_alloc(c->a, sizeof *o);
	int r;

	if (!o || !host_dir || !box_dir)
		return err_oom(e);
	*o = (struct closure_object){.parent = parent, .host_dir = host_dir, .box_dir = box_dir};
	r = elf_dynamic_read(f, c->a, &o->dyn);
	if (r < 0)
		return err_set(e, -r, "has a broken dynamic section");
	if (c->last)
		c->last->next = o;
	else
		c->first = o;
	c->last = o;
	if (!c->program)
		c->program = o;
	return 0;
}

/* Is there a library for this machine? 1: listed, and its own libraries are to be looked for. 0: no. */
static int try_file(struct closure *c, const struct closure_object *by, const char *host, const char *box,
		    struct err *e)
{
	_cleanup_fd_ int fd = -1;
	struct elf_file f = {0};
	int r;

	fd = host && box ? open_elf(host, &f) : -ENOMEM;
	if (fd == -ENOMEM)
		return err_oom(e);
	/* The loader goes on searching, too, when a file is for another machine. */
	if (fd < 0 || f.machine != c->machine || f.is64 != c->is64)
		return 0;
	r = file_list_add(c->files, fd, host, box, false, c->a, e);
	if (r < 0)
		return r;
	r = enqueue(c, by, &f, dir_of(c->a, host), dir_of(c->a, box), NULL);
	if (r == -ENOMEM)
		return err_oom(e);
	return r < 0 ? err_set(e, -r, "needs library '%s', which has a broken dynamic section", host) : 1;
}

/* "$ORIGIN/../lib" with dir for $ORIGIN. NULL when out of memory or when another variable is in it. */
static const char *expand(struct arena *a, const char *p, size_t n, const char *dir)
{
	struct strbuf b = STRBUF(a);
	const char *text;

	while (n) {
		size_t skip = n >= 7 && memcmp(p, "$ORIGIN", 7) == 0     ? 7
			      : n >= 9 && memcmp(p, "${ORIGIN}", 9) == 0 ? 9
									 : 0;

		if (skip)
			sb_add(&b, dir);
		else if (*p == '$')
			return NULL;
		else
			sb_addc(&b, *p);
		p += skip ? skip : 1;
		n -= skip ? skip : 1;
	}
	return sb_done(&b, &text, NULL) == 0 ? text : NULL;
}

/* Walks one DT_RPATH or DT_RUNPATH of object o. */
static int search_list(struct closure *c, const struct closure_object *o, const struct closure_object *by,
		       const char *list, const char *name, struct err *e)
{
	while (list && *list) {
		size_t n = strcspn(list, ":");
		const char *host = expand(c->a, list, n, o->host_dir),
			   *box = expand(c->a, list, n, o->box_dir);
		int r;

		list += n;
		list += *list == ':';
		/* A relative entry would depend on the working directory. */
		if (!host || !box || host[0] != '/' || box[0] != '/')
			continue;
		box = arena_printf(c->a, "%s/%s", box, name);
		r = try_file(c, by, arena_printf(c->a, "%s/%s", host, name),
			     box ? path_join_clean(c->a, "/", box) : NULL, e);
		if (r != 0)
			return r;
	}
	return 0;
}

/* DT_RPATH of the object and of those that led to it, up to one that has DT_RUNPATH itself; then its DT_RUNPATH. */
static int search_run_paths(struct closure *c, const struct closure_object *by, const char *name,
			    struct err *e)
{
	int r = 0;

	if (by->dyn.runpath)
		return search_list(c, by, by, by->dyn.runpath, name, e);
	for (const struct closure_object *o = by; r == 0 && o; o = o->parent)
		if (!o->dyn.runpath)
			r = search_list(c, o, by, o->dyn.rpath, name, e);
	return r;
}

/* Every entry of the cache: the loader takes the variant that is best for the CPU it finds. */
static int search_cache(struct closure *c, const struct closure_object *by, const char *name, struct err *e)
{
	const char *path;
	uint32_t pos = 0;
	int found = 0;

	while ((path = ldcache_next(&c->cache, name, c->machine, c->is64, &pos)) != NULL) {
		const char *box = path_join_clean(c->a, "/", path);
		int r = try_file(c, by, path, box, e);

		if (r < 0)
			return r;
		found |= r;
	}
	return found;
}

static int search_dirs(struct closure *c, const struct closure_object *by, const char *const *dirs,
		       const char *name, struct err *e)
{
	for (; *dirs; dirs++) {
		const char *path = arena_printf(c->a, "%s/%s", *dirs, name);
		int r = try_file(c, by, path, path, e);

		if (r != 0)
			return r;
	}
	return 0;
}

static int find_library(struct closure *c, const struct closure_object *by, const char *name, struct err *e)
{
	int r;

	if (strchr(name, '/')) {
		const char *host = expand(c->a, name, strlen(name), by->host_dir);
		const char *box = expand(c->a, name, strlen(name), by->box_dir);

		r = host && box && host[0] == '/' ? try_file(c, by, host, path_join_clean(c->a, "/", box), e)
						  : 0;
	} else {
		r = search_run_paths(c, by, name, e);
		if (r == 0)
			r = search_cache(c, by, name, e);
		if (r == 0)
			r = search_dirs(c, by, c->is_musl ? musl_dirs : glibc_dirs, name, e);
	}
	if (r == 0)
		return err_set(e, ENOENT, "needs library '%s', which this host does not have", name);
	return r < 0 ? r : 0;
}

/* Libraries of everything in the queue, breadth first as the loader does it. */
static int drain(struct closure *c, struct err *e)
{
	for (const struct closure_object *o = c->first; o; o = o->next) {
		for (size_t i = 0; i < o->dyn.needed.n; i++) {
			const char *name = o->dyn.needed.v[i];
			int r;

			/* musl's loader is the C library by any of its names. */
			if (c->is_musl && str_starts(name, "libc."))
				continue;
			r = name_set_add(&c->libraries, name, c->a);
			if (r == 0)
				continue;
			r = r < 0 ? err_oom(e) : find_library(c, o, name, e);
			if (r < 0)
				return r;
		}
	}
	c->first = c->last = NULL;
	return 0;
}

/* The loader itself, and the cache that it reads. */
static int add_interpreter(struct closure *c, const char *interp, struct err *e)
{
	_cleanup_fd_ int fd = open(interp, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const char *base = strrchr(interp, '/') + 1;
	struct bytes text;
	int r;

	if (fd < 0)
		return err_sys(e, "needs the loader '%s'", interp);
	r = file_list_add(c->files, fd, interp, path_join_clean(c->a, "/", interp), false, c->a, e);
	if (r < 0)
		return r;
	if (name_set_add(&c->libraries, base, c->a) < 0)
		return err_oom(e);
	c->is_musl = str_starts(base, "ld-musl");
	if (c->is_musl || file_read(AT_FDCWD, LDCACHE_PATH, LDCACHE_MAX_BYTES, c->a, &text, NULL) < 0)
		return 0;
	ldcache_init(&c->cache, text);
	return file_list_add(c->files, -1, LDCACHE_PATH, LDCACHE_PATH, true, c->a, e);
}

int closure_program(struct closure *c, const char *path, const char *box_dir, struct err *e)
{
	struct elf_file f = {0};
	_cleanup_fd_ int fd = open_elf(path, &f);
	const char *interp;
	int r;

	if (fd < 0 && fd != -ENOEXEC && fd != -EBADMSG)
		return err_set(e, -fd, "cannot be read: %s", strerror(-fd));
	if (fd < 0 || f.machine != HOST_MACHINE || (f.type != ET_EXEC && f.type != ET_DYN))
		return err_set(e, ENOEXEC, "is not a program for this machine");
	c->machine = f.machine;
	c->is64 = f.is64;
	r = elf_interpreter(&f, c->a, &interp);
	if (r < 0)
		return err_set(e, -r, "has a broken interpreter name");
	c->is_static = interp == NULL;
	if (!interp)
		return 0;
	r = add_interpreter(c, interp, e);
	if (r < 0)
		return r;
	r = enqueue(c, NULL, &f, dir_of(c->a, path), box_dir, e);
	return r < 0 ? r : drain(c, e);
}

int closure_module(struct closure *c, const char *path, const char *box, struct err *e)
{
	struct elf_file f = {0};
	_cleanup_fd_ int fd = open_elf(path, &f);
	int r;

	if (fd < 0)
		return err_set(e, -fd, "cannot read module '%s'", path);
	r = enqueue(c, c->program, &f, dir_of(c->a, path), dir_of(c->a, box), e);
	if (r == 0)
		r = drain(c, e);
	if (r < 0) {
		c->first = c->last = NULL;
		return err_wrap(e, "module '%s'", path);
	}
	return file_list_add(c->files, fd, path, box, false, c->a, e);
}
