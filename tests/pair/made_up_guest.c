/* SPDX-License-Identifier: Apache-2.0 */
/* A guest that does not exist, for the monitor that does not: this file alone makes it one of urunc's. */
#include <errno.h>
#include <string.h>

#include "guests/guest.h"

#define MIB (1024ull * 1024)

static const char *const monitors[] = {"abacus", NULL};

static uint64_t min_memory(const struct guest_image *img)
{
	return 3 * MIB + img->kernel_bytes;
}

/* Its words end at blanks, and nothing keeps a blank from ending one. */
static int cmdline(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out, struct err *e)
{
	(void)vm;
	for (size_t i = 0; i < app->args.n; i++) {
		if (strpbrk(app->args.v[i], " \t\n"))
			return err_set(e, EINVAL,
				       "pebble: argument %zu '%s' has a blank, which it cannot take", i,
				       app->args.v[i]);
		sb_addf(out, "%s%s", i ? " " : "", app->args.v[i]);
	}
	return 0;
}

static const struct guest_ops pebble = {
	.name = "pebble",
	.roots = 1u << ROOT_NONE,
	.monitors = monitors,
	.max_disks = 1,
	.no_env = true,
	.min_memory = min_memory,
	.cmdline = cmdline,
	.max_cmdline_bytes = 512,
};
GUEST_REGISTER(pebble);
