/* SPDX-License-Identifier: Apache-2.0 */
/* IPv4 addresses as text: address, prefix and mask apart. */
#include "guests/networds.h"

#include <string.h>

#define BITS 32

static bool parse(const char *s, size_t n, uint32_t *ret)
{
	uint32_t all = 0;
	const char *end = s + n;

	for (int i = 0; i < 4; i++) {
		unsigned part = 0, digits = 0;

		if (i > 0 && (s == end || *s++ != '.'))
			return false;
		for (; s < end && *s >= '0' && *s <= '9' && digits < 3; s++, digits++)
			part = part * 10 + (unsigned)(*s - '0');
		if (digits == 0 || part > 255)
			return false;
		all = all << 8 | part;
	}
	*ret = all;
	return s == end;
}

static void print(uint32_t address, char *buf)
{
	struct strbuf b = {.p = buf, .cap = NETWORDS_BYTES};

	sb_addf(&b, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

static uint32_t mask_of(unsigned prefix)
{
	return prefix == 0 ? 0 : ~0u << (BITS - prefix);
}

bool networds_ipv4(const struct vm_nic *nic, struct networds *ret)
{
	uint64_t prefix = BITS;
	uint32_t address;
	size_t n;

	if (nic->address == NULL)
		return false;
	n = strcspn(nic->address, "/");
	if (!parse(nic->address, n, &address) ||
	    (nic->address[n] == '/' && !str_u64(nic->address + n + 1, 0, BITS, &prefix)))
		return false;
	*ret = (struct networds){.prefix = (unsigned)prefix, .gateway = nic->gateway};
	print(address, ret->address);
	print(mask_of(ret->prefix), ret->mask);
	return true;
}

void networds_reach_gateway(struct networds *w)
{
	uint32_t address, gateway;

	if (w->gateway == NULL || !parse(w->address, strlen(w->address), &address) ||
	    !parse(w->gateway, strlen(w->gateway), &gateway))
		return;
	while ((address ^ gateway) & mask_of(w->prefix))
		w->prefix--;
	print(mask_of(w->prefix), w->mask);
}

const char *networds_dns(const struct strs *list, size_t *i)
{
	uint32_t address;

	while (*i < list->n) {
		const char *s = list->v[(*i)++];

		if (parse(s, strlen(s), &address))
			return s;
	}
	return NULL;
}
