/* SPDX-License-Identifier: Apache-2.0 */
/* What must be there before a plan makes sense, each absence told in one line. */
#include <errno.h>
#include <string.h>

#include "machine/rlimit.h"
#include "plan/internal.h"

/* What an image says of itself is added up when memory is decided; with this bound no sum wraps round. */
#define IMAGE_MAX_BYTES (1ull << 48)

static int check_namespaces(const struct oci_spec *s, struct err *e)
{
	for (size_t i = 0; i < s->namespaces.n; i++)
		if (streq(s->namespaces.v[i].type, "user"))
			return err_set(e, EINVAL,
				       "linux.namespaces has a user namespace: not supported by this version (remove it, or "
				       "run without --userns)");
	if (s->uid_maps.n > 0 || s->gid_maps.n > 0)
		return err_set(
			e, EINVAL,
			"linux.uidMappings and linux.gidMappings are not supported by this version (user namespaces)");
	return 0;
}

static bool has_namespace(const struct oci_spec *s, const char *type)
{
	for (size_t i = 0; i < s->namespaces.n; i++)
		if (streq(s->namespaces.v[i].type, type))
			return true;
	return false;
}

/* Without a namespace of its own the container's process would rename the host. */
static int check_host_names(const struct oci_spec *s, struct err *e)
{
	const struct {
		const char *key, *value;
	} names[] = {{"hostname", s->hostname}, {"domainname", s->domainname}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].value != NULL && names[i].value[0] != '\0' && !has_namespace(s, "uts"))
			return err_set(e, EINVAL,
				       "unable to set %s '%.64s' without a private UTS namespace: add one to "
				       "linux.namespaces or remove %s",
				       names[i].key, names[i].value, names[i].key);
	return 0;
}

/* An unknown one would be found only at start, in the child. */
static int check_rlimits(const struct build *b, struct err *e)
{
	const struct oci_spec *s = &b->f->spec;

	for (size_t i = 0; i < s->rlimits.n; i++) {
		size_t k = 0;

		while (rlimit_names[k] != NULL && !streq(rlimit_names[k], s->rlimits.v[i].type))
			k++;
		if (rlimit_names[k] == NULL)
			return err_set(e, EINVAL, "process.rlimits: unknown type '%.64s' (allowed: %s)",
				       s->rlimits.v[i].type, list_names(b->a, rlimit_names));
	}
	return 0;
}

int check_spec(const struct build *b, struct err *e)
{
	const struct oci_spec *s = &b->f->spec;
	int r;

	if (s->root_path == NULL)
		return err_set(e, EINVAL,
			       "config.json has no 'root': root.path must name the container's root directory");
	if (!b->f->root.exists)
		return err_set(e, ENOENT, "root.path '%s' in config.json is not a directory", s->root_path);
	if (!s->has_process)
		return err_set(e, EINVAL, "config.json has no 'process'");
	if (!s->has_linux)
		return err_set(e, EINVAL,
			       "config.json has no 'linux': namespaces and resources must be given");
	if (s->cwd != NULL && s->cwd[0] != '/')
		return err_set(e, EINVAL, "process.cwd '%.128s' is not an absolute path", s->cwd);
	if (s->cwd != NULL && str_starts(s->cwd, "/proc/"))
		return err_set(e, EINVAL, "process.cwd '%.128s' is below /proc, which is refused", s->cwd);
	if ((r = check_namespaces(s, e)) < 0 || (r = check_host_names(s, e)) < 0)
		return r;
	return check_rlimits(b, e);
}

static int check_image(const char *what, const char *key, const struct image_file *img, const char *root,
		       struct err *e)
{
	if (img->problem != NULL)
		return err_set(e, img->exists ? EINVAL : ENOENT,
			       "%s '%.256s' (" KEY_PREFIX "%s) cannot be used: %s, in container root '%s'",
			       what, img->path, key, img->problem, root);
	if (img->size_bytes > IMAGE_MAX_BYTES || img->memory_bytes > IMAGE_MAX_BYTES ||
	    img->unpacked_bytes > IMAGE_MAX_BYTES)
		return err_set(e, EINVAL,
			       "%s '%.256s' (" KEY_PREFIX
			       "%s) cannot be used: by its own account it needs more than 256 TiB",
			       what, img->path, key);
	return 0;
}

static int check_monitor_binary(const struct build *b, struct err *e)
{
	const struct monitor_ops *ops = b->w->monitor;

	if (ops->binaries[b->f->host.arch] == NULL)
		return err_set(e, EINVAL, "monitor '%s' does not exist for %s", ops->name,
			       arch_names[b->f->host.arch]);
	if (b->f->monitor.path == NULL)
		return err_set(e, ENOENT, "monitor '%s' not found: %s; install it or set [monitors.%s] path",
			       ops->name, b->f->monitor.problem ? b->f->monitor.problem : "no such program",
			       ops->name);
	if (b->f->monitor.problem != NULL)
		return err_set(e, EINVAL, "monitor '%s' at '%s' cannot be used: %s", ops->name,
			       b->f->monitor.path, b->f->monitor.problem);
	return 0;
}

static int check_arch(const struct build *b, struct err *e)
{
	const struct image_file *k = &b->f->kernel;
	const struct guest_ops *g = b->w->guest;

	if (g->archs != 0 && !(g->archs & (1u << b->f->host.arch)))
		return err_set(e, EINVAL, "guest '%s' does not exist for %s", g->name,
			       arch_names[b->f->host.arch]);
	if (k->elf_arch < 0 || k->elf_arch == b->f->host.arch)
		return 0;
	return err_set(e, EINVAL, "kernel '%.256s' is built for %s, but this host is %s", k->path,
		       arch_names[k->elf_arch], arch_names[b->f->host.arch]);
}

static int check_blocks(const struct build *b, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < b->f->blocks.n; i++)
		r = check_image("block image", "blocks", &b->f->blocks.v[i], b->f->root.path, e);
	if (r == 0 && b->f->blocks.n != b->w->meta.blocks.n)
		return err_set(e, EINVAL, "'" KEY_PREFIX "blocks' has changed while it was read");
	return r;
}

int check_files(const struct build *b, struct err *e)
{
	int r;

	if ((r = check_image("kernel", "binary", &b->f->kernel, b->f->root.path, e)) < 0 ||
	    (r = check_image("initrd", "initrd", &b->f->initrd, b->f->root.path, e)) < 0 ||
	    (r = check_image("block image", "block", &b->f->block, b->f->root.path, e)) < 0 ||
	    (r = check_blocks(b, e)) < 0 || (r = check_monitor_binary(b, e)) < 0 || (r = check_arch(b, e)) < 0)
		return r;
	return check_solo5(b, e);
}
