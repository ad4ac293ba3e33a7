/* SPDX-License-Identifier: Apache-2.0 */
/* urunit as bytes of this program; for another machine, a file beside where urunc has its helpers. */
#include "bunny/own_urunit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/fd.h"

/* URUNIT_FILE: what was built with this program. */
__asm__(".section .rodata\n"
	".balign 16\n"
	".global bunny_urunit, bunny_urunit_end\n"
	"bunny_urunit: .incbin \"" URUNIT_FILE "\"\n"
	"bunny_urunit_end: .byte 0\n"
	".previous\n");
extern const char bunny_urunit[], bunny_urunit_end[];

#if defined(__x86_64__)
#define OWN_ARCH "amd64"
#elif defined(__aarch64__)
#define OWN_ARCH "arm64"
#endif

int own_urunit(const char *arch, struct piece *ret, struct arena *a, struct err *e)
{
	const char *path;
	struct stat st;
	int fd;

	if (streq(arch, OWN_ARCH)) {
		*ret = piece_bytes(bunny_urunit, (size_t)(bunny_urunit_end - bunny_urunit));
		return 0;
	}
	path = arena_printf(a, URUNC_LIBEXECDIR "/urunc/urunit-%s", arch);
	fd = path ? open(path, O_RDONLY | O_CLOEXEC)
		  : -1; /* stays open: it is read when the image is written */
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, ENOENT,
			       "this bunny has an urunit for " OWN_ARCH " only; for %s, put one at %s", arch,
			       path ? path : "its place");
	*ret = piece_fd(fd, 0, (uint64_t)st.st_size);
	return 0;
}
