/* SPDX-License-Identifier: Apache-2.0 */
/* Block devices of the host that guests get: taking their mounts away, making sure that nobody else has them, putting
 * the mounts back. */
#ifndef URUNC_STORAGE_CLAIM_H
#define URUNC_STORAGE_CLAIM_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/err.h"
#include "machine/confine.h"

/* One mount, as it is now, as one text for the journal. */
int claim_text(const struct block_claim *c, const struct claim_mount *m, struct arena *a, const char **ret,
	       struct err *e) _must_check_;

/* Is this text of that mount? */
bool claim_is_noted(const char *text, const struct block_claim *c, const struct claim_mount *m);

/* Can the mount be taken away? What is mounted there has to be the device, and not the host's root. Changes nothing, so
 * that nothing is noted which was not so. */
int claim_check(const struct block_claim *c, const struct claim_mount *m, struct err *e) _must_check_;

/* Takes one mount away and puts a guard in its place (guard.h); -EBUSY names what is in use. A loop device that would be gone
 * with its last mount stays. Where the device is not mounted an earlier call was broken off: then the guard is all. */
int claim_unmount(const struct block_claim *c, const struct claim_mount *m, struct err *e) _must_check_;

/* Mounts what the text tells of again, where it is not mounted, in place of the guard. Where that has become impossible for
 * good (the device or the place is gone, the guest left no file system behind) the log says so, the guard stays and it is no
 * failure. */
int claim_remount(const char *text, struct err *e) _must_check_;

/* Opens the device by its name on the host with a lock that one process can have (udev looks at no device that is locked
 * so). -EBUSY when somebody keeps it for longer than a moment. *ret_fd stays -1 for a device of the spec that has another name
 * on the host. */
int claim_lock(const struct block_claim *c, int *ret_fd, struct err *e) _must_check_;

/* Opens the device by its node in a way that succeeds only while no file system is mounted from it, in whatever mount
 * namespace, and nobody else holds it so. As long as *ret_fd is open, this stays. */
int claim_hold(const struct block_claim *c, int *ret_fd, struct err *e) _must_check_;

#endif
