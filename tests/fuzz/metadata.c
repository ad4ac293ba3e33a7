/* SPDX-License-Identifier: Apache-2.0 */
/* An image's urunc.json, and the same words as annotations: only what can be used is taken. */
/* with: core */
#include <fcntl.h>
#include <stdio.h>

#include "common/json.h"
#include "fuzz.h"
#include "gather/parts.h"
#include "plan/plan.h"

static int root = -1;

static void remove_root(void)
{
	unlinkat(root, "urunc.json", 0);
}

static void write_json(const uint8_t *data, size_t size)
{
	int fd;

	if (root < 0) {
		const char *dir = getenv("TMPDIR");

		root = open(dir ? dir : "/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		FUZZ_HOLDS(root >= 0 && atexit(remove_root) == 0);
	}
	fd = openat(root, "urunc.json", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FUZZ_HOLDS(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

/* A name from the image's root, with or without a slash before it. */
static bool stays_inside(const char *path)
{
	size_t n = strlen(path);

	return n > 0 && path[0] != '-' && strncmp(path, "../", 3) != 0 && !strstr(path, "/../") &&
	       !(n >= 3 && streq(path + n - 3, "/.."));
}

static void identify(const struct facts *f, struct arena *a)
{
	struct plan_wants w = {0};
	struct err e = {0};
	int r = plan_identify(f, a, &w, &e);

	if (r == 0)
		FUZZ_HOLDS(w.guest && w.monitor && stays_inside(w.meta.binary));
	else
		FUZZ_HOLDS(r == 1 || e.msg[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct facts f = {.config = {.strict = true}};
	struct err e = {0};

	json_use_arena(&a);
	write_json(data, size);
	FUZZ_HOLDS(gather_urunc_json(root, &f, &a, &e) == 0);
	identify(&f, &a);
	if (!f.urunc_json_problem) {
		f.spec.annotations.v = f.urunc_json.v;
		f.spec.annotations.n = f.urunc_json.n;
		f.urunc_json.n = 0;
		f.has_urunc_json = false;
		identify(&f, &a);
	}
	arena_release(&a);
	return 0;
}
