/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4) of short texts: names of sockets. libcrypto's, which bunny uses, has code for each kind of processor,
 * and would make a program of which every pod runs one 24 KB larger. */
#ifndef URUNC_SHIM_SHA256_H
#define URUNC_SHIM_SHA256_H

#include <stddef.h>

#define SHA256_BYTES 32

void sha256(const void *p, size_t n, unsigned char ret[SHA256_BYTES]);

#endif
