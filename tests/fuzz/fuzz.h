/* SPDX-License-Identifier: Apache-2.0 */
/* What every fuzzer has: libFuzzer's entry, and the input as parsers want it. */
#ifndef URUNC_FUZZ_H
#define URUNC_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold whatever the input is. Unlike assert it is there in every build, and names no expression at run time. */
#define FUZZ_HOLDS(x) ((x) ? (void)0 : abort())

/* A copy with a NUL byte behind it; the caller frees it. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *s = malloc(size + 1);

	FUZZ_HOLDS(s);
	if (size)
		memcpy(s, data, size);
	s[size] = '\0';
	return s;
}

static inline struct bytes fuzz_bytes(const uint8_t *data, size_t size)
{
	return (struct bytes){.p = data, .n = size};
}

/* A file in memory with these contents, always the same one. */
static inline int fuzz_file(const uint8_t *data, size_t size)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	FUZZ_HOLDS(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	return fd;
}

#endif
