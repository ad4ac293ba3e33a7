/* SPDX-License-Identifier: Apache-2.0 */
/* Writing JSON by hand, for test payloads that must not depend on the code they test. */
#ifndef TESTS_PAYLOAD_JSON_OUT_H
#define TESTS_PAYLOAD_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>

/* All of these append to one buffer; commas come by themselves. key NULL: an array element. */
void js_open(const char *key, char bracket); /* '{' or '[' */
void js_close(char bracket);                 /* '}' or ']' */
void js_str(const char *key, const char *s); /* NULL is null; bytes that are no ASCII become \u00XX */
void js_int(const char *key, int64_t v);
void js_bool(const char *key, bool v);
void js_hex(const char *key, uint64_t v); /* a string of hex digits */
void js_null(const char *key);
/* Writes prefix, the text and a newline in one write(2), and empties the buffer. */
void js_flush(int fd, const char *prefix);

#endif
