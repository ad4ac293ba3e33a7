/* SPDX-License-Identifier: Apache-2.0 */
/* Asks a monitor for its version. */
#ifndef URUNC_GATHER_VERSION_H
#define URUNC_GATHER_VERSION_H

#include <stddef.h>
#include <stdint.h>

#define VERSION_TIMEOUT_MS 2000
#define VERSION_MAX_BYTES 4096u

/* The first number with a dot in it ("v1.16.1", "50.0"), as VERSION() makes them; 0 if there is none that makes sense. */
uint32_t version_parse(const char *text, size_t n);
/* Runs `path --version` with an empty environment and nothing to read, and looks at the first VERSION_MAX_BYTES that it
 * writes. It has ended when this returns. 0: not known, whatever the reason. */
uint32_t version_ask(const char *path, int timeout_ms);

#endif
