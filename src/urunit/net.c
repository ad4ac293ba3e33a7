/* SPDX-License-Identifier: Apache-2.0 */
/* The little network set-up that does not wait for the kernel: loopback and a bare default route. */
#include "urunit/net.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "urunit/netlink.h"
#include "urunit/text.h"
#include "urunit/uapi.h"

void unet_loopback_up(void)
{
	struct ifreq r = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (ioctl(fd, SIOCGIFFLAGS, &r) == 0 && !(r.ifr_flags & IFF_UP)) {
		r.ifr_flags = (short)(r.ifr_flags | IFF_UP);
		if (ioctl(fd, SIOCSIFFLAGS, &r) < 0)
			usay_about("cannot bring up ", "lo", errno);
	}
	close(fd);
}

struct route_request {
	struct u_nlmsghdr head;
	struct u_rtmsg route;
	struct u_rtattr oif;
	uint32_t ifindex;
};
_Static_assert(sizeof(struct route_request) == UNET_ROUTE_BYTES, "the request has no padding");

size_t unet_route_request(uint8_t out[UNET_ROUTE_BYTES], uint32_t ifindex)
{
	struct route_request r = {
		.head = {.len = sizeof(r),
			 .type = U_RTM_NEWROUTE,
			 .seq = 1,
			 .flags = U_NLM_F_REQUEST | U_NLM_F_ACK | U_NLM_F_CREATE | U_NLM_F_EXCL},
		.route = {.family = AF_INET,
			  .table = U_RT_TABLE_MAIN,
			  .protocol = U_RTPROT_BOOT,
			  .scope = U_RT_SCOPE_LINK,
			  .type = U_RTN_UNICAST},
		.oif = {.len = sizeof(r.oif) + sizeof(r.ifindex), .type = U_RTA_OIF},
		.ifindex = ifindex,
	};

	memcpy(out, &r, sizeof(r));
	return sizeof(r);
}

void unet_default_route(void)
{
	uint8_t request[UNET_ROUTE_BYTES];
	unsigned ifindex = if_nametoindex("eth0");
	int fd = ifindex ? unl_open() : -ENODEV;
	int rc = fd < 0 ? fd : unl_ask(fd, request, unet_route_request(request, ifindex));

	if (fd >= 0)
		close(fd);
	if (rc < 0 && rc != -EEXIST)
		usay_about("cannot set the default route through ", "eth0", -rc);
}
