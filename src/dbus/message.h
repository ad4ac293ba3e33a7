/* SPDX-License-Identifier: Apache-2.0 */
/* D-Bus messages as bytes: written, and read with every length checked. Little-endian only, as all machines of ours are.
 * No descriptors. */
#ifndef URUNC_DBUS_MESSAGE_H
#define URUNC_DBUS_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

#define DBUS_MESSAGE_MAX (1u << 20) /* larger ones are refused; nothing that we ask for comes near */
#define DBUS_FIXED_BYTES 16         /* of every header; enough to know how long the message is */

enum dbus_type { DBUS_CALL = 1, DBUS_RETURN = 2, DBUS_ERROR = 3, DBUS_SIGNAL = 4 };

/* --- writing: the body into a strbuf, whose offset 0 is aligned --- */
void dbus_put_align(struct strbuf *b, size_t n);
void dbus_put_byte(struct strbuf *b, uint8_t v);
void dbus_put_u32(struct strbuf *b, uint32_t v); /* also INT32 and BOOLEAN */
void dbus_put_u64(struct strbuf *b, uint64_t v);
void dbus_put_str(struct strbuf *b, const char *s); /* also OBJECT_PATH */
void dbus_put_sig(struct strbuf *b, const char *s);
/* An array whose elements are aligned to align (8 for structs); elements between the two calls. */
struct dbus_array {
	size_t at, start;
};
struct dbus_array dbus_begin_array(struct strbuf *b, size_t align);
void dbus_end_array(struct strbuf *b, struct dbus_array a);

struct dbus_call {
	const char *destination, *path, *interface, *member;
	const char *signature; /* of the body; NULL = none */
	const struct strbuf *body;
};
/* The whole message, ready to be sent. */
void dbus_write_call(const struct dbus_call *c, uint32_t serial, struct strbuf *out);

/* --- reading --- */
struct dbus_message {
	enum dbus_type type;
	uint32_t serial, reply_serial;
	const char *path, *interface, *member, *error_name, *signature; /* NULL = not there; borrowed */
	const uint8_t *body;
	size_t body_n;
};
/* How many bytes the message has whose first DBUS_FIXED_BYTES these are. -EBADMSG. */
int dbus_message_size(const uint8_t *fixed, size_t *ret, struct err *e) _must_check_;
/* buf is aligned to 8 and holds exactly one message. -EBADMSG says what is wrong with it. */
int dbus_message_parse(const uint8_t *buf, size_t n, struct dbus_message *ret, struct err *e) _must_check_;

/* A run of values; bad is sticky, and what is read then is 0 or NULL. */
struct dbus_in {
	const uint8_t *p;
	size_t n, at;
	bool bad;
};
struct dbus_in dbus_body(const struct dbus_message *m);
uint8_t dbus_get_byte(struct dbus_in *in);
uint32_t dbus_get_u32(struct dbus_in *in);
const char *dbus_get_str(struct dbus_in *in); /* valid UTF-8 without NUL, borrowed */
const char *dbus_get_sig(struct dbus_in *in);
/* Passes over one value of each type in the signature. */
void dbus_skip(struct dbus_in *in, const char *signature);

#endif
