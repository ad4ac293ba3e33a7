/* SPDX-License-Identifier: Apache-2.0 */
/* The commands, and their help. */
#include <errno.h>
#include <unistd.h>

#include "bunny/cmd.h"
#include "common/io.h"

static const struct bunny_command *const all[] = {
	&cmd_build,    &cmd_check, &cmd_convert, &cmd_bundle,   &cmd_inspect,        &cmd_push,
	&cmd_mkinitrd, &cmd_mkfs,  &cmd_llb,     &cmd_frontend, &cmd_frontend_image,
};

const struct bunny_command *bunny_command_find(const char *name)
{
	const struct bunny_command *c;

	for (size_t i = 0; (c = bunny_command_next(&i)) != NULL;) {
		if (streq(c->name, name))
			return c;
	}
	return NULL;
}

const struct bunny_command *bunny_command_next(size_t *i)
{
	return *i < sizeof(all) / sizeof(all[0]) ? all[(*i)++] : NULL;
}

void bunny_help(struct strbuf *out)
{
	const struct bunny_command *c;

	sb_add(out,
	       "bunny: builds images of unikernels and Linux microVMs, without a daemon and without root\n\n"
	       "usage: bunny COMMAND [OPTION...] [WORD...]\n\ncommands:\n");
	for (size_t i = 0; (c = bunny_command_next(&i)) != NULL;)
		sb_addf(out, "   %-10s %s\n", c->name, c->summary);
	sb_add(out,
	       "\n'bunny COMMAND --help' (-h) tells more, 'bunny --version' (-v) which one this is, 'man bunny' all.\n");
}

void bunny_command_help(const struct bunny_command *cmd, struct strbuf *out)
{
	sb_addf(out, "usage: bunny %s%s %s\n\n%s\n", cmd->name, cmd->opts.n ? " [OPTION...]" : "", cmd->args,
		cmd->summary);
	if (cmd->opts.n)
		sb_add(out, "\n");
	opts_help(cmd->opts, out);
}

int bunny_print(const struct strbuf *text, struct err *e)
{
	int r = text->oom ? err_oom(e) : write_all(STDOUT_FILENO, text->p, text->len);

	if (r >= 0 || text->oom)
		return r;
	errno = -r;
	return err_sys(e, "cannot write to standard output");
}
