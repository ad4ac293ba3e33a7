/* SPDX-License-Identifier: Apache-2.0 */
/* A connection over which methods are called, one after the other: to a bus, or to a program that speaks D-Bus without one
 * (systemd's own socket). */
#ifndef URUNC_DBUS_BUS_H
#define URUNC_DBUS_BUS_H

#include "dbus/message.h"

#define DBUS_ERROR_BYTES 128

struct dbus {
	struct arena *a;
	int fd;
	bool is_bus;
	uint32_t serial;
	uint64_t deadline_ms;         /* of the monotonic clock, for all that is still to come */
	char error[DBUS_ERROR_BYTES]; /* name of the error that the last call was answered with; "" = none */
	uint8_t *buf;                 /* received; the last message first, until the next one is wanted */
	size_t taken, have, cap;
};
#define DBUS_NULL ((struct dbus){.fd = -1})
void dbus_close(struct dbus *d);
#define _cleanup_dbus_ __attribute__((cleanup(dbus_close)))

/* Connects to the socket, as the effective user (SASL EXTERNAL), and says hello to a bus. Everything on the connection has
 * to be done within timeout_ms. -errno of connect when nobody is there. */
int dbus_open(const char *socket, bool is_bus, int timeout_ms, struct arena *a, struct dbus *ret,
	      struct err *e) _must_check_;

/* Signals that arrive while something else is waited for; borrowed, gone after the call. Positive: seen what was wanted. */
typedef int (*dbus_signal_fn)(void *arg, const struct dbus_message *m);
/* Calls and waits for the answer, whose body lies in d->a. An error as answer is -EREMOTEIO, with its name in d->error and
 * its text in e. fn may be NULL. */
int dbus_call(struct dbus *d, const struct dbus_call *c, dbus_signal_fn fn, void *arg,
	      struct dbus_message *ret_reply, struct err *e) _must_check_;
/* Until fn has seen it; -ETIMEDOUT. */
int dbus_wait_signal(struct dbus *d, dbus_signal_fn fn, void *arg, struct err *e) _must_check_;

#endif
