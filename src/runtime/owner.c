/* SPDX-License-Identifier: Apache-2.0 */
/* Telling containers apart by what their directories hold. */
#include "runtime/owner.h"

#include <fcntl.h>
#include <unistd.h>

enum container_owner owner_of_foreign_dir(int dirfd)
{
	if (faccessat(dirfd, "state.json", F_OK, 0) == 0)
		return OWNER_RUNC;
	if (faccessat(dirfd, "status", F_OK, 0) == 0)
		return OWNER_CRUN;
	return OWNER_LEFTOVER;
}

enum container_owner owner_of_dir(int dirfd)
{
	return faccessat(dirfd, PLAN_FILE, F_OK, 0) == 0 ? OWNER_US : owner_of_foreign_dir(dirfd);
}
