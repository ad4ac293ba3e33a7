/* SPDX-License-Identifier: Apache-2.0 */
/* Progress, in the form that whoever reads it can use. */
#include "bunny/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/io.h"
#include "common/str.h"

#define REFRESH_MS 100

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void report_begin(struct report *r, bool quiet, bool json)
{
	const char *term = getenv("TERM");

	*r = (struct report){.form = REPORT_PLAIN};
	if (quiet)
		r->form = REPORT_QUIET;
	else if (json)
		r->form = REPORT_JSON;
	else if (isatty(STDERR_FILENO) && term && !streq(term, "dumb"))
		r->form = REPORT_TTY;
}

/* Nothing can be done about a report that cannot be written. */
static void put(const char *s, size_t n)
{
	(void)!write_all(STDERR_FILENO, s, n);
}

/* Text of images and files may hold anything: a terminal gets to see printable text only. */
static void put_line(const char *begin, const char *text, const char *end)
{
	char line[1024];
	int n = snprintf(line, sizeof(line), "%s%s%s", begin, text, end);
	size_t len = n < 0 ? 0 : (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1;
	size_t skip = strlen(begin), last = len > strlen(end) ? len - strlen(end) : 0;

	for (size_t i = skip; i < last; i++) {
		if ((unsigned char)line[i] < ' ' || line[i] == 127)
			line[i] = '?';
	}
	put(line, len);
}

static void size_words(uint64_t n, char *to, size_t max)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double v = (double)n;
	size_t u = 0;

	while (v >= 1024 && u < 4) {
		v /= 1024;
		u++;
	}
	snprintf(to, max, u ? "%.1f %s" : "%.0f %s", v, units[u]);
}

static void show_step(struct report *r, bool done)
{
	int64_t ms = now_ms() - r->begun_ms;
	char size[32] = "", tail[96], text[320];

	if (r->bytes)
		size_words(r->bytes, size, sizeof(size));
	snprintf(tail, sizeof(tail), "%s%s  %lld.%03lld s", r->bytes ? "  " : "", size,
		 (long long)(ms / 1000), (long long)(ms % 1000));
	snprintf(text, sizeof(text), "%s%s", r->what, tail);
	if (r->form == REPORT_TTY)
		put_line("\r\033[K", text, done ? "\n" : "");
	else
		put_line("", text, "\n");
	r->shown_ms = now_ms();
}

static void json_line(const char *kind, const char *text, const struct report *step)
{
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);

	sb_addf(&b, "{\"%s\":", kind);
	sb_json_str(&b, text, strlen(text));
	if (step)
		sb_addf(&b, ",\"bytes\":%llu,\"ms\":%lld", (unsigned long long)step->bytes,
			(long long)(now_ms() - step->begun_ms));
	sb_add(&b, "}\n");
	if (!b.oom)
		put(b.p, b.len);
	arena_release(&a);
}

void report_done(struct report *r)
{
	if (!r->open)
		return;
	r->open = false;
	if (r->form == REPORT_JSON)
		json_line("step", r->what, r);
	else if (r->form != REPORT_QUIET)
		show_step(r, true);
}

void report_step(struct report *r, const char *fmt, ...)
{
	va_list ap;

	report_done(r);
	va_start(ap, fmt);
	vsnprintf(r->what, sizeof(r->what), fmt, ap);
	va_end(ap);
	r->open = true;
	r->bytes = 0;
	r->begun_ms = now_ms();
	if (r->form == REPORT_TTY)
		show_step(r, false);
}

void report_bytes(uint64_t n, void *report)
{
	struct report *r = report;

	r->bytes += n;
	if (r->form == REPORT_TTY && r->open && now_ms() - r->shown_ms >= REFRESH_MS)
		show_step(r, false);
}

static __attribute__((format(printf, 4, 0))) void say(struct report *r, const char *kind, const char *begin,
						      const char *fmt, va_list ap)
{
	char text[900];

	if (r->form == REPORT_QUIET)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	if (r->form == REPORT_JSON)
		json_line(kind, text, NULL);
	else
		put_line(r->form == REPORT_TTY && r->open ? "\r\033[K" : "", "", "");
	if (r->form != REPORT_JSON)
		put_line(begin, text, "\n");
}

void report_note(struct report *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(r, "note", "", fmt, ap);
	va_end(ap);
}

void report_warn(struct report *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(r, "warning", "warning: ", fmt, ap);
	va_end(ap);
}

void report_fail(struct report *r, const char *msg)
{
	if (r->form == REPORT_TTY && r->open)
		put("\n", 1);
	r->open = false;
	if (r->form == REPORT_JSON)
		json_line("error", msg, NULL);
	else
		put_line("bunny: ", msg, "\n");
}
