/* SPDX-License-Identifier: Apache-2.0 */
/* How gRPC writes the end of a call. */
#ifndef URUNC_GRPC_STATUS_H
#define URUNC_GRPC_STATUS_H

#include "common/str.h"

/* "NOT_FOUND"; "code 99" is not a name, so an unknown one is "UNKNOWN". Never NULL. */
const char *grpc_code_name(int code);
/* The errno that says the same; EIO where there is none. */
int grpc_code_errno(int code);
/* The text of a grpc-message: %41 is A; a sequence that is none stays. NULL when memory is gone. */
char *grpc_message_decode(struct arena *a, const char *s, size_t n);
/* The bytes of a "-bin" value, whose padding may be missing. Nothing when it is no base64. */
struct bytes grpc_binary_decode(struct arena *a, const char *s, size_t n);

#endif
