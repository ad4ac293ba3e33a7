/* SPDX-License-Identifier: Apache-2.0 */
/* The network as a Linux kernel's own command line can say it, for an init that is not ours. */
#include "guests/linux_net.h"

#include <errno.h>
#include <string.h>

/* What images of this kind have always been called when nobody said otherwise. */
#define DEFAULT_HOSTNAME "urunc"
#define DNS_MAX 2

/* At most three digits that give at most max; *s moves behind them. */
static bool number(const char **s, unsigned max, unsigned *ret)
{
	unsigned v = 0, digits = 0;

	for (; **s >= '0' && **s <= '9' && digits < 3; (*s)++, digits++)
		v = v * 10 + (unsigned)(**s - '0');
	if (digits == 0 || v > max)
		return false;
	*ret = v;
	return true;
}

bool linux_net_parse4(const char *s, uint32_t *ret, unsigned *ret_prefix)
{
	unsigned part = 0, prefix = 32;
	uint32_t v = 0;

	for (int i = 0; i < 4; i++) {
		if ((i > 0 && *s++ != '.') || !number(&s, 255, &part))
			return false;
		v = v << 8 | part;
	}
	if (ret_prefix != NULL && (*s++ != '/' || !number(&s, 32, &prefix)))
		return false;
	if (*s != '\0')
		return false;
	*ret = v;
	if (ret_prefix != NULL)
		*ret_prefix = prefix;
	return true;
}

static uint32_t mask_of(unsigned prefix)
{
	return prefix == 0 ? 0 : UINT32_MAX << (32 - prefix);
}

static size_t first4(const struct vm_desc *vm)
{
	size_t i = 0;

	while (i < vm->nics.n && vm->nics.v[i].address == NULL)
		i++;
	return i;
}

bool linux_net_off_link(const struct vm_desc *vm)
{
	size_t i = first4(vm);
	uint32_t address, gateway;
	unsigned prefix;

	if (i == vm->nics.n || vm->nics.v[i].gateway == NULL ||
	    !linux_net_parse4(vm->nics.v[i].address, &address, &prefix) ||
	    !linux_net_parse4(vm->nics.v[i].gateway, &gateway, NULL))
		return false;
	return ((address ^ gateway) & mask_of(prefix)) != 0;
}

static void add4(struct strbuf *out, uint32_t a)
{
	sb_addf(out, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
}

const char *linux_net_hostname(const struct app_desc *app)
{
	return app->hostname != NULL && app->hostname[0] != '\0' ? app->hostname : DEFAULT_HOSTNAME;
}

/* A colon ends the field, a blank the word. */
static const char *host_name(const struct app_desc *app, struct err *e)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
	const char *s = linux_net_hostname(app);

	if (s[strspn(s, plain)] == '\0')
		return s;
	err_set(e, EINVAL,
		"hostname '%.64s' has other bytes than letters, digits, '-', '.' and '_', which a kernel command line "
		"cannot carry (an image with urunit as its init can take it)",
		s);
	return NULL;
}

static void add_dns(const struct app_desc *app, struct strbuf *out)
{
	uint32_t a;
	size_t n = 0;

	for (size_t i = 0; i < app->dns.n && n < DNS_MAX; i++)
		if (linux_net_parse4(app->dns.v[i], &a, NULL)) {
			sb_addc(out, ':');
			add4(out, a);
			n++;
		}
}

int linux_net_word(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out, struct err *e)
{
	size_t i = first4(vm);
	uint32_t address, gateway = 0;
	const struct vm_nic *n;
	const char *name;
	unsigned prefix;

	if (i == vm->nics.n)
		return 0;
	n = &vm->nics.v[i];
	if (!linux_net_parse4(n->address, &address, &prefix))
		return err_set(e, EINVAL,
			       "network interface %zu: '%.64s' is no IPv4 address with a prefix length", i,
			       n->address);
	if (n->gateway != NULL && !linux_net_parse4(n->gateway, &gateway, NULL))
		return err_set(e, EINVAL, "network interface %zu: gateway '%.64s' is no IPv4 address", i,
			       n->gateway);
	name = host_name(app, e);
	if (name == NULL)
		return -EINVAL;
	sb_add(out, " ip=");
	add4(out, address);
	sb_add(out, "::");
	if (n->gateway != NULL)
		add4(out, gateway);
	sb_addc(out, ':');
	add4(out, mask_of(prefix));
	sb_addf(out, ":%s:eth%zu:off", name, i);
	add_dns(app, out);
	return 0;
}
