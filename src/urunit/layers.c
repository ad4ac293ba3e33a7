/* SPDX-License-Identifier: Apache-2.0 */
/* A root that is joined out of layers. */
#include "urunit/layers.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "urunit/file.h"
#include "urunit/volumes.h"

/* Left behind with the archive when its overlay becomes the root. */
#define LAYERS_DIR "/.urunit.layers"
#define UP "/up"
#define WORK "/work"

static const char *const names[] =
	{[ULAYER_NONE] = "", [ULAYER_LOWER] = "lower", [ULAYER_UPPER] = "upper", [ULAYER_RW] = "rw"};

enum ulayer ulayer_parse(const char *word)
{
	for (int i = ULAYER_LOWER; i <= ULAYER_RW; i++)
		if (strcmp(names[i], word) == 0)
			return (enum ulayer)i;
	return ULAYER_NONE;
}

static void add_place(struct utext *t, const char *dir, enum ulayer l, const char *below)
{
	utext_add(t, dir);
	utext_add(t, "/");
	utext_add(t, names[l]);
	utext_add(t, below);
}

bool ulayer_options(const char *dir, bool has_upper, struct utext *ret)
{
	utext_add(ret, "lowerdir=");
	if (has_upper) {
		add_place(ret, dir, ULAYER_UPPER, ":");
	}
	add_place(ret, dir, ULAYER_LOWER, ",upperdir=");
	add_place(ret, dir, ULAYER_RW, UP ",workdir=");
	add_place(ret, dir, ULAYER_RW, WORK);
	return ret->n < UTEXT_BYTES - 1;
}

static int mount_layers(const struct uvec *volumes, bool have[ULAYER_RW + 1], struct utext *why)
{
	const struct uvolume *v = volumes->p;

	for (size_t i = 0; i < volumes->bytes / sizeof(*v); i++) {
		struct utext place = {0};
		int rc;

		if (v[i].layer == ULAYER_NONE)
			continue;
		if (have[v[i].layer])
			return utext_fail(why, EINVAL, "volume ", v[i].id, ": a second layer of this kind",
					  NULL);
		add_place(&place, LAYERS_DIR, v[i].layer, "");
		rc = uvolume_mount(volumes, i, place.s, why);
		if (rc < 0)
			return rc;
		have[v[i].layer] = true;
	}
	if (!have[ULAYER_LOWER])
		return utext_fail(why, EINVAL, "the root has no lower layer", NULL, NULL, NULL);
	return 0;
}

/* The overlay's top directory shows the attributes of its uppermost layer: at first those of the one below. */
static int make_up(enum ulayer top)
{
	struct utext up = {0}, below = {0};
	struct stat st;

	add_place(&up, LAYERS_DIR, ULAYER_RW, UP);
	add_place(&below, LAYERS_DIR, top, "");
	if (mkdir(up.s, 0700) < 0)
		return errno == EEXIST ? 0 : -errno;
	if (stat(below.s, &st) < 0 || chown(up.s, st.st_uid, st.st_gid) < 0 ||
	    chmod(up.s, st.st_mode & 07777) < 0)
		return -errno;
	return 0;
}

static int prepare_rw(bool has_disk, enum ulayer top)
{
	struct utext rw = {0}, work = {0};
	int rc;

	add_place(&rw, LAYERS_DIR, ULAYER_RW, "");
	add_place(&work, LAYERS_DIR, ULAYER_RW, WORK);
	rc = has_disk ? 0 : udir_make(rw.s);
	if (rc < 0)
		return rc;
	if (!has_disk && mount("tmpfs", rw.s, "tmpfs", 0, "mode=0700") < 0)
		return -errno;
	rc = make_up(top);
	return rc < 0 ? rc : udir_make(work.s);
}

/* The overlay holds on to its layers by itself; nothing else shall reach them. */
static void hide_layers(void)
{
	for (int i = ULAYER_LOWER; i <= ULAYER_RW; i++) {
		struct utext place = {0};

		add_place(&place, LAYERS_DIR, (enum ulayer)i, "");
		umount2(place.s, MNT_DETACH);
	}
}

int ulayers_join(const struct uvec *volumes, const char *dir, struct utext *why)
{
	bool have[ULAYER_RW + 1] = {false};
	struct utext options = {0};
	int rc = mount_layers(volumes, have, why);

	if (rc < 0)
		return rc;
	rc = prepare_rw(have[ULAYER_RW], have[ULAYER_UPPER] ? ULAYER_UPPER : ULAYER_LOWER);
	if (rc == 0)
		rc = udir_make(dir);
	if (rc == 0 && !ulayer_options(LAYERS_DIR, have[ULAYER_UPPER], &options))
		rc = -ENAMETOOLONG;
	if (rc == 0 && mount("overlay", dir, "overlay", 0, options.s) < 0)
		rc = -errno;
	if (rc < 0) {
		utext_fail(why, -rc, "cannot join the layers of the root", NULL, NULL, NULL);
		utext_errno(why, -rc);
		return rc;
	}
	hide_layers();
	return 0;
}
