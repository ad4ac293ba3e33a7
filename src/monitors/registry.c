/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the linker section into which every monitor puts a pointer to its operations. */
#include <string.h>

#include "monitors/monitor.h"

/* Made by the linker around section "urunc_monitors"; weak, so that a build without any still links. */
extern const struct monitor_ops *const __start_urunc_monitors[] __attribute__((weak));
extern const struct monitor_ops *const __stop_urunc_monitors[] __attribute__((weak));

static size_t count(void)
{
	return __start_urunc_monitors == NULL ? 0 : (size_t)(__stop_urunc_monitors - __start_urunc_monitors);
}

const struct monitor_ops *monitor_find(const char *name)
{
	for (size_t i = 0; i < count(); i++)
		if (streq(__start_urunc_monitors[i]->name, name))
			return __start_urunc_monitors[i];
	return NULL;
}

/* How many names sort before this one: link order must not show in what users see. */
static size_t rank(const struct monitor_ops *ops)
{
	size_t r = 0;

	for (size_t i = 0; i < count(); i++)
		r += strcmp(__start_urunc_monitors[i]->name, ops->name) < 0;
	return r;
}

const struct monitor_ops *monitor_next(size_t *i)
{
	for (size_t k = 0; k < count(); k++)
		if (rank(__start_urunc_monitors[k]) == *i) {
			(*i)++;
			return __start_urunc_monitors[k];
		}
	return NULL;
}
