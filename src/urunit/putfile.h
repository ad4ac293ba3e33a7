/* SPDX-License-Identifier: Apache-2.0 */
/* The container's own files: /etc/hosts and its like, in a root that is the image's. */
#ifndef URUNC_URUNIT_PUTFILE_H
#define URUNC_URUNIT_PUTFILE_H

#include "urunit/config.h"

/*
 * Makes the file, with missing parents (mode 0755), as a new one that takes the place of what was there: a link is
 * replaced, not followed, and nobody sees half of it. One that has these very contents is left alone. 0 or -errno.
 */
int uputfile(const struct uputfile *f);

/* All of them; failures are told on the console. */
void uputfile_all(const struct uvec *files);

#endif
