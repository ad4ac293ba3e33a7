/* SPDX-License-Identifier: Apache-2.0 */
/* modules.dep and modules.builtin of a Linux kernel: lines "path: what it needs". Pure. */
#ifndef URUNC_COMMON_MODDEP_H
#define URUNC_COMMON_MODDEP_H

#include <stdbool.h>

#include "common/str.h"

/* "kernel/drivers/virtio/virtio-rng.ko.xz" (n bytes) is "virtio_rng". */
bool moddep_is(const char *path, size_t n, const char *name);
/* The line of a list that is about this module; NULL without one. */
const char *moddep_find(struct bytes list, const char *name, size_t *ret_bytes);
/* Of "path: b a" first a is loaded, then b, then path. *end begins at the line's end, words at what comes after the ':';
 * each call gives the next path that has to be loaded, and NULL after the last. */
const char *moddep_next(const char *words, const char **end, size_t *ret_bytes);

/* What an x86 kernel file says of itself, such as "6.1.0-13-cloud-amd64"; false for other files. */
#define KERNEL_RELEASE_BYTES 129
bool kernel_release(int fd, char ret[KERNEL_RELEASE_BYTES]);
/* Could it name a directory of /lib/modules? */
bool kernel_release_good(const char *s);

#endif
