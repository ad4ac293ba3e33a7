/* SPDX-License-Identifier: Apache-2.0 */
/* The home directory of a user by the guest's own /etc/passwd. */
#ifndef URUNC_URUNIT_HOME_H
#define URUNC_URUNIT_HOME_H

#include <stddef.h>
#include <stdint.h>

/* Looks uid up in passwd text (NUL-terminated; cut into strings as it is read). "/" when unknown. */
const char *uhome_find(char *passwd, uint32_t uid);

#endif
