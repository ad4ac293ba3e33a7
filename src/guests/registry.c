/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the linker section into which every guest puts a pointer to its operations. */
#include <string.h>

#include "guests/guest.h"

/* Made by the linker around section "urunc_guests"; weak, so that a build without any still links. */
extern const struct guest_ops *const __start_urunc_guests[] __attribute__((weak));
extern const struct guest_ops *const __stop_urunc_guests[] __attribute__((weak));

static size_t count(void)
{
	return __start_urunc_guests == NULL ? 0 : (size_t)(__stop_urunc_guests - __start_urunc_guests);
}

const struct guest_ops *guest_find(const char *name)
{
	for (size_t i = 0; i < count(); i++)
		if (streq(__start_urunc_guests[i]->name, name))
			return __start_urunc_guests[i];
	return NULL;
}

/* How many names sort before this one: link order must not show in what users see. */
static size_t rank(const struct guest_ops *ops)
{
	size_t r = 0;

	for (size_t i = 0; i < count(); i++)
		r += strcmp(__start_urunc_guests[i]->name, ops->name) < 0;
	return r;
}

const struct guest_ops *guest_next(size_t *i)
{
	for (size_t k = 0; k < count(); k++)
		if (rank(__start_urunc_guests[k]) == *i) {
			(*i)++;
			return __start_urunc_guests[k];
		}
	return NULL;
}
