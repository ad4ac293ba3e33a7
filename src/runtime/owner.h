/* SPDX-License-Identifier: Apache-2.0 */
/* Whose a directory below the state root is. */
#ifndef URUNC_RUNTIME_OWNER_H
#define URUNC_RUNTIME_OWNER_H

/* Ours is what holds our file `plan`. The two delegates are told apart by the shape of their state directories
 * (`state.json`: runc, `status`: crun): a choice noted elsewhere would have to be removed after a delegate deleted its
 * container, when nothing of ours runs any more. */
#define PLAN_FILE "plan"
enum container_owner { OWNER_NONE, OWNER_US, OWNER_RUNC, OWNER_CRUN, OWNER_LEFTOVER };

/* Never OWNER_NONE: the directory is there. */
enum container_owner owner_of_dir(int dirfd);
/* The same for one that is known not to be ours. */
enum container_owner owner_of_foreign_dir(int dirfd);

#endif
