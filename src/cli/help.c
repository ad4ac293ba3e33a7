/* SPDX-License-Identifier: Apache-2.0 */
/* Help texts, made from the tables. */
#include "cli/cli.h"

void help_global(struct opt_table globals, struct strbuf *out)
{
	const struct command *cmd;

	sb_add(out, "NAME:\n   urunc - OCI runtime for unikernels and other small virtual machines\n\n"
		    "USAGE:\n   urunc [global options] command [command options] [arguments...]\n\n"
		    "VERSION:\n   " URUNC_VERSION "\n\nCOMMANDS:\n");
	for (size_t i = 0; (cmd = command_next(&i));)
		if (!(cmd->flags & CMD_HIDDEN))
			sb_addf(out, "   %-10s %s\n", cmd->name, cmd->summary);
	sb_add(out, "\nGLOBAL OPTIONS:\n");
	opts_help(globals, out);
	sb_add(out, "   --help, -h                    show this text; after a command: its options\n"
		    "   --version, -v                 print the version\n");
}

void help_command(const struct command *cmd, struct strbuf *out)
{
	sb_addf(out, "NAME:\n   urunc %s - %s\n\nUSAGE:\n   urunc %s%s %s\n", cmd->name, cmd->summary,
		cmd->name, cmd->opts.n ? " [command options]" : "", cmd->args);
	if (!cmd->opts.n)
		return;
	sb_add(out, "\nOPTIONS:\n");
	opts_help(cmd->opts, out);
}
