/* SPDX-License-Identifier: Apache-2.0 */
/* Where output goes, as clients write it: a path, or fifo://, file://, binary://, binary-v2://. */
#ifndef URUNC_SHIM_URI_H
#define URUNC_SHIM_URI_H

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

enum uri_kind { URI_FIFO, URI_FILE, URI_BINARY, URI_BINARY_V2 };

struct uri {
	enum uri_kind kind;
	const char *path;
	struct strs query; /* key, first value, key, first value … in order of appearance; decoded */
};

/* -EINVAL for any other scheme, a path that is not absolute, or a broken escape. "" is a fifo with an empty path. */
int uri_parse(const char *text, struct arena *a, struct uri *ret, struct err *e) _must_check_;
/* Opens a log file to append to, with its parents. */
int uri_open_log(const char *path, int *ret_fd, struct err *e) _must_check_;

#endif
