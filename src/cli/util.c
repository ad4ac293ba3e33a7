/* SPDX-License-Identifier: Apache-2.0 */
/* Small things all commands share. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "common/io.h"
#include "common/log.h"
#include "common/path.h"

int cli_abs(struct cli *c, const char *path, const char **ret, struct err *e)
{
	char cwd[4096] = "/", *clean;

	if (!path) {
		*ret = NULL;
		return 0;
	}
	if (path[0] != '/' && !getcwd(cwd, sizeof(cwd)))
		return err_sys(e, "cannot find the working directory, to which '%s' is relative", path);
	clean = path_join_clean(c->rt.arena, cwd, path);
	if (!clean)
		return err_oom(e);
	*ret = clean;
	return 0;
}

int cli_print(const struct strbuf *text, struct err *e)
{
	int r;

	if (text->oom)
		return err_oom(e);
	r = write_all(STDOUT_FILENO, text->p ? text->p : "", text->len);
	errno = -r;
	return r < 0 ? err_sys(e, "cannot write to standard output") : 0;
}

int cli_format(const char *format, bool *ret_json, struct err *e)
{
	if (format && !streq(format, "table") && !streq(format, "json"))
		return err_set(e, EINVAL, "invalid format option '%s': table or json is allowed", format);
	*ret_json = format && streq(format, "json");
	return 0;
}

void cli_fail(const struct err *e)
{
	char line[ERR_MSG_BYTES + 1];
	size_t n = 0;

	log_msg(LOG_LVL_ERROR, "%s", e->msg);
	if (log_to_stderr())
		return;
	/* One line, whatever the text holds. Nobody may be there to take it. */
	for (const char *p = e->msg; *p && n < sizeof(line) - 1; p++)
		line[n++] = (unsigned char)*p < 0x20 || *p == 0x7f ? ' ' : *p;
	line[n++] = '\n';
	if (write_all(STDERR_FILENO, line, n) < 0)
		return;
}
