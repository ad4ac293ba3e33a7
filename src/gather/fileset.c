/* SPDX-License-Identifier: Apache-2.0 */
/* The list of host files that a box needs, each place in the box once. */
#include "gather/fileset.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/str.h"

#define FIRST_SLOTS 128u
#define FIRST_FILES 64u
#define PATH_BYTES 4096u

static size_t hash(const char *s)
{
	size_t h = 5381;

	while (*s)
		h = h * 33 ^ (unsigned char)*s++;
	return h;
}

static const char **slot_of(const struct name_set *s, const char *name)
{
	size_t i = hash(name) & (s->cap - 1);

	while (s->slots[i] && strcmp(s->slots[i], name) != 0)
		i = (i + 1) & (s->cap - 1);
	return &s->slots[i];
}

static int grow(struct name_set *s, struct arena *a)
{
	struct name_set bigger = {.n = s->n, .cap = s->cap ? s->cap * 2 : FIRST_SLOTS};

	bigger.slots = arena_array(a, bigger.cap, sizeof *bigger.slots);
	if (!bigger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < s->cap; i++)
		if (s->slots[i])
			*slot_of(&bigger, s->slots[i]) = s->slots[i];
	*s = bigger;
	return 0;
}

int name_set_add(struct name_set *s, const char *name, struct arena *a)
{
	const char **slot;

	if (s->n * 2 >= s->cap && grow(s, a) < 0)
		return -ENOMEM;
	slot = slot_of(s, name);
	if (*slot)
		return 0;
	*slot = name;
	s->n++;
	return 1;
}

static const char *resolved(int fd, const char *path, struct arena *a)
{
	char link[sizeof "/proc/self/fd/" + 3 * sizeof fd], buf[PATH_BYTES];
	ssize_t n;

	if (fd < 0)
		return path;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, buf, sizeof buf);
	if (n <= 0 || (size_t)n >= sizeof buf || buf[0] != '/')
		return path;
	buf[n] = '\0';
	return streq(buf, path) ? path : arena_memdup(a, buf, (size_t)n);
}

int file_list_add(struct file_list *l, int fd, const char *path, const char *box, bool optional,
		  struct arena *a, struct err *e)
{
	struct host_file *v;
	const char *target;
	int r;

	if (!path || !box)
		return err_oom(e);
	r = name_set_add(&l->boxes, box, a);
	if (r <= 0)
		return r < 0 ? err_oom(e) : 0;
	if (l->n == FILE_LIST_MAX)
		return err_set(e, E2BIG, "it needs more than %u files", FILE_LIST_MAX);
	v = arena_room(a, l->v, l->n, &l->cap, FIRST_FILES, sizeof *v);
	if (!v)
		return err_oom(e);
	l->v = v;
	target = resolved(fd, path, a);
	if (!target)
		return err_oom(e);
	l->v[l->n++] = (struct host_file){target, box, optional};
	return 0;
}
