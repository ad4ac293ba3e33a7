/* SPDX-License-Identifier: Apache-2.0 */
/* Words on a Linux kernel's command line. Rules: next_arg() of lib/cmdline.c and unknown_bootoption() of init/main.c. */
#include "guests/linux_words.h"

#include <errno.h>
#include <string.h>

#define BLANKS " \t"
/* A blank to a kernel as well; in UTF-8 the last byte of many letters ("à"). */
#define LATIN1_BLANK "\xa0"

static bool has_control(const char *s)
{
	for (; *s; s++)
		if (((unsigned char)*s < ' ' && *s != '\t') || *s == 127)
			return true;
	return false;
}

static int check_bytes(const char *what, const char *word, struct err *e)
{
	if (has_control(word))
		return err_set(e, EINVAL,
			       "%s has a line break or another control byte, which a kernel command line cannot carry (an image "
			       "with urunit as its init can take it)",
			       what);
	if (strchr(word, '"') != NULL)
		return err_set(e, EINVAL,
			       "%s has a double quote, which a kernel command line cannot carry (an image with urunit as its "
			       "init can take it)",
			       what);
	return 0;
}

int linux_word_add(struct strbuf *out, const char *what, const char *word, struct err *e)
{
	const char *quote = word[0] == '\0' || strpbrk(word, BLANKS LATIN1_BLANK) != NULL ? "\"" : "";
	int r = check_bytes(what, word, e);

	if (r < 0)
		return r;
	sb_addf(out, " %s%s%s", quote, word, quote);
	return 0;
}

/* Names that would steer the kernel instead of reaching init. */
static bool is_kernel_parameter(const char *name, size_t n)
{
	static const char *const names[] =
		{"acpi",   "console",  "debug",     "init",         "initcall_blacklist",
		 "initrd", "iommu",    "ip",        "lockdown",     "loglevel",
		 "lsm",    "maxcpus",  "mem",       "memmap",       "mitigations",
		 "module", "nfsroot",  "noinitrd",  "nosmp",        "panic",
		 "pci",    "quiet",    "rdinit",    "reboot",       "resume",
		 "ro",     "root",     "rootdelay", "rootflags",    "rootfstype",
		 "rw",     "security", "selinux",   "tsc_early_khz"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == n && memcmp(names[i], name, n) == 0)
			return true;
	return false;
}

static int check_name(const char *what, const char *entry, struct err *e)
{
	size_t n = strcspn(entry, "=");

	if (memchr(entry, '.', n) != NULL)
		return err_set(e, EINVAL,
			       "%s: a kernel command line cannot pass on the name '%.*s', which has a dot (an image with urunit "
			       "as its init can take it)",
			       what, n > 64 ? 64 : (int)n, entry);
	if (is_kernel_parameter(entry, n))
		return err_set(
			e, EINVAL,
			"%s: '%.*s' would be taken as a kernel parameter (an image with urunit as its init can take it)",
			what, (int)n, entry);
	return 0;
}

static const char *label(char *buf, size_t size, const char *list, size_t i)
{
	struct strbuf b = {.p = buf, .cap = size};

	sb_addf(&b, "%s[%zu]", list, i);
	return buf;
}

int linux_words_env(struct strbuf *out, const struct strs *env, struct err *e)
{
	char buf[40];
	int r;

	if (env->n > LINUX_WORDS_MAX)
		return err_set(e, E2BIG,
			       "process.env has %zu entries, but a Linux kernel passes on at most %d (an image with urunit as its "
			       "init has no such limit)",
			       env->n, LINUX_WORDS_MAX);
	for (size_t i = 0; i < env->n; i++) {
		const char *what = label(buf, sizeof(buf), "process.env", i);

		if ((r = check_name(what, env->v[i], e)) < 0 ||
		    (r = linux_word_add(out, what, env->v[i], e)) < 0)
			return r;
	}
	return 0;
}

static int check_count(size_t n, struct err *e)
{
	if (n <= LINUX_WORDS_MAX)
		return 0;
	return err_set(e, E2BIG,
		       "process.args has %zu words after the init's name, but a Linux kernel passes on at most %d (an image "
		       "with urunit as its init has no such limit)",
		       n, LINUX_WORDS_MAX);
}

int linux_words_args(struct strbuf *out, const struct strs *args, struct err *e)
{
	char buf[40];
	int r;

	if (args->n < 2)
		return 0;
	if ((r = check_count(args->n - 1, e)) < 0)
		return r;
	sb_add(out, " --");
	for (size_t i = 1; i < args->n; i++) {
		const char *what = label(buf, sizeof(buf), "process.args", i);

		if (streq(args->v[i], "--"))
			return err_set(e, EINVAL,
				       "%s is '--', at which a Linux kernel stops reading arguments", what);
		if ((r = linux_word_add(out, what, args->v[i], e)) < 0)
			return r;
	}
	return 0;
}

/* One group: its words with single blanks between them, in quotes when there are several. Returns their number. */
static size_t add_group(struct strbuf *out, const char *s)
{
	bool several = strpbrk(s + strspn(s, BLANKS), BLANKS) != NULL;
	size_t words = 0;

	sb_add(out, several ? " '" : " ");
	for (s += strspn(s, BLANKS); *s; s += strspn(s, BLANKS)) {
		size_t n = strcspn(s, BLANKS);

		if (words++ > 0)
			sb_addc(out, ' ');
		sb_addn(out, s, n);
		s += n;
	}
	if (several)
		sb_addc(out, '\'');
	return words;
}

int linux_words_grouped(struct strbuf *out, const struct strs *args, struct err *e)
{
	size_t words = 0;
	char buf[40];
	int r;

	if (args->n < 2)
		return 0;
	sb_add(out, " --");
	for (size_t i = 1; i < args->n; i++) {
		const char *what = label(buf, sizeof(buf), "process.args", i), *s = args->v[i];

		if ((r = check_bytes(what, s, e)) < 0)
			return r;
		if (s[strspn(s, BLANKS)] == '\0' || streq(s, "--") ||
		    (strchr(s, '\'') && strpbrk(s, BLANKS)) || strpbrk(s, LATIN1_BLANK) != NULL)
			return err_set(
				e, EINVAL,
				"%s is empty, '--' or has both blanks and a quote or a byte 0xa0, which the image's own "
				"urunit cannot be told (set [runtime] replace_urunit = true to use urunc's)",
				what);
		words += add_group(out, s);
	}
	return check_count(words, e);
}
