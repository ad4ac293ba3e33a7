/* SPDX-License-Identifier: Apache-2.0 */
/* D-Bus messages as bytes. What is read may come from anybody on the bus: no length is believed. */
#include "dbus/message.h"

#include <errno.h>
#include <string.h>

#define ARRAY_MAX DBUS_MESSAGE_MAX
#define DEPTH_MAX 32
#define SIGNATURE_MAX 255

enum header_field {
	F_PATH = 1,
	F_INTERFACE,
	F_MEMBER,
	F_ERROR_NAME,
	F_REPLY_SERIAL,
	F_DESTINATION,
	F_SENDER,
	F_SIGNATURE,
};

/* --- writing --- */

void dbus_put_align(struct strbuf *b, size_t n)
{
	while (!b->oom && b->len % n != 0)
		sb_addc(b, '\0');
}

void dbus_put_byte(struct strbuf *b, uint8_t v)
{
	sb_addn(b, &v, 1);
}

static void put_le(struct strbuf *b, uint64_t v, size_t n)
{
	dbus_put_align(b, n);
	for (size_t i = 0; i < n; i++)
		dbus_put_byte(b, (uint8_t)(v >> 8 * i));
}

void dbus_put_u32(struct strbuf *b, uint32_t v)
{
	put_le(b, v, 4);
}

void dbus_put_u64(struct strbuf *b, uint64_t v)
{
	put_le(b, v, 8);
}

void dbus_put_str(struct strbuf *b, const char *s)
{
	size_t n = strlen(s);

	dbus_put_u32(b, (uint32_t)n);
	sb_addn(b, s, n);
	sb_addc(b, '\0');
}

void dbus_put_sig(struct strbuf *b, const char *s)
{
	size_t n = strlen(s);

	dbus_put_byte(b, (uint8_t)n);
	sb_addn(b, s, n);
	sb_addc(b, '\0');
}

struct dbus_array dbus_begin_array(struct strbuf *b, size_t align)
{
	struct dbus_array a;

	dbus_put_u32(b, 0);
	a.at = b->len - 4;
	dbus_put_align(b, align);
	a.start = b->len;
	return a;
}

void dbus_end_array(struct strbuf *b, struct dbus_array a)
{
	size_t n = b->len - a.start;

	for (size_t i = 0; i < 4 && !b->oom; i++)
		b->p[a.at + i] = (char)(n >> 8 * i);
}

static void put_field(struct strbuf *b, enum header_field code, const char *type, const char *value)
{
	if (!value)
		return;
	dbus_put_align(b, 8);
	dbus_put_byte(b, (uint8_t)code);
	dbus_put_sig(b, type);
	if (*type == 'g')
		dbus_put_sig(b, value);
	else
		dbus_put_str(b, value);
}

void dbus_write_call(const struct dbus_call *c, uint32_t serial, struct strbuf *out)
{
	struct dbus_array fields;

	dbus_put_byte(out, 'l');
	dbus_put_byte(out, DBUS_CALL);
	dbus_put_byte(out, 0);
	dbus_put_byte(out, 1);
	dbus_put_u32(out, (uint32_t)(c->body ? c->body->len : 0));
	dbus_put_u32(out, serial);
	fields = dbus_begin_array(out, 8);
	put_field(out, F_PATH, "o", c->path);
	put_field(out, F_DESTINATION, "s", c->destination);
	put_field(out, F_INTERFACE, "s", c->interface);
	put_field(out, F_MEMBER, "s", c->member);
	put_field(out, F_SIGNATURE, "g", c->signature);
	dbus_end_array(out, fields);
	dbus_put_align(out, 8);
	if (c->body && c->body->len > 0)
		sb_addn(out, c->body->p, c->body->len);
	out->oom |= c->body && c->body->oom;
}

/* --- reading --- */

static bool take(struct dbus_in *in, size_t n, const uint8_t **ret)
{
	if (in->bad || n > in->n - in->at) {
		in->bad = true;
		return false;
	}
	*ret = in->p + in->at;
	in->at += n;
	return true;
}

static void align(struct dbus_in *in, size_t n)
{
	size_t pad = (n - in->at % n) % n;
	const uint8_t *p;

	if (!take(in, pad, &p))
		return;
	for (size_t i = 0; i < pad; i++)
		in->bad |= p[i] != 0;
}

uint8_t dbus_get_byte(struct dbus_in *in)
{
	const uint8_t *p;

	return take(in, 1, &p) ? *p : 0;
}

uint32_t dbus_get_u32(struct dbus_in *in)
{
	const uint8_t *p;

	align(in, 4);
	if (!take(in, 4, &p))
		return 0;
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* n bytes and a NUL, which is the only one. */
static const char *text(struct dbus_in *in, size_t n)
{
	const uint8_t *p;

	if (n >= in->n || !take(in, n + 1, &p) || p[n] != 0 || memchr(p, 0, n) ||
	    !str_is_utf8((const char *)p, n)) {
		in->bad = true;
		return NULL;
	}
	return (const char *)p;
}

const char *dbus_get_str(struct dbus_in *in)
{
	uint32_t n = dbus_get_u32(in);

	return in->bad ? NULL : text(in, n);
}

const char *dbus_get_sig(struct dbus_in *in)
{
	uint8_t n = dbus_get_byte(in);

	return in->bad ? NULL : text(in, n);
}

static size_t alignment(char type)
{
	switch (type) {
	case 'n':
	case 'q':
		return 2;
	case 'b':
	case 'i':
	case 'u':
	case 'h':
	case 's':
	case 'o':
	case 'a':
		return 4;
	case 'x':
	case 't':
	case 'd':
	case '(':
	case '{':
		return 8;
	default:
		return 1;
	}
}

/* The end of the one complete type at sig, or NULL. */
static const char *type_end(const char *sig, unsigned depth)
{
	char close;

	if (depth > DEPTH_MAX || *sig == '\0' || !strchr("ybnqiuxtdsoghva({", *sig))
		return NULL;
	if (*sig == 'a')
		return type_end(sig + 1, depth + 1);
	if (*sig != '(' && *sig != '{')
		return sig + 1;
	close = *sig == '(' ? ')' : '}';
	for (sig++; sig && *sig != close;)
		sig = type_end(sig, depth + 1);
	return sig ? sig + 1 : NULL;
}

static void skip_one(struct dbus_in *in, const char **sig, unsigned depth);

static void skip_array(struct dbus_in *in, const char **sig, unsigned depth)
{
	uint32_t n = dbus_get_u32(in);
	const char *element = *sig, *next = type_end(element, depth);
	struct dbus_in part;

	if (!next || n > ARRAY_MAX) {
		in->bad = true;
		return;
	}
	align(in, alignment(*element));
	if (in->bad || n > in->n - in->at) {
		in->bad = true;
		return;
	}
	part = (struct dbus_in){in->p, in->at + n, in->at, false};
	while (!part.bad && part.at < part.n) {
		const char *s = element;

		skip_one(&part, &s, depth + 1);
	}
	in->at = part.at;
	in->bad |= part.bad;
	*sig = next;
}

static void skip_variant(struct dbus_in *in, unsigned depth)
{
	const char *sig = dbus_get_sig(in), *end = sig ? type_end(sig, depth) : NULL;

	if (!end || *end != '\0') { /* exactly one type */
		in->bad = true;
		return;
	}
	skip_one(in, &sig, depth + 1);
}

static void skip_struct(struct dbus_in *in, const char **sig, char close, unsigned depth)
{
	align(in, 8);
	while (!in->bad && **sig != close && **sig)
		skip_one(in, sig, depth + 1);
	if (**sig == close)
		++*sig;
	else
		in->bad = true;
}

static void skip_one(struct dbus_in *in, const char **sig, unsigned depth)
{
	char type = **sig;
	const uint8_t *p;
	size_t n;

	if (depth > DEPTH_MAX || type == '\0') {
		in->bad = true;
		return;
	}
	++*sig;
	switch (type) {
	case 's':
	case 'o':
		(void)dbus_get_str(in);
		return;
	case 'g':
		(void)dbus_get_sig(in);
		return;
	case 'v':
		skip_variant(in, depth);
		return;
	case 'a':
		skip_array(in, sig, depth);
		return;
	case '(':
	case '{':
		skip_struct(in, sig, type == '(' ? ')' : '}', depth);
		return;
	default:
		n = alignment(type);
		if (!strchr("ybnqiuxtdh", type))
			in->bad = true;
		align(in, n);
		(void)take(in, n, &p);
	}
}

void dbus_skip(struct dbus_in *in, const char *signature)
{
	while (!in->bad && *signature)
		skip_one(in, &signature, 0);
}

struct dbus_in dbus_body(const struct dbus_message *m)
{
	return (struct dbus_in){.p = m->body, .n = m->body_n};
}

int dbus_message_size(const uint8_t *fixed, size_t *ret, struct err *e)
{
	struct dbus_in in = {fixed, DBUS_FIXED_BYTES, 4, false};
	size_t body = dbus_get_u32(&in), fields;

	(void)dbus_get_u32(&in);
	fields = dbus_get_u32(&in);
	if (fixed[0] != 'l')
		return err_set(e, EBADMSG,
			       "D-Bus: a message of byte order 0x%02x, only little-endian is understood",
			       fixed[0]);
	if (fixed[3] != 1)
		return err_set(e, EBADMSG, "D-Bus: a message of protocol version %u, only 1 is understood",
			       fixed[3]);
	if (body > DBUS_MESSAGE_MAX || fields > DBUS_MESSAGE_MAX ||
	    body + fields + 2 * DBUS_FIXED_BYTES > DBUS_MESSAGE_MAX)
		return err_set(e, EBADMSG, "D-Bus: a message of %zu bytes, the limit is %u", body + fields,
			       DBUS_MESSAGE_MAX);
	*ret = DBUS_FIXED_BYTES + (fields + 7) / 8 * 8 + body;
	return 0;
}

static void read_field(struct dbus_in *in, struct dbus_message *m)
{
	const char **to[] = {[F_PATH] = &m->path,
			     [F_INTERFACE] = &m->interface,
			     [F_MEMBER] = &m->member,
			     [F_ERROR_NAME] = &m->error_name,
			     [F_SIGNATURE] = &m->signature};
	static const char want[] = {[F_PATH] = 'o',       [F_INTERFACE] = 's',    [F_MEMBER] = 's',
				    [F_ERROR_NAME] = 's', [F_REPLY_SERIAL] = 'u', [F_SIGNATURE] = 'g'};
	const char *sig;
	uint8_t code;

	align(in, 8);
	code = dbus_get_byte(in);
	sig = dbus_get_sig(in);
	if (in->bad || !sig)
		return;
	if (code >= sizeof(want) || want[code] == 0) {
		const char *end = type_end(sig, 0);

		if (!end || *end)
			in->bad = true;
		else
			skip_one(in, &sig, 0);
		return;
	}
	if (sig[0] != want[code] || sig[1] != '\0')
		in->bad = true;
	else if (want[code] == 'u')
		m->reply_serial = dbus_get_u32(in);
	else
		*to[code] = want[code] == 'g' ? dbus_get_sig(in) : dbus_get_str(in);
}

int dbus_message_parse(const uint8_t *buf, size_t n, struct dbus_message *ret, struct err *e)
{
	struct dbus_message m = {.type = DBUS_CALL};
	struct dbus_in in;
	size_t size, end;
	uint32_t fields;
	int r;

	if (n < DBUS_FIXED_BYTES)
		return err_set(e, EBADMSG, "D-Bus: a message of %zu bytes is no message", n);
	r = dbus_message_size(buf, &size, e);
	if (r < 0)
		return r;
	if (size != n)
		return err_set(e, EBADMSG, "D-Bus: a message of %zu bytes that says it has %zu", n, size);
	in = (struct dbus_in){buf, n, 8, false};
	m.type = (enum dbus_type)buf[1];
	m.serial = dbus_get_u32(&in);
	fields = dbus_get_u32(&in);
	end = DBUS_FIXED_BYTES + fields;
	in.n = end;
	while (!in.bad && in.at < end)
		read_field(&in, &m);
	in.n = n;
	align(&in, 8);
	if (in.bad)
		return err_set(e, EBADMSG, "D-Bus: a message whose header is not understood");
	m.body = buf + in.at;
	m.body_n = n - in.at;
	*ret = m;
	return 0;
}
