/* SPDX-License-Identifier: Apache-2.0 */
/* A root that is joined out of layers: read-only disks below, one that takes what is written above. */
#ifndef URUNC_URUNIT_LAYERS_H
#define URUNC_URUNIT_LAYERS_H

#include <stddef.h>

#include "urunit/config.h"
#include "urunit/text.h"

/* "lower", "upper" or "rw"; ULAYER_NONE for anything else. */
enum ulayer ulayer_parse(const char *word);

/*
 * What the overlay is made of: options for mount(2), with every layer at its place below dir. has_upper: there is a read-only
 * layer above the lower one. False if they do not fit.
 */
bool ulayer_options(const char *dir, bool has_upper, struct utext *ret);

/* Mounts every volume that is a layer of the root, and their overlay on dir. Without a layer for writes a tmpfs takes them.
 * 0, or -errno and one line in *why. */
int ulayers_join(const struct uvec *volumes, const char *dir, struct utext *why);

#endif
