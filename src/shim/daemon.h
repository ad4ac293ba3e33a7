/* SPDX-License-Identifier: Apache-2.0 */
/* The shim that stays: one for a container or for all of a pod. */
#ifndef URUNC_SHIM_DAEMON_H
#define URUNC_SHIM_DAEMON_H

#include <stdbool.h>

struct daemon_setup {
	const char *ns, *grpc_address, *ttrpc_address, *publish_binary, *socket_path;
	int listener;
	bool debug;
};

/* In a process of its own, in the bundle's directory. Serves until it is asked to shut down and has no container. */
_Noreturn void daemon_main(const struct daemon_setup *setup);

#endif
