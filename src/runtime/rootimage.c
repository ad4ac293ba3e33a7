/* SPDX-License-Identifier: Apache-2.0 */
/* Disks made of the container root, and the file that the guest writes to. */
#include "runtime/rootimage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/path.h"
#include "common/walk.h"
#include "runtime/cache.h"
#include "runtime/imager.h"
#include "runtime/journal.h"

#define OWN_DIR ".urunc"
#define WRITABLE "rw.img"
#define UNFINISHED "rw.img.new"

struct work {
	const struct launch_plan *p;
	int journal_fd;
	int cache;
	bool built;
	struct arena *a;
	struct err *e;
};

static int words(struct work *w, struct imager_job *j, const char *first, const struct strs *rest)
{
	struct strv v = STRV(w->a);

	strv_add(&v, "urunc-image");
	strv_add(&v, first);
	for (size_t i = 0; rest && i < rest->n; i++)
		strv_add(&v, rest->v[i]);
	return strv_done(&v, &j->words, w->e);
}

/* From here on the name is the container's, and goes with it. */
static int claim_name(struct work *w, const char *path)
{
	int r = journal_add(w->journal_fd, "unlink", path, w->e);

	if (r == 0 && unlink(path) < 0 && errno != ENOENT)
		r = err_sys(w->e, "cannot remove '%s'", path);
	return r;
}

static const char *cache_dir(const struct launch_plan *p)
{
	return p->image ? p->image->cache_dir : p->modules->cache_dir;
}

static int build(struct work *w, struct imager_job *j, int *ret_fd)
{
	_cleanup_fd_ int fd = -1;
	int r = cache_new_file(w->cache, &fd, w->e);

	j->out_fd = fd;
	if (r == 0)
		r = imager_run(j, w->a, w->e);
	if (r == -ENOSPC)
		return err_wrap(w->e, "[runtime] cache_dir '%.256s' is full", cache_dir(w->p));
	if (r < 0)
		return r;
	w->built = true;
	*ret_fd = fd_steal(&fd);
	return 0;
}

static int make_private(struct work *w, struct imager_job *j, const char *path)
{
	_cleanup_fd_ int fd = -1;
	int r = claim_name(w, path);

	if (r == 0)
		r = build(w, j, &fd);
	return r == 0 ? cache_name_file(fd, path, w->e) : r;
}

/* --- images --- */

/* The container's name for it comes first: an image that nobody has may go at any trim. Not to be kept for others is no
 * reason to do without it. */
static int build_cached(struct work *w, struct imager_job *j)
{
	const struct plan_image *im = w->p->image;
	const char *path = arena_printf(w->a, "%s/%s.%s", im->cache_dir, im->key, im->format);
	_cleanup_fd_ int fd = -1;
	struct err unkept = {0};
	int r;

	if (!path)
		return err_oom(w->e);
	r = build(w, j, &fd);
	if (r == 0)
		r = cache_name_file(fd, im->lower_path, w->e);
	if (r == 0 && cache_name_file(fd, path, &unkept) < 0)
		log_msg(LOG_LVL_WARN, "the image of the container root is not kept for others: %s",
			unkept.msg);
	return r;
}

static int take_cached(struct work *w, struct imager_job *j)
{
	const struct plan_image *im = w->p->image;
	const char *name = arena_printf(w->a, "%s.%s", im->key, im->format);
	_cleanup_fd_ int lock = -1;
	int r = name ? claim_name(w, im->lower_path) : err_oom(w->e);

	if (r == 0)
		r = cache_take(w->cache, name, im->lower_path, w->e);
	if (r != -ENOENT)
		return r;
	r = cache_lock(w->cache, name, &lock, w->e);
	/* Whoever had the lock has made it. */
	if (r == 0)
		r = cache_take(w->cache, name, im->lower_path, w->e);
	return r == -ENOENT ? build_cached(w, j) : r;
}

/* How much an image may be: what is kept of all is the measure for one. Whoever keeps none has said nothing of that. */
static int image_words(struct work *w, struct imager_job *j, const char *first)
{
	const uint64_t most = w->p->image->cache_max_bytes;
	const char *bytes = arena_printf(w->a, "%llu", (unsigned long long)most);
	const struct strs rest = {&bytes, 1};

	return bytes ? words(w, j, first, most ? &rest : NULL) : err_oom(w->e);
}

static int too_big(struct work *w, int r)
{
	const uint64_t most = w->p->image->cache_max_bytes;

	return r != -E2BIG || most == 0
		       ? r
		       : err_wrap(w->e, "an image may have [runtime] cache_max_mb = %llu at most",
				  (unsigned long long)(most >> 20));
}

static int make_lower(struct work *w)
{
	const struct plan_image *im = w->p->image;
	struct imager_job j = {.program = im->imager,
			       .root = w->p->root_path,
			       .lower = im->lower,
			       .base = im->base,
			       .mount_at = im->cache_dir};
	int r = image_words(w, &j, streq(im->format, "ext4") ? "ext4-tree" : "erofs");

	if (r < 0)
		return r;
	return too_big(w, im->key ? take_cached(w, &j) : make_private(w, &j, im->lower_path));
}

static int make_upper(struct work *w)
{
	const struct plan_image *im = w->p->image;
	struct imager_job j = {.program = im->imager, .root = im->upper};
	int r = image_words(w, &j, streq(im->format, "ext4") ? "ext4-layer" : "layer");

	return r == 0 ? too_big(w, make_private(w, &j, im->upper_path)) : r;
}

/* --- the writable layer --- */

static int check_writable(struct work *w, int fd)
{
	const uint64_t most = w->p->image->writable_bytes;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(w->e, "cannot look at '" OWN_DIR "/" WRITABLE "' of the container root");
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || st.st_size == 0)
		return err_set(w->e, EINVAL,
			       "'" OWN_DIR "/" WRITABLE
			       "' of the container root '%.256s' is not a file of urunc's: remove it",
			       w->p->root_path);
	if ((uint64_t)st.st_size > most)
		return err_set(w->e, EFBIG,
			       "'" OWN_DIR "/" WRITABLE
			       "' of the container root '%.256s' has %llu bytes, allowed are %llu: remove it, or "
			       "raise [runtime] writable_mb",
			       w->p->root_path, (unsigned long long)st.st_size, (unsigned long long)most);
	return 0;
}

/* One that is there is the guest's own work of before. Its name may also have come with the image: then it must at least
 * be nothing else than a file of this container root, and a device is not even opened. */
static int reuse_writable(struct work *w, int seen)
{
	const struct confine_creds *c = &w->p->creds;
	_cleanup_fd_ int fd = -1;
	char same[32];
	int r = check_writable(w, seen);

	if (r < 0)
		return r;
	snprintf(same, sizeof(same), "/proc/self/fd/%d", seen);
	fd = open(same, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(w->e, "cannot open '" OWN_DIR "/" WRITABLE "' in the container root '%.256s'",
			       w->p->root_path);
	/* Opened for writing, an overlay's file of below has become one of the container's. */
	r = check_writable(w, fd);
	if (r < 0)
		return r;
	if (fchown(fd, c->uid, c->gid) < 0 || fchmod(fd, 0600) < 0)
		return err_sys(w->e, "cannot change the owner and mode of '" OWN_DIR "/" WRITABLE "'");
	return 0;
}

static int fill_writable(struct work *w, int fd)
{
	const struct plan_image *im = w->p->image;
	const char *size = arena_printf(w->a, "%llu", (unsigned long long)im->writable_bytes);
	const struct strs rest = {&size, 1};
	struct imager_job j = {.program = im->imager, .out_fd = fd};
	int r;

	if (!size)
		return err_oom(w->e);
	r = words(w, &j, "ext4", &rest);
	if (r == 0)
		r = imager_run(&j, w->a, w->e);
	if (r == 0 && fchown(fd, w->p->creds.uid, w->p->creds.gid) < 0)
		r = err_sys(w->e, "cannot change the owner of a file for the guest's writes");
	return r;
}

/* NFS and ZFS before 2.2 know no flags of a rename. Under our lock nobody of ours has made the name since we looked. */
static int name_writable(int dir)
{
	if (renameat2(dir, UNFINISHED, dir, WRITABLE, RENAME_NOREPLACE) == 0)
		return 0;
	return errno == EINVAL ? renameat(dir, UNFINISHED, dir, WRITABLE) : -1;
}

/* The container root may be an overlay, where files without a name are not to be had before Linux 6.3. */
static int new_writable(struct work *w, int dir)
{
	_cleanup_fd_ int fd = -1;
	int r;

	unlinkat(dir, UNFINISHED, 0);
	fd = openat(dir, UNFINISHED, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(w->e, "cannot make '" OWN_DIR "/" WRITABLE "' in the container root '%.256s'",
			       w->p->root_path);
	r = fill_writable(w, fd);
	if (r == 0 && name_writable(dir) < 0)
		r = err_sys(w->e, "cannot name '" OWN_DIR "/" WRITABLE "' in the container root");
	if (r < 0)
		unlinkat(dir, UNFINISHED, 0);
	return r;
}

static int make_writable(struct work *w)
{
	_cleanup_fd_ int root = open(w->p->root_path, O_PATH | O_DIRECTORY | O_CLOEXEC), dir = -1, fd = -1;
	int r;

	if (root < 0 || (mkdirat(root, OWN_DIR, 0700) < 0 && errno != EEXIST))
		return err_sys(w->e,
			       "cannot make '" OWN_DIR
			       "' in the container root '%.256s' for what the guest writes (set "
			       "root.readonly for a guest that writes nothing)",
			       w->p->root_path);
	/* Never through a link of the image's. */
	dir = openat(root, OWN_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return err_sys(w->e, "cannot open '" OWN_DIR "' in the container root '%.256s'",
			       w->p->root_path);
	/* Of two creates on one root the second finds what the first has made. */
	r = imager_lock(dir, w->e);
	if (r < 0)
		return r;
	fd = openat(dir, WRITABLE, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		return reuse_writable(w, fd);
	if (errno != ENOENT)
		return err_sys(w->e, "cannot open '" OWN_DIR "/" WRITABLE "' in the container root '%.256s'",
			       w->p->root_path);
	return new_writable(w, dir);
}

/* --- the whole --- */

static int make_modules(struct work *w)
{
	const struct plan_modules *m = w->p->modules;
	struct imager_job j = {.program = m->imager, .root = w->p->root_path};
	int r = words(w, &j, "modules", &m->files);

	return r == 0 ? make_private(w, &j, m->path) : r;
}

/* Images are made before hooks run: those of the engine for its network write nothing, of all others one cannot know. */
static void warn_of_hooks(const char *when, const struct spec_hooks *hooks)
{
	for (size_t i = 0; i < hooks->n; i++) {
		const struct spec_hook *h = &hooks->v[i];
		bool network = false;

		for (size_t k = 0; k < h->args.n; k++)
			network = network || streq(h->args.v[k], "libnetwork-setkey");
		if (network)
			continue;
		log_msg(LOG_LVL_WARN,
			"%s hook '%.256s': the guest does not see what it writes to the container root, of which it "
			"gets an image",
			when, h->path);
	}
}

/* The container has what it needs, whatever others cost. */
static void trim(struct work *w)
{
	struct err e = {0};

	if (cache_trim(w->cache, w->p->image->cache_max_bytes, w->a, &e) < 0)
		log_msg(LOG_LVL_WARN, "the cache of images '%s' is not trimmed: %s", w->p->image->cache_dir,
			e.msg);
}

int rootimage_make(const struct launch_plan *p, int journal_fd, struct arena *a, struct err *e)
{
	_cleanup_fd_ int cache = -1;
	struct work w = {.p = p, .journal_fd = journal_fd, .a = a, .e = e};
	int r;

	if (!p->image && !p->modules)
		return 0;
	r = cache_open(cache_dir(p), &cache, e);
	w.cache = cache;
	if (r == 0 && p->modules)
		r = make_modules(&w);
	if (r == 0 && p->image)
		r = make_lower(&w);
	if (r == 0 && p->image && p->image->upper)
		r = make_upper(&w);
	if (r == 0 && p->image && p->image->writable)
		r = make_writable(&w);
	if (r < 0 || !p->image)
		return r;
	if (w.built)
		trim(&w);
	warn_of_hooks("prestart", &p->prestart);
	warn_of_hooks("createRuntime", &p->create_runtime);
	warn_of_hooks("createContainer", &p->create_container);
	return 0;
}

static int count(const struct walk_entry *entry, void *arg, struct err *e)
{
	struct plan_image *im = arg;

	(void)e;
	if (str_starts(entry->path, OWN_DIR))
		return 0;
	im->cost_files++;
	if (S_ISREG(entry->st->st_mode))
		im->cost_bytes += (uint64_t)entry->st->st_size;
	return 0;
}

static void count_tree(struct plan_image *im, const char *base, const char *path)
{
	_cleanup_fd_ int dir = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_fd_ int fd = dir < 0 ? -1 : openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err e = {0};

	if (fd >= 0 && walk_tree(fd, path, count, im, &e) < 0)
		return; /* an estimate of what could be seen */
}

void rootimage_cost(struct launch_plan *p)
{
	struct plan_image *im = p->image;
	char one[4096];

	if (!im)
		return;
	if (im->upper)
		count_tree(im, "/", im->upper);
	if (im->cached)
		return;
	if (!im->lower)
		count_tree(im, "/", p->root_path);
	for (const char *s = im->lower; s && *s;) {
		size_t n = strcspn(s, ":");

		if (n < sizeof(one)) {
			memcpy(one, s, n);
			one[n] = '\0';
			count_tree(im, im->base, one);
		}
		s += n + (s[n] == ':');
	}
}
