/* SPDX-License-Identifier: Apache-2.0 */
/* The fallback of rpath_open for kernels without openat2. */
#ifndef URUNC_COMMON_PATH_WALK_H
#define URUNC_COMMON_PATH_WALK_H

/* Opens path below rootfd by the rules of RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS, one component at a time.
 * flags: open(2) flags without O_CREAT; O_CLOEXEC is added. A descriptor, or -1 and errno. */
int path_walk(int rootfd, const char *path, int flags);

#endif
