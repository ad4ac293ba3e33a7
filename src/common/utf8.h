/* SPDX-License-Identifier: Apache-2.0 */
/* One strict UTF-8 reader for everybody who must tell text from bytes. */
#ifndef URUNC_COMMON_UTF8_H
#define URUNC_COMMON_UTF8_H

#include <stddef.h>

/* Length (1..4) of the well-formed sequence at s, of which n bytes may be read; 0 when it is malformed,
 * overlong, a surrogate, above U+10FFFF or cut off. */
size_t utf8_seq(const char *s, size_t n);

#endif
