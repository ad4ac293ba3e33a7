/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of messages: a call as a real client sends it, a signal as systemd sends it, and whatever else may come. */
#include "dbus/message.h"

#include "unit.h"

/* Recorded by busctl on the system bus of a Debian 12: busctl's own call of GetUnit, systemd's answer, a signal of the bus. */
static const unsigned char get_unit[] =
	"l\x01\x04\x01\x0f\x00\x00\x00\x02\x00\x00\x00\xa5\x00\x00\x00\x01\x01o\x00\x19\x00\x00\x00/"
	"org/freedesktop/systemd1\x00\x00\x00\x00\x00\x00\x00\x03\x01s\x00\x07\x00\x00\x00GetUnit\x00"
	"\x02\x01s\x00 \x00\x00\x00org.freedesktop.systemd1.Manager\x00\x00\x00\x00\x00\x00\x00\x00\x06"
	"\x01s\x00\x18\x00\x00\x00org.freedesktop.systemd1\x00\x00\x00\x00\x00\x00\x00\x00\x08\x01g\x00"
	"\x01s\x00\x00\x07\x01s\x00\x04\x00\x00\x00:1.2\x00\x00\x00\x00\x0a\x00\x00\x00init.scope\x00";
static const unsigned char answer[] =
	"l\x02\x01\x01"
	"0\x00\x00\x00\x04\x00\x00\x00-\x00\x00\x00\x05\x01u\x00\x02\x00\x00\x00\x06"
	"\x01s\x00\x04\x00\x00\x00:1.2\x00\x00\x00\x00\x08\x01g\x00\x01o\x00\x00\x07\x01s\x00\x04\x00"
	"\x00\x00:1.0\x00\x00\x00\x00+\x00\x00\x00/org/freedesktop/systemd1/unit/init_2escope\x00";
static const unsigned char owner_changed[] =
	"l\x04\x01\x01\x1d\x00\x00\x00\x06\x00\x00\x00\x89\x00\x00\x00\x01\x01o\x00\x15\x00\x00\x00/"
	"org/freedesktop/DBus\x00\x00\x00\x02\x01s\x00\x14\x00\x00\x00org.freedesktop.DBus\x00\x00\x00"
	"\x00\x03\x01s\x00\x10\x00\x00\x00NameOwnerChanged\x00\x00\x00\x00\x00\x00\x00\x00\x07\x01s\x00"
	"\x14\x00\x00\x00org.freedesktop.DBus\x00\x00\x00\x00\x08\x01g\x00\x03sss\x00\x00\x00\x00\x00"
	"\x00\x00\x00\x04\x00\x00\x00:1.2\x00\x00\x00\x00\x04\x00\x00\x00:1.2\x00\x00\x00\x00\x00\x00"
	"\x00\x00\x00";

/* The literals above end in a NUL more than was recorded. */
#define RECORDED(v) (v), sizeof(v) - 1

static void recorded(void **state)
{
	struct dbus_message m;
	struct dbus_in in;
	struct err e = {0};
	size_t size;

	(void)state;
	assert_ok(dbus_message_size(get_unit, &size, &e), e);
	assert_int_equal(size, sizeof(get_unit) - 1);
	assert_ok(dbus_message_parse(RECORDED(get_unit), &m, &e), e);
	assert_int_equal(m.type, DBUS_CALL);
	assert_int_equal(m.serial, 2);
	assert_string_equal(m.path, "/org/freedesktop/systemd1");
	assert_string_equal(m.interface, "org.freedesktop.systemd1.Manager");
	assert_string_equal(m.member, "GetUnit");
	assert_ok(dbus_message_parse(RECORDED(answer), &m, &e), e);
	assert_int_equal(m.type, DBUS_RETURN);
	assert_int_equal(m.reply_serial, 2);
	assert_null(m.member);
	in = dbus_body(&m);
	assert_string_equal(dbus_get_str(&in), "/org/freedesktop/systemd1/unit/init_2escope");
	assert_int_equal(in.at, in.n);
	assert_ok(dbus_message_parse(RECORDED(owner_changed), &m, &e), e);
	assert_int_equal(m.type, DBUS_SIGNAL);
	assert_string_equal(m.member, "NameOwnerChanged");
	assert_string_equal(m.signature, "sss");
	in = dbus_body(&m);
	dbus_skip(&in, "ss");
	assert_string_equal(dbus_get_str(&in), "");
	assert_false(in.bad);
}

static void a_call(void **state)
{
	struct arena a = {0};
	struct strbuf body = STRBUF(&a), out = STRBUF(&a);
	const struct dbus_call c = {.destination = "org.freedesktop.systemd1",
				    .path = "/org/freedesktop/systemd1",
				    .interface = "org.freedesktop.systemd1.Manager",
				    .member = "GetUnit",
				    .signature = "s",
				    .body = &body};
	struct dbus_message m, theirs;
	struct dbus_in in;
	struct err e = {0};
	size_t size;

	(void)state;
	dbus_put_str(&body, "init.scope");
	dbus_write_call(&c, 2, &out);
	assert_false(out.oom);
	assert_ok(dbus_message_size((const uint8_t *)out.p, &size, &e), e);
	assert_int_equal(size, out.len);
	assert_ok(dbus_message_parse((const uint8_t *)out.p, out.len, &m, &e), e);
	/* The order of the fields is everybody's own; the rest is what busctl sends. */
	assert_ok(dbus_message_parse(RECORDED(get_unit), &theirs, &e), e);
	assert_int_equal(m.serial, theirs.serial);
	assert_string_equal(m.path, theirs.path);
	assert_string_equal(m.interface, theirs.interface);
	assert_string_equal(m.member, theirs.member);
	assert_string_equal(m.signature, theirs.signature);
	assert_int_equal(m.body_n, theirs.body_n);
	assert_memory_equal(m.body, theirs.body, m.body_n);
	in = dbus_body(&m);
	assert_string_equal(dbus_get_str(&in), "init.scope");
	assert_false(in.bad);
	assert_null(dbus_get_str(&in));
	assert_true(in.bad);
	arena_release(&a);
}

static void values_of_all_types(void **state)
{
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	struct dbus_array outer, inner;
	struct dbus_message m = {0};
	struct dbus_in in;

	(void)state;
	dbus_put_byte(&b, 7);
	dbus_put_u64(&b, 1ull << 40);
	dbus_put_sig(&b, "a(sv)");
	outer = dbus_begin_array(&b, 8);
	dbus_put_align(&b, 8);
	dbus_put_str(&b, "PIDs");
	dbus_put_sig(&b, "au");
	inner = dbus_begin_array(&b, 4);
	dbus_put_u32(&b, 1);
	dbus_put_u32(&b, 2);
	dbus_end_array(&b, inner);
	dbus_put_align(&b, 8);
	dbus_put_str(&b, "Slice");
	dbus_put_sig(&b, "s");
	dbus_put_str(&b, "x.slice");
	dbus_end_array(&b, outer);
	dbus_put_u32(&b, 99);
	assert_false(b.oom);
	m.body = (const uint8_t *)b.p;
	m.body_n = b.len;
	in = dbus_body(&m);
	dbus_skip(&in, "ytga(sv)");
	assert_int_equal(dbus_get_u32(&in), 99);
	assert_false(in.bad);
	assert_int_equal(in.at, in.n);
	/* One byte less anywhere, and it is no longer whole. */
	for (size_t n = 0; n < b.len; n++) {
		in = (struct dbus_in){.p = m.body, .n = n};
		dbus_skip(&in, "ytga(sv)u");
		assert_true(in.bad);
	}
	arena_release(&a);
}

static void signatures_that_are_none(void **state)
{
	static const char *const bad[] = {"z", "(", "(s", "a", "aa", "a(", "{ss}x)", ")", "(z)", "a{s", "!"};
	const uint8_t zeros[64] = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct dbus_in in = {.p = zeros, .n = sizeof(zeros)};

		dbus_skip(&in, bad[i]);
		if (!in.bad)
			fail_msg("'%s' is taken", bad[i]);
	}
}

/* A variant in a variant in a variant... */
static void depth_is_bounded(void **state)
{
	unsigned char nested[3 * 200];
	struct dbus_in in = {.p = nested, .n = sizeof(nested)};
	char sig[300];

	(void)state;
	for (size_t i = 0; i < sizeof(nested); i += 3)
		memcpy(nested + i, "\x01v", 3);
	dbus_skip(&in, "v");
	assert_true(in.bad);
	memset(sig, 'a', sizeof(sig) - 1);
	sig[sizeof(sig) - 1] = '\0';
	memset(nested, 0, sizeof(nested));
	in = (struct dbus_in){.p = nested, .n = sizeof(nested)};
	dbus_skip(&in, sig);
	assert_true(in.bad);
}

static void texts(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} bad[] = {
		{"\x03\0\0\0a\0b\0", 8},     /* a NUL inside */
		{"\x02\0\0\0ab", 6},         /* no NUL */
		{"\x02\0\0\0abc", 7},        /* something else */
		{"\x02\0\0\0\xff\xfe\0", 7}, /* no UTF-8 */
		{"\xff\xff\xff\xff\0", 5},   /* longer than there is */
		{"\x00\0\0\0", 4},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct dbus_in in = {.p = (const uint8_t *)bad[i].bytes, .n = bad[i].n};

		assert_null(dbus_get_str(&in));
		assert_true(in.bad);
	}
}

static void sizes(void **state)
{
	uint8_t fixed[DBUS_FIXED_BYTES] = {'l', 4, 0, 1};
	struct err e = {0};
	size_t n = 0;

	(void)state;
	assert_ok(dbus_message_size(fixed, &n, &e), e);
	assert_int_equal(n, 16);
	fixed[12] = 1; /* fields are padded to 8 */
	fixed[4] = 3;
	assert_ok(dbus_message_size(fixed, &n, &e), e);
	assert_int_equal(n, 16 + 8 + 3);
	fixed[6] = 0x10; /* a body of 1 MiB */
	assert_fails(dbus_message_size(fixed, &n, &e), e, EBADMSG, "the limit is 1048576");
	memset(fixed + 4, 0xff, 12);
	assert_fails(dbus_message_size(fixed, &n, &e), e, EBADMSG, "the limit is 1048576");
	fixed[0] = 'B';
	assert_fails(dbus_message_size(fixed, &n, &e), e, EBADMSG, "byte order 0x42");
	fixed[0] = 'l';
	fixed[3] = 2;
	assert_fails(dbus_message_size(fixed, &n, &e), e, EBADMSG, "protocol version 2");
	assert_fails(dbus_message_parse(fixed, 15, &(struct dbus_message){0}, &e), e, EBADMSG, "of 15 bytes");
}

/* Nobody's bytes make us read outside of them (the sanitizers see to that) or go on for ever. */
static void hostile(void **state)
{
	static const struct {
		const unsigned char *p;
		size_t n;
	} seeds[] = {{RECORDED(get_unit)}, {RECORDED(answer)}, {RECORDED(owner_changed)}};
	_Alignas(8) unsigned char buf[512];
	uint64_t seed = 99;
	unsigned understood = 0;

	(void)state;
	for (int round = 0; round < 40000; round++) {
		size_t n = seeds[round % 3].n, size;
		struct dbus_message m;

		memcpy(buf, seeds[round % 3].p, n);
		if (round > 2)
			n = unit_mutate(&seed, buf, n);
		if (n < DBUS_FIXED_BYTES || dbus_message_size(buf, &size, NULL) < 0 ||
		    dbus_message_parse(buf, n, &m, NULL) < 0)
			continue;
		understood++;
		if (m.signature) {
			struct dbus_in in = dbus_body(&m);

			dbus_skip(&in, m.signature);
			assert_true(in.at <= in.n);
		}
	}
	assert_true(understood > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded),
		cmocka_unit_test(a_call),
		cmocka_unit_test(values_of_all_types),
		cmocka_unit_test(signatures_that_are_none),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(texts),
		cmocka_unit_test(sizes),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
