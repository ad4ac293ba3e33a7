/* SPDX-License-Identifier: Apache-2.0 */
/* What the container mounts: volumes, files and trees that came with the archive, and tmpfs. */
#ifndef URUNC_URUNIT_BINDS_H
#define URUNC_URUNIT_BINDS_H

#include "urunit/config.h"
#include "urunit/text.h"

/* Opens what is to be bound; to be called while the archive is still the root. 0, or -errno and one line in *why. */
int ubind_open_all(struct uvec *binds, struct utext *why);

/* Mounts all of them and the volumes of the root in their common order, making what is missing of the places; 0, or -errno
 * and one line in *why at the first that fails. Closes what was opened. */
int ubind_mount_all(struct uvec *binds, const struct uvec *volumes, struct utext *why);

/* Cuts the words of mount(8) that are flags out of options; what is left is for the file system. */
unsigned long ubind_flags(char *options);

/* The root can be written no more, what is mounted in it can. Not the file system: what is bound from it stays writable. */
int ubind_root_readonly(void);

#endif
