/* SPDX-License-Identifier: Apache-2.0 */
/* Calling the runtime. */
#include "shim/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "common/json.h"
#include "common/path.h"
#include "config/config.h"
#include "runtime/delegate.h"
#include "runtime/owner.h"

#define USUAL_PLACES "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define LOG_TAIL_BYTES (64 << 10)

void cli_done(struct cli *c)
{
	free(c->binary);
	free(c->root);
	free(c->log);
	free(c->shim_cgroup);
	free(c->criu_image);
	free(c->criu_work);
	*c = (struct cli){0};
}

void cli_word(struct cli_words *w, const char *s)
{
	if (w->n < CLI_WORDS_MAX)
		w->v[w->n++] = s;
}

/* The directory of this very program. */
static const char *beside_us(struct arena *a)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));
	const char *slash = n > 0 ? memrchr(path, '/', (size_t)n) : NULL;

	return slash ? arena_strndup(a, path, (size_t)(slash - path)) : NULL;
}

int cli_find(const char *name, struct arena *a, const char **ret, struct err *e)
{
	const char *places[] = {beside_us(a), getenv("PATH"), USUAL_PLACES};
	struct err ignored = {0};

	for (size_t i = strchr(name, '/') ? 2 : 0; i < 3; i++)
		if (places[i] && *places[i] && path_find_program(a, name, places[i], ret, &ignored) == 0)
			return 0;
	return err_set(e, ENOENT,
		       "the runtime '%s' cannot be found: it is neither beside the shim nor in PATH", name);
}

/* The delegate, called as urunc itself would call it. */
static int exec_delegate(const struct cli *c, const struct cli_words *w, struct arena *a, struct err *e)
{
	const struct delegate_call call = {
		.root = c->root,
		.log = c->log,
		.log_format = "json",
		.systemd_cgroup = c->systemd_cgroup,
		.words = {(const char **)(uintptr_t)w->v, w->n},
	};
	struct config config;
	int r = config_load(NULL, a, &config, e);

	return r < 0 ? r : delegate_exec(&call, c->owner, config.delegate, a, e);
}

int cli_exec(const struct cli *c, const struct cli_words *w, struct err *e)
{
	static struct arena a;
	struct strv argv = STRV(&a);
	const char *path;
	struct strs all;
	int r;

	if (!c->binary && (c->owner == OWNER_RUNC || c->owner == OWNER_CRUN))
		return exec_delegate(c, w, &a, e);
	r = cli_find(c->binary ? c->binary : "urunc", &a, &path, e);
	if (r < 0)
		return r;
	strv_add(&argv, path);
	strv_add(&argv, "--root");
	strv_add(&argv, c->root);
	strv_add(&argv, "--log");
	strv_add(&argv, c->log);
	strv_add(&argv, "--log-format");
	strv_add(&argv, "json");
	if (c->systemd_cgroup)
		strv_add(&argv, "--systemd-cgroup");
	for (size_t i = 0; i < w->n; i++)
		strv_add(&argv, w->v[i]);
	r = strv_done(&argv, &all, e);
	if (r < 0)
		return r;
	execv(path, (char *const *)(uintptr_t)all.v);
	return err_sys(e, "cannot execute '%s'", path);
}

off_t cli_log_end(const struct cli *c)
{
	struct stat st;

	return stat(c->log, &st) == 0 ? st.st_size : 0;
}

/* The message of a line, when the line is an error. */
static const char *error_in(const char *line, size_t n, struct arena *a)
{
	const char *level = NULL, *msg = NULL;
	struct err ignored = {0};
	json_t *o = NULL;

	if (json_parse((struct bytes){line, n}, "log", &o, &ignored) < 0 ||
	    json_get_str(o, "", "level", &level, &ignored) < 0 ||
	    json_get_str(o, "", "msg", &msg, &ignored) < 0 || !streq(level, "error"))
		return NULL;
	return msg ? arena_strdup(a, msg) : NULL;
}

bool cli_log_error(const struct cli *c, off_t from, struct err *e)
{
	_cleanup_fd_ int fd = open(c->log, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	const char *msg = NULL, *line, *newline;
	struct arena a = {0};
	struct stat st;
	ssize_t n;
	char *text;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	if (st.st_size - from > LOG_TAIL_BYTES)
		from = st.st_size - LOG_TAIL_BYTES;
	text = arena_alloc(&a, LOG_TAIL_BYTES + 1);
	n = text ? pread(fd, text, LOG_TAIL_BYTES, from) : -1;
	json_use_arena(&a);
	for (line = text; n > 0 && line < text + n; line = newline + 1) {
		const char *found;

		newline = memchr(line, '\n', (size_t)(text + n - line));
		if (!newline)
			break;
		found = error_in(line, (size_t)(newline - line), &a);
		msg = found ? found : msg;
	}
	if (msg)
		err_set(e, EIO, "%s", msg);
	arena_release(&a);
	return msg;
}

void cli_find_owner(struct cli *c, const char *id)
{
	char path[4096];
	int fd, n = snprintf(path, sizeof(path), "%s/%s", c->root, id);

	if (n < 0 || (size_t)n >= sizeof(path))
		return;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	c->owner = (int)owner_of_dir(fd);
	fd_close(&fd);
}
