/* SPDX-License-Identifier: Apache-2.0 */
/* For clang-tidy only: it sees one file at a time, so it must be told that what makes an error returns a negative number. */
#include "common/err.h"

#define err_set(e, code, ...) ((err_set)((e), (code), __VA_ARGS__), -(code))
#define err_sys(...) ((err_sys)(__VA_ARGS__), -1)
#define err_wrap(...) ((err_wrap)(__VA_ARGS__), -1)
#define err_oom(e) ((err_oom)(e), -12)
