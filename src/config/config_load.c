/* SPDX-License-Identifier: Apache-2.0 */
/* Which configuration file is read. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "common/io.h"
#include "config/config.h"

int config_load(const char *path, struct arena *a, struct config *ret, struct err *e)
{
	const char *from_env = getenv("URUNC_CONFIG_FILE");
	bool may_miss = false;
	struct bytes text;
	int r;

	if (!path && from_env && *from_env)
		path = from_env;
	if (!path) {
		path = CONFIG_DEFAULT_PATH;
		may_miss = true;
	}
	r = file_read(AT_FDCWD, path, CONFIG_MAX_BYTES, a, &text, e);
	if (may_miss && (r == -ENOENT || r == -ENOTDIR)) {
		config_defaults(ret);
		return 0;
	}
	if (r < 0)
		return err_wrap(e, "configuration");
	return config_parse(text, path, a, ret, e);
}
