/* SPDX-License-Identifier: Apache-2.0 */
/* Registries, by skopeo: it knows their protocols, logins, mirrors and signatures, and its policy.json is what the
 * administrator of this machine wants to be trusted. */
#include "bunny/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "bunny/child.h"
#include "bunny/source.h"
#include "common/fd.h"

#define LAYOUT "images"

/* A tag of the cache's layout for a name and platform: their digest, as tags have no '/'. */
static const char *tag_for(const char *full, const struct platform *p, struct arena *a)
{
	const char *text = arena_printf(a, "%s %s/%s/%s", full, p->os, p->arch, p->variant ? p->variant : "");
	struct digest d;
	char hex[DIGEST_HEX_BYTES];

	if (!text)
		return NULL;
	d = digest_of(text, strlen(text));
	digest_hex(&d, hex);
	return arena_strdup(a, hex);
}

int registry_skopeo(struct arena *a, struct err *e)
{
	return child_exists("skopeo", a)
		       ? 0
		       : err_set(e, ENOENT,
				 "registries are spoken to by skopeo, which is not installed: install it, or use an image "
				 "of docker, containerd or podman, or an archive (oci-archive:FILE)");
}

int registry_push(const char *archive, const char *full, bool plain_http, struct arena *a, struct err *e)
{
	struct strv l = STRV(a);
	struct strs argv;
	int r = full ? registry_skopeo(a, e) : err_oom(e);

	if (r < 0)
		return r;
	strv_add(&l, "skopeo");
	strv_add(&l, "copy");
	strv_add(&l, "--quiet");
	if (plain_http)
		strv_add(&l, "--dest-tls-verify=false");
	strv_addf(&l, "oci-archive:%s", archive);
	strv_addf(&l, "docker://%s", full);
	r = strv_done(&l, &argv, e);
	return r == 0 ? child_run(&argv, &(struct child_io){.out = -1}, a, e) : r;
}

/* One at a time writes into the layout, whose index is one file. */
static int lock(const struct cache *c, int *ret, struct err *e)
{
	_cleanup_fd_ int fd = openat(c->fd, LAYOUT ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return err_sys(e, "cannot lock the cache '%s'", c->path);
	*ret = fd_steal(&fd);
	return 0;
}

static int copy(const struct sources *s, const char *full, const struct platform *p, const char *layout,
		const char *tag, struct err *e)
{
	struct strv l = STRV(s->a);
	struct strs argv;
	int r;

	report_step(s->report, "fetching %s", full);
	strv_add(&l, "skopeo");
	strv_add(&l, "--override-os");
	strv_add(&l, p->os);
	strv_add(&l, "--override-arch");
	strv_add(&l, p->arch);
	if (p->variant && *p->variant) {
		strv_add(&l, "--override-variant");
		strv_add(&l, p->variant);
	}
	strv_add(&l, "copy");
	strv_add(&l, "--quiet");
	if (s->o->plain_http)
		strv_add(&l, "--src-tls-verify=false");
	strv_addf(&l, "docker://%s", full);
	strv_addf(&l, "oci:%s:%s", layout, tag);
	r = strv_done(&l, &argv, e);
	return r == 0 ? child_run(&argv, &(struct child_io){.out = -1}, s->a, e) : r;
}

static bool cached(const char *layout, const char *tag, const struct sources *s)
{
	_cleanup_fd_ int fd = open(layout, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct files *f = NULL;
	struct bytes text;

	return fd >= 0 && files_of_dir(fd, s->a, &f, NULL) == 0 &&
	       files_read(f, "index.json", IMAGE_JSON_MAX, &text, NULL) == 0 &&
	       memmem(text.p, text.n, tag, strlen(tag));
}

int registry_fetch(const struct sources *s, const char *full, const struct platform *platform,
		   const char **ret_layout, const char **ret_tag, struct err *e)
{
	_cleanup_fd_ int locked = -1;
	const char *layout, *tag = tag_for(full, platform, s->a);
	int r;

	if (!s->cache.path)
		return err_set(e, ENOENT, "there is no place for a cache: set XDG_CACHE_HOME to a directory");
	layout = arena_printf(s->a, "%s/" LAYOUT, s->cache.path);
	if (!layout || !tag)
		return err_oom(e);
	r = lock(&s->cache, &locked, e);
	if (r < 0)
		return r;
	/* A digest means the same for ever; anything else is asked for again, which costs nothing if nothing is new. */
	if (!cached(layout, tag, s) || (!s->o->offline && !strchr(full, '@'))) {
		if (s->o->offline)
			return err_set(e, ENOENT,
				       "%s is not in the cache, and with --offline no registry is asked",
				       full);
		r = registry_skopeo(s->a, e);
		if (r == 0)
			r = copy(s, full, platform, layout, tag, e);
		if (r < 0)
			return r;
	}
	*ret_layout = layout;
	*ret_tag = tag;
	return 0;
}
