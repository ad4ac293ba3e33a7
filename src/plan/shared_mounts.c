/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts of the spec as shared directories: host and guest work on the same files. All of a container are in one share,
 * each at a place of its own, from where our init binds them to their paths. */
#include <errno.h>
#include <sys/stat.h>

#include "plan/internal.h"

/* The ways, best first. */
struct way {
	int kind; /* as of a root */
	const char *name, *module;
};
static const struct way ways[] = {{ROOT_VIRTIOFS, "virtiofs", "virtiofs"}, {ROOT_9P, "9p", "9p"}};
#define NWAYS (sizeof(ways) / sizeof(ways[0]))

static const char *obstacle(const struct build *b, const struct way *way, const struct bound *t)
{
	const struct guest_ops *g = b->w->guest;

	if (way->kind == ROOT_VIRTIOFS && shares_why_not_virtiofs(b) != NULL)
		return shares_why_not_virtiofs(b);
	if (!(g->roots & (1u << way->kind)))
		return "the guest cannot";
	if (way->kind == ROOT_9P && !(b->w->monitor->caps & MON_9P))
		return "the monitor cannot";
	if (modules_known(b, way->module) == 0)
		return "the guest's kernel cannot";
	return way->kind == ROOT_9P && !t->readonly
		       ? shares_why_not_owned(b, t->f->other, t->f->other_uid, "it")
		       : NULL;
}

/* Whoever mounts a share in the guest has to be told, and only our init can be. */
static bool is_candidate(const struct build *b, const struct bound *t)
{
	return b->p->app.init == INIT_URUNIT && t->f != NULL &&
	       (t->f->kind == MOUNT_FILE || t->f->kind == MOUNT_DIRECTORY);
}

static bool is_asked_for(const struct build *b, const char *way)
{
	return streq(b->f->config.mounts_by, way);
}

const char *shared_mounts_why_not(const struct build *b, const struct bound *t)
{
	const char *virtiofs, *p9;

	if (is_asked_for(b, "copy"))
		return NULL;
	if (!is_candidate(b, t))
		return b->p->app.init == INIT_URUNIT ? NULL
						     : "only a Linux guest with our urunit mounts shares";
	virtiofs = obstacle(b, &ways[0], t);
	p9 = obstacle(b, &ways[1], t);
	if (virtiofs == NULL || p9 == NULL)
		return NULL;
	return arena_printf(b->a, "by virtiofs: %s; by 9p: %s", virtiofs, p9);
}

static int add(struct build *b, int kind, const struct bound *t, struct err *e)
{
	const size_t n = b->shared_mounts.n;
	const bool dir = t->f->kind == MOUNT_DIRECTORY;
	const char *options = NULL;
	int r;

	if (n == 0)
		b->shared_mounts.v = arena_array(b->a, b->f->spec.mounts.n, sizeof(*b->shared_mounts.v));
	if (b->shared_mounts.v == NULL)
		return err_oom(e);
	r = mounts_flags(t, b->a, &options, e);
	if (r < 0)
		return r;
	box_add(&b->shared_mounts,
		(struct box_op){.kind = spec_mount_has(t->m, "bind") ? BOX_HOST_MOUNT : BOX_HOST_TREE,
				.dst = arena_printf(b->a, "/m%zu", n),
				.src = t->f->source,
				.mode = (dir ? S_IFDIR | 0100u : S_IFREG) | (t->readonly ? 0400u : 0600u),
				.dev = t->f->dev,
				.ino = t->f->ino});
	if (b->shared_mounts.v[n].dst == NULL)
		return err_oom(e);
	b->shared_mounts_by = kind;
	return mounts_add(b,
			  (struct app_mount){.path = t->path,
					     .from = arena_printf(b->a, SHARED_MOUNTS_PATH "/m%zu", n),
					     .options = options,
					     .readonly = t->readonly},
			  e);
}

/* A guest whose kernel lacks it ends at once: where nobody knows, the wager must be worth it. Kernels without 9p are
 * common, those that run in machines and have no virtiofs are not. */
static bool is_worth_it(const struct build *b, const struct way *way, enum copied else_it_is)
{
	if (modules_known(b, way->module) == 1 || else_it_is == COPIED_NEVER)
		return true;
	return way->kind == ROOT_VIRTIOFS && else_it_is == COPIED_NOT;
}

int shared_mounts_take(struct build *b, const struct bound *t, enum copied else_it_is, bool *ret_taken,
		       struct err *e)
{
	bool any = is_asked_for(b, "auto");

	*ret_taken = false;
	if (is_asked_for(b, "copy") || !is_candidate(b, t))
		return 0;
	for (size_t i = 0; i < NWAYS; i++) {
		const char *why;

		if (!any && !is_asked_for(b, ways[i].name))
			continue;
		why = obstacle(b, &ways[i], t);
		if (why == NULL) {
			*ret_taken = !any || is_worth_it(b, &ways[i], else_it_is);
			return *ret_taken ? add(b, ways[i].kind, t, e) : 0;
		}
		if (!any)
			return err_set(
				e, EINVAL,
				"mount '%.128s' (source '%.128s') cannot be shared as [runtime] mounts_by = \"%s\" asks: %s",
				t->path, t->f->source, ways[i].name, why);
	}
	return 0;
}

int shared_mounts_finish(struct build *b, struct err *e)
{
	return b->shared_mounts.n > 0 ? shares_use_mounts(b, b->shared_mounts_by, &b->shared_mounts, e) : 0;
}
