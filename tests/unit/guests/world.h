/* SPDX-License-Identifier: Apache-2.0 */
/* An application and a machine to try a guest on, and how the guests' own parsers read what it wrote. */
#ifndef URUNC_TESTS_GUESTS_WORLD_H
#define URUNC_TESTS_GUESTS_WORLD_H

#include <errno.h>

#include "guests/guest.h"
#include "unit.h"

#define WORLD_WORDS 256
#define MIB (1024ull * 1024)

struct world {
	struct arena a;
	struct err e;
	struct app_desc app;
	struct vm_desc vm;
	struct vm_nic nics[3];
	struct vm_share shares[1];
	const char *args[WORLD_WORDS], *env[WORLD_WORDS], *dns[3];
	const struct guest_ops *g;
	const char *line; /* the last command line */
};

static inline struct world *world_new(const char *guest)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->g = guest_find(guest);
	assert_non_null(w->g);
	w->app = (struct app_desc){.args = {w->args, 0}, .env = {w->env, 0}, .dns = {w->dns, 0}, .cwd = "/"};
	w->vm = (struct vm_desc){.arch = ARCH_X86_64,
				 .kernel = "/kernel",
				 .kernel_format = KERNEL_ELF_MULTIBOOT};
	w->vm.nics.v = w->nics;
	w->vm.shares.v = w->shares;
	return w;
}

static inline int world_teardown(void **state)
{
	struct world *w = *state;

	arena_release(&w->a);
	free(w);
	return 0;
}

static inline void world_arg(struct world *w, const char *s)
{
	assert_true(w->app.args.n < WORLD_WORDS);
	w->args[w->app.args.n++] = s;
}

static inline void world_env(struct world *w, const char *s)
{
	assert_true(w->app.env.n < WORLD_WORDS);
	w->env[w->app.env.n++] = s;
}

static inline void world_nic(struct world *w, const char *address, const char *gateway)
{
	w->nics[w->vm.nics.n++] = (struct vm_nic){.tap = "tap0",
						  .fd = -1,
						  .address = address,
						  .gateway = gateway};
}

static inline void world_dns(struct world *w, const char *server)
{
	w->dns[w->app.dns.n++] = server;
}

static inline int world_cmdline(struct world *w)
{
	struct strbuf b = STRBUF(&w->a);
	int r = w->g->cmdline(&w->app, &w->vm, &b, &w->e);

	return r < 0 ? r : sb_done(&b, &w->line, &w->e);
}

static inline void world_says(struct world *w, const char *want)
{
	assert_ok(world_cmdline(w), w->e);
	assert_string_equal(w->line, want);
}

static inline void world_refuses(struct world *w, int code, const char *words)
{
	assert_fails(world_cmdline(w), w->e, code, words);
}

/* The warnings, one in a line. */
static inline const char *world_warnings(struct world *w)
{
	struct strv l = STRV(&w->a);
	struct strbuf b = STRBUF(&w->a);
	const char *s;

	if (w->g->warn != NULL)
		w->g->warn(&w->app, &l);
	for (size_t i = 0; i < l.n; i++)
		sb_addf(&b, "%s\n", l.v[i]);
	assert_ok(sb_done(&b, &s, &w->e), w->e);
	return s;
}

/* Texts that have something in them for every parser. */
static const char *const world_nasty[] = {
	"plain",
	"two words",
	" led",
	"trailed ",
	"a\tb",
	"a\nb",
	"it's",
	"\"q\"",
	"'",
	"\"",
	"''",
	"\\",
	"end\\",
	"a\\ b",
	"\\\"",
	"\\n",
	"--",
	" -- ",
	"a -- b",
	"-- --",
	"a --",
	" -- -- ",
	"[",
	"]",
	"[x]",
	"x]]",
	"a=b",
	"#c",
	"*?~!;&|",
	"$HOME",
	"\xc3\xa4 \xe2\x82\xac",
	"\r\v\f\a\b",
	"a'b\"c\\d",
	"help",
	"Unikraft",
	"(x) <y> `z`",
};
#define WORLD_NASTY (sizeof(world_nasty) / sizeof(world_nasty[0]))

/* Words as POSIX shells, Unikraft (from 0.8) and Hermit read them. Of the backslash they differ, so it must not be met
 * outside of single quotes. keep_empty: whether '' is a word. */
static inline struct strs world_split(struct world *w, const char *s, bool keep_empty)
{
	struct strv l = STRV(&w->a);
	struct strs ret;

	while (*(s += strspn(s, " ")) != '\0') {
		struct strbuf b = STRBUF(&w->a);
		const char *word;
		char quote = '\0';

		for (; *s && (quote || *s != ' '); s++) {
			assert_false(*s == '\\' && quote != '\'');
			assert_true(quote || strchr("\t\r\n\v#*?~$`;&|<>()", *s) == NULL);
			if (!quote && (*s == '\'' || *s == '"'))
				quote = *s;
			else if (quote == *s)
				quote = '\0';
			else
				sb_addc(&b, *s);
		}
		assert_int_equal(quote, '\0');
		assert_ok(sb_done(&b, &word, &w->e), w->e);
		if (keep_empty || *word)
			strv_add(&l, word);
	}
	assert_ok(strv_done(&l, &ret, &w->e), w->e);
	return ret;
}

static inline void world_same(const char *what, const struct strs *got, size_t from, const struct strs *want)
{
	if (got->n - from != want->n)
		fail_msg("%zu %s arrive, %zu were given", got->n - from, what, want->n);
	for (size_t i = 0; i < want->n; i++)
		if (strcmp(got->v[from + i], want->v[i]) != 0)
			fail_msg("%s %zu arrives as '%s', was '%s'", what, i, got->v[from + i], want->v[i]);
}

#endif
