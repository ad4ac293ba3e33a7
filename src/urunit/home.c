/* SPDX-License-Identifier: Apache-2.0 */
/* The home directory of a user by the guest's own /etc/passwd. */
#include "urunit/home.h"

#include <string.h>

#include "urunit/text.h"

enum { PW_NAME, PW_PASSWORD, PW_UID, PW_GID, PW_GECOS, PW_HOME, PW_SHELL, PW_FIELDS };

/* Cuts one line at its colons; false when it has too few. */
static bool split(char *line, char *field[PW_FIELDS])
{
	for (int i = 0; i < PW_FIELDS; i++) {
		field[i] = line;
		line += strcspn(line, ":");
		if (!*line)
			return i == PW_FIELDS - 1;
		*line++ = '\0';
	}
	return true;
}

const char *uhome_find(char *passwd, uint32_t uid)
{
	while (*passwd) {
		char *line = passwd, *end = line + strcspn(line, "\n"), *field[PW_FIELDS];
		uint64_t id = 0;

		passwd = *end ? end + 1 : end;
		*end = '\0';
		if (split(line, field) &&
		    unum_parse(field[PW_UID], strlen(field[PW_UID]), 10, UINT32_MAX, &id) && id == uid &&
		    field[PW_HOME][0] == '/')
			return field[PW_HOME];
	}
	return "/";
}
