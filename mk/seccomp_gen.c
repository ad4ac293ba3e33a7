/* SPDX-License-Identifier: Apache-2.0 */
/*
 * At build time: turns lists of system calls into filter programs, so that the program needs no library for them.
 * usage: seccomp_gen TABLE LIST...
 * A list is named after its profile and has lines of this form, of which the first that fits a call decides:
 *	NAME [if COND [and COND]...] [ACTION]
 * COND is argN==VALUE or argN&MASK==VALUE and looks at the lower 32 bits; ACTION is allow (also without a word), kill or an
 * errno. A call that no line fits is killed; a number that is not in the table does not exist (ENOSYS).
 */
#include <asm-generic/errno.h>
#include <ctype.h>
#include <err.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALLS_MAX 1024
#define RULES_MAX 1024
#define CONDS_MAX 3
#define CODE_MAX 4096
#define FAR_MAX 255 /* of a conditional jump */
#define X32_BIT 0x40000000u
#define NONE (-1)

enum { X86_64, AARCH64, ARCHS };
static const char *const arch_names[ARCHS] = {"x86_64", "aarch64"};
static const uint32_t audit_archs[ARCHS] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64};

static struct call {
	char name[32];
	int nr[ARCHS];
} calls[CALLS_MAX];
static size_t ncalls;

struct cond {
	unsigned arg;
	uint32_t mask, value;
};
static struct rule {
	int call;
	size_t nconds;
	struct cond conds[CONDS_MAX];
	uint32_t action;
	unsigned line;
} rules[RULES_MAX];
static size_t nrules;

static struct sock_filter code[CODE_MAX];
static size_t ncode;

/* --- reading --- */

static const char *file;
static unsigned line;

static void check(bool ok, const char *what, const char *word)
{
	if (!ok)
		errx(1, "%s:%u: %s: '%s'", file, line, what, word ? word : "");
}

static FILE *open_text(const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f)
		err(1, "%s", path);
	file = path;
	line = 0;
	return f;
}

/* The next line with words in it; false at the end. */
static bool next_line(FILE *f, char *buf, int size)
{
	while (fgets(buf, size, f)) {
		line++;
		check(strchr(buf, '\n'), "a line without end", buf);
		buf[strcspn(buf, "#\n")] = '\0';
		if (buf[strspn(buf, " \t")])
			return true;
	}
	return false;
}

static uint32_t number(const char *s, char **end)
{
	unsigned long v = strtoul(s, end, 0);

	check(isdigit((unsigned char)*s) && v <= UINT32_MAX, "no number of 32 bits", s);
	return (uint32_t)v;
}

static int call_number(const char *word)
{
	char *end;
	uint32_t v;

	check(word, "a number is missing", word);
	if (strcmp(word, "-") == 0)
		return NONE;
	v = number(word, &end);
	check(!*end && v < X32_BIT, "no number of a system call", word);
	return (int)v;
}

static int call_find(const char *name)
{
	for (size_t i = 0; i < ncalls; i++)
		if (strcmp(calls[i].name, name) == 0)
			return (int)i;
	return NONE;
}

static void read_table(const char *path)
{
	FILE *f = open_text(path);
	char buf[256], *word;

	while (next_line(f, buf, sizeof(buf))) {
		struct call *c = &calls[ncalls];

		word = strtok(buf, " \t");
		check(ncalls < CALLS_MAX && strlen(word) < sizeof(c->name), "too many names, or too long",
		      word);
		check(call_find(word) == NONE, "named twice", word);
		strcpy(c->name, word);
		for (int a = 0; a < ARCHS; a++) {
			c->nr[a] = call_number(strtok(NULL, " \t"));
			for (size_t i = 0; i < ncalls; i++)
				check(c->nr[a] == NONE || calls[i].nr[a] != c->nr[a],
				      "a number that is taken", c->name);
		}
		check(!strtok(NULL, " \t"), "more than two numbers", c->name);
		ncalls++;
	}
	fclose(f);
}

static void read_cond(struct rule *r)
{
	struct cond *c = &r->conds[r->nconds++];
	char *word = strtok(NULL, " \t"), *p;

	check(r->nconds <= CONDS_MAX && word && strncmp(word, "arg", 3) == 0 && word[3] >= '0' &&
		      word[3] <= '5',
	      "no condition (arg0==VALUE, arg0&MASK==VALUE)", word);
	c->arg = (unsigned)(word[3] - '0');
	c->mask = UINT32_MAX;
	p = word + 4;
	if (*p == '&')
		c->mask = number(p + 1, &p);
	check(strncmp(p, "==", 2) == 0, "no condition", word);
	c->value = number(p + 2, &p);
	check(!*p && !(c->value & ~c->mask), "no condition that could ever be true", word);
}

static uint32_t action(const char *word)
{
	static const struct {
		const char *name;
		uint32_t value;
	} actions[] = {
		{"allow", SECCOMP_RET_ALLOW},           {"kill", SECCOMP_RET_KILL_PROCESS},
		{"enosys", SECCOMP_RET_ERRNO | ENOSYS}, {"eperm", SECCOMP_RET_ERRNO | EPERM},
		{"enotty", SECCOMP_RET_ERRNO | ENOTTY}, {"eafnosupport", SECCOMP_RET_ERRNO | EAFNOSUPPORT},
	};

	for (size_t i = 0; word && i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(word, actions[i].name) == 0)
			return actions[i].value;
	check(!word, "no action", word);
	return SECCOMP_RET_ALLOW;
}

static void read_rule(char *buf)
{
	struct rule *r = &rules[nrules];
	char *word = strtok(buf, " \t");

	check(nrules < RULES_MAX, "too many lines", word);
	*r = (struct rule){.call = call_find(word), .line = line};
	check(r->call != NONE, "not in the table", word);
	for (size_t i = 0; i < nrules; i++)
		check(rules[i].call != r->call || rules[i].nconds > 0, "a line before this one fits always",
		      word);
	word = strtok(NULL, " \t");
	if (word && strcmp(word, "if") == 0) {
		do {
			read_cond(r);
			word = strtok(NULL, " \t");
		} while (word && strcmp(word, "and") == 0);
	}
	r->action = action(word);
	check(!strtok(NULL, " \t"), "more than an action", calls[r->call].name);
	nrules++;
}

static void read_list(const char *path)
{
	FILE *f = open_text(path);
	char buf[256];

	nrules = 0;
	while (next_line(f, buf, sizeof(buf)))
		read_rule(buf);
	fclose(f);
}

/* --- the program --- */

static size_t put(uint16_t op, uint32_t k, uint8_t jt, uint8_t jf)
{
	if (ncode == CODE_MAX)
		errx(1, "%s: the program is too long", file);
	code[ncode] = (struct sock_filter){op, jt, jf, k};
	return ncode++;
}

static void put_return(uint32_t value)
{
	put(BPF_RET | BPF_K, value, 0, 0);
}

static uint8_t distance(size_t from, size_t to)
{
	if (to - from - 1 > FAR_MAX)
		errx(1, "%s: a jump over %zu instructions, at most %d are possible", file, to - from - 1,
		     FAR_MAX);
	return (uint8_t)(to - from - 1);
}

/* Numbers from `first` on, up to the next range, are all decided in one way: by `action`, or by the lines of `call`. */
struct range {
	uint32_t first, action;
	int call; /* NONE: by action */
};
static struct range ranges[2 * CALLS_MAX];
static size_t nranges;

static void add_range(uint32_t first, uint32_t act, int call)
{
	struct range *last = nranges ? &ranges[nranges - 1] : NULL;

	if (!last || call != NONE || last->call != NONE || last->action != act)
		ranges[nranges++] = (struct range){first, act, call};
}

static bool first_rule(int call, size_t *ret)
{
	for (*ret = 0; *ret < nrules; (*ret)++)
		if (rules[*ret].call == call)
			return true;
	return false;
}

static void make_ranges(int arch)
{
	int by_number[CALLS_MAX], top = 0;
	size_t i;

	memset(by_number, 0xff, sizeof(by_number)); /* NONE */
	for (i = 0; i < ncalls; i++) {
		int nr = calls[i].nr[arch];

		if (nr >= CALLS_MAX)
			errx(1, "%s: number %d is too large", calls[i].name, nr);
		if (nr != NONE)
			by_number[nr] = (int)i;
		if (nr >= top)
			top = nr + 1;
	}
	nranges = 0;
	for (int nr = 0; nr < top; nr++) {
		if (by_number[nr] == NONE)
			add_range((uint32_t)nr, SECCOMP_RET_ERRNO | ENOSYS, NONE);
		else if (!first_rule(by_number[nr], &i))
			add_range((uint32_t)nr, SECCOMP_RET_KILL_PROCESS, NONE);
		else
			add_range((uint32_t)nr, rules[i].action, rules[i].nconds ? by_number[nr] : NONE);
	}
	add_range((uint32_t)top, SECCOMP_RET_ERRNO | ENOSYS, NONE);
	if (arch == X86_64)
		add_range(X32_BIT, SECCOMP_RET_KILL_PROCESS, NONE);
}

/* Each condition that does not hold jumps behind the rule's return. */
static void put_rule(const struct rule *r)
{
	size_t jumps[CONDS_MAX];

	for (size_t i = 0; i < r->nconds; i++) {
		const struct cond *c = &r->conds[i];

		put(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, args) + 8 * c->arg, 0,
		    0);
		if (c->mask != UINT32_MAX)
			put(BPF_ALU | BPF_AND | BPF_K, c->mask, 0, 0);
		jumps[i] = put(BPF_JMP | BPF_JEQ | BPF_K, c->value, 0, 0);
	}
	put_return(r->action);
	for (size_t i = 0; i < r->nconds; i++)
		code[jumps[i]].jf = distance(jumps[i], ncode);
}

static void put_range(const struct range *g)
{
	if (g->call == NONE) {
		put_return(g->action);
		return;
	}
	for (size_t i = 0; i < nrules; i++) {
		if (rules[i].call != g->call)
			continue;
		put_rule(&rules[i]);
		if (rules[i].nconds == 0)
			return;
	}
	put_return(SECCOMP_RET_KILL_PROCESS);
}

/* A balanced tree over ranges[from..to): the number is in the accumulator. The upper half comes behind the lower one. */
static void put_tree(size_t from, size_t to)
{
	size_t middle = from + (to - from) / 2, jump;

	if (to - from == 1) {
		put_range(&ranges[from]);
		return;
	}
	jump = put(BPF_JMP | BPF_JGE | BPF_K, ranges[middle].first, 0, 0);
	put_tree(from, middle);
	code[jump].jt = distance(jump, ncode);
	put_tree(middle, to);
}

static void make_code(int arch)
{
	ncode = 0;
	make_ranges(arch);
	put(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
	put(BPF_JMP | BPF_JEQ | BPF_K, audit_archs[arch], 1, 0);
	put_return(SECCOMP_RET_KILL_PROCESS);
	put(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	put_tree(0, nranges);
}

/* --- writing --- */

/* The kernel headers of whoever compiles this must agree, as far as they know the names. */
static void print_checks(void)
{
	static const char *const macros[ARCHS] = {"__x86_64__", "__aarch64__"};

	for (int a = 0; a < ARCHS; a++) {
		printf("\n#if defined(%s)\n", macros[a]);
		for (size_t i = 0; i < ncalls; i++) {
			printf("#ifdef __NR_%s\n_Static_assert(__NR_%s == %d, \"%s\");\n#endif\n",
			       calls[i].name, calls[i].name, calls[i].nr[a], calls[i].name);
		}
		printf("#endif\n");
	}
}

static void print_calls(void)
{
	printf("\nconst struct seccomp_call seccomp_calls[] = {\n");
	for (size_t i = 0; i < ncalls; i++)
		printf("\t{\"%s\", %d, %d},\n", calls[i].name, calls[i].nr[X86_64], calls[i].nr[AARCH64]);
	printf("\t{NULL, -1, -1},\n};\n");
}

static void print_code(const char *profile, int arch)
{
	printf("\nstatic const struct sock_filter %s_%s[] = {\n", profile, arch_names[arch]);
	for (size_t i = 0; i < ncode; i++)
		printf("\t{0x%02x, %u, %u, 0x%08x},\n", code[i].code, code[i].jt, code[i].jf, code[i].k);
	printf("};\n");
}

/* The file's name without directory and ".list". */
static const char *profile_name(const char *path, char *buf, size_t size)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t n = strcspn(name, ".");

	if (n == 0 || n >= size || strcmp(name + n, ".list") != 0)
		errx(1, "'%s' is no PROFILE.list", path);
	memcpy(buf, name, n);
	buf[n] = '\0';
	return buf;
}

int main(int argc, char **argv)
{
	char name[32];

	if (argc < 3)
		errx(2, "usage: seccomp_gen TABLE LIST...");
	read_table(argv[1]);
	printf("/* Made by seccomp_gen. */\n#include \"sandbox/seccomp_code.h\"\n\n#include <asm/unistd.h>\n");
	print_checks();
	print_calls();
	for (int i = 2; i < argc; i++) {
		read_list(argv[i]);
		for (int a = 0; a < ARCHS; a++) {
			make_code(a);
			print_code(profile_name(argv[i], name, sizeof(name)), a);
		}
	}
	for (int a = 0; a < ARCHS; a++) {
		printf("\nconst struct seccomp_profile seccomp_%s[] = {\n", arch_names[a]);
		for (int i = 2; i < argc; i++) {
			profile_name(argv[i], name, sizeof(name));
			printf("\t{\"%s\", %s_%s, sizeof(%s_%s) / sizeof(%s_%s[0])},\n", name, name,
			       arch_names[a], name, arch_names[a], name, arch_names[a]);
		}
		printf("\t{NULL, NULL, 0},\n};\n");
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
