/* SPDX-License-Identifier: Apache-2.0 */
/* The client's end of an HTTP/2 connection with gRPC calls on it, as bytes in and bytes out: no descriptor, no clock. What
 * comes in may be anything. */
#ifndef URUNC_GRPC_H2_H
#define URUNC_GRPC_H2_H

#include <stdbool.h>

#include "grpc/grpc.h"

/* Names and values of the headers and trailers of one answer, together. */
#define H2_HEADERS_MAX_BYTES (256u << 10)

struct h2;

int h2_new(const char *authority, struct h2 **ret, struct err *e) _must_check_;
void h2_free(struct h2 *h); /* NULL is allowed */

/* Begins the only call there is. -EPIPE: the server takes no more calls on this connection. call is borrowed until h2_end. */
int h2_begin(struct h2 *h, const struct grpc_call *call, struct err *e) _must_check_;
/* Takes n bytes of the server's. Negative: they are no HTTP/2, or memory is gone; the connection is of no use any more. */
int h2_feed(struct h2 *h, const void *p, size_t n, struct err *e) _must_check_;
/* The next bytes for the server, *ret_n of them, borrowed until the next h2_pull; 0 for none now. */
int h2_pull(struct h2 *h, const void **ret, size_t *ret_n, struct err *e) _must_check_;
/* The call is over, well or not. */
bool h2_over(const struct h2 *h);
/* What came of it; the next one may begin. A call that is not over is cancelled, which -ECANCELED
 * says; pull once more to let the server know. */
int h2_end(struct h2 *h, struct arena *a, struct grpc_status *ret, struct err *e) _must_check_;

#endif
