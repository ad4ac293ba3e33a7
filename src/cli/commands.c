/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands. */
#include "cli/cli.h"

static const struct command *const commands[] = {
	&cmd_create,   &cmd_start, &cmd_run,    &cmd_state,  &cmd_kill,       &cmd_delete,
	&cmd_list,     &cmd_ps,    &cmd_pause,  &cmd_resume, &cmd_spec,       &cmd_plan,
	&cmd_features, &cmd_exec,  &cmd_update, &cmd_events, &cmd_checkpoint, &cmd_restore,
};
#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

const struct command *command_next(size_t *i)
{
	return *i < NCOMMANDS ? commands[(*i)++] : NULL;
}

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (streq(commands[i]->name, name))
			return commands[i];
	return NULL;
}
