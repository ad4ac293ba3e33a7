/* SPDX-License-Identifier: Apache-2.0 */
/* Unikraft: parameters for its libraries, "--", then the application's arguments, all on one command line. */
#include <errno.h>
#include <string.h>

#include "guests/firmware.h"
#include "guests/guest.h"
#include "guests/networds.h"
#include "guests/quote.h"

#define MIB (1024ull * 1024)
/* Its buffer takes 4096 bytes with the NUL, a Multiboot loader puts "/kernel " in front. What an image built with a larger
 * CONFIG_LIBUKBOOT_CMDLINE_MAX_LEN could take cannot be seen from outside. */
#define CMDLINE_MAX_BYTES 4087
/* CONFIG_LIBUKBOOT_MAXNBARGS as it is by default: words after these are lost without a trace. */
#define WORDS_MAX 60
/* CONFIG_LIBPOSIX_ENVIRON_LIBPARAM_MAXCOUNT as it is by default: variables after these are lost likewise. */
#define ENV_MAX 8
#define NICS_MAX 4 /* CONFIG_LIBUKNETDEV_EINFO_LIBPARAM_MAXCOUNT by default */
/* Measured with 0.17: heap, page tables and stacks of an image that does nothing. */
#define RUNNING_BYTES (2 * MIB)

/* When parameters changed their names or appeared. */
#define ENV_VARS VERSION(0, 13, 0)
#define DNS_OF_OLD VERSION(0, 16, 0)
#define NEW_FORM VERSION(0, 16, 1)

static const char *const monitors[] = {"qemu", "firecracker", NULL};

/* A command line under construction; words are counted because the guest counts them. */
struct line {
	struct strbuf *out;
	size_t words;
};

static void add_word(struct line *l, const char *word)
{
	if (l->words++ > 0)
		sb_addc(l->out, ' ');
	sb_add(l->out, word);
}

static void add_quoted(struct line *l, const char *word)
{
	if (l->words++ > 0)
		sb_addc(l->out, ' ');
	quote_shell(l->out, word);
}

/* "0.16.1", "v0.17.0", "0.18": up to three numbers, a suffix after '-', '~' or '+' does not count. ~0 = cannot be read,
 * which is taken for a new one. */
static uint32_t parse_version(const char *s)
{
	uint32_t part[3] = {0};

	if (s == NULL || *s == '\0')
		return ~0u;
	s += *s == 'v';
	for (int i = 0; i < 3; i++) {
		int digits = 0;

		for (; *s >= '0' && *s <= '9' && digits < 3; s++, digits++)
			part[i] = part[i] * 10 + (uint32_t)(*s - '0');
		if (digits == 0)
			return ~0u;
		if (*s != '.')
			break;
		s++;
	}
	return *s == '\0' || strchr("-~+", *s) != NULL ? VERSION(part[0], part[1], part[2]) : ~0u;
}

/* A list ends with the word that ends in ']'. So an entry that ends in one gets a second and ends its list; the next
 * entry begins another list of the same parameter. */
static void add_env(struct line *l, const struct strs *env)
{
	bool open = false;

	for (size_t i = 0; i < env->n; i++) {
		if (!open)
			add_word(l, "env.vars=[");
		open = !str_ends(env->v[i], "]");
		add_quoted(l, env->v[i]);
		if (!open)
			/* Right after the closing quote, and so part of the word. */
			sb_addc(l->out, ']');
	}
	if (open)
		add_word(l, "]");
}

/* cidr:gateway:dns0:dns1; what is missing at the end is left out. */
static void add_nic(struct line *l, const struct app_desc *app, const struct networds *w)
{
	const char *server;
	size_t dns = 0;

	add_word(l, "netdev.ip=");
	sb_addf(l->out, "%s/%u", w->address, w->prefix);
	server = networds_dns(&app->dns, &dns);
	if (w->gateway != NULL || server != NULL)
		sb_addf(l->out, ":%s", w->gateway != NULL ? w->gateway : "");
	if (server == NULL)
		return;
	sb_addf(l->out, ":%s", server);
	server = networds_dns(&app->dns, &dns);
	if (server != NULL)
		sb_addf(l->out, ":%s", server);
}

/* Entries belong to interfaces by their order, so one without IPv4 needs an entry if another follows. */
static void add_net(struct line *l, const struct app_desc *app, const struct vm_desc *vm)
{
	size_t skipped = 0;
	struct networds w;

	for (size_t i = 0; i < vm->nics.n; i++) {
		if (!networds_ipv4(&vm->nics.v[i], &w)) {
			skipped++;
			continue;
		}
		for (; skipped > 0; skipped--)
			add_word(l, "netdev.ip=:");
		add_nic(l, app, &w);
	}
}

static void add_net_old(struct line *l, const struct app_desc *app, const struct vm_desc *vm, uint32_t version)
{
	const char *server;
	struct networds w;
	size_t dns = 0;

	if (vm->nics.n == 0 || !networds_ipv4(&vm->nics.v[0], &w))
		return;
	add_word(l, "netdev.ipv4_addr=");
	sb_add(l->out, w.address);
	if (w.gateway != NULL) {
		add_word(l, "netdev.ipv4_gw_addr=");
		sb_add(l->out, w.gateway);
	}
	add_word(l, "netdev.ipv4_subnet_mask=");
	sb_add(l->out, w.mask);
	server = networds_dns(&app->dns, &dns);
	if (version >= DNS_OF_OLD && server != NULL) {
		add_word(l, "netdev.ipv4_dns0_addr=");
		sb_add(l->out, server);
	}
}

static void add_root(struct line *l, const struct app_desc *app, const struct vm_desc *vm, uint32_t version)
{
	const char *tag = vm->shares.n > 0 ? vm->shares.v[0].tag : "fs0";

	if (version < NEW_FORM) {
		if (app->root == ROOT_INITRD)
			add_word(l, "vfs.rootfs=initrd");
		if (app->root == ROOT_9P) {
			add_word(l, "vfs.rootfs=9pfs");
			add_word(l, "vfs.rootdev=");
			sb_add(l->out, tag);
		}
	} else if (app->root == ROOT_INITRD) {
		/* ramfs=2: makes a root to unpack into, unless the image itself has one. */
		add_word(l, "vfs.fstab=[ \"initrd0:/:extract::ramfs=2:\" ]");
		l->words += 2;
	} else if (app->root == ROOT_9P) {
		add_word(l, "vfs.fstab=[ ");
		sb_addf(l->out, "\"%s:/:9pfs:::\" ]", tag);
		l->words += 2;
	}
}

static int add_args(struct line *l, const struct app_desc *app, struct err *e)
{
	char buf[QUOTE_LABEL_BYTES];

	add_word(l, "--");
	for (size_t i = 0; i < app->args.n; i++) {
		if (app->args.v[i][0] == '\0')
			return err_set(e, EINVAL,
				       "%s is empty: a Unikraft command line has no way to say an empty argument",
				       quote_label(buf, "process.args", i));
		add_quoted(l, app->args.v[i]);
	}
	return 0;
}

static int check_words(const struct line *l, const struct vm_desc *vm, struct err *e)
{
	/* A Multiboot loader puts the kernel's name in front. */
	size_t words = l->words + (vm->kernel_format == KERNEL_ELF_MULTIBOOT ? 1 : 0);

	if (words <= WORDS_MAX)
		return 0;
	return err_set(e, E2BIG,
		       "the command line of the guest has %zu words, but a Unikraft drops those after %d (shorten process.args "
		       "or process.env; each environment variable is a word too)",
		       words, WORDS_MAX);
}

static int cmdline(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out, struct err *e)
{
	struct line l = {.out = out};
	uint32_t version = parse_version(app->version);
	int r;

	add_word(&l, "Unikraft");
	if (vm->arch == ARCH_AARCH64)
		add_word(&l, "console=ttyS0");
	if (version >= ENV_VARS)
		add_env(&l, &app->env);
	if (version >= NEW_FORM)
		add_net(&l, app, vm);
	else
		add_net_old(&l, app, vm, version);
	add_root(&l, app, vm, version);
	/* "--" is only looked for from the third word on; where no loader puts one in front, another one must be found. */
	if (l.words == 1)
		add_word(&l, "console=ttyS0");
	r = add_args(&l, app, e);
	return r < 0 ? r : check_words(&l, vm, e);
}

static void warn(const struct app_desc *app, struct strv *warnings)
{
	uint32_t version = parse_version(app->version);

	if (version == ~0u && app->version != NULL && app->version[0] != '\0')
		strv_addf(warnings,
			  "'%.64s' is no version of Unikraft that can be read: the guest is taken for 0.16.1 or newer",
			  app->version);
	if (version < ENV_VARS && app->env.n > 0)
		strv_addf(warnings,
			  "Unikraft %.64s takes no environment: the %zu variables of process.env do not reach it",
			  app->version, app->env.n);
	else if (app->env.n > ENV_MAX)
		strv_addf(warnings,
			  "process.env has %zu variables: a Unikraft that was not built to take more keeps the first %d "
			  "(CONFIG_LIBPOSIX_ENVIRON_LIBPARAM_MAXCOUNT)",
			  app->env.n, ENV_MAX);
}

/* The archive is in memory as it is, and again as files of a ramfs. */
static uint64_t min_memory(const struct guest_image *img)
{
	uint64_t kernel = img->kernel_memory_bytes > 0 ? img->kernel_memory_bytes : img->kernel_bytes * 2;
	uint64_t unpacked = img->initrd_unpacked_bytes > 0 ? img->initrd_unpacked_bytes : img->initrd_bytes;

	return kernel + img->initrd_bytes + unpacked + RUNNING_BYTES;
}

static const struct guest_ops unikraft = {
	.name = "unikraft",
	.roots = 1u << ROOT_NONE | 1u << ROOT_INITRD | 1u << ROOT_9P,
	.monitors = monitors,
	.max_nics = NICS_MAX,
	.archives = ARCHIVES_ONE,
	.min_memory = min_memory,
	.adjust = firmware_complete,
	.cmdline = cmdline,
	.max_cmdline_bytes = CMDLINE_MAX_BYTES,
	.warn = warn,
};
GUEST_REGISTER(unikraft);
