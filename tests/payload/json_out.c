/* SPDX-License-Identifier: Apache-2.0 */
/* Writing JSON by hand, for test payloads that must not depend on the code they test. */
#include "json_out.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char text[1 << 20];
static size_t len;
static bool comma;

static void __attribute__((format(printf, 1, 2))) put(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text + len, sizeof(text) - len, fmt, ap);
	va_end(ap);
	if (n > 0)
		len = len + (size_t)n < sizeof(text) ? len + (size_t)n : sizeof(text) - 1;
}

static void put_str(const char *s)
{
	put("\"");
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			put("\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			put("\\u%04x", c);
		else
			put("%c", c);
	}
	put("\"");
}

static void begin(const char *key)
{
	if (comma)
		put(",");
	comma = true;
	if (key) {
		put_str(key);
		put(":");
	}
}

void js_open(const char *key, char bracket)
{
	begin(key);
	put("%c", bracket);
	comma = false;
}

void js_close(char bracket)
{
	put("%c", bracket);
	comma = true;
}

void js_str(const char *key, const char *s)
{
	begin(key);
	if (s)
		put_str(s);
	else
		put("null");
}

void js_int(const char *key, int64_t v)
{
	begin(key);
	put("%" PRId64, v);
}

void js_bool(const char *key, bool v)
{
	begin(key);
	put(v ? "true" : "false");
}

void js_hex(const char *key, uint64_t v)
{
	begin(key);
	put("\"%" PRIx64 "\"", v);
}

void js_null(const char *key)
{
	begin(key);
	put("null");
}

void js_flush(int fd, const char *prefix)
{
	static char line[sizeof(text) + 64];
	int n = snprintf(line, sizeof(line), "%s%.*s\n", prefix, (int)len, text);
	size_t done = 0;
	ssize_t r;

	while (n > 0 && done < (size_t)n) {
		r = write(fd, line + done, (size_t)n - done);
		if (r <= 0)
			break;
		done += (size_t)r;
	}
	len = 0;
	comma = false;
}
