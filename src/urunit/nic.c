/* SPDX-License-Identifier: Apache-2.0 */
/* Network interfaces: found, named, given addresses and routes. */
#include "urunit/nic.h"

#include <string.h>
#include <unistd.h>

#include "urunit/file.h"
#include "urunit/netlink.h"
#include "urunit/text.h"

struct search {
	const struct unic *nic;
	struct unic_found *ret;
};

static bool is_it(const char *dir, const char *name, void *arg)
{
	const struct search *s = arg;
	char text[UNIC_MAC_BYTES + 1];
	uint64_t index = 0;

	if (strlen(name) >= IFNAMSIZ)
		return false;
	if (s->nic->mac[0]
		    ? !ufile_attr(dir, name, "address", text, sizeof(text)) || strcmp(text, s->nic->mac) != 0
		    : strcmp(name, s->nic->name) != 0)
		return false;
	if (!ufile_attr(dir, name, "ifindex", text, sizeof(text)) ||
	    !unum_parse(text, strlen(text), 10, INT32_MAX, &index))
		return false;
	memcpy(s->ret->name, name, strlen(name) + 1);
	s->ret->ifindex = (uint32_t)index;
	return true;
}

bool unic_find(const char *sys_class_net, const struct unic *n, struct unic_found *ret)
{
	struct search s = {.nic = n, .ret = ret};

	return udir_each(sys_class_net, is_it, &s);
}

bool unic_on_link(const struct unic *n, const struct uaddress *gateway)
{
	/* Link-local addresses are on every link. */
	if (gateway->n == 16 && gateway->bytes[0] == 0xfe && (gateway->bytes[1] & 0xc0) == 0x80)
		return true;
	for (size_t i = 0; i < n->n_addresses; i++) {
		const struct uaddress *a = &n->addresses[i];
		unsigned whole = a->prefix / 8u, rest = a->prefix % 8u;

		if (a->n != gateway->n || memcmp(a->bytes, gateway->bytes, whole) != 0)
			continue;
		if (rest == 0 || ((a->bytes[whole] ^ gateway->bytes[whole]) & (0xff00 >> rest & 0xff)) == 0)
			return true;
	}
	return false;
}

static bool ask(int fd, const struct unl *r, const char *name, const char *what, const char *detail)
{
	int rc = unl_ask(fd, r->p, r->n);
	struct utext t = {0};

	if (rc == 0)
		return true;
	utext_add(&t, "network interface ");
	utext_add(&t, name);
	utext_add(&t, what);
	utext_add(&t, detail);
	utext_errno(&t, -rc);
	usay(t.s);
	return false;
}

static bool rename_to(int fd, const struct unic_found *f, const char *name)
{
	struct unl r;

	unl_link(&r, f->ifindex, name, 0);
	return ask(fd, &r, f->name, ": cannot be renamed to ", name);
}

static bool has_other_name(const struct unic *n, const struct unic_found *f)
{
	return f->ifindex && n->name && strcmp(n->name, f->name) != 0;
}

/* In two steps, because what one is to be called may still be another one's name. */
static void name_all(int fd, const struct unic *n, struct unic_found *f, size_t count)
{
	char aside[] = "urunit-a";

	for (size_t i = 0; i < count; i++) {
		aside[sizeof(aside) - 2] = (char)('a' + (char)i);
		if (has_other_name(&n[i], &f[i]))
			rename_to(fd, &f[i], aside);
	}
	for (size_t i = 0; i < count; i++) {
		if (!has_other_name(&n[i], &f[i]))
			continue;
		if (rename_to(fd, &f[i], n[i].name))
			memcpy(f[i].name, n[i].name, strlen(n[i].name) + 1);
		else
			rename_to(fd, &f[i], f[i].name);
	}
}

static void set_up(int fd, const struct unic *n, const struct unic_found *f)
{
	struct unl r;

	unl_link(&r, f->ifindex, NULL, n->mtu);
	ask(fd, &r, f->name, ": cannot be brought up", "");
	for (size_t i = 0; i < n->n_addresses; i++) {
		unl_address(&r, f->ifindex, &n->addresses[i]);
		ask(fd, &r, f->name, ": cannot take the address ", n->addresses[i].text);
	}
	for (size_t i = 0; i < n->n_gateways; i++) {
		unl_gateway(&r, f->ifindex, &n->gateways[i], !unic_on_link(n, &n->gateways[i]));
		ask(fd, &r, f->name, ": cannot take the gateway ", n->gateways[i].text);
	}
}

void unic_set_up_all(const char *sys_class_net, const struct uvec *nics)
{
	struct unic_found found[UCONF_NICS] = {0};
	const struct unic *n = nics->p;
	size_t count = nics->bytes / sizeof(*n);
	int fd = count ? unl_open() : -1;

	if (!count)
		return;
	if (fd < 0) {
		usay_about("cannot reach the kernel's network", "", -fd);
		return;
	}
	if (count > UCONF_NICS) /* the configuration holds no more */
		count = UCONF_NICS;
	for (size_t i = 0; i < count; i++)
		if (!unic_find(sys_class_net, &n[i], &found[i]))
			usay_about("no network interface (is its driver in the kernel or in urunit.modules?): ",
				   n[i].mac[0] ? n[i].mac : n[i].name, 0);
	name_all(fd, n, found, count);
	for (size_t i = 0; i < count; i++)
		if (found[i].ifindex)
			set_up(fd, &n[i], &found[i]);
	close(fd);
}
