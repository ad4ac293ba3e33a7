/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc ps`. */
#include "runtime/ps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/io.h"
#include "common/path.h"
#include "common/proc.h"
#include "runtime/capture.h"
#include "runtime/state.h"
#include "sandbox/cgroup.h"

#define USUAL_PLACES "/usr/local/bin:/usr/bin:/bin"

struct pids {
	pid_t *v;
	size_t n;
};

static int find_pids(const struct runtime *rt, struct container *c, struct pids *ret, struct err *e)
{
	enum status s;
	bool same = false;
	int r = status_read(c, false, &s, e);

	if (r == 0)
		r = container_same_boot(c, &same, e);
	/* After another boot its group and its numbers are somebody else's. */
	if (r < 0 || !same)
		return r;
	if (c->head.cgroup.version != 0) {
		r = cgroup_pids(&c->head.cgroup, rt->arena, &ret->v, &ret->n, e);
		return r == -ENOENT ? 0 : r;
	}
	if (s == ST_STOPPED || c->journal.pid == 0)
		return 0;
	ret->v = arena_array(rt->arena, 1, sizeof(*ret->v));
	if (!ret->v)
		return err_oom(e);
	ret->v[0] = c->journal.pid;
	ret->n = 1;
	return 0;
}

static bool contains(const struct pids *p, uint64_t pid)
{
	for (size_t i = 0; i < p->n; i++)
		if ((uint64_t)p->v[i] == pid)
			return true;
	return false;
}

static void print_json(const struct pids *p, struct strbuf *out)
{
	if (p->n == 0)
		sb_add(out, "null");
	for (size_t i = 0; i < p->n; i++)
		sb_addf(out, "%c%d", i ? ',' : '[', (int)p->v[i]);
	sb_add(out, p->n ? "]\n" : "\n");
}

/* The command line with blanks between the words, or the name in brackets when there is none. */
static const char *command_of(struct arena *a, pid_t pid)
{
	struct bytes line = {0};
	struct err gone = {0};
	char path[40], *text;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	if (file_read(AT_FDCWD, path, 1u << 20, a, &line, &gone) < 0)
		return NULL;
	text = (char *)(uintptr_t)line.p; /* our own fresh copy */
	while (line.n && text[line.n - 1] == '\0')
		line.n--;
	for (size_t i = 0; i < line.n; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			text[i] = ' ';
	return text;
}

static void print_process(struct arena *a, pid_t pid, struct strbuf *out)
{
	const char *command = command_of(a, pid);
	struct err gone = {0};
	struct proc_stat ps;
	struct stat st;
	char path[24];

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	/* It may end at any time; then it is simply not there. */
	if (!command || stat(path, &st) < 0 || proc_stat_read(pid, &ps, &gone) < 0)
		return;
	sb_addf(out, "%-8u %9d %9d %c %s\n", (unsigned)st.st_uid, (int)pid, (int)ps.ppid, ps.state, command);
}

/* Which word of the title line is PID; -1 = none. */
static int pid_column(const char *title)
{
	int column = 0;

	for (const char *p = title + strspn(title, " "); *p && *p != '\n'; column++) {
		size_t n = strcspn(p, " \n");

		if (n == 3 && memcmp(p, "PID", 3) == 0)
			return column;
		p += n;
		p += strspn(p, " ");
	}
	return -1;
}

static bool line_matches(const char *line, int column, const struct pids *pids)
{
	const char *p = line + strspn(line, " ");

	for (int i = 0; i < column; i++) {
		p += strcspn(p, " \n");
		p += strspn(p, " ");
	}
	return *p >= '0' && *p <= '9' && contains(pids, strtoull(p, NULL, 10));
}

static int print_filtered(struct arena *a, const struct pids *pids, const struct strs *options,
			  struct strbuf *out, struct err *e)
{
	const char *search = getenv("PATH"), *program = NULL;
	struct strv words = STRV(a);
	struct bytes text = {0};
	struct strs argv;
	int column, r;

	r = path_find_program(a, "ps", search && *search ? search : USUAL_PLACES, &program, e);
	if (r < 0)
		return err_wrap(e, "ps options need the program ps");
	strv_add(&words, program);
	for (size_t i = 0; i < options->n; i++)
		strv_add(&words, options->v[i]);
	r = strv_done(&words, &argv, e);
	if (r < 0)
		return r;
	r = capture_output(program, &argv, a, &text, e);
	if (r < 0)
		return err_wrap(e, "ps option '%.64s' (whole lists with a column PID are wanted)",
				options->v[0]);
	column = pid_column(text.p);
	if (column < 0)
		return err_set(e, EINVAL,
			       "couldn't find PID field in ps output: give options that print it, not '%.64s'",
			       options->v[0]);
	for (const char *line = text.p, *end = line + text.n; line < end;) {
		const char *nl = memchr(line, '\n', (size_t)(end - line));
		size_t n = nl ? (size_t)(nl - line) + 1 : (size_t)(end - line);

		if (line == text.p || line_matches(line, column, pids))
			sb_addn(out, line, n);
		line += n;
	}
	return 0;
}

int runtime_ps(const struct runtime *rt, const char *id, bool json, const struct strs *options,
	       struct strbuf *out, struct err *e)
{
	_cleanup_container_ struct container c = CONTAINER_NULL;
	struct pids pids = {0};
	int r;

	r = container_get(rt, id, 0, &c, e);
	if (r < 0)
		return r;
	r = find_pids(rt, &c, &pids, e);
	if (r < 0)
		return r;
	if (json) {
		print_json(&pids, out);
	} else if (options->n) {
		r = print_filtered(rt->arena, &pids, options, out, e);
		if (r < 0)
			return r;
	} else {
		sb_addf(out, "%-8s %9s %9s S CMD\n", "UID", "PID", "PPID");
		for (size_t i = 0; i < pids.n; i++)
			print_process(rt->arena, pids.v[i], out);
	}
	return out->oom ? err_oom(e) : 0;
}
