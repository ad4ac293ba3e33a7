/* SPDX-License-Identifier: Apache-2.0 */
/* The journal: append, read, undo. */
#include "runtime/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "common/log.h"
#include "common/str.h"
#include "runtime/network.h"
#include "sandbox/cgroup.h"
#include "sandbox/unit.h"
#include "storage/claim.h"

#define FIRST_READ_BYTES 4096
#define LINE_BYTES (4096 + 64) /* a path, a word; on the stack of a process that stays small */

static int undo_cgroup(const char *path, struct err *e)
{
	return cgroup_remove(path, e);
}

/* "NAME DESCRIPTION"; a unit's name has no blank. */
static int undo_unit(const char *arg, struct err *e)
{
	const char *blank = strchr(arg, ' ');
	char name[256];

	if (!blank || (size_t)(blank - arg) >= sizeof(name))
		return err_set(e, EBADMSG, "journal: '%.128s' names no unit", arg);
	memcpy(name, arg, (size_t)(blank - arg));
	name[blank - arg] = '\0';
	return unit_stop(name, blank + 1, e);
}

static int undo_unlink(const char *path, struct err *e)
{
	return unlink(path) < 0 && errno != ENOENT ? err_sys(e, "cannot remove '%s'", path) : 0;
}

/* In the order of enum journal_undo_kind. */
static const struct {
	const char *word;
	int (*undo)(const char *arg, struct err *e);
} kinds[] = {
	[JOURNAL_CGROUP] = {"cgroup", undo_cgroup},     [JOURNAL_UNIT] = {"unit", undo_unit},
	[JOURNAL_UNMOUNT] = {"unmount", claim_remount}, [JOURNAL_UNLINK] = {"unlink", undo_unlink},
	[JOURNAL_NETWORK] = {"network", NULL}, /* all of them together */
};
#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

int journal_open(int dirfd, int *ret_fd, struct err *e)
{
	int fd = openat(dirfd, JOURNAL_FILE, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_sys(e, "cannot open the container's journal");
	*ret_fd = fd;
	return 0;
}

/* Appends src to line, escaped; the new length, or 0 when it does not fit. */
static size_t put_escaped(char *line, size_t len, const char *src)
{
	static const char hex[] = "0123456789ABCDEF";

	for (const unsigned char *c = (const unsigned char *)src; *c; c++) {
		if (len + 4 > LINE_BYTES)
			return 0;
		if (*c > ' ' && *c != '%' && *c != 0x7f) {
			line[len++] = (char)*c;
			continue;
		}
		line[len++] = '%';
		line[len++] = hex[*c >> 4];
		line[len++] = hex[*c & 15];
	}
	return len;
}

/* A part of a line that a full disk has let in goes again: the next line would become its end, and be lost. Who writes has
 * the container's lock. */
static void take_back(int fd, size_t written)
{
	off_t end = lseek(fd, -(off_t)written, SEEK_END);

	if (end < 0 || ftruncate(fd, end) < 0)
		log_warn("half a line stays in the container's journal");
}

static int write_line(int fd, char *line, size_t len, struct err *e)
{
	size_t done = 0;
	int code = 0;

	line[len++] = '\n';
	while (done < len && code == 0) {
		ssize_t n = write(fd, line + done, len - done);

		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			code = n == 0 ? EIO : errno;
	}
	if (code == 0)
		return 0;
	if (done > 0)
		take_back(fd, done);
	errno = code;
	return err_sys(e, "cannot write the container's journal");
}

int journal_add(int fd, const char *word, const char *arg, struct err *e)
{
	char line[LINE_BYTES];
	size_t len = strlen(word);

	memcpy(line, word, len);
	if (arg) {
		line[len++] = ' ';
		len = put_escaped(line, len, arg);
		if (!len)
			return err_set(e, ENAMETOOLONG, "journal: argument of '%s' is too long", word);
	}
	return write_line(fd, line, len, e);
}

static int add_process(int fd, const char *word, pid_t pid, uint64_t start_time, const char *boot_id,
		       struct err *e)
{
	char line[128];
	int n = snprintf(line, sizeof(line) - 1, "%s %ld %llu %s", word, (long)pid,
			 (unsigned long long)start_time, boot_id);

	if (n < 0 || (size_t)n >= sizeof(line) - 1)
		return err_set(e, EINVAL, "journal: bad boot id '%s'", boot_id);
	return write_line(fd, line, (size_t)n, e);
}

int journal_add_process(int fd, pid_t pid, uint64_t start_time, const char *boot_id, struct err *e)
{
	return add_process(fd, "process", pid, start_time, boot_id, e);
}

int journal_add_creator(int fd, pid_t pid, uint64_t start_time, const char *boot_id, struct err *e)
{
	return add_process(fd, "creator", pid, start_time, boot_id, e);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* In place. False when an escape is malformed or hides a NUL. */
static bool unescape(char *s)
{
	char *to = s;

	while (*s) {
		int hi, lo;

		if (*s != '%') {
			*to++ = *s++;
			continue;
		}
		hi = hex_digit(s[1]);
		lo = hi < 0 ? -1 : hex_digit(s[2]);
		if (lo < 0 || (hi == 0 && lo == 0))
			return false;
		*to++ = (char)(hi << 4 | lo);
		s += 3;
	}
	*to = '\0';
	return true;
}

/* Cuts the next blank-separated word off *s; NULL at the end. */
static char *next_word(char **s)
{
	char *word = *s, *blank;

	if (!word)
		return NULL;
	blank = strchr(word, ' ');
	*s = blank ? blank + 1 : NULL;
	if (blank)
		*blank = '\0';
	return word;
}

static int parse_process(const char *word, char *args, pid_t *ret_pid, uint64_t *ret_start, struct journal *j,
			 struct err *e)
{
	const char *pid_text = next_word(&args), *start_text = next_word(&args), *boot = next_word(&args);
	uint64_t pid, start;

	if (!boot || !*boot || args || !str_u64(pid_text, 1, INT32_MAX, &pid) ||
	    !str_u64(start_text, 0, UINT64_MAX, &start))
		return err_set(e, EBADMSG, "journal: bad line '%s %s'", word, pid_text);
	*ret_pid = (pid_t)pid;
	*ret_start = start;
	j->boot_id = boot;
	return 0;
}

static int parse_boot(char *arg, struct journal *j, struct err *e)
{
	if (!*arg || strchr(arg, ' '))
		return err_set(e, EBADMSG, "journal: bad line 'boot %s'", arg);
	j->boot_id = arg;
	return 0;
}

static int add_undo(struct journal *j, size_t cap, int kind, char *arg, struct err *e)
{
	if (!unescape(arg) || j->undo.n == cap)
		return err_set(e, EBADMSG, "journal: bad line '%s %s'", kinds[kind].word, arg);
	j->undo.v[j->undo.n++] = (struct journal_undo){.kind = kind, .arg = arg};
	return 0;
}

/* Every earlier note of the mount is done with. */
static int parse_mounted(char *arg, struct journal *j, struct err *e)
{
	size_t n = 0;

	if (!unescape(arg))
		return err_set(e, EBADMSG, "journal: bad line 'mounted %s'", arg);
	for (size_t i = 0; i < j->undo.n; i++)
		if (j->undo.v[i].kind != JOURNAL_UNMOUNT || !streq(j->undo.v[i].arg, arg))
			j->undo.v[n++] = j->undo.v[i];
	j->undo.n = n;
	return 0;
}

static int parse_line(char *line, size_t cap, struct journal *j, struct err *e)
{
	char *args = strchr(line, ' ');

	if (args)
		*args++ = '\0';
	if (args && streq(line, "process"))
		return parse_process(line, args, &j->pid, &j->start_time, j, e);
	if (args && streq(line, "creator"))
		return parse_process(line, args, &j->creator, &j->creator_start_time, j, e);
	if (args && streq(line, "boot"))
		return parse_boot(args, j, e);
	if (args && streq(line, "mounted"))
		return parse_mounted(args, j, e);
	for (size_t k = 0; args && k < NKINDS; k++)
		if (streq(line, kinds[k].word))
			return add_undo(j, cap, (int)k, args, e);
	if (streq(line, "created"))
		j->created = true;
	else if (streq(line, "starting"))
		j->starting = true;
	else if (streq(line, "started"))
		j->started = true;
	return 0;
}

/* salvage: name of the container whose bad lines are skipped, NULL: they are failures. */
static int parse(char *text, size_t n, const char *salvage, struct arena *a, struct journal *ret,
		 struct err *e)
{
	struct journal j = {0};
	size_t lines = 0;

	for (size_t i = 0; i < n; i++)
		lines += text[i] == '\n';
	j.undo.v = arena_array(a, lines, sizeof(*j.undo.v));
	if (!j.undo.v)
		return err_oom(e);
	for (char *p = text, *end = text + n; p < end;) {
		char *nl = memchr(p, '\n', (size_t)(end - p));
		int r;

		if (!nl)
			break;
		*nl = '\0';
		r = parse_line(p, lines, &j, e);
		if (r < 0 && !salvage)
			return r;
		if (r < 0)
			log_warn("container '%s': %s: skipped", salvage, e->msg);
		p = nl + 1;
	}
	*ret = j;
	return 0;
}

int journal_parse(char *text, size_t n, struct arena *a, struct journal *ret, struct err *e)
{
	return parse(text, n, NULL, a, ret, e);
}

/* Journals are short: one read, and one more only if there was more. */
static int read_text(int fd, struct arena *a, char **ret, size_t *ret_n, struct err *e)
{
	char *buf = arena_alloc(a, FIRST_READ_BYTES);
	struct bytes rest = {0};
	ssize_t n;
	int r;

	if (!buf)
		return err_oom(e);
	do
		n = read(fd, buf, FIRST_READ_BYTES);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(e, "cannot read the container's journal");
	*ret = buf;
	*ret_n = (size_t)n;
	if (n < FIRST_READ_BYTES)
		return 0;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, "cannot read the container's journal");
	r = read_all(fd, JOURNAL_MAX_BYTES, a, &rest, "the container's journal", e);
	if (r < 0)
		return r;
	*ret = (char *)(uintptr_t)rest.p; /* a fresh copy in our own arena: cutting it up is fine */
	*ret_n = rest.n;
	return 0;
}

static int read_journal(int dirfd, const char *salvage, struct arena *a, struct journal *ret, struct err *e)
{
	_cleanup_fd_ int fd = openat(dirfd, JOURNAL_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char *text = NULL;
	size_t n = 0;
	int r;

	if (fd < 0 && errno == ENOENT) {
		*ret = (struct journal){0};
		return 0;
	}
	if (fd < 0)
		return err_sys(e, "cannot open the container's journal");
	r = read_text(fd, a, &text, &n, e);
	return r < 0 ? r : parse(text, n, salvage, a, ret, e);
}

int journal_read(int dirfd, struct arena *a, struct journal *ret, struct err *e)
{
	return read_journal(dirfd, NULL, a, ret, e);
}

int journal_salvage(int dirfd, const char *id, struct arena *a, struct journal *ret, struct err *e)
{
	return read_journal(dirfd, id, a, ret, e);
}

static int replay_some(const struct journal *j, bool unmounts, int first, struct err *e)
{
	struct err later = {0};

	for (size_t i = j->undo.n; i-- > 0;) {
		const struct journal_undo *u = &j->undo.v[i];
		int r = 0;

		if (kinds[u->kind].undo && (u->kind == JOURNAL_UNMOUNT) == unmounts)
			r = kinds[u->kind].undo(u->arg, first ? &later : e);
		if (r < 0 && !first)
			first = r;
	}
	return first;
}

/* A device that a guest wrote to is mounted again only when nobody is left who could write to it: a control group that
 * could be removed was empty. */
int journal_replay(const struct journal *j, struct err *e)
{
	struct err later = {0};
	int r = replay_some(j, false, 0, e), net;

	if (r == -EBUSY)
		return r;
	net = network_undo(j, r < 0 ? &later : e);
	return replay_some(j, true, r < 0 ? r : net, e);
}
