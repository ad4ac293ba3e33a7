/* SPDX-License-Identifier: Apache-2.0 */
/* From the name of an image to its bytes. */
#include "bunny/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bunny/child.h"
#include "bunny/fs_dir.h"
#include "bunny/fs_layer.h"
#include "bunny/unpack.h"
#include "common/fd.h"

struct wanted {
	const struct sources *s;
	const char *ref; /* as written */
	struct image_choice c;
};

static int read_dir(const struct wanted *w, const char *path, struct image *ret, struct err *e)
{
	const struct files *f = NULL;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r; /* stays open: its bytes are read later */

	if (fd < 0)
		return err_sys(e, "image '%.200s'", w->ref);
	r = files_of_dir(fd, w->s->a, &f, e);
	return r == 0 ? image_read(f, &w->c, w->ref, w->s->a, ret, e) : r;
}

/* fd is the archive's, and stays open. */
static int read_archive(const struct wanted *w, int fd, struct image *ret, struct err *e)
{
	unsigned char first[6];
	struct digest packed, unpacked;
	const struct files *f = NULL;
	enum packing how;
	struct stat st;
	uint64_t bytes;
	ssize_t n = pread(fd, first, sizeof(first), 0);
	int out, r = 0;

	if (n < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "image '%.200s'", w->ref);
	bytes = (uint64_t)st.st_size;
	how = packing_of(first, (size_t)n);
	if (how != PACKING_NONE) {
		r = cache_scratch(&w->s->cache, &out, e);
		if (r == 0)
			r = unpack(how, fd, 0, bytes, out, &bytes, &packed, &unpacked, e);
		fd = out;
	}
	if (r == 0)
		r = files_of_tar(fd, bytes, w->s->a, &f, e);
	if (r < 0)
		return err_wrap(e, "image '%.200s'", w->ref);
	return image_read(f, &w->c, w->ref, w->s->a, ret, e);
}

static int read_file(const struct wanted *w, const char *path, struct image *ret, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "image '%.200s'", w->ref);
	if (S_ISDIR(st.st_mode)) {
		close(fd);
		return read_dir(w, path, ret, e);
	}
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "image '%.200s': '%.200s' is no regular file", w->ref, path);
	return read_archive(w, fd, ret, e);
}

static int read_engine(const struct wanted *w, enum locator_kind engine, const struct image_ref *ref,
		       struct image *ret, struct err *e)
{
	_cleanup_fd_ int fd = -1;
	int r = cache_scratch(&w->s->cache, &fd, e);

	if (r == 0)
		r = engine_export(w->s, engine, ref, &w->c.platform, fd, e);
	return r == 0 ? read_archive(w, fd_steal(&fd), ret, e) : r;
}

static int read_registry(struct wanted *w, const char *full, struct image *ret, struct err *e)
{
	const char *layout, *tag;
	int r = registry_fetch(w->s, full, &w->c.platform, &layout, &tag, e);

	if (r < 0)
		return r;
	w->c.tag = tag;
	/* The platform was chosen by the registry's index; the image itself may say less. */
	w->c.any_platform = true;
	return read_dir(w, layout, ret, e);
}

/* An engine that has it is nearer than any registry. */
static int read_name(struct wanted *w, const struct locator *l, struct image *ret, struct err *e)
{
	static const enum locator_kind engines[] = {LOCATE_DOCKER, LOCATE_CONTAINERD, LOCATE_PODMAN};
	struct err registry = {0};
	int r;

	if (!w->s->o->pull) {
		for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
			r = read_engine(w, engines[i], &l->ref, ret, e);
			if (r != -ENOENT)
				return r;
		}
	}
	r = read_registry(w, l->full, ret, &registry);
	if (r == 0)
		return 0;
	return err_set(e, registry.code, "image '%.150s': %s%s", w->ref,
		       w->s->o->pull ? "" : "Docker, containerd and podman do not have it here; ",
		       registry.msg);
}

/* A name may be said to mean something else on the command line. */
static const char *meant(const struct sources *s, const char *ref)
{
	struct image_ref asked, has;
	bool name = ref_parse(ref, s->a, &asked, NULL) == 0;

	for (size_t i = 0; i < s->o->images.n; i++) {
		const char *entry = s->o->images.v[i], *eq = strchr(entry, '=');
		const char *key = eq ? arena_strndup(s->a, entry, (size_t)(eq - entry)) : NULL;

		if (!key)
			continue;
		if (streq(key, ref))
			return eq + 1;
		if (name && ref_parse(key, s->a, &has, NULL) == 0 &&
		    streq(ref_text(&asked, s->a), ref_text(&has, s->a)))
			return eq + 1;
	}
	return ref;
}

int source_image(const struct sources *s, const char *ref, const struct platform *platform, bool any_platform,
		 struct image *ret, struct err *e)
{
	struct wanted w = {s, ref, {NULL, *platform, any_platform}};
	struct locator l;
	int r = locator_parse(meant(s, ref), s->a, &l, e);

	if (r < 0)
		return r;
	w.c.tag = l.tag;
	switch (l.kind) {
	case LOCATE_OCI:
		return read_dir(&w, l.path, ret, e);
	case LOCATE_FILE:
	case LOCATE_OCI_ARCHIVE:
	case LOCATE_DOCKER_ARCHIVE:
		return read_file(&w, l.path, ret, e);
	case LOCATE_DIR:
		*ret = (struct image){.where = ref, .root_dir = l.path, .config.platform = *platform};
		return 0;
	case LOCATE_CONTAINERD:
	case LOCATE_DOCKER:
	case LOCATE_PODMAN:
		r = read_engine(&w, l.kind, &l.ref, ret, e);
		return r < 0 ? err_wrap(e, "image '%.200s'", ref) : 0;
	case LOCATE_REGISTRY:
		r = read_registry(&w, l.full, ret, e);
		return r < 0 ? err_wrap(e, "image '%.200s'", ref) : 0;
	case LOCATE_NAME:
		break;
	}
	return read_name(&w, &l, ret, e);
}

static int dir_root(const struct image *im, struct fs *fs, struct err *e)
{
	const struct fs_dir_options o = {.whole = true, .keep_modes = true, .keep_times = true};
	int fd = open(im->root_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "'%s'", im->root_dir);
	return fs_read_dir(fs, fs->top, fd, im->root_dir, &o, e);
}

int source_root(const struct sources *s, struct image *im, struct fs *fs, struct err *e)
{
	if (im->root_dir) {
		fs->layer++;
		return dir_root(im, fs, e);
	}
	for (size_t i = 0; i < im->nlayers; i++) {
		struct image_layer *l = &im->layers[i];
		int r = cache_unpack(&s->cache, l, s->a, e);

		fs->layer++;
		if (r == 0)
			r = fs_layer_apply(fs, "", l->tar.fd, l->tar.at, l->tar.n, 0, e);
		if (r < 0)
			return err_wrap(e, "image '%.200s': layer %zu", im->where, i + 1);
	}
	return 0;
}
