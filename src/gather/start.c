/* SPDX-License-Identifier: Apache-2.0 */
/* The files that engines write for every container and bind over the image's: at create for their sizes, at start for
 * what the guest will see. */
#include "gather/start.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/io.h"
#include "gather/parts.h"

#define NS_IN_MS 1000000

/* Trouble other than -ENOMEM is in e for whoever wants to tell it. O_NONBLOCK: a FIFO must not hold us up. */
static int read_source(const char *path, const char *source, struct arena *a, struct guest_file *ret,
		       struct err *e)
{
	_cleanup_fd_ int fd = open(source, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct bytes data;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "'%s' is not given to the guest: '%s' cannot be opened", path, source);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "'%s' is not given to the guest: '%s' is not a regular file", path,
			       source);
	r = read_all(fd, START_FILE_MAX_BYTES, a, &data, source, e);
	if (r < 0)
		return err_wrap(e, "'%s' is not given to the guest", path);
	*ret = (struct guest_file){.path = path, .mode = st.st_mode & 0777, .data = data};
	return 0;
}

int gather_start(const struct launch_plan *p, struct arena *a, struct start_facts *ret,
		 struct strs *ret_warnings, struct err *e)
{
	struct guest_file *v = arena_array(a, p->sources.n, sizeof(*v));
	struct start_facts f = {.network_known = true, .clock_ms = clock_realtime_ns() / NS_IN_MS};
	struct strv warnings = STRV(a);
	struct err why;
	int r;

	if (!v)
		return err_oom(e);
	for (size_t i = 0; i < p->sources.n; i++) {
		r = read_source(p->sources.v[i].path, p->sources.v[i].source, a, &v[f.files.n], &why);
		if (r == 0)
			f.files.n++;
		else if (r == -ENOMEM)
			return err_oom(e);
		else
			strv_add(&warnings, why.msg);
	}
	f.files.v = v;
	r = strv_done(&warnings, ret_warnings, e);
	if (r == 0)
		*ret = f;
	return r;
}

static bool is_bind(const struct spec_mount *m)
{
	if (!m->type || !*m->type || streq(m->type, "none") || streq(m->type, "bind"))
		return m->source && *m->source;
	return false;
}

static bool is_engines_file(const char *path)
{
	return path &&
	       (streq(path, "/etc/hosts") || streq(path, "/etc/hostname") || streq(path, "/etc/resolv.conf"));
}

/* What plan_build will name as sources, before there is a plan. Nothing is said of those that cannot be read: start looks
 * again. A later mount lies over an earlier one. */
int gather_files(struct facts *f, struct arena *a, struct err *e)
{
	const struct oci_spec *s = &f->spec;
	struct guest_file *v = arena_array(a, s->mounts.n, sizeof(*v));
	size_t n = 0, at;

	if (!v)
		return err_oom(e);
	for (size_t i = 0; i < s->mounts.n; i++) {
		const struct spec_mount *m = &s->mounts.v[i];
		const char *source;

		if (!is_engines_file(m->destination) || !is_bind(m))
			continue;
		source = path_join_clean(a, f->bundle, m->source);
		if (!source)
			return err_oom(e);
		for (at = 0; at < n && !streq(v[at].path, m->destination); at++)
			;
		if (read_source(m->destination, source, a, &v[at], NULL) == 0 && at == n)
			n++;
	}
	f->start.files.v = v;
	f->start.files.n = n;
	return 0;
}
