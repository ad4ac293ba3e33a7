/* SPDX-License-Identifier: Apache-2.0 */
/* Looking up what a list of cgroup settings says. */
#ifndef URUNC_TESTS_PLAN_SETTINGS_H
#define URUNC_TESTS_PLAN_SETTINGS_H

#include "plan/internal.h"
#include "unit.h"

static inline const struct cgroup_setting *setting_find(const struct setting_list *l, const char *file)
{
	for (size_t i = 0; i < l->n; i++)
		if (streq(l->v[i].file, file))
			return &l->v[i];
	return NULL;
}

static inline void setting_is(const struct setting_list *l, const char *file, const char *value)
{
	const struct cgroup_setting *s = setting_find(l, file);

	if (value == NULL && s != NULL)
		fail_msg("%s is '%s', but should not be there", file, s->value);
	if (value != NULL && (s == NULL || !streq(s->value, value)))
		fail_msg("%s is '%s', wanted '%s'", file, s ? s->value : "(absent)", value);
}

/* A limit of 100 MiB of guest and 20 MiB of monitor. */
static inline struct group_memory settings_memory(const struct spec_resources *r)
{
	return (struct group_memory){true, 120 * MIB, spec_memory_limit(r), 20 * MIB};
}

#endif
