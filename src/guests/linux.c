/* SPDX-License-Identifier: Apache-2.0 */
/* Linux: a kernel and an init. Ours, urunit, is told everything by a file in the initrd; another one gets what a kernel
 * command line can carry, and what it cannot is refused. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "guests/guest.h"
#include "guests/linux_conf.h"
#include "guests/linux_net.h"
#include "guests/linux_words.h"

#define MIB (1024ull * 1024)
#define CMDLINE_MAX_BYTES 2047
/* Measured with Debian's cloud kernel: what it needs besides its own image and the initrd. */
#define RUNNING_BYTES (24 * MIB)

/* vda to vdp; eth0 to eth7. */
#define DISKS_MAX 16
#define NICS_MAX 8
/* Where our urunit lies in an archive that is all ours. */
#define OWN_URUNIT "/urunit"
#define ROOT_TAG "fs0"
/* What has been said for such roots from the beginning; the size is cut to what the transport can. */
#define LINUX_9P_OPTIONS "trans=virtio,version=9p2000.L,msize=5000000,cache=mmap,posixacl"

static const char *const monitors[] = {"qemu", "firecracker", "cloud-hypervisor", NULL};
static const char *const block_filesystems[] = {"ext4", "ext3", "ext2", NULL};

/* Whether the kernel boots into the archive, be it that of the image or one of ours; else into a root that it mounts. */
static bool root_in_memory(const struct app_desc *app)
{
	return app->root == ROOT_INITRD || app->root == ROOT_NONE;
}

static const char *own_urunit(const struct app_desc *app)
{
	return root_in_memory(app) ? app->args.v[0] : OWN_URUNIT;
}

static uint64_t min_memory(const struct guest_image *img)
{
	/* Compressed, unknown ways: the archive is assumed to grow by this much, a kernel likewise. */
	uint64_t unpacked = img->initrd_unpacked_bytes > 0 ? img->initrd_unpacked_bytes
							   : img->initrd_bytes * 4;
	uint64_t kernel = img->kernel_memory_bytes > 0 ? img->kernel_memory_bytes : img->kernel_bytes * 4;

	/* The unpacked files lie in a tmpfs, which takes at most half of what is free while the archive is there too. */
	return kernel + img->initrd_bytes + 2 * unpacked + RUNNING_BYTES;
}

static int check_init(const struct app_desc *app, struct err *e)
{
	if (app->args.n == 0)
		return err_set(e, EINVAL,
			       "process.args is empty: a Linux guest needs the path of its init there");
	if (app->args.v[0][0] == '\0' || strpbrk(app->args.v[0], LINUX_WORD_ENDS "\"'") != NULL)
		return err_set(e, EINVAL,
			       "process.args[0] '%.128s' is empty or has blanks or quotes: it must be the path of the "
			       "guest's init",
			       app->args.v[0]);
	if (app->init != INIT_APP && app->args.n < 2)
		return err_set(e, EINVAL,
			       "process.args names only the init '%.128s' and no program for it to run",
			       app->args.v[0]);
	return 0;
}

/* Mount points are lines in every form of the configuration. */
static int check_mount_points(const struct vm_desc *vm, struct err *e)
{
	size_t n = vm->disks.n + vm->shares.n;

	for (size_t i = 0; i < n; i++) {
		const char *s = i < vm->disks.n ? vm->disks.v[i].mount_point
						: vm->shares.v[i - vm->disks.n].mount_point;

		if (s != NULL && (s[0] != '/' || strpbrk(s, "\r\n") != NULL))
			return err_set(e, EINVAL,
				       "mount point '%.128s' for the guest is no absolute path or has a line break",
				       s);
	}
	return 0;
}

static void add_file(struct vm_desc *vm, const struct guest_file *f)
{
	vm->files.v[vm->files.n++] = *f;
}

static int add_urunit(const struct app_desc *app, struct vm_desc *vm, struct arena *a, struct err *e)
{
	struct strbuf conf = STRBUF(a);

	linux_conf_exact(app, vm, &conf);
	if (conf.oom)
		return err_oom(e);
	add_file(vm, &(struct guest_file){.path = LINUX_CONF_PATH, .mode = 0400, .data = {conf.p, conf.len}});
	add_file(vm, &(struct guest_file){.path = own_urunit(app),
					  .mode = 0755,
					  .host_path = app->urunit_host_path,
					  .host_bytes = app->urunit_host_bytes});
	return 0;
}

/* Another init finds the container's files where they belong, as far as the root is an archive. Its unpacker needs /etc
 * itself; one that is there keeps what it holds. */
static void add_etc(const struct app_desc *app, struct vm_desc *vm)
{
	if (app->files.n == 0 || app->root != ROOT_INITRD)
		return;
	add_file(vm, &(struct guest_file){.path = "/etc", .mode = S_IFDIR | 0755});
	for (size_t i = 0; i < app->files.n; i++)
		add_file(vm, &app->files.v[i]);
}

/* An older urunit reads its text from the archive, or, where the kernel mounts the root, from what is called the initrd
 * and is nothing but this text. */
static int add_compat(const struct app_desc *app, struct vm_desc *vm, struct arena *a, struct err *e)
{
	struct strbuf conf = STRBUF(a);
	int r = linux_conf_text(app, vm, &conf, e);

	if (r < 0)
		return r;
	if (conf.oom)
		return err_oom(e);
	add_file(vm, &(struct guest_file){.path = root_in_memory(app) ? LINUX_CONF_PATH : GUEST_FILE_RAW,
					  .mode = 0400,
					  .data = {conf.p, conf.len}});
	return 0;
}

static int adjust(const struct app_desc *app, struct vm_desc *vm, struct arena *a, struct err *e)
{
	int r = check_init(app, e);

	if (r < 0 || (r = check_mount_points(vm, e)) < 0)
		return r;
	vm->files.v = arena_array(a, app->files.n + 3, sizeof(*vm->files.v));
	if (vm->files.v == NULL)
		return err_oom(e);
	vm->files.n = 0;
	if (app->init == INIT_URUNIT)
		return add_urunit(app, vm, a, e);
	if (app->init == INIT_URUNIT_COMPAT && (r = add_compat(app, vm, a, e)) < 0)
		return r;
	add_etc(app, vm);
	return 0;
}

/* What every kernel gets. Even with `quiet` one would write into the application's output, hence loglevel. */
static void add_common(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out)
{
	sb_addf(out, "console=%s quiet loglevel=0 panic=-1 reboot=%c", app->console,
		vm->end == END_KEYBOARD_RESET ? 'k' : 't');
	if (app->tsc_early_khz != 0)
		sb_addf(out, " tsc_early_khz=%u", app->tsc_early_khz);
	/* Less to translate. The first is a word that a kernel without it would hand to init: only urunit ignores it. */
	if (vm->accel == ACCEL_TCG && vm->arch == ARCH_X86_64 && app->init == INIT_URUNIT)
		sb_add(out, " noreplace-smp");
	if (vm->accel == ACCEL_TCG)
		sb_add(out, " cryptomgr.notests");
}

/* The disk that is the root, by the name its kernel gives it. */
static void add_block_root(const struct vm_desc *vm, struct strbuf *out)
{
	size_t i = 0;

	while (i + 1 < vm->disks.n &&
	       (vm->disks.v[i].mount_point == NULL || !streq(vm->disks.v[i].mount_point, "/")))
		i++;
	sb_addf(out, " root=/dev/vd%c", (char)('a' + (i < DISKS_MAX ? i : 0)));
	if (i < vm->disks.n && vm->disks.v[i].fstype != NULL)
		sb_addf(out, " rootfstype=%s", vm->disks.v[i].fstype);
	sb_add(out, i < vm->disks.n && vm->disks.v[i].readonly ? " ro" : " rw");
}

static void add_share_root(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out)
{
	const struct vm_share *s = NULL;

	for (size_t i = 0; i < vm->shares.n && s == NULL; i++)
		if (vm->shares.v[i].mount_point != NULL && streq(vm->shares.v[i].mount_point, "/"))
			s = &vm->shares.v[i];
	sb_addf(out, " root=%s rootfstype=%s", s != NULL ? s->tag : ROOT_TAG,
		app->root == ROOT_9P ? "9p rootflags=" LINUX_9P_OPTIONS : "virtiofs");
	sb_add(out, s != NULL && s->readonly ? " ro" : " rw");
}

static void add_root(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out)
{
	switch (app->root) {
	case ROOT_BLOCK:
		add_block_root(vm, out);
		break;
	case ROOT_9P:
	case ROOT_VIRTIOFS:
		add_share_root(app, vm, out);
		break;
	default:
		sb_add(out, " root=/dev/ram0 rw");
	}
}

/* A kernel (since 5.8) sets its parameters by itself before it starts an init. */
static int add_sysctls(const struct app_desc *app, struct strbuf *out, struct err *e)
{
	int r;

	for (size_t i = 0; i < app->sysctls.n; i++) {
		const char *word = arena_printf(out->a, "sysctl.%s", app->sysctls.v[i]);

		if (word == NULL)
			return err_oom(e);
		r = linux_word_add(out, "linux.sysctl", word, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static void add_init(const struct app_desc *app, struct strbuf *out)
{
	sb_addf(out, root_in_memory(app) ? " rdinit=%s" : " init=%s", app->args.v[0]);
}

static int compat_words(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out,
			struct err *e)
{
	sb_add(out, root_in_memory(app) ? " URUNIT_CONFIG=" LINUX_CONF_PATH
					: " retain_initrd URUNIT_CONFIG=/sys/firmware/initrd");
	if (linux_net_off_link(vm))
		sb_add(out, " URUNIT_DEFROUTE=1");
	add_init(app, out);
	return linux_words_grouped(out, &app->args, e);
}

static int cmdline(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out, struct err *e)
{
	int r;

	add_common(app, vm, out);
	if (app->init == INIT_URUNIT) {
		sb_addf(out, " rdinit=%s", own_urunit(app));
		return 0;
	}
	add_root(app, vm, out);
	if ((r = linux_net_word(app, vm, out, e)) < 0 || (r = add_sysctls(app, out, e)) < 0)
		return r;
	if (app->init == INIT_URUNIT_COMPAT)
		return compat_words(app, vm, out, e);
	r = linux_words_env(out, &app->env, e);
	if (r < 0)
		return r;
	add_init(app, out);
	return linux_words_args(out, &app->args, e);
}

static const struct guest_ops linux_guest = {
	.name = "linux",
	.roots = 1u << ROOT_INITRD | 1u << ROOT_NONE | 1u << ROOT_BLOCK | 1u << ROOT_9P |
		 1u << ROOT_VIRTIOFS | 1u << ROOT_IMAGE,
	.monitors = monitors,
	.block_filesystems = block_filesystems,
	.max_disks = DISKS_MAX,
	.max_nics = NICS_MAX,
	.archives = ARCHIVES_MANY,
	.powerdown = true,
	.rng = true,
	.min_memory = min_memory,
	.adjust = adjust,
	.cmdline = cmdline,
	.max_cmdline_bytes = CMDLINE_MAX_BYTES,
	.sysctls = true,
	.urunit = true,
	.tsc_hint = true,
};
GUEST_REGISTER(linux_guest);
