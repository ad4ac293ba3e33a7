/* SPDX-License-Identifier: Apache-2.0 */
/* runc's log. Writing a record never fails and never kills: a logger must not be the reason for an end. */
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/io.h"
#include "common/str.h"
#include "common/syslog.h"

#define MSG_BYTES 2048
#define RECORD_BYTES (MSG_BYTES * 6 + 128) /* every byte may become \u00XX */

/* The words of logrus, which readers of runc's log expect. */
static const char *const level_words[] = {"error", "warning", "info", "debug"};

static const int severities[] = {SYSLOG_ERROR, SYSLOG_WARNING, SYSLOG_INFO, SYSLOG_DEBUG};

static struct {
	int fd;
	enum log_level level;
	bool json, syslog;
	void (*before_first)(void *);
	void *before_first_arg;
} out = {.fd = STDERR_FILENO, .level = LOG_LVL_INFO};

int log_open(const char *path, bool json, enum log_level level, struct err *e)
{
	int fd = STDERR_FILENO;

	if (path) {
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
		if (fd < 0)
			return err_sys(e, "cannot open log file '%s'", path);
	}
	if (out.fd != STDERR_FILENO)
		fd_close(&out.fd);
	out.fd = fd;
	out.json = json;
	out.level = level;
	out.syslog = false;
	out.before_first = NULL;
	return 0;
}

void log_set_level(enum log_level level)
{
	out.level = level;
}

void log_syslog(bool on)
{
	out.syslog = on;
}

void log_before_first(void (*fn)(void *arg), void *arg)
{
	out.before_first = fn;
	out.before_first_arg = arg;
}

static void settle(void)
{
	void (*fn)(void *) = out.before_first;

	out.before_first = NULL; /* should fn itself have something to say */
	if (fn)
		fn(out.before_first_arg);
}

bool log_level_parse(const char *word, enum log_level *ret)
{
	static const struct {
		const char *word;
		enum log_level level;
	} levels[] = {
		{"panic", LOG_LVL_ERROR}, {"fatal", LOG_LVL_ERROR},  {"error", LOG_LVL_ERROR},
		{"warn", LOG_LVL_WARN},   {"warning", LOG_LVL_WARN}, {"info", LOG_LVL_INFO},
		{"debug", LOG_LVL_DEBUG}, {"trace", LOG_LVL_DEBUG},
	};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (streq(word, levels[i].word)) {
			*ret = levels[i].level;
			return true;
		}
	return false;
}

bool log_to_stderr(void)
{
	return out.fd == STDERR_FILENO;
}

int log_fd(void)
{
	return out.fd;
}

/* A reader that went away must not end us by SIGPIPE, and the signal must not stay pending for somebody
 * else; the disposition is left alone because children inherit it. */
static void write_quietly(int fd, const char *p, size_t n)
{
	const struct timespec now = {0};
	sigset_t pipe_set, old, pending;
	bool was_pending;

	sigemptyset(&pipe_set);
	sigaddset(&pipe_set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &pipe_set, &old);
	was_pending = sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
	if (write_all(fd, p, n) == -EPIPE && !was_pending)
		while (sigtimedwait(&pipe_set, NULL, &now) < 0 && errno == EINTR)
			;
	sigprocmask(SIG_SETMASK, &old, NULL);
}

void log_msg(enum log_level level, const char *fmt, ...)
{
	char msg[MSG_BYTES], record[RECORD_BYTES], when[40];
	struct strbuf b = {.p = record, .cap = sizeof(record)};
	int saved = errno;
	va_list ap;

	settle();
	if (level > out.level || out.fd < 0) {
		errno = saved;
		return;
	}
	va_start(ap, fmt);
	if (vsnprintf(msg, sizeof(msg), fmt, ap) < 0)
		msg[0] = '\0';
	va_end(ap);
	clock_rfc3339(clock_realtime_ns(), 0, when, sizeof(when));
	if (out.json)
		sb_addf(&b, "{\"level\":\"%s\",\"msg\":", level_words[level]);
	else
		sb_addf(&b, "time=\"%s\" level=%s msg=", when, level_words[level]);
	sb_json_str(&b, msg, strlen(msg));
	if (out.json)
		sb_addf(&b, ",\"time\":\"%s\"}", when);
	sb_addc(&b, '\n');
	write_quietly(out.fd, b.p, b.len);
	if (out.syslog)
		syslog_send(SYSLOG_SOCKET, severities[level], msg);
	errno = saved;
}
