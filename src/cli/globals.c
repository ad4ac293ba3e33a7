/* SPDX-License-Identifier: Apache-2.0 */
/* The options before the command: all that runc, crun and their callers know are accepted, those without a meaning here
 * are passed on to a delegate or ignored. */
#include "cli/globals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"
#include "common/log.h"
#include "runtime/decide.h"

#define G(member) offsetof(struct globals, member)

static const struct opt global_opts[] = {
	{"root", 0, OPT_STR, G(root), "DIR",
	 "directory for the state of containers (default: " DEFAULT_ROOT ")"},
	{"log", 0, OPT_STR, G(log), "FILE", "log file (default: standard error)"},
	{"log-format", 0, OPT_STR, G(log_format), "FORMAT", "text (default) or json"},
	{"log-level", 0, OPT_STR, G(log_level), "LEVEL", "error, warn, info (default) or debug"},
	{"debug", 0, OPT_BOOL, G(debug), NULL, "same as --log-level debug"},
	{"systemd-cgroup", 0, OPT_BOOL, G(systemd_cgroup), NULL,
	 "make a scope of systemd's: cgroupsPath is slice:prefix:name"},
	{"rootless", 0, OPT_TRISTATE, G(rootless), "VALUE", "true, false or auto; accepted for runc's sake"},
	{"criu", 0, OPT_STR, G(criu), "PATH", "accepted for runc's sake"},
	{"cgroup-manager", 0, OPT_STR, G(cgroup_manager), "NAME", "crun's word: systemd is --systemd-cgroup"},
	{"help", 'h', OPT_BOOL, G(help), NULL, NULL},
	{"version", 'v', OPT_BOOL, G(version), NULL, NULL},
};
const struct opt_table globals_table = {global_opts, sizeof(global_opts) / sizeof(global_opts[0])};

int globals_read(struct cli *c, const char *const *words, size_t n, struct globals *ret_g, struct err *e)
{
	struct strs none;
	size_t used;
	int r = opts_parse(globals_table, OPTS_STOP_AT_WORD, words, n, ret_g, c->rt.arena, &none, &used, e);

	if (r < 0)
		return r;
	c->call.words = (struct strs){(const char **)(uintptr_t)(words + used), n - used};
	return 0;
}

static int log_level(const struct globals *g, enum log_level *ret, struct err *e)
{
	*ret = g->debug ? LOG_LVL_DEBUG : LOG_LVL_INFO;
	if (g->debug || !g->log_level || log_level_parse(g->log_level, ret))
		return 0;
	return err_set(e, EINVAL, "invalid log-level: %s (allowed: error, warn, info, debug)", g->log_level);
}

static int open_log(const struct globals *g, struct err *e)
{
	bool json = g->log_format && streq(g->log_format, "json");
	enum log_level level;
	int r;

	if (g->log_format && !json && !streq(g->log_format, "text"))
		return err_set(e, EINVAL, "invalid log-format: %s (allowed: text, json)", g->log_format);
	r = log_level(g, &level, e);
	if (r < 0)
		return r;
	return log_open(g->log && *g->log ? g->log : NULL, json, level, e);
}

/* Whether uid 0 is only root of a user namespace. */
static bool in_user_ns(struct arena *a)
{
	struct bytes map = {0};
	struct err gone = {0};
	const char *p;

	if (file_read(AT_FDCWD, "/proc/self/uid_map", 4096, a, &map, &gone) < 0)
		return false;
	p = map.p;
	for (int i = 0; i < 2; i++) {
		p += strspn(p, " ");
		if (strcspn(p, " ") != 1 || *p != '0')
			return true;
		p++;
	}
	return strncmp(p + strspn(p, " "), "4294967295", 10) != 0;
}

/* A user's own runtime directory, for those who are not the real root. */
static const char *user_root(struct arena *a)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR"), *user = getenv("USER");

	if (!xdg || !*xdg)
		return NULL;
	if (geteuid() != 0 || ((!user || !streq(user, "root")) && in_user_ns(a)))
		return arena_printf(a, "%s/urunc", xdg);
	return NULL;
}

static int settle_root(struct cli *c, const struct globals *g, struct err *e)
{
	const char *root = g->root;
	int r;

	c->rt.root_mode = 0711;
	if (!root) {
		root = user_root(c->rt.arena);
		if (root)
			c->rt.root_mode = 0700 |
					  S_ISVTX; /* sticky: cleaners of runtime directories leave it alone */
	}
	if (!root)
		root = DEFAULT_ROOT;
	r = *root ? cli_abs(c, root, &c->rt.root, e) : 0;
	if (r < 0)
		return r;
	if (!*root || streq(c->rt.root, "/"))
		return err_set(e, EINVAL, "option --root argument should not be set to /");
	return 0;
}

int globals_apply(struct cli *c, const struct globals *g, struct err *e)
{
	int r = open_log(g, e);

	if (r < 0)
		return r;
	r = settle_root(c, g, e);
	if (r < 0)
		return r;
	c->rt.log_level_given = g->debug || g->log_level;
	decide_log_lazily(&c->rt);
	c->call.root = c->rt.root;
	c->call.log = g->log && *g->log ? g->log : NULL;
	c->call.log_format = g->log_format;
	c->call.criu = g->criu;
	c->call.cgroup_manager = g->cgroup_manager;
	c->call.rootless = g->rootless;
	c->call.debug = g->debug;
	c->call.systemd_cgroup = g->systemd_cgroup;
	c->rt.systemd_cgroup = g->systemd_cgroup || (g->cgroup_manager && streq(g->cgroup_manager, "systemd"));
	return 0;
}
