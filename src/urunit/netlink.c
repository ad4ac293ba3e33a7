/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the kernel's network (rtnetlink) and its answers. */
#include "urunit/netlink.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "urunit/uapi.h"

static void begin(struct unl *r, uint16_t type, uint16_t flags, const void *body, size_t n)
{
	struct u_nlmsghdr head = {.type = type,
				  .seq = 1,
				  .flags = (uint16_t)(flags | U_NLM_F_REQUEST | U_NLM_F_ACK)};

	memset(r, 0, sizeof(*r));
	memcpy(r->p, &head, sizeof(head));
	memcpy(r->p + sizeof(head), body, n);
	r->n = sizeof(head) + n;
}

/* All requests are far smaller than the buffer: n is at most 16. */
static void attribute(struct unl *r, uint16_t type, const void *data, size_t n)
{
	struct u_rtattr a = {.len = (uint16_t)(sizeof(a) + n), .type = type};

	memcpy(r->p + r->n, &a, sizeof(a));
	memcpy(r->p + r->n + sizeof(a), data, n);
	r->n += sizeof(a) + ((n + 3) & ~(size_t)3);
}

static void end(struct unl *r)
{
	uint32_t n = (uint32_t)r->n;

	memcpy(r->p, &n, sizeof(n));
}

static uint8_t family(const struct uaddress *a)
{
	return a->n == 4 ? AF_INET : AF_INET6;
}

void unl_link(struct unl *r, uint32_t ifindex, const char *name, uint32_t mtu)
{
	struct u_ifinfomsg m = {.index = (int32_t)ifindex};

	if (!name)
		m.flags = m.change = IFF_UP;
	begin(r, U_RTM_NEWLINK, 0, &m, sizeof(m));
	if (name)
		attribute(r, U_IFLA_IFNAME, name, strnlen(name, IFNAMSIZ - 1) + 1);
	if (mtu)
		attribute(r, U_IFLA_MTU, &mtu, sizeof(mtu));
	end(r);
}

static void add_broadcast(struct unl *r, const struct uaddress *a)
{
	uint8_t last[4];

	for (unsigned i = 0; i < 4; i++) {
		unsigned kept = a->prefix > 8 * i ? a->prefix - 8 * i : 0;
		unsigned host = kept >= 8 ? 0 : 0xffu >> kept;

		last[i] = (uint8_t)(a->bytes[i] | host);
	}
	attribute(r, U_IFA_BROADCAST, last, sizeof(last));
}

void unl_address(struct unl *r, uint32_t ifindex, const struct uaddress *a)
{
	struct u_ifaddrmsg m = {.family = family(a),
				.prefixlen = a->prefix,
				.flags = a->n == 4 ? 0 : U_IFA_F_NODAD,
				.scope = U_RT_SCOPE_UNIVERSE,
				.index = ifindex};

	begin(r, U_RTM_NEWADDR, U_NLM_F_CREATE | U_NLM_F_REPLACE, &m, sizeof(m));
	attribute(r, U_IFA_LOCAL, a->bytes, a->n);
	attribute(r, U_IFA_ADDRESS, a->bytes, a->n);
	if (a->n == 4 && a->prefix < 31)
		add_broadcast(r, a);
	end(r);
}

void unl_gateway(struct unl *r, uint32_t ifindex, const struct uaddress *gateway, bool onlink)
{
	struct u_rtmsg m = {.family = family(gateway),
			    .table = U_RT_TABLE_MAIN,
			    .protocol = U_RTPROT_BOOT,
			    .scope = U_RT_SCOPE_UNIVERSE,
			    .type = U_RTN_UNICAST,
			    .flags = onlink ? U_RTNH_F_ONLINK : 0};

	begin(r, U_RTM_NEWROUTE, U_NLM_F_CREATE | U_NLM_F_EXCL, &m, sizeof(m));
	attribute(r, U_RTA_GATEWAY, gateway->bytes, gateway->n);
	attribute(r, U_RTA_OIF, &ifindex, sizeof(ifindex));
	end(r);
}

int unl_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, U_NETLINK_ROUTE);

	return fd < 0 ? -errno : fd;
}

int unl_ask(int fd, const uint8_t *request, size_t n)
{
	struct {
		struct u_nlmsghdr head;
		int32_t error;
		uint8_t rest[UNL_BYTES];
	} answer = {0};

	if (send(fd, request, n, 0) != (ssize_t)n)
		return -errno;

	ssize_t r = recv(fd, &answer, sizeof(answer), MSG_TRUNC);

	if (r < 0)
		return -errno;
	if ((size_t)r < sizeof(answer.head) + sizeof(answer.error) || answer.head.type != U_NLMSG_ERROR)
		return -EPROTO;
	return answer.error;
}
