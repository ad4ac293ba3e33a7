/* SPDX-License-Identifier: Apache-2.0 */
/* bunny convert: any Linux container image becomes a bootable one. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "bunny/build_opts.h"
#include "bunny/content.h"
#include "bunny/convert.h"
#include "bunny/size.h"
#include "bunny/support.h"
#include "bunny/users.h"

struct convert_opts {
	struct build_opts common; /* first: the tables of options are for it */
	const char *rootfs, *fs, *size, *modules;
};
#define CONVERT_OPT(name_, field_, arg_, help_)                                                              \
	{                                                                                                    \
		name_, 0, OPT_STR, offsetof(struct convert_opts, field_), arg_, help_                        \
	}

static const struct opt convert_opts[] = {
	BUILD_OPTS_OUTPUT,
	CONVERT_OPT("rootfs", rootfs, "TYPE", "initrd (default), block or raw"),
	CONVERT_OPT("size", size, "SIZE", "of a block root, such as 60M or 1G (what fits, and a quarter)"),
	CONVERT_OPT("fs", fs, "TYPE", "of a block root: ext4 (default) or ext2"),
	BUILD_OPT("monitor", 0, OPT_STR, monitor, "NAME", "qemu (default), firecracker or cloud-hypervisor"),
	BUILD_OPT("kernel", 0, OPT_STR, kernel, "FILE|DIR|IMAGE[#PATH]",
		  "kernel (the newest in /boot, or Debian's cloud kernel)"),
	CONVERT_OPT("modules", modules, "DIR", "its modules (beside it, or /lib/modules/RELEASE)"),
	BUILD_OPT("platform", 0, OPT_STR, platform, "OS/ARCH", "which image of several (this machine's)"),
	BUILD_OPT("no-urunit", 0, OPT_BOOL, no_urunit, NULL, "the image has its own init: add none"),
	BUILD_OPTS_SOURCE,
};

static int root_type(const struct convert_opts *o, struct convert *c, struct err *e)
{
	static const struct {
		const char *word;
		enum root_type type;
	} types[] = {{"initrd", ROOT_INITRD}, {"block", ROOT_BLOCK}, {"raw", ROOT_RAW}};
	int r = size_parse(o->size, "--size", &c->size_bytes, e);

	if (r < 0)
		return r;
	c->ext4 = !streq(o->fs, "ext2");
	if (o->fs && c->ext4 && !streq(o->fs, "ext4"))
		return err_set(e, EINVAL, "--fs %s: ext2 and ext4 are known", o->fs);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (streq(o->rootfs ? o->rootfs : "initrd", types[i].word)) {
			c->root = types[i].type;
			if ((o->size || o->fs) && c->root != ROOT_BLOCK)
				return err_set(e, EINVAL,
					       "--size and --fs are for a block root (--rootfs block)");
			return 0;
		}
	}
	return err_set(e, EINVAL, "--rootfs %s: initrd, block and raw are known", o->rootfs);
}

/* An engine looks a user's name up in the container root, which has no passwd file once the files are in a disk. */
static int number_user(struct build_tools *t, struct image *im, struct convert *c, struct err *e)
{
	const char *user = c->config.user, *colon = user ? strchr(user, ':') : NULL;
	const char *name = colon ? arena_strndup(t->maker.a, user, (size_t)(colon - user)) : user;
	uint32_t uid = 0, gid = 0;
	struct fs fs;
	int r;

	if (!user || !*user || strspn(user, "0123456789:") == strlen(user))
		return 0;
	r = name ? fs_init(&fs, t->maker.a, e) : err_oom(e);
	if (r == 0)
		r = source_root(&t->sources, im, &fs, e);
	if (r == 0)
		r = users_uid(&fs, name, &uid, &gid, e);
	if (r == 0 && colon)
		r = users_gid(&fs, colon + 1, &gid, e);
	if (r < 0)
		return err_wrap(e, "user '%.64s' of the image", user);
	c->config.user = arena_printf(t->maker.a, "%u:%u", uid, gid);
	return c->config.user ? 0 : err_oom(e);
}

static int kernel_of_image(struct build_tools *t, const char *word, const struct platform *p,
			   struct guest_kernel *k, struct err *e)
{
	const char *hash = strchr(word, '#'), *path = hash ? hash + 1 : "/.boot/kernel";
	const char *ref = hash ? arena_strndup(t->maker.a, word, (size_t)(hash - word)) : word;
	struct fs_node *n;
	struct image *im = NULL;
	struct fs fs;
	int r = ref ? maker_image(&t->maker, ref, p, false, &im, e) : err_oom(e);

	if (r == 0)
		r = fs_init(&fs, t->maker.a, e);
	if (r == 0)
		r = source_root(&t->sources, im, &fs, e);
	if (r == 0)
		r = fs_find(&fs, path, true, &n, e);
	if (r == 0)
		r = piece_read(&n->i->data, 256u << 20, t->maker.a, &k->bytes, e);
	k->where = word;
	return r < 0 ? err_wrap(e, "--kernel %s", word) : 0;
}

static int find_kernel(struct bunny *b, const struct convert_opts *o, struct build_tools *t,
		       const struct platform *p, struct guest_kernel *k, struct err *e)
{
	const char *word = o->common.kernel, *arch = NULL;
	struct bytes head;
	int r;

	if (word && *word != '/' && *word != '.' && access(word, F_OK) < 0)
		r = kernel_of_image(t, word, p, k, e);
	else
		r = guest_kernel_find(word, o->modules, p->arch, &t->sources, k, e);
	if (r < 0)
		return r;
	head = (struct bytes){k->bytes.p, k->bytes.n < CONTENT_HEAD_BYTES ? k->bytes.n : CONTENT_HEAD_BYTES};
	if (content_of(head, &arch) != CONTENT_KERNEL)
		return err_set(e, EINVAL, "'%.200s' is no kernel", k->where);
	if (arch && !streq(arch, p->arch))
		return err_set(e, EINVAL, "kernel '%.200s' is for %s, the image for %s", k->where, arch,
			       p->arch);
	if (k->nmodules)
		report_note(&b->report, "kernel %s (%s) with %zu modules", k->release, k->where, k->nmodules);
	else
		report_note(&b->report, "kernel %s, without modules", k->where);
	return 0;
}

static int decide(struct bunny *b, const struct convert_opts *o, const struct strs *args,
		  struct build_tools *t, struct build *ret, struct err *e)
{
	struct convert c = {.ref = args->v[0],
			    .monitor = o->common.monitor ? o->common.monitor : "qemu",
			    .urunit = !o->common.no_urunit,
			    .command = {args->v + 1, args->n - 1}};
	struct platform p = {"linux", host_arch(), NULL};
	struct guest_kernel kernel = {0};
	struct image *im = NULL;
	int r = root_type(o, &c, e);

	if (r == 0 && !support_runs_on(support_find("linux"), c.monitor))
		r = err_set(e, EINVAL, "--monitor %.64s: qemu, firecracker and cloud-hypervisor are known",
			    c.monitor);
	if (r == 0)
		r = build_tools_platform(&o->common, b->a, &p, e);
	if (r == 0)
		r = maker_image(&t->maker, c.ref, &p, false, &im, e);
	if (r < 0)
		return r;
	c.config = im->config;
	c.config.platform = p;
	c.digest = im->has_digest ? digest_text(&im->digest, b->a) : NULL;
	c.kernel = &kernel;
	r = number_user(t, im, &c, e);
	if (r == 0)
		r = find_kernel(b, o, t, &p, &kernel, e);
	return r == 0 ? convert_decide(&c, b->a, ret, e) : r;
}

static int run(struct bunny *b, const void *opts, const struct strs *args, struct err *e)
{
	const struct convert_opts *o = opts;
	struct build_tools *t = arena_alloc(b->a, sizeof(*t));
	struct build build = {0};
	int r = t ? build_tools_open(b, &o->common, NULL, t, e) : err_oom(e);

	if (r == 0)
		r = build_tools_outputs(b, &o->common, t, e);
	if (r == 0)
		r = decide(b, o, args, t, &build, e);
	return r == 0 ? build_tools_finish(b, &o->common, t, &build, e) : r;
}

const struct bunny_command cmd_convert = {
	.name = "convert",
	.args = "IMAGE [COMMAND...]",
	.summary = "makes a bootable image of any Linux container image: kernel, urunit, root",
	.opts = {convert_opts, sizeof(convert_opts) / sizeof(convert_opts[0])},
	.opts_bytes = sizeof(struct convert_opts),
	.min_args = 1,
	.max_args = -1,
	.run = run,
};
