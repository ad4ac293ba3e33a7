/* SPDX-License-Identifier: Apache-2.0 */
/* How the container is stopped: by the application's own signal where urunit listens, else by the guest's power button,
 * else by the monitor's end. */
#include <errno.h>
#include <string.h>

#include "plan/internal.h"

/* sun_path with its NUL */
#define SOCKET_PATH_BYTES 108

/* What to say to the monitor so that the guest's power button is pressed; NULL: nothing would come of it. */
static const struct powerdown *find_button(const struct build *b)
{
	const struct powerdown *pd = b->w->monitor->powerdown;

	if (!b->p->supervise || b->p->ctl || !b->w->guest->powerdown || pd == NULL)
		return NULL;
	return pd->archs & (1u << b->f->host.arch) ? pd : NULL;
}

/* The path goes into the monitor's options and into the box, whose root is no place for a mount. */
static int check_socket(const char *label, const char *path, struct err *e)
{
	int r = metadata_check_path(label, path, false, e);

	if (r < 0)
		return r;
	if (path[0] != '/')
		return err_set(e, EINVAL, "%s: '%.64s' is not an absolute path (in the monitor's box)", label,
			       path);
	if (strlen(path) >= SOCKET_PATH_BYTES)
		return err_set(e, EINVAL, "%s is %zu bytes long; the path of a socket may have %d", label,
			       strlen(path), SOCKET_PATH_BYTES - 1);
	if (strchr(path + 1, '/') == NULL)
		return err_set(e, EINVAL,
			       "%s: '%s' lies in the root of the monitor's box: name a directory too, as in "
			       "'/run/monitor%s'",
			       label, path, path);
	return 0;
}

/* The administrator's socket, which also takes the place of the one that a power button needs. */
static int put_socket(struct build *b, struct err *e)
{
	const char *name = b->w->monitor->name, *path = config_monitor_get(&b->f->config, name).socket_path;
	const char *label = arena_printf(b->a, "[monitors.%s] socket_path", name);
	int r;

	if (path == NULL || path[0] == '\0')
		return 0;
	if (label == NULL)
		return err_oom(e);
	r = check_socket(label, path, e);
	if (r < 0)
		return r;
	if (b->w->monitor->powerdown == NULL)
		strv_addf(&b->warnings, "%s has no effect: this monitor has no control socket", label);
	else
		b->p->vm.api_path = path;
	return 0;
}

int stop_decide(struct build *b, struct err *e)
{
	const struct stop_policy *stop = b->w->monitor->stop;
	const struct powerdown *button;
	struct launch_plan *p = b->p;

	p->supervise = b->f->config.supervise;
	p->ctl = p->supervise && p->app.init == INIT_URUNIT && (b->w->monitor->caps & MON_CTL);
	p->stop_action = stop->action;
	p->stop_signo = stop->signo;
	p->stop_zero_is_signal = stop->zero_is_signal;
	p->stop_code = stop->code;
	p->stop_grace_ms = b->f->config.stop_grace_ms;
	p->vm.api_fd = -1;
	button = find_button(b);
	if (button != NULL) {
		p->stop_action = STOP_MESSAGE;
		p->stop_message = button->message;
		p->vm.api_path = button->path;
		p->vm.api_fd = button->path == NULL ? API_FD : -1;
	}
	return put_socket(b, e);
}
