/* SPDX-License-Identifier: Apache-2.0 */
/* The small texts that urunit reads in a guest: module list, mounts, users, types of file systems, parameters. */
/* with: urunit common/ctl.c common/words.c */
#include "fuzz.h"
#include "urunit/binds.h"
#include "urunit/home.h"
#include "urunit/layers.h"
#include "urunit/modules.h"
#include "urunit/mounts.h"
#include "urunit/sysctl.h"
#include "urunit/volumes.h"

static void modules(char *text)
{
	const char *path, *params;

	while (umod_next(&text, &path, &params) == 1)
		FUZZ_HOLDS(path[0] && path[0] != '#' && !strchr(path, '\n') && !strchr(params, '\n'));
}

static void mounts(char *text)
{
	const char *source, *target, *type;

	if (umnt_parse_line(text, &source, &target, &type))
		(void)(strlen(source) + strlen(target) + umnt_holds_data(type));
}

static void types(char *text)
{
	for (const char *t; (t = uvolume_next_type(&text));)
		FUZZ_HOLDS(t[0] && !strchr(t, '\n'));
}

static void parameter(const char *text)
{
	char path[USYSCTL_PATH_BYTES];

	if (usysctl_path("/proc/sys", text, path))
		FUZZ_HOLDS(strlen(path) < sizeof(path) && strncmp(path, "/proc/sys/", 10) == 0 &&
			   !strstr(path, "/../"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	text = fuzz_text(data + 1, size - 1);
	switch (data[0]) {
	case 'm':
		modules(text);
		break;
	case 'f':
		mounts(text);
		break;
	case 't':
		types(text);
		break;
	case 'u':
		FUZZ_HOLDS(uhome_find(text, 1000)[0]);
		break;
	case 's':
		parameter(text);
		break;
	case 'o':
		(void)ubind_flags(text);
		break;
	default:
		break;
	}
	free(text);
	return 0;
}
