/* SPDX-License-Identifier: Apache-2.0 */
/* Handing a command to runc or crun. */
#include "runtime/delegate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/path.h"
#include "runtime/capture.h"
#include "runtime/owner.h"

#define USUAL_PLACES "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static bool looks_like_crun(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strstr(slash ? slash + 1 : path, "crun") != NULL;
}

/* Installed under the delegate's name, urunc would call itself for ever. */
static bool is_ourselves(const char *path)
{
	struct stat self, other;

	return stat("/proc/self/exe", &self) == 0 && stat(path, &other) == 0 && self.st_dev == other.st_dev &&
	       self.st_ino == other.st_ino;
}

static int find_program(const char *name, struct arena *a, const char **ret, struct err *e)
{
	const char *places[] = {getenv("PATH"), USUAL_PLACES};
	const char *found;
	int r = -ENOENT;

	for (size_t i = 0; i < 2; i++) {
		if (!places[i] || !*places[i])
			continue;
		r = path_find_program(a, name, places[i], &found, e);
		if (r == 0 && !is_ourselves(found)) {
			*ret = found;
			return 0;
		}
	}
	return -ENOENT;
}

int delegate_find(int owner, const char *configured, struct arena *a, const char **ret_path,
		  bool *ret_is_crun, struct err *e)
{
	const char *const names[] = {owner == OWNER_CRUN ? "crun" : "runc",
				     owner == OWNER_NONE ? "crun" : NULL};
	struct err ignored = {0};

	/* The configured one, unless the container was made by the other kind. */
	if (configured && (owner == OWNER_NONE || looks_like_crun(configured) == (owner == OWNER_CRUN))) {
		if (find_program(configured, a, ret_path, &ignored) < 0)
			return err_set(e, ENOENT,
				       "this container is no unikernel and the configured delegate '%s' cannot be found "
				       "(configuration key runtime.delegate)",
				       configured);
		*ret_is_crun = looks_like_crun(configured);
		return 0;
	}
	for (size_t i = 0; i < 2 && names[i]; i++)
		if (find_program(names[i], a, ret_path, &ignored) == 0) {
			*ret_is_crun = streq(names[i], "crun");
			return 0;
		}
	return err_set(
		e, ENOENT,
		"this container is no unikernel (no annotations com.urunc.unikernel.*, no /urunc.json) and %s to "
		"run it cannot be found in PATH: install one or set runtime.delegate in the configuration",
		owner == OWNER_NONE ? "neither runc nor crun" : names[0]);
}

static void add_option(struct strv *v, const char *name, const char *value)
{
	if (value)
		strv_addf(v, "--%s=%s", name, value);
}

int delegate_argv(const struct delegate_call *c, const char *path, bool is_crun, struct arena *a,
		  struct strs *ret, struct err *e)
{
	struct strv v = STRV(a);

	strv_add(&v, path);
	add_option(&v, "root", c->root);
	add_option(&v, "log", c->log);
	add_option(&v, "log-format", c->log_format);
	add_option(&v, "rootless", c->rootless);
	if (!is_crun)
		add_option(&v, "criu", c->criu);
	else
		add_option(&v, "cgroup-manager", c->cgroup_manager);
	if (c->debug)
		strv_add(&v, "--debug");
	if (c->systemd_cgroup)
		strv_add(&v, "--systemd-cgroup");
	for (size_t i = 0; i < c->words.n; i++)
		strv_add(&v, c->words.v[i]);
	return strv_done(&v, ret, e);
}

int delegate_exec(const struct delegate_call *c, int owner, const char *configured, struct arena *a,
		  struct err *e)
{
	const char *path;
	struct strs argv;
	bool is_crun;
	int r;

	r = delegate_find(owner, configured, a, &path, &is_crun, e);
	if (r < 0)
		return r;
	r = delegate_argv(c, path, is_crun, a, &argv, e);
	if (r < 0)
		return r;
	execve(path, (char *const *)(uintptr_t)argv.v, environ);
	return err_sys(e, "cannot execute '%s'", path);
}

int delegate_list(const struct delegate_call *c, int owner, const char *configured, struct arena *a,
		  struct bytes *ret, struct err *e)
{
	static const char *words[] = {"list", "--format", "json"};
	struct delegate_call list = {.root = c->root, .rootless = c->rootless, .words = {words, 3}};
	const char *path;
	struct strs argv;
	bool is_crun;
	int r;

	r = delegate_find(owner, configured, a, &path, &is_crun, e);
	if (r < 0)
		return r;
	r = delegate_argv(&list, path, is_crun, a, &argv, e);
	if (r < 0)
		return r;
	return capture_output(path, &argv, a, ret, e);
}
