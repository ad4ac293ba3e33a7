/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations from texts, for the tests of both forms. */
#ifndef URUNC_TESTS_URUNIT_CONF_H
#define URUNC_TESTS_URUNIT_CONF_H

#include <errno.h>
#include <sys/mman.h>

#include "unit.h"
#include "urunit/config.h"

static inline void conf_unmap(struct uvec *v)
{
	if (v->p)
		munmap(v->p, v->cap);
	*v = (struct uvec){0};
}

/* urunit itself never gives these back; tens of thousands of them would be another matter. */
static inline void conf_release(struct uconf *c)
{
	if (c->env.p == c->urs_env.p)
		c->urs_env = (struct uvec){0};
	conf_unmap(&c->args);
	conf_unmap(&c->env);
	conf_unmap(&c->urs_env);
	conf_unmap(&c->groups);
	conf_unmap(&c->volumes);
	conf_unmap(&c->nics);
	conf_unmap(&c->files);
	conf_unmap(&c->sysctls);
	conf_unmap(&c->binds);
}

/* Parses a heap copy of exactly n bytes and the NUL that the contract wants, so that a sanitizer sees a step
 * beyond. The result points into the copy, which lives until the next call. */
static inline int conf_parse(struct uconf *c, const void *text, size_t n, struct utext *why)
{
	static char *copy;

	free(copy);
	copy = malloc(n + 1);
	assert_non_null(copy);
	memcpy(copy, text, n);
	copy[n] = '\0';
	*c = (struct uconf){0};
	*why = (struct utext){0};
	return uconf_parse(c, copy, n, why);
}

#define conf_good(c, text)                                                                                   \
	do {                                                                                                 \
		struct utext conf_why_;                                                                      \
		if (conf_parse((c), (text), sizeof(text) - 1, &conf_why_) != 0)                              \
			fail_msg("refused: %s", conf_why_.s);                                                \
	} while (0)

/* Refused with these words. */
#define conf_bad(text, words)                                                                                \
	do {                                                                                                 \
		struct uconf conf_c_;                                                                        \
		struct utext conf_why_;                                                                      \
		assert_int_equal(conf_parse(&conf_c_, (text), sizeof(text) - 1, &conf_why_), -EINVAL);       \
		if (!strstr(conf_why_.s, (words)))                                                           \
			fail_msg("'%s' does not say '%s'", conf_why_.s, (words));                            \
	} while (0)

static inline void conf_strings(const struct uvec *v, const char *const *want)
{
	char **got = v->p;
	size_t i = 0;

	for (; want[i]; i++) {
		assert_true(i < v->bytes / sizeof(char *));
		assert_string_equal(got[i], want[i]);
	}
	assert_int_equal(i, v->bytes / sizeof(char *));
}
#define conf_list(v, ...) conf_strings((v), (const char *const[]){__VA_ARGS__, NULL})

/* Everything a configuration points to can be read, whatever it was made from. */
static inline void conf_touch(const struct uconf *c)
{
	size_t sum = 0;

	for (char **p = c->args.p; p && *p; p++)
		sum += strlen(*p);
	for (char **p = c->env.p; p && *p; p++)
		sum += strlen(*p);
	for (size_t i = 0; i < c->volumes.bytes / sizeof(struct uvolume); i++)
		sum += strlen(((struct uvolume *)c->volumes.p)[i].id) +
		       strlen(((struct uvolume *)c->volumes.p)[i].path);
	for (size_t i = 0; i < c->files.bytes / sizeof(struct uputfile); i++) {
		const struct uputfile *f = (const struct uputfile *)c->files.p + i;

		sum += strlen(f->path);
		for (size_t k = 0; k < f->n; k++)
			sum += (unsigned char)f->data[k];
	}
	for (char **p = c->sysctls.p; p && *p; p++)
		sum += strlen(*p);
	for (size_t i = 0; i < c->nics.bytes / sizeof(struct unic); i++) {
		const struct unic *n = (const struct unic *)c->nics.p + i;

		assert_true(n->n_addresses <= UNIC_ADDRESSES && n->n_gateways <= UNIC_GATEWAYS);
		sum += strlen(n->mac) + (n->name ? strlen(n->name) : 0);
		for (size_t k = 0; k < n->n_addresses; k++)
			sum += strlen(n->addresses[k].text);
	}
	sum += c->cwd ? strlen(c->cwd) : 0;
	sum += c->hostname ? strlen(c->hostname) : 0;
	sum += c->first_unknown ? strlen(c->first_unknown) : 0;
	assert_true(sum < SIZE_MAX / 2);
	assert_true(c->uid <= UCONF_ID_MAX && c->gid <= UCONF_ID_MAX && c->umask <= 0777);
	assert_true(c->groups.bytes <= UCONF_GROUPS_MAX * sizeof(uint32_t));
}

static inline void conf_mutations(const void *seed, size_t n, uint64_t random, int rounds)
{
	int good = 0, bad = 0;

	while (rounds--) {
		unsigned char buf[1024];
		struct uconf c;
		struct utext why;

		memcpy(buf, seed, n);
		if (conf_parse(&c, buf, unit_mutate(&random, buf, n), &why) == 0) {
			conf_touch(&c);
			good++;
		} else {
			assert_true(why.n > 0);
			bad++;
		}
		conf_release(&c);
	}
	/* Both must have been seen, or the mutations tell nothing. */
	assert_true(good > 0 && bad > 0);
}

#endif
