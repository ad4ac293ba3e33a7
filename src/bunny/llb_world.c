/* SPDX-License-Identifier: Apache-2.0 */
/* What of this program itself goes into a build of BuildKit's. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "bunny/llb_build.h"
#include "bunny/own_urunit.h"
#include "common/io.h"

#define URUNIT_MAX_BYTES (4u << 20)
#define PROGRAM_MAX_BYTES (15u << 20) /* it must fit into one message */

int llb_world_program(struct llb_world *w, struct arena *a, struct err *e)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n < 0)
		return err_sys(e, "/proc/self/exe");
	path[n] = '\0';
	w->tools_path = arena_strdup(a, path);
	if (!w->tools_path)
		return err_oom(e);
	return w->tools.n ? 0 : file_read(AT_FDCWD, "/proc/self/exe", PROGRAM_MAX_BYTES, a, &w->self, e);
}

int llb_world_urunit(struct llb_world *w, const char *arch, struct arena *a, struct err *e)
{
	struct err none = {0};
	struct piece piece;
	int r = own_urunit(arch, &piece, a, &none);

	w->urunit = (struct bytes){0};
	if (r == 0)
		return piece_read(&piece, URUNIT_MAX_BYTES, a, &w->urunit, e);
	/* Only an image that wants one cannot be made. */
	w->urunit_why = arena_strdup(a, none.msg);
	return w->urunit_why ? 0 : err_oom(e);
}
