/* SPDX-License-Identifier: Apache-2.0 */
/* TOML values: strings, integers, booleans, arrays of strings. */
#include <errno.h>
#include <string.h>

#include "common/toml_reader.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void add_utf8(struct strbuf *b, uint32_t c)
{
	if (c < 0x80) {
		sb_addc(b, (char)c);
		return;
	}
	if (c < 0x800) {
		sb_addc(b, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			sb_addc(b, (char)(0xe0 | c >> 12));
		} else {
			sb_addc(b, (char)(0xf0 | c >> 18));
			sb_addc(b, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		sb_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	sb_addc(b, (char)(0x80 | (c & 0x3f)));
}

/* \uXXXX and \UXXXXXXXX; the reader stands after the letter. */
static int read_code_point(struct toml_reader *in, int digits, struct strbuf *b, struct err *e)
{
	uint32_t c = 0;

	for (int i = 0; i < digits; i++, in->i++) {
		int d = hex_digit(toml_peek(in));

		if (d < 0)
			return toml_fail(in, e, "a \\u escape has too few hexadecimal digits");
		c = c << 4 | (uint32_t)d;
	}
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return toml_fail(in, e, "a \\u escape names no character");
	add_utf8(b, c);
	return 0;
}

static int read_escape(struct toml_reader *in, struct strbuf *b, struct err *e)
{
	static const char from[] = "btnfr\"\\", to[] = "\b\t\n\f\r\"\\";
	const char *at;
	char c;

	in->i++;
	c = toml_peek(in);
	at = c ? strchr(from, c) : NULL;
	if (!at && c != 'u' && c != 'U')
		return toml_fail(in, e, "an unknown escape after '\\'");
	in->i++;
	if (!at)
		return read_code_point(in, c == 'u' ? 4 : 8, b, e);
	sb_addc(b, to[at - from]);
	return 0;
}

int toml_read_string(struct toml_reader *in, const char **ret, struct err *e)
{
	struct strbuf b = STRBUF(in->a);
	char quote = toml_peek(in);
	int r;

	in->i++;
	if (in->n - in->i >= 2 && in->s[in->i] == quote && in->s[in->i + 1] == quote)
		return toml_fail(in, e, "strings over several lines are not known here");
	while (toml_peek(in) != quote) {
		unsigned char c = (unsigned char)toml_peek(in);

		if (in->i == in->n || c == '\n' || c == '\r')
			return toml_fail(in, e, "the string does not end in this line");
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return toml_fail(in, e, "a control character in a string: write it as an escape");
		if (quote == '"' && c == '\\') {
			r = read_escape(in, &b, e);
			if (r < 0)
				return r;
			continue;
		}
		sb_addc(&b, (char)c);
		in->i++;
	}
	in->i++;
	return sb_done(&b, ret, e);
}

/* Blanks, comments and ends of lines between the elements of an array. */
static int skip_in_array(struct toml_reader *in, struct err *e)
{
	for (;;) {
		int r;

		toml_blanks(in);
		if (!strchr("#\r\n", toml_peek(in)) || in->i == in->n)
			return 0;
		r = toml_line_end(in, e);
		if (r < 0)
			return r;
	}
}

static int read_array(struct toml_reader *in, struct strs *ret, struct err *e)
{
	struct strv list = STRV(in->a);
	int r;

	in->i++;
	for (;;) {
		const char *s = NULL;

		r = skip_in_array(in, e);
		if (r < 0)
			return r;
		if (toml_peek(in) == ']')
			break;
		if (toml_peek(in) != '"' && toml_peek(in) != '\'')
			return toml_fail(in, e, "an array may hold only strings, separated by ','");
		r = toml_read_string(in, &s, e);
		if (r < 0)
			return r;
		strv_add(&list, s);
		r = skip_in_array(in, e);
		if (r < 0)
			return r;
		if (toml_peek(in) == ',')
			in->i++;
		else if (toml_peek(in) != ']')
			return toml_fail(in, e, "',' or ']' is expected in the array");
	}
	in->i++;
	return strv_done(&list, ret, e);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* [+-]digits with single '_' between digits, no leading zero. */
static int read_integer(struct toml_reader *in, int64_t *ret, struct err *e)
{
	bool negative = toml_peek(in) == '-';
	size_t first;
	int64_t v = 0;

	if (negative || toml_peek(in) == '+')
		in->i++;
	first = in->i;
	while (is_digit(toml_peek(in))) {
		int d = toml_peek(in) - '0';

		/* Built downwards: the negative range is the larger one. */
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, d, &v) ||
		    (!negative && v == INT64_MIN))
			return toml_fail(in, e, "the number is too large");
		in->i++;
		if (toml_peek(in) == '_' && in->i + 1 < in->n && is_digit(in->s[in->i + 1]))
			in->i++;
	}
	if (in->i == first)
		return toml_fail(in, e,
				 "a value is expected here: a string, a decimal integer, true, false or an "
				 "array of strings");
	if (in->s[first] == '0' && in->i - first > 1)
		return toml_fail(in, e, "a number may not begin with 0");
	if (strchr(".eE:-_xob", toml_peek(in)) && in->i < in->n)
		return toml_fail(in, e,
				 "only decimal integers are known here, no fractions, dates or other bases");
	*ret = negative ? v : -v;
	return 0;
}

static bool take_word(struct toml_reader *in, const char *word)
{
	size_t n = strlen(word);

	if (in->n - in->i < n || memcmp(in->s + in->i, word, n) != 0)
		return false;
	in->i += n;
	return true;
}

int toml_read_value(struct toml_reader *in, struct toml_key *k, struct err *e)
{
	switch (toml_peek(in)) {
	case '"':
	case '\'':
		k->kind = TOML_STRING;
		return toml_read_string(in, &k->str, e);
	case '[':
		k->kind = TOML_STRINGS;
		return read_array(in, &k->strs, e);
	case '{':
		return toml_fail(in, e, "inline tables are not known here: write a [table] header");
	case 't':
	case 'f':
		k->kind = TOML_BOOL;
		k->boolean = toml_peek(in) == 't';
		if (!take_word(in, k->boolean ? "true" : "false"))
			return toml_fail(in, e, "a value is expected here: did you mean true or false?");
		return 0;
	default:
		k->kind = TOML_INTEGER;
		return read_integer(in, &k->integer, e);
	}
}
