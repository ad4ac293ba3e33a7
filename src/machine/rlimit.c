/* SPDX-License-Identifier: Apache-2.0 */
/* Names of resource limits. */
#include "machine/rlimit.h"

#include <stddef.h>

const char *const rlimit_names[] = {"RLIMIT_CPU",
				    "RLIMIT_FSIZE",
				    "RLIMIT_DATA",
				    "RLIMIT_STACK",
				    "RLIMIT_CORE",
				    "RLIMIT_RSS",
				    "RLIMIT_NPROC",
				    "RLIMIT_NOFILE",
				    "RLIMIT_MEMLOCK",
				    "RLIMIT_AS",
				    "RLIMIT_LOCKS",
				    "RLIMIT_SIGPENDING",
				    "RLIMIT_MSGQUEUE",
				    "RLIMIT_NICE",
				    "RLIMIT_RTPRIO",
				    "RLIMIT_RTTIME",
				    NULL};
