/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts of the spec: the guest has a kernel of its own and sees none of the host's, so each is brought to it in a way
 * that it can take, or its absence is told. Three files that engines write for every container are read at start instead. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "common/path.h"
#include "plan/internal.h"

/* Of a newc archive: header, the end of a name, padding twice. */
#define MEMBER_BYTES (110u + 1 + 1 + 3 + 3)
/* What a source may grow by between create and start. */
#define GROWTH_BYTES (64u << 10)
#define GROWTH_ENTRIES 16u

/* --- what is said --- */

static bool policy_is(const struct build *b, const char *word)
{
	return streq(b->f->config.mounts, word);
}

#define TELL(b_, e_, ...)                                                                                    \
	(policy_is((b_), "error") ? err_set((e_), EINVAL, __VA_ARGS__)                                       \
				  : (strv_addf(&(b_)->warnings, __VA_ARGS__), 0))

static int left_out(struct build *b, const struct bound *t, const char *why, struct err *e)
{
	const char *source = t->f != NULL && t->f->source != NULL ? t->f->source : t->m->source;

	if (why == NULL)
		return err_oom(e);

	return TELL(b, e, "mount '%.256s' (%.32s, source '%.256s') is left out, the guest does not see it: %s",
		    t->path, t->m->type != NULL && t->m->type[0] != '\0' ? t->m->type : "bind",
		    source != NULL ? source : "", why);
}

/* --- what the guest or our init makes itself --- */

static bool is_at_or_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return str_starts(path, dir) && (path[n] == '\0' || path[n] == '/');
}

static bool is_guests_own(const struct bound *t)
{
	static const char *const places[] = {"/dev", "/dev/pts", "/dev/mqueue", "/run/.containerenv",
					     "/run/secrets"};

	if (is_at_or_below(t->path, "/proc") || is_at_or_below(t->path, "/sys"))
		return true;
	/* Engines share one between containers; a machine's memory is its own. */
	if (streq(t->path, "/dev/shm") && spec_mount_is_bind(t->m))
		return true;
	/* Exactly these: what lies below /run/secrets is somebody's secret, and is missed. */
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (streq(t->path, places[i]))
			return true;
	return false;
}

/* --- lists --- */

static int add_member(struct build *b, struct box_add add, struct err *e)
{
	struct box_add *v = arena_array(b->a, b->adds.n + 1, sizeof(*v));

	if (v == NULL || add.name == NULL)
		return err_oom(e);
	for (size_t i = 0; i < b->adds.n; i++) {
		if (add.source == NULL && streq(b->adds.v[i].name, add.name))
			return 0;
		v[i] = b->adds.v[i];
	}
	v[b->adds.n++] = add;
	b->adds.v = v;
	return 0;
}

static int add_source(struct build *b, const struct bound *t, const char *name, struct err *e)
{
	const struct mount_facts *f = t->f;
	bool renewed = spec_mount_is_engines(t->m);

	if (name == NULL)
		return err_oom(e);
	return add_member(b,
			  (struct box_add){.name = name,
					   .source = f->source,
					   .label = t->path,
					   .max_bytes = f->bytes + f->name_bytes + GROWTH_BYTES +
							f->entries * (MEMBER_BYTES + strlen(name)),
					   .max_entries = f->entries + GROWTH_ENTRIES,
					   .dev = renewed ? 0 : f->dev,
					   .ino = renewed ? 0 : f->ino,
					   .kind = f->kind == MOUNT_DIRECTORY ? S_IFDIR : S_IFREG},
			  e);
}

/* --- tmpfs --- */

/* A path and an option stand in a line of their own. */
static bool fits_line(const char *s)
{
	return s[strcspn(s, "\r\n")] == '\0';
}

/* Words that speak of the host's mount tables, or that a new machine has nothing to do with. */
static bool is_tmpfs_option(const char *s)
{
	static const char *const flags[] = {"ro",      "nosuid",     "nodev",    "noexec",
					    "noatime", "nodiratime", "relatime", "strictatime"};
	static const char *const values[] = {"size=", "mode=", "uid=", "gid=", "nr_inodes=", "nr_blocks="};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (streq(s, flags[i]))
			return true;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (str_starts(s, values[i]) && strpbrk(s, ",\r\n") == NULL)
			return true;
	return false;
}

static int decide_tmpfs(struct build *b, const struct bound *t, struct err *e)
{
	struct strbuf options = STRBUF(b->a);
	const char *text;
	int r;

	if (b->p->app.init != INIT_URUNIT)
		return streq(t->path, "/dev/shm")
			       ? 0
			       : left_out(b, t, "only a Linux guest with our urunit mounts a tmpfs", e);
	for (size_t i = 0; i < t->m->options.n; i++)
		if (is_tmpfs_option(t->m->options.v[i]))
			sb_addf(&options, "%s%s", options.len > 0 ? "," : "", t->m->options.v[i]);
	if (t->readonly && !spec_mount_has(t->m, "ro"))
		sb_addf(&options, "%sro", options.len > 0 ? "," : "");
	r = sb_done(&options, &text, e);
	return r < 0 ? r
		     : mounts_add(b,
				  (struct app_mount){.path = t->path,
						     .options = text[0] != '\0' ? text : NULL},
				  e);
}

/* --- bind mounts --- */

int mounts_flags(const struct bound *t, struct arena *a, const char **ret, struct err *e)
{
	static const char *const flags[] = {"nosuid", "nodev", "noexec", "noatime", "nodiratime"};
	struct strbuf text = STRBUF(a);
	int r;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (spec_mount_has(t->m, flags[i]))
			sb_addf(&text, "%s%s", text.len > 0 ? "," : "", flags[i]);
	r = sb_done(&text, ret, e);
	if (r == 0 && (*ret)[0] == '\0')
		*ret = NULL;
	return r;
}

/* An empty directory to write in is made in the guest: nothing has to be carried, and it is bounded. */
static int fresh_directory(struct build *b, const struct bound *t, struct err *e)
{
	const char *flags, *options;
	int r = mounts_flags(t, b->a, &flags, e);

	if (r < 0)
		return r;
	options = arena_printf(b->a, "mode=%o,uid=%u,gid=%u%s%s", t->f->mode, t->f->uid, t->f->gid,
			       flags != NULL ? "," : "", flags != NULL ? flags : "");
	if (options == NULL)
		return err_oom(e);
	return mounts_add(b, (struct app_mount){.path = t->path, .options = options}, e);
}

static int carry_for_urunit(struct build *b, const struct bound *t, struct err *e)
{
	const char *name = arena_printf(b->a, INITRD_CARRIED_DIR "/m%zu", b->p->app.mounts.n), *options = NULL;
	int r;

	if (t->f->kind == MOUNT_DIRECTORY && t->f->entries == 1 && !t->readonly)
		return fresh_directory(b, t, e);
	if ((r = add_source(b, t, name, e)) < 0 || (r = mounts_flags(t, b->a, &options, e)) < 0)
		return r;
	return mounts_add(b,
			  (struct app_mount){.path = t->path,
					     .from = arena_printf(b->a, "/%s", name),
					     .options = options,
					     .readonly = t->readonly},
			  e);
}

/* Without a look into the image's archive these are taken to be there: a member of that name would replace a link. */
static bool is_everywhere(const char *name)
{
	static const char *const dirs[] = {"bin", "dev",  "etc", "lib", "lib64", "proc", "root",
					   "run", "sbin", "sys", "tmp", "usr",   "var"};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (streq(name, dirs[i]))
			return true;
	return false;
}

static bool is_readable_archive(const struct build *b)
{
	const char *packed = b->f->initrd.compression;

	return packed == NULL || streq(packed, "none");
}

/* Unpacked over the image's files, with the directories on the way. */
static int carry_to_place(struct build *b, const struct bound *t, struct err *e)
{
	const char *name = t->path + 1;
	int r = 0;

	for (const char *s = strchr(name, '/'); r == 0 && s != NULL; s = strchr(s + 1, '/')) {
		const char *dir = arena_strndup(b->a, name, (size_t)(s - name));

		if (dir == NULL)
			return err_oom(e);
		if (is_readable_archive(b) || !is_everywhere(dir))
			r = add_member(b,
				       (struct box_add){.name = dir,
							.label = t->path,
							.max_bytes = MEMBER_BYTES + strlen(dir),
							.max_entries = 1},
				       e);
	}
	return r < 0 ? r : add_source(b, t, name, e);
}

/* Kubernetes promises that these end with their pod, whatever an earlier container has left there. */
static bool is_empty_dir(const struct bound *t)
{
	return t->f->source != NULL && strstr(t->f->source, "/volumes/kubernetes.io~empty-dir/") != NULL;
}

/* Where nobody could look there may be something. */
static bool has_contents(const struct bound *t)
{
	return t->f != NULL && t->f->kind == MOUNT_DIRECTORY && (t->f->entries > 1 || t->f->problem != NULL);
}

/* Somebody would miss what the guest has written there, or the guest what is there. */
static bool loses_data(const struct build *b, const struct bound *t)
{
	return !t->readonly && has_contents(t) && policy_is(b, "auto") && !is_empty_dir(t);
}

/* ", and it cannot be shared (…)", as far as there is something to say. */
static const char *and_not(const struct build *b, const char *what, const char *why)
{
	return why != NULL ? arena_printf(b->a, ", and it cannot be %s (%s)", what, why) : "";
}

static const char *and_nothing_else(const struct build *b, const struct bound *t)
{
	return arena_printf(b->a, "%s%s", and_not(b, "a disk", volumes_why_not(b, t->f->index)),
			    and_not(b, "shared", shared_mounts_why_not(b, t)));
}

/* What the guest writes in a copy is not seen on the host. */
static int tell_copy(struct build *b, const struct bound *t, struct err *e)
{
	if (t->readonly)
		return 0;
	if (loses_data(b, t))
		return err_set(
			e, EINVAL,
			"mount '%.128s' (source '%.128s') is writable and has contents, but the guest can only get a "
			"copy: what it writes would be lost%s. Mount it read-only, or accept that with [runtime] "
			"mounts = \"warn\"",
			t->path, t->f->source, and_nothing_else(b, t));
	return TELL(b, e,
		    "mount '%.256s' (source '%.256s') is %s in the guest: what is written there is not kept",
		    t->path, t->f->source,
		    t->f->kind == MOUNT_DIRECTORY && !has_contents(t) ? "an empty directory" : "a copy");
}

/* Each way to say that too much was asked for; NULL when it fits. */
static const char *too_much(const struct build *b, const struct bound *t)
{
	uint64_t mb = b->f->config.mounts_max_mb;

	if (!t->f->more && b->carried_bytes + t->f->bytes <= mb * MIB &&
	    b->carried_entries + t->f->entries <= mb * MOUNT_ENTRIES_PER_MB)
		return NULL;
	return arena_printf(
		b->a,
		"with it more than %llu MiB or %llu files would have to be copied ([runtime] mounts_max_mb)%s",
		(unsigned long long)mb, (unsigned long long)mb * MOUNT_ENTRIES_PER_MB, and_nothing_else(b, t));
}

static bool at_its_place(const struct build *b)
{
	return b->p->app.root == ROOT_INITRD && b->w->guest->archives != ARCHIVES_NONE;
}

/* Why this one cannot be carried, in words; NULL when it can. */
static const char *obstacle(const struct build *b, const struct bound *t)
{
	if (t->f == NULL)
		return "nothing is known of its source";
	if (t->f->kind == MOUNT_OTHER)
		return "its source is a device, a FIFO or a socket";
	if (t->f->problem != NULL)
		return arena_printf(b->a, "its source cannot be read: %.256s%s", t->f->problem,
				    and_nothing_else(b, t));
	if (b->p->app.init != INIT_URUNIT && !at_its_place(b))
		return arena_printf(b->a, "guest '%s' can be given files only in an initrd%s",
				    b->w->guest->name, b->w->guest->urunit ? ", or by our urunit" : "");
	return too_much(b, t);
}

static int check_one_archive(const struct build *b, const struct bound *t, struct err *e)
{
	if (b->w->guest->archives != ARCHIVES_ONE || is_readable_archive(b))
		return 0;
	return err_set(e, EINVAL,
		       "mount '%.256s' cannot be added to initrd '%.256s' (%s): guest '%s' reads one uncompressed newc "
		       "archive; unpack the initrd in the image, or remove the mount",
		       t->path, b->f->initrd.path, b->f->initrd.compression, b->w->guest->name);
}

static int carry(struct build *b, const struct bound *t, struct err *e)
{
	int r;

	b->carried_bytes += t->f->bytes;
	b->carried_entries += t->f->entries;
	if (t->f->skipped > 0) {
		r = TELL(b, e, "mount '%.256s': %u devices, FIFOs and sockets in '%.256s' are left out",
			 t->path, t->f->skipped, t->f->source);
		if (r < 0)
			return r;
	}
	if (b->p->app.init == INIT_URUNIT)
		return carry_for_urunit(b, t, e);
	r = check_one_archive(b, t, e);
	return r < 0 ? r : carry_to_place(b, t, e);
}

/* Without it an application would begin anew, in an empty directory, and nobody would notice that soon. */
static bool is_missed(const struct build *b, const struct bound *t)
{
	return b->p->app.init == INIT_URUNIT && loses_data(b, t);
}

static enum copied how_copied(const struct build *b, const struct bound *t, const char *obstacle)
{
	if (policy_is(b, "error") ? obstacle != NULL || !t->readonly
	    : obstacle != NULL    ? is_missed(b, t)
				  : loses_data(b, t))
		return COPIED_NEVER;
	return obstacle != NULL ? COPIED_NOT : COPIED_WELL;
}

/* The way out is said before the reason, which may be long. */
static int refuse(const struct bound *t, const char *why, struct err *e)
{
	if (why == NULL)
		return err_oom(e);
	return err_set(e, EINVAL,
		       "mount '%.128s' (source '%.128s') is writable and %s contents, but cannot reach the guest; mount it "
		       "read-only, or accept that it is missing with [runtime] mounts = \"warn\": %s",
		       t->path, t->f->source, t->f->entries > 1 ? "has" : "may have", why);
}

static int decide_bind(struct build *b, const struct bound *t, struct err *e)
{
	const char *why;
	bool taken;
	int r;

	if (t->f != NULL && t->f->kind == MOUNT_MISSING)
		return err_set(e, ENOENT, "mount '%.256s': source '%.256s' cannot be used: %s", t->path,
			       t->f->source, t->f->problem != NULL ? t->f->problem : "it does not exist");
	why = obstacle(b, t);
	r = shared_mounts_take(b, t, how_copied(b, t, why), &taken, e);
	if (r < 0 || taken)
		return r;
	if (why != NULL)
		return is_missed(b, t) ? refuse(t, why, e) : left_out(b, t, why, e);
	r = tell_copy(b, t, e);
	return r < 0 ? r : carry(b, t, e);
}

/* --- all of them --- */

static const struct mount_facts *facts_of(const struct build *b, size_t index)
{
	for (size_t i = 0; i < b->f->mounts.n; i++)
		if (b->f->mounts.v[i].index == index)
			return &b->f->mounts.v[i];
	return NULL;
}

/* Every engine brings these; a guest that does not read them as app.files gets them where that is easy. */
static int decide_source(struct build *b, const struct bound *t, struct err *e)
{
	if (b->w->guest->archives != ARCHIVES_ONE || !at_its_place(b) || !is_readable_archive(b) ||
	    t->f == NULL || t->f->kind != MOUNT_FILE || t->f->problem != NULL || too_much(b, t) != NULL)
		return 0;
	return carry(b, t, e);
}

/* In this order; the first that is meant takes the mount. */
static int decide_one(struct build *b, size_t index, struct err *e)
{
	const struct spec_mount *m = &b->f->spec.mounts.v[index];
	struct bound t = {m, path_join_clean(b->a, "/", m->destination), facts_of(b, index),
			  spec_mount_is_readonly(m)};

	if (t.path == NULL)
		return err_oom(e);
	if (volumes_take_mount(b, index))
		return mounts_add_volume(b, arena_printf(b->a, VOLUME_SERIAL, index), t.path, e);
	if (is_guests_own(&t))
		return 0;
	if (spec_mount_is_engines(m))
		return decide_source(b, &t, e);
	if (streq(t.path, "/") || !fits_line(t.path))
		return left_out(b, &t, "the guest cannot mount anything there", e);
	if (streq(m->type, "tmpfs"))
		return decide_tmpfs(b, &t, e);
	if (spec_mount_is_bind(m))
		return decide_bind(b, &t, e);
	return left_out(b, &t, "the guest has no such file system of the host's", e);
}

/* Another init may write its own copy of the initrd, which lies in its memory and ends with it: nothing to warn of. */
static void decide_readonly(struct build *b)
{
	b->p->app.readonly_root = b->f->spec.root_readonly && b->p->app.init == INIT_URUNIT;
}

/* Block devices become disks (volumes.c). Every machine has the usual ones. */
static int decide_device(struct build *b, const struct spec_device *d, struct err *e)
{
	static const char *const usual[] = {"/dev/null",    "/dev/zero",    "/dev/full",    "/dev/random",
					    "/dev/urandom", "/dev/tty",     "/dev/console", "/dev/ptmx",
					    "/dev/fuse",    "/dev/net/tun", "/dev/kvm"};

	if (d->type == NULL || d->path == NULL || streq(d->type, "b"))
		return 0;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (streq(d->path, usual[i]))
			return 0;
	return TELL(b, e, "device '%.256s' is left out: a guest has devices of its own", d->path);
}

int mounts_decide(struct build *b, struct err *e)
{
	int r = 0;

	decide_readonly(b);
	for (size_t i = 0; r == 0 && i < b->f->spec.mounts.n; i++)
		if (b->f->spec.mounts.v[i].destination != NULL)
			r = decide_one(b, i, e);
	for (size_t i = 0; r == 0 && i < b->f->spec.devices.n; i++)
		r = decide_device(b, &b->f->spec.devices.v[i], e);
	if (r == 0)
		r = mounts_add_images(b, e);
	return r < 0 ? r : shared_mounts_finish(b, e);
}

/* A later mount lies over an earlier one. */
static struct plan_source *place_for(struct launch_plan *p, const char *path)
{
	for (size_t i = 0; i < p->sources.n; i++)
		if (streq(p->sources.v[i].path, path))
			return &p->sources.v[i];
	return &p->sources.v[p->sources.n++];
}

int mounts_find_sources(struct build *b, struct err *e)
{
	const struct oci_spec *s = &b->f->spec;
	struct launch_plan *p = b->p;

	p->sources.v = arena_array(b->a, s->mounts.n, sizeof(*p->sources.v));
	if (p->sources.v == NULL)
		return err_oom(e);
	for (size_t i = 0; i < s->mounts.n; i++) {
		const struct spec_mount *m = &s->mounts.v[i];
		const char *source = m->source;

		if (!spec_mount_is_engines(m))
			continue;
		if (source[0] != '/')
			source = arena_printf(b->a, "%s/%s", b->f->bundle, source);
		if (source == NULL)
			return err_oom(e);
		*place_for(p, m->destination) = (struct plan_source){m->destination, source,
								     spec_mount_is_readonly(m)};
	}
	return 0;
}
