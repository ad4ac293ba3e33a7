/* SPDX-License-Identifier: Apache-2.0 */
/* Judging single values of unikernel metadata: paths, words, known names. */
#include <errno.h>
#include <string.h>

#include "plan/internal.h"

#define PATH_MAX_BYTES 4096
#define DEVICE_MAX_BYTES 67 /* of a Solo5 manifest's names */

/* Names that images in the wild carry, whether or not this build has them: a value that is one of these is plain text,
 * and says so even when the answer is "not supported". */
static const char *const known_guests[] = {"unikraft", "rumprun", "mirage", "mewz", "linux", "hermit", NULL};
static const char *const known_monitors[] = {"qemu",  "firecracker",         "hvt", "spt", "cloud-hypervisor",
					     "hedge", "hyperlight-unikraft", NULL};

static bool among(const char *const *names, const char *s)
{
	for (size_t i = 0; names[i] != NULL; i++)
		if (streq(names[i], s))
			return true;
	return false;
}

bool metadata_knows_guest(const char *name)
{
	return among(known_guests, name) || guest_find(name) != NULL;
}

bool metadata_knows_monitor(const char *name)
{
	return among(known_monitors, name) || monitor_find(name) != NULL;
}

static bool path_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
	       c == '_' || c == '/' || c == '-';
}

/* No empty, "." or ".." component and no '/' at the end: what cleaning would leave as it is. */
static bool is_clean(const char *s)
{
	if (*s == '/')
		s++;
	for (;;) {
		size_t n = strcspn(s, "/");

		if (n == 0 || (n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.'))
			return false;
		if (s[n] == '\0')
			return true;
		s += n + 1;
	}
}

int metadata_check_path(const char *label, const char *value, bool root_allowed, struct err *e)
{
	size_t n = strlen(value);

	if (n > PATH_MAX_BYTES)
		return err_set(e, EINVAL, "%s is %zu bytes long; a path may have %d", label, n,
			       PATH_MAX_BYTES);
	for (size_t i = 0; i < n; i++)
		if (!path_char(value[i]))
			return err_set(e, EINVAL,
				       "%s: '%.128s' has a character that is not allowed in a path (allowed: letters, digits "
				       "and . _ / -)",
				       label, value);
	if (streq(value, "/")) {
		if (root_allowed)
			return 0;
		return err_set(e, EINVAL, "%s: '/' is a directory; name a file inside the container's root",
			       label);
	}
	if (value[0] == '-')
		return err_set(e, EINVAL, "%s: '%.128s' begins with '-'; write '/' before it", label, value);
	if (!is_clean(value))
		return err_set(
			e, EINVAL,
			"%s: '%.128s' is not a clean path (no '//', '.', '..' and no '/' at the end are allowed)",
			label, value);
	return 0;
}

int metadata_check_device(const char *label, const char *value, struct err *e)
{
	size_t n = 0;

	while ((value[n] >= 'A' && value[n] <= 'Z') || (value[n] >= 'a' && value[n] <= 'z') ||
	       (value[n] >= '0' && value[n] <= '9'))
		n++;
	if (n == 0 || n > DEVICE_MAX_BYTES || value[n] != '\0')
		return err_set(e, EINVAL,
			       "%s: '%.128s' is no Solo5 device name (allowed: 1 to %d of A-Z a-z 0-9)",
			       label, value, DEVICE_MAX_BYTES);
	return 0;
}

int metadata_check_bool(const char *label, const char *value, bool *ret, struct err *e)
{
	static const char *const yes[] = {"1", "t", "T", "TRUE", "true", "True", NULL};
	static const char *const no[] = {"0", "f", "F", "FALSE", "false", "False", NULL};

	if (!among(yes, value) && !among(no, value))
		return err_set(e, EINVAL, "%s: '%.64s' is not a boolean (allowed: true, false, 1, 0, t, f)",
			       label, value);
	*ret = among(yes, value);
	return 0;
}

const char *list_names(struct arena *a, const char *const *names)
{
	struct strbuf b = STRBUF(a);

	for (size_t i = 0; names[i] != NULL; i++)
		sb_addf(&b, "%s%s", i ? ", " : "", names[i]);
	return b.oom || b.p == NULL ? "" : b.p;
}

const char *list_guests(struct arena *a)
{
	struct strbuf b = STRBUF(a);
	const struct guest_ops *g;

	for (size_t i = 0; (g = guest_next(&i)) != NULL;)
		sb_addf(&b, "%s%s", i > 1 ? ", " : "", g->name);
	return b.oom || b.p == NULL ? "" : b.p;
}

const char *list_monitors(struct arena *a)
{
	struct strbuf b = STRBUF(a);
	const struct monitor_ops *m;

	for (size_t i = 0; (m = monitor_next(&i)) != NULL;)
		sb_addf(&b, "%s%s", i > 1 ? ", " : "", m->name);
	return b.oom || b.p == NULL ? "" : b.p;
}

const char *list_monitors_of(struct arena *a, const struct guest_ops *g)
{
	struct strbuf b = STRBUF(a);

	for (size_t i = 0; g->monitors[i] != NULL; i++)
		if (monitor_find(g->monitors[i]) != NULL)
			sb_addf(&b, "%s%s", b.len ? ", " : "", g->monitors[i]);
	return b.oom || b.p == NULL ? "" : b.p;
}
