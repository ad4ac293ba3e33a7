/* SPDX-License-Identifier: Apache-2.0 */
/* What several monitors ask of the texts that become parts of their words. */
#include "monitors/words.h"

#include <errno.h>
#include <string.h>

bool word_is_mac(const char *s)
{
	for (int i = 0; i < 17; i++)
		if (i % 3 == 2 ? s[i] != ':' : s[i] == '\0' || strchr("0123456789abcdefABCDEF", s[i]) == NULL)
			return false;
	return s[17] == '\0';
}

bool word_is_plain(const char *s)
{
	if (s == NULL || s[0] == '\0')
		return false;
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f || strchr(",=\"[]", *s) != NULL)
			return false;
	return true;
}

int words_check_vcpus(const char *monitor, const struct vm_desc *vm, uint32_t max, struct err *e)
{
	if (vm->vcpus >= 1 && vm->vcpus <= max)
		return 0;
	return err_set(e, EINVAL,
		       "monitor '%s' cannot have %u vCPUs (allowed: 1 to %u; the container's cpu quota and cpuset and "
		       "[monitors.%s] default_vcpus decide it)",
		       monitor, vm->vcpus, max, monitor);
}

int words_check_nic(const struct vm_nic *n, struct err *e)
{
	if (n->mac != NULL && !word_is_mac(n->mac))
		return err_set(e, EINVAL, "'%.64s' is no MAC address", n->mac);
	if (n->fd < 0 && !word_is_plain(n->tap))
		return err_set(e, EINVAL, "'%.64s' is no name of a tap device", n->tap != NULL ? n->tap : "");
	return 0;
}

int words_check_disk(const struct vm_disk *d, struct err *e)
{
	if (!word_is_plain(d->path) || !word_is_plain(d->serial))
		return err_set(e, EINVAL, "disk '%.64s' of the guest has no usable path or serial number",
			       d->serial != NULL ? d->serial : "");
	if (strlen(d->serial) > DISK_SERIAL_MAX_BYTES)
		return err_set(e, EINVAL, "disk serial number '%.64s' is longer than %u bytes", d->serial,
			       DISK_SERIAL_MAX_BYTES);
	return 0;
}

int words_check_share(const struct vm_share *s, struct err *e)
{
	const char *from = s->socket != NULL ? s->socket : s->path;

	if (!word_is_plain(s->tag) || !word_is_plain(from))
		return err_set(e, EINVAL, "shared directory '%.64s' of the guest has no usable tag or path",
			       s->tag != NULL ? s->tag : "");
	return 0;
}

int words_check_api_path(const char *monitor, const struct vm_desc *vm, struct err *e)
{
	if (vm->api_path == NULL || word_is_plain(vm->api_path))
		return 0;
	return err_set(e, EINVAL,
		       "[monitors.%s] socket_path '%.256s' cannot be told to the monitor (no comma, equals sign, "
		       "quote, bracket or control character is allowed)",
		       monitor, vm->api_path);
}

int words_check_cmdline(const char *monitor, const char *cmdline, size_t max_bytes, struct err *e)
{
	size_t n = 0;

	for (; cmdline[n] != '\0'; n++)
		if (cmdline[n] < ' ' || cmdline[n] > '~')
			return err_set(
				e, EINVAL,
				"byte %zu of the guest's command line is 0x%02x: monitor '%s' hands over only "
				"printable ASCII (process.args and process.env must be without it, or the guest "
				"must run our urunit)",
				n, (unsigned char)cmdline[n], monitor);
	if (n > max_bytes)
		return err_set(e, E2BIG,
			       "the command line of the guest is %zu bytes long, but monitor '%s' has room for %zu "
			       "(shorten process.args or process.env)",
			       n, monitor, max_bytes);
	return 0;
}
