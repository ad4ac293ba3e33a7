/* SPDX-License-Identifier: Apache-2.0 */
/* Control groups v2: one directory in the unified hierarchy. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "sandbox/cgroup_internal.h"

#define WANTED_MAX 16
#define NAME_BYTES 24

/* Names of controllers, in no order. */
struct names {
	char v[WANTED_MAX][NAME_BYTES];
	size_t n;
};

static void names_add(struct names *l, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		if (strlen(l->v[i]) == len && memcmp(l->v[i], name, len) == 0)
			return;
	}
	if (l->n == WANTED_MAX || len == 0 || len >= NAME_BYTES)
		return;
	memcpy(l->v[l->n], name, len);
	l->v[l->n++][len] = '\0';
}

/* What the settings need ("memory.max": memory), and what accounting is always wanted of. */
static void wanted_controllers(const struct confine_cgroup *cg, struct names *out)
{
	size_t i;

	names_add(out, "cpu", 3);
	names_add(out, "memory", 6);
	names_add(out, "pids", 4);
	for (i = 0; i < cg->settings.n; i++) {
		const char *file = cg->settings.v[i].file;

		if (strncmp(file, "cgroup.", 7) != 0)
			names_add(out, file, strcspn(file, "."));
	}
}

/* Enables in dir, for its children, what is wanted and there. A name that cannot be had shows itself when a setting
 * that needs it is written; the reason is kept for that message. */
static void hand_down_at(const char *dir, const struct names *wanted, int *ret_reason)
{
	char have[CG_TEXT_BYTES], on[CG_TEXT_BYTES], words[WANTED_MAX * (NAME_BYTES + 2)];
	char one[NAME_BYTES + 1];
	size_t i, n = 0;
	int r;

	if (cg_read(dir, "cgroup.controllers", have, sizeof(have)) < 0 ||
	    cg_read(dir, "cgroup.subtree_control", on, sizeof(on)) < 0)
		return;
	words[0] = '\0';
	for (i = 0; i < wanted->n; i++) {
		if (!cg_has_word(have, wanted->v[i], " ") || cg_has_word(on, wanted->v[i], " "))
			continue;
		n += (size_t)snprintf(words + n, sizeof(words) - n, "%s+%s", n ? " " : "", wanted->v[i]);
	}
	if (n == 0 || cg_write(dir, "cgroup.subtree_control", words) == 0)
		return;
	/* One bad name spoils the whole write: take them singly. */
	for (i = 0; i < wanted->n; i++) {
		snprintf(one, sizeof(one), "+%s", wanted->v[i]);
		if (!cg_has_word(words, one, " "))
			continue;
		r = cg_write(dir, "cgroup.subtree_control", one);
		if (r < 0)
			*ret_reason = -r;
	}
}

/* Are all wanted controllers on for the children of dir? Then they are at every level above it, too. */
static bool handed_down(const char *dir, const struct names *wanted)
{
	char on[CG_TEXT_BYTES];
	size_t i;

	if (cg_read(dir, "cgroup.subtree_control", on, sizeof(on)) < 0)
		return false;
	for (i = 0; i < wanted->n; i++) {
		if (!cg_has_word(on, wanted->v[i], " "))
			return false;
	}
	return true;
}

static int hand_down(const struct cgroup_dir *d, const struct names *wanted)
{
	char path[CG_PATH_BYTES];
	size_t len = strlen(d->path), i;
	char *slash;
	int reason = 0;

	memcpy(path, d->path, len + 1);
	slash = strrchr(path, '/');
	if (!slash)
		return 0;
	*slash = '\0';
	if (handed_down(path, wanted))
		return 0;
	*slash = '/';
	for (i = strlen(d->mountpoint); i < len; i++) {
		if (path[i] != '/')
			continue;
		path[i] = '\0';
		hand_down_at(path, wanted, &reason);
		path[i] = '/';
	}
	return reason;
}

static int setting_failed(const struct cgroup_dir *d, const struct cgroup_setting *s, int r, int reason,
			  struct err *e)
{
	char have[CG_TEXT_BYTES] = "";

	if (r != -ENOENT || cg_read(d->path, "cgroup.controllers", have, sizeof(have)) < 0)
		return err_set(e, -r, "cgroup '%s': cannot write '%s' to %s: %s", d->path, s->value, s->file,
			       strerror(-r));
	return err_set(
		e, ENOENT,
		"cgroup '%s': controller '%.*s', which %s = %s needs, is not available (there are: %.120s)%s%s",
		d->path, (int)strcspn(s->file, "."), s->file, s->file, s->value, have[0] ? have : "none",
		reason ? ": handing it down failed: " : "", reason ? strerror(reason) : "");
}

int cg_v2_prepare(const struct confine_cgroup *cg)
{
	struct names wanted = {.n = 0};

	wanted_controllers(cg, &wanted);
	return hand_down(&cg->dirs.v[0], &wanted);
}

int cg_v2_set(const struct confine_cgroup *cg, const struct cgroup_setting *s, int reason, struct err *e)
{
	int r = cg_write(cg->dirs.v[0].path, s->file, s->value);

	return r < 0 && !s->optional ? setting_failed(&cg->dirs.v[0], s, r, reason, e) : 0;
}

int cg_v2_configure(const struct confine_cgroup *cg, struct err *e)
{
	const struct cgroup_dir *d = &cg->dirs.v[0];
	int r, reason = cg_v2_prepare(cg);

	for (size_t i = 0; i < cg->settings.n; i++) {
		r = cg_v2_set(cg, &cg->settings.v[i], reason, e);
		if (r < 0)
			return r;
	}
	return cg->devices.n ? cg_dev_attach(d->path, cg->devices.v, cg->devices.n, e) : 0;
}

/* Does text hold a line "<key> <value>"? */
static bool event_is(const char *text, const char *key, char value)
{
	size_t len = strlen(key);

	while (text) {
		if (strncmp(text, key, len) == 0 && text[len] == ' ')
			return text[len + 1] == value;
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	return false;
}

int cg_v2_wait(const char *dir, const char *key, char value, int timeout_ms)
{
	uint64_t now = clock_monotonic_ms(), end = now + (uint64_t)(timeout_ms < 0 ? 0 : timeout_ms);
	char path[CG_PATH_BYTES + 16], text[256];
	_cleanup_fd_ int fd = -1;
	ssize_t n;
	int r;

	snprintf(path, sizeof(path), "%s/cgroup.events", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	for (;;) {
		n = pread(fd, text, sizeof(text) - 1, 0);
		if (n < 0)
			return errno == ENODEV ? 0 : -errno;
		text[n] = '\0';
		if (event_is(text, key, value))
			return 0;
		now = clock_monotonic_ms();
		if (now >= end)
			return -ETIMEDOUT;
		/* The kernel raises POLLPRI when the file has changed since it was read. */
		r = poll(&(struct pollfd){.fd = fd, .events = POLLPRI}, 1, (int)(end - now));
		if (r < 0 && errno != EINTR)
			return -errno;
	}
}

int cg_v2_freeze(const struct confine_cgroup *cg, bool frozen, int timeout_ms, struct err *e)
{
	const char *path = cg->dirs.v[0].path;
	int r;

	r = cg_write(path, "cgroup.freeze", frozen ? "1" : "0");
	if (r == 0)
		r = cg_v2_wait(path, "frozen", frozen ? '1' : '0', timeout_ms);
	if (r == -ETIMEDOUT && frozen)
		(void)cg_write(path, "cgroup.freeze", "0");
	if (r < 0)
		return err_set(e, -r, "cgroup '%s': not %s: %s", path, frozen ? "frozen" : "thawed",
			       strerror(-r));
	return 0;
}
