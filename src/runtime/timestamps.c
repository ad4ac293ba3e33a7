/* SPDX-License-Identifier: Apache-2.0 */
/* When each step of create and start was done. Noted in memory, written once at the end of the command, so that the
 * writing is no part of what is measured. */
#include "runtime/timestamps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/io.h"
#include "common/path.h"

static const char *const names[STAMP_COUNT] = {
	[STAMP_CR_INVOKED] = "CR.invoked",
	[STAMP_CR_PLANNED] = "CR.unikontainer_created",
	[STAMP_CR_INITIAL_SETUP] = "CR.initial_setup",
	[STAMP_CR_CLONE] = "CR.start_reexec",
	[STAMP_RX_INVOKED] = "RX.create_invoked",
	[STAMP_RX_BASE] = "RX.close_pipes_and_setup_base",
	[STAMP_CR_PIDS] = "CR.received_pids",
	[STAMP_CR_HOOKS] = "CR.hooks_executed",
	[STAMP_CR_ACK] = "CR.sent_ack",
	[STAMP_RX_ACK] = "RX.received_ack",
	[STAMP_CR_TERMINATED] = "CR.terminated",
	[STAMP_ST_INVOKED] = "ST.invoked",
	[STAMP_ST_LOADED] = "ST.unikontainer_created",
	[STAMP_ST_SENT] = "ST.sent_start_msg",
	[STAMP_RX_RECEIVED] = "RX.received_start_msg",
	[STAMP_RX_NETNS] = "RX.joined_netns",
	[STAMP_RX_NETWORK] = "RX.network_setup_completed",
	[STAMP_RX_DISK] = "RX.disk_setup_completed",
	[STAMP_RX_EXEC] = "RX.execve_hypervisor",
};

/* Beside variables that every process writes to, or the supervisor would keep a page for this alone. */
static bool enabled __attribute__((section(".data")));
static uint64_t at[STAMP_COUNT] __attribute__((section(".data")));

void stamp(enum stamp s)
{
	at[s] = clock_realtime_ns();
}

void stamps_enable(bool on)
{
	enabled = on;
}

bool stamps_enabled(void)
{
	return enabled;
}

void stamps_put(enum stamp first, enum stamp last, char text[STAMPS_TEXT_BYTES])
{
	size_t n = 0;

	text[0] = '\0';
	for (int i = (int)first; enabled && i <= (int)last; i++)
		n += (size_t)snprintf(text + n, STAMPS_TEXT_BYTES - n, "%llu ", (unsigned long long)at[i]);
}

/* Anything but such a text changes nothing from there on. */
void stamps_take(enum stamp first, enum stamp last, const char *text)
{
	for (int i = (int)first; i <= (int)last; i++) {
		size_t n = strcspn(text, " ");
		char number[24];
		uint64_t t;

		if (n == 0 || n >= sizeof(number))
			return;
		memcpy(number, text, n);
		number[n] = '\0';
		if (!str_u64(number, 0, UINT64_MAX, &t))
			return;
		if (t) /* not a step of the other process */
			at[i] = t;
		text += n + strspn(text + n, " ");
	}
}

/* The caller's umask may be anything; the file is for everybody to read. */
static int open_file(const char *path, struct err *e)
{
	const mode_t old = umask(022);
	const char *slash = strrchr(path, '/');
	const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	char dir[4096];
	int fd = open(path, flags, 0644), r = 0;

	if (fd < 0 && errno == ENOENT && slash && slash > path && (size_t)(slash - path) < sizeof(dir)) {
		memcpy(dir, path, (size_t)(slash - path));
		dir[slash - path] = '\0';
		r = path_mkdirs(dir, 0755, e);
		if (r == 0)
			fd = open(path, flags, 0644);
	}
	if (r == 0 && fd < 0)
		r = err_sys(e, "cannot open it");
	umask(old);
	return r < 0 ? r : fd;
}

int stamps_open(const char *destination, int *ret_fd, struct err *e)
{
	_cleanup_fd_ int fd = open_file(destination, e);
	struct stat st;

	if (fd < 0)
		return err_wrap(e, "timestamps.destination '%s' cannot be used", destination);
	if (fstat(fd, &st) < 0)
		return err_sys(e, "timestamps.destination '%s' cannot be used", destination);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL,
			       "timestamps.destination '%s' cannot be used: it is not a regular file",
			       destination);
	*ret_fd = fd_steal(&fd);
	return 0;
}

void stamps_format(const char *id, enum stamp first, enum stamp last, struct strbuf *out)
{
	uint64_t t = at[first];

	for (int i = (int)first; i <= (int)last; i++) {
		if (at[i])
			t = at[i];
		sb_add(out, "{\"containerID\":");
		sb_json_str(out, id, strlen(id));
		sb_addf(out,
			",\"timestampID\":\"TS%02d\",\"timestampName\":\"%s\",\"timestampOrder\":%d,\"time\":%llu}\n",
			i, names[i], i, (unsigned long long)t);
	}
}

int stamps_write(int fd, const char *id, enum stamp first, enum stamp last, struct arena *a, struct err *e)
{
	struct strbuf b = STRBUF(a);
	int r;

	stamps_format(id, first, last, &b);
	if (b.oom)
		return err_oom(e);
	r = write_all(fd, b.p, b.len);
	errno = -r;
	return r < 0 ? err_sys(e, "cannot write timestamps") : 0;
}
