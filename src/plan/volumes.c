/* SPDX-License-Identifier: Apache-2.0 */
/* Block devices of the host besides the container's root: mounts of the spec that are whole file systems, and devices. */
#include <errno.h>
#include <string.h>

#include "plan/internal.h"

/* Devices lie below /dev. */
#define VOLUME_PATH "/dev/vol"
#define DEVICE_PATH "/dev/dev"

static bool reads(const struct build *b, const char *fstype)
{
	const char *const *known = b->w->guest->block_filesystems;

	for (size_t i = 0; known != NULL && known[i] != NULL; i++)
		if (streq(known[i], fstype))
			return true;
	return false;
}

/* An init that mounts what it is told to. */
static bool can_mount(const struct build *b)
{
	return b->w->guest->urunit && b->p->app.init != INIT_APP;
}

static const struct volume_facts *find(const struct build *b, size_t index)
{
	for (size_t i = 0; i < b->f->volumes.n; i++)
		if (b->f->volumes.v[i].mount == index)
			return &b->f->volumes.v[i];
	return NULL;
}

static bool is_in(const struct volume_facts *v, const char *path)
{
	for (size_t i = 0; path != NULL && i < v->mounts.n; i++) {
		const char *target = v->mounts.v[i].target;
		size_t n = strlen(target);

		if (str_starts(path, target) && (path[n] == '\0' || path[n] == '/'))
			return true;
	}
	return false;
}

static bool has_part(const struct volume_facts *v, const struct mount_facts *m)
{
	return is_in(v, m->real != NULL ? m->real : m->source);
}

/* What else the container has of the device would be gone with it, and one guest cannot have a disk twice: then all of it
 * is shared. */
static bool is_alone(const struct build *b, const struct volume_facts *v)
{
	const struct facts *f = b->f;

	for (size_t i = 0; i < f->volumes.n; i++)
		if (&f->volumes.v[i] != v && f->volumes.v[i].major == v->major &&
		    f->volumes.v[i].minor == v->minor)
			return false;
	for (size_t i = 0; i < f->mounts.n; i++)
		if (f->mounts.v[i].index != v->mount && has_part(v, &f->mounts.v[i]))
			return false;
	return !is_in(v, f->root.path);
}

/* Without memory for a name there is a reason still. */
static const char *said(const char *why)
{
	return why != NULL ? why : "it stays the host's";
}

static const char *obstacle(const struct build *b, const struct volume_facts *v)
{
	if (v->own != NULL)
		return v->own;
	if (v->user != NULL)
		return said(arena_printf(b->a, "'%.64s' is mounted on '%.64s', too", v->device, v->user));
	if (v->mounts.n == 0)
		return "its mount is not known";
	if (!is_alone(b, v))
		return said(arena_printf(b->a, "the container has '%.64s' at another place, too", v->device));
	if (!reads(b, v->fstype))
		return said(arena_printf(b->a, "the guest cannot read file system '%.32s'", v->fstype));
	if (!can_mount(b))
		return "only a Linux guest with urunit mounts disks";
	return b->w->monitor->caps & MON_BLOCK ? NULL : "the monitor cannot";
}

bool volumes_take_mount(const struct build *b, size_t index)
{
	const struct volume_facts *v = find(b, index);

	return v != NULL && obstacle(b, v) == NULL;
}

const char *volumes_why_not(const struct build *b, size_t index)
{
	const struct volume_facts *v = find(b, index);

	return v != NULL ? obstacle(b, v) : NULL;
}

static int add_volume(struct build *b, size_t index, struct err *e)
{
	const struct spec_mount *m = &b->f->spec.mounts.v[index];
	const struct volume_facts *v = find(b, index);
	struct block_claim claim = {.source = v->device, .major = v->major, .minor = v->minor};
	const char *options = NULL;
	int r = mounts_flags(&(struct bound){.m = m}, b->a, &options, e);

	if (r < 0)
		return r;
	if (options != NULL && b->p->app.init != INIT_URUNIT)
		strv_addf(&b->warnings,
			  "mount '%.256s': '%s' has no effect, which only our urunit can give a disk",
			  m->destination, options);
	claim.mounts.v = v->mounts.v;
	claim.mounts.n = v->mounts.n;
	return disks_add_device(b,
				(struct vm_disk){.path = arena_printf(b->a, VOLUME_PATH "%zu", index),
						 .serial = arena_printf(b->a, VOLUME_SERIAL, index),
						 .mount_point = m->destination,
						 .fstype = v->fstype,
						 .options = options,
						 .readonly = v->readonly || spec_mount_is_readonly(m)},
				claim, arena_printf(b->a, "mount '%.256s'", m->destination), e);
}

/* The rules say what the application may do with a device. Only one that is named in them was asked for: a privileged
 * container lists all that the host has. */
static bool is_allowed(const struct build *b, const struct spec_device *d, bool *ret_readonly)
{
	const struct spec_resources *r = &b->f->spec.resources;
	bool found = false;

	for (size_t i = 0; i < r->devices.n; i++) {
		const struct spec_device_rule *rule = &r->devices.v[i];

		if (!rule->allow || rule->type == NULL || !streq(rule->type, "b") ||
		    rule->major != d->major || rule->minor != d->minor)
			continue;
		found = true;
		*ret_readonly = rule->access != NULL && strchr(rule->access, 'w') == NULL;
	}
	return found;
}

static int add_device(struct build *b, size_t index, bool ro, struct err *e)
{
	const struct spec_device *d = &b->f->spec.devices.v[index];

	return disks_add_device(b,
				(struct vm_disk){.path = arena_printf(b->a, DEVICE_PATH "%zu", index),
						 .serial = arena_printf(b->a, "dev%zu", index),
						 .readonly = ro},
				(struct block_claim){.source = d->path,
						     .major = (uint32_t)d->major,
						     .minor = (uint32_t)d->minor},
				arena_printf(b->a, "device '%.256s'", d->path), e);
}

static int decide_device(struct build *b, size_t index, struct err *e)
{
	const struct spec_device *d = &b->f->spec.devices.v[index];
	bool ro = false;

	if (d->type == NULL || d->path == NULL || !streq(d->type, "b"))
		return 0;
	if (!is_allowed(b, d, &ro))
		return 0;
	if ((b->w->monitor->caps & MON_BLOCK) && b->p->vm.disks.n < b->w->guest->max_disks)
		return add_device(b, index, ro, e);
	strv_addf(&b->warnings, "device '%.256s' is left out: guest '%s' on monitor '%s' cannot have %s disk",
		  d->path, b->w->guest->name, b->w->monitor->name, b->p->vm.disks.n > 0 ? "one more" : "a");
	return 0;
}

int volumes_decide(struct build *b, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < b->f->spec.mounts.n; i++)
		if (volumes_take_mount(b, i))
			r = add_volume(b, i, e);
	for (size_t i = 0; r == 0 && i < b->f->spec.devices.n; i++)
		r = decide_device(b, i, e);
	return r;
}
