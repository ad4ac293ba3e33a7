/* SPDX-License-Identifier: Apache-2.0 */
/* Flags. */
#include "shim/args.h"

#include <errno.h>
#include <string.h>

#include "common/str.h"
#include "shim/task.h"

static const struct {
	const char *name;
	size_t text; /* 1 + offset of a text, or 0 */
	size_t flag;
} flags[] = {
#define TEXT(name_, member)                                                                                  \
	{                                                                                                    \
		name_, offsetof(struct args, member) + 1, 0                                                  \
	}
#define FLAG(name_, member)                                                                                  \
	{                                                                                                    \
		name_, 0, offsetof(struct args, member)                                                      \
	}
	TEXT("namespace", ns),        TEXT("id", id),
	TEXT("address", address),     TEXT("publish-binary", publish_binary),
	TEXT("bundle", bundle),       TEXT("socket", socket),
	TEXT("debug-socket", socket), FLAG("debug", debug),
	FLAG("v", version),           FLAG("version", version),
	FLAG("info", info),
};

static int find(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strlen(flags[i].name) == n && memcmp(flags[i].name, name, n) == 0)
			return (int)i;
	return -1;
}

static bool is_true(const char *word)
{
	return streq(word, "true") || streq(word, "1") || streq(word, "t") || streq(word, "T") ||
	       streq(word, "TRUE") || streq(word, "True");
}

int args_parse(int argc, const char *const *argv, struct args *ret, struct err *e)
{
	struct args a = {"", "", "", "", "", "", false, false, false, ""};

	for (int i = 1; i < argc; i++) {
		const char *word = argv[i], *value;
		size_t n;
		int f;

		if (word[0] != '-' || streq(word, "-")) {
			a.action = word;
			break;
		}
		word += word[1] == '-' ? 2 : 1;
		n = strcspn(word, "=");
		f = find(word, n);
		if (f < 0)
			return err_set(e, EINVAL, "flag provided but not defined: -%s", word);
		value = word[n] ? word + n + 1 : NULL;
		if (!flags[f].text) {
			*(bool *)((char *)&a + flags[f].flag) = !value || is_true(value);
			continue;
		}
		if (!value && i + 1 >= argc)
			return err_set(e, EINVAL, "flag needs an argument: -%s", word);
		*(const char **)((char *)&a + flags[f].text - 1) = value ? value : argv[++i];
	}
	*ret = a;
	return 0;
}

int args_check(const struct args *a, struct err *e)
{
	if (!*a->ns)
		return err_set(e, EINVAL, "shim namespace cannot be empty");
	if (!id_is_valid(a->ns))
		return err_set(e, EINVAL, "shim namespace '%.80s' is not valid", a->ns);
	if (*a->id && !id_is_valid(a->id))
		return err_set(e, EINVAL, "container id '%.80s' is not valid", a->id);
	return 0;
}
