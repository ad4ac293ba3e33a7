/* SPDX-License-Identifier: Apache-2.0 */
/* Strict JSON reading on jansson, in an arena. */
#include "common/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define MAX_DEPTH 64

static struct arena *json_arena;

static void *in_arena(size_t n)
{
	return json_arena ? arena_alloc(json_arena, n) : NULL;
}

static void no_free(void *p)
{
	(void)p;
}

void json_use_arena(struct arena *a)
{
	static bool seeded;

	json_arena = a;
	if (!seeded) {
		size_t seed = 0;

		if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
			seed = 0; /* jansson then finds its own */
		json_object_seed(seed);
		json_set_alloc_funcs(in_arena, no_free);
		seeded = true;
	}
}

/* --- a look at the text before jansson sees it --- */

/*
 * Two things jansson cannot do. It recurses, with a limit far above 64; so depth is counted here first.
 * And its integers are signed, while OCI has unsigned 64-bit members (an unlimited rlimit is 2^64-1); such
 * a number is rewritten as the string "\u0000<digits>". No document can hold that string, because NUL is
 * refused here, so json_get_u64 knows it for what it was.
 */
struct scan {
	const char *what;
	const char *s;
	size_t n, i, line, line_start;
	unsigned depth;
	struct strbuf out; /* the rewritten text; nothing in it while nothing was rewritten */
	size_t copied;     /* how much of s is in out */
};

static int scan_error(const struct scan *c, struct err *e, const char *text)
{
	return err_set(e, EINVAL, "%s: line %zu column %zu: %s", c->what, c->line, c->i - c->line_start + 1,
		       text);
}

static int scan_string(struct scan *c, struct err *e)
{
	for (c->i++; c->i < c->n && c->s[c->i] != '"'; c->i++) {
		if (c->s[c->i] != '\\')
			continue;
		if (c->n - c->i > 6 && memcmp(c->s + c->i, "\\u0000", 6) == 0)
			return scan_error(c, e, "\\u0000 is not allowed");
		c->i++;
	}
	return 0;
}

/* Stops on the last byte of the number. */
static void scan_number(struct scan *c)
{
	const char *start = c->s + c->i;
	size_t len = strspn(start, "0123456789");
	uint64_t v;
	char digits[24];

	c->i += len - 1;
	/* 19 digits is where int64 ends. A fraction, an exponent or a sign before it is jansson's affair. */
	if (len < 19 || len > 20 || strchr(".eE", start[len]) || (start > c->s && start[-1] == '-'))
		return;
	memcpy(digits, start, len);
	digits[len] = '\0';
	if (!str_u64(digits, (uint64_t)INT64_MAX + 1, UINT64_MAX, &v))
		return;
	sb_addn(&c->out, c->s + c->copied, (size_t)(start - c->s) - c->copied);
	sb_addf(&c->out, "\"\\u0000%s\"", digits);
	c->copied = c->i + 1;
}

static int scan_byte(struct scan *c, struct err *e)
{
	switch (c->s[c->i]) {
	case '"':
		return scan_string(c, e);
	case '[':
	case '{':
		if (++c->depth > MAX_DEPTH)
			return scan_error(c, e, "nested more than 64 levels deep");
		return 0;
	case ']':
	case '}':
		c->depth -= c->depth > 0;
		return 0;
	case '\n':
		c->line++;
		c->line_start = c->i + 1;
		return 0;
	default:
		if (c->s[c->i] >= '0' && c->s[c->i] <= '9')
			scan_number(c);
		return 0;
	}
}

/* text must be NUL-terminated after n. Gives what jansson is to parse. */
static int prescan(struct bytes text, const char *what, struct bytes *ret, struct err *e)
{
	struct scan c = {.what = what, .s = text.p, .n = text.n, .line = 1, .out = STRBUF(json_arena)};
	int r;

	for (; c.i < c.n; c.i++) {
		r = scan_byte(&c, e);
		if (r < 0)
			return r;
	}
	*ret = text;
	if (!c.copied)
		return 0;
	sb_addn(&c.out, c.s + c.copied, c.n - c.copied);
	if (c.out.oom)
		return err_oom(e);
	*ret = (struct bytes){c.out.p, c.out.len};
	return 0;
}

int json_parse(struct bytes text, const char *what, json_t **ret, struct err *e)
{
	json_error_t why;
	json_t *root;
	char *copy;
	int r;

	if (!json_arena)
		return err_set(e, EINVAL, "%s: json_use_arena was not called", what);
	if (!text.n)
		return err_set(e, EINVAL, "%s: is empty", what);
	copy = arena_memdup(json_arena, text.p, text.n);
	if (!copy)
		return err_oom(e);
	r = prescan((struct bytes){copy, text.n}, what, &text, e);
	if (r < 0)
		return r;
	root = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
	if (!root && json_error_code(&why) == json_error_out_of_memory)
		return err_oom(e);
	if (!root)
		return err_set(e, EINVAL, "%s: line %d column %d: %s", what, why.line, why.column, why.text);
	*ret = root;
	return 0;
}

/* --- typed access --- */

static bool is_big(const json_t *v)
{
	return json_is_string(v) && json_string_length(v) && !json_string_value(v)[0];
}

static const char *kind_word(const json_t *v)
{
	if (is_big(v))
		return "a number above 2^63-1";
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
		return "an integer";
	case JSON_REAL:
		return "a number with a fraction";
	case JSON_TRUE:
	case JSON_FALSE:
		return "a boolean";
	case JSON_NULL:
		break;
	}
	return "null";
}

int json_type_error(const json_t *v, const char *where, const char *key, const char *want, struct err *e)
{
	return err_set(e, EINVAL, "%s%s%s must be %s, not %s", where, *where && *key ? "." : "", key, want,
		       kind_word(v));
}

/* The member, NULL when it is missing or null. */
static const json_t *member(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return v && !json_is_null(v) ? v : NULL;
}

int json_get_str(const json_t *o, const char *where, const char *key, const char **ret, struct err *e)
{
	const json_t *v = member(o, key);

	if (!v)
		return 0;
	if (!json_is_string(v) || is_big(v))
		return json_type_error(v, where, key, "a string", e);
	*ret = json_string_value(v);
	return 0;
}

int json_get_bool(const json_t *o, const char *where, const char *key, bool *ret, struct err *e)
{
	const json_t *v = member(o, key);

	if (!v)
		return 0;
	if (!json_is_boolean(v))
		return json_type_error(v, where, key, "true or false", e);
	*ret = json_is_true(v);
	return 0;
}

int json_get_int(const json_t *o, const char *where, const char *key, int64_t min, int64_t max, int64_t *ret,
		 struct err *e)
{
	const json_t *v = member(o, key);
	int64_t n;

	if (!v)
		return 0;
	if (!json_is_integer(v))
		return json_type_error(v, where, key, "an integer", e);
	n = json_integer_value(v);
	if (n < min || n > max)
		return err_set(e, EINVAL, "%s%s%s is %lld, allowed is %lld to %lld", where, *where ? "." : "",
			       key, (long long)n, (long long)min, (long long)max);
	*ret = n;
	return 0;
}

bool json_u64(const json_t *v, uint64_t *ret)
{
	if (is_big(v))
		return str_u64(json_string_value(v) + 1, 0, UINT64_MAX, ret);
	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return false;
	*ret = (uint64_t)json_integer_value(v);
	return true;
}

int json_get_u64(const json_t *o, const char *where, const char *key, uint64_t *ret, struct err *e)
{
	const json_t *v = member(o, key);

	if (!v)
		return 0;
	if (!json_u64(v, ret))
		return json_type_error(v, where, key, "an integer, 0 or more", e);
	return 0;
}

int json_get_obj(const json_t *o, const char *where, const char *key, const json_t **ret, struct err *e)
{
	const json_t *v = member(o, key);

	if (!v)
		return 0;
	if (!json_is_object(v))
		return json_type_error(v, where, key, "an object", e);
	*ret = v;
	return 0;
}

int json_get_arr(const json_t *o, const char *where, const char *key, const json_t **ret, struct err *e)
{
	const json_t *v = member(o, key);

	if (!v)
		return 0;
	if (!json_is_array(v))
		return json_type_error(v, where, key, "an array", e);
	*ret = v;
	return 0;
}

int json_get_strs(const json_t *o, const char *where, const char *key, struct arena *a, struct strs *ret,
		  struct err *e)
{
	const json_t *arr = NULL, *v;
	const char **list;
	size_t n;
	int r;

	r = json_get_arr(o, where, key, &arr, e);
	if (r < 0 || !arr)
		return r;
	n = json_array_size(arr);
	list = arena_array(a, n + 1, sizeof(*list));
	if (!list)
		return err_oom(e);
	for (size_t i = 0; i < n; i++) {
		v = json_array_get(arr, i);
		if (!json_is_string(v) || is_big(v))
			return err_set(e, EINVAL, "%s%s%s[%zu] must be a string, not %s", where,
				       *where ? "." : "", key, i, kind_word(v));
		list[i] = json_string_value(v);
	}
	ret->v = list;
	ret->n = n;
	return 0;
}
