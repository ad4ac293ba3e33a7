/* SPDX-License-Identifier: Apache-2.0 */
/* A stand-in for a virtual machine's network card: copies frames between a tap and an interface whose other side is in a
 * namespace that plays the guest. Offloads (checksums, large segments) pass through both ways, as with virtio. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const char usage[] =
	"usage: relay fd:9|TAP GUEST-NETNS INTERFACE [plain] [uid=N]\n"
	"(plain: a tap without offloads, as Solo5 opens it; the tap is that of the current namespace)\n";

/* As the user to whom the tap was given: the device itself may be root's on this host, a monitor has one in its box. */
static int open_tap(const char *name, int header, unsigned uid)
{
	struct ifreq ifr = {.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | (header ? IFF_VNET_HDR : 0))};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	if (uid && (setresgid(-1, uid, -1) < 0 || setresuid(-1, uid, -1) < 0))
		err(1, "setresuid");
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) < 0)
		err(1, "tap %s", name);
	if (uid && (setresuid(-1, 0, -1) < 0 || setresgid(-1, 0, -1) < 0))
		err(1, "setresuid");
	return fd;
}

static int open_card(const char *netns, const char *name)
{
	struct sockaddr_ll sa = {.sll_family = AF_PACKET};
	int ns = open(netns, O_RDONLY | O_CLOEXEC), fd, one = 1;

	if (ns < 0 || setns(ns, CLONE_NEWNET) < 0)
		err(1, "%s", netns);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) < 0)
		err(1, "packet socket");
	sa.sll_ifindex = (int)if_nametoindex(name);
	sa.sll_protocol = htons(ETH_P_ALL);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		err(1, "%s", name);
	return fd;
}

/* What the card would have done: the sum over all from start on, which begins with that of the pseudo header. */
static void finish(unsigned char *frame, size_t n, size_t start, size_t at)
{
	unsigned long sum = 0;
	size_t i;

	for (i = start; i < n; i++)
		sum += (i - start) & 1 ? frame[i] : (unsigned long)frame[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	frame[start + at] = (unsigned char)(~sum >> 8);
	frame[start + at + 1] = (unsigned char)~sum;
}

/* One frame. A tap without offloads has no header, and only finished frames may go into it. */
static void copy(int from, int to, int from_header, int to_header)
{
	static unsigned char buf[sizeof(struct virtio_net_hdr) + 70000];
	size_t h = sizeof(struct virtio_net_hdr);
	ssize_t n;

	memset(buf, 0, h);
	n = read(from, from_header ? buf : buf + h, from_header ? sizeof(buf) : sizeof(buf) - h);
	if (n < 0 && (errno == EAGAIN || errno == ENETDOWN || errno == EINTR))
		return;
	if (n <= 0)
		err(1, "read");
	n += from_header ? 0 : (ssize_t)h;
	if (!to_header) {
		const struct virtio_net_hdr *vh = (const void *)buf;

		if (vh->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
			finish(buf + h, (size_t)n - h, vh->csum_start, vh->csum_offset);
	}
	/* What does not fit is lost, as on a wire. */
	if (write(to, to_header ? buf : buf + h, to_header ? (size_t)n : (size_t)n - h) < 0 && errno == EBADF)
		err(1, "write");
}

int main(int argc, char **argv)
{
	int i, header = 1, tap, card;
	unsigned uid = 0;
	struct pollfd p[2];

	if (argc < 4) {
		fputs(usage, stderr);
		return 2;
	}
	for (i = 4; i < argc; i++) {
		if (strcmp(argv[i], "plain") == 0)
			header = 0;
		else if (strncmp(argv[i], "uid=", 4) == 0)
			uid = (unsigned)atoi(argv[i] + 4);
	}
	prctl(PR_SET_PDEATHSIG, 15);
	tap = strcmp(argv[1], "fd:9") == 0 ? 9 : open_tap(argv[1], header, uid);
	if (header && ioctl(tap, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN) < 0)
		err(1, "TUNSETOFFLOAD");
	if (header) {
		int n = sizeof(struct virtio_net_hdr);

		if (ioctl(tap, TUNSETVNETHDRSZ, &n) < 0)
			err(1, "TUNSETVNETHDRSZ");
	}
	card = open_card(argv[2], argv[3]);
	p[0] = (struct pollfd){.fd = tap, .events = POLLIN};
	p[1] = (struct pollfd){.fd = card, .events = POLLIN};
	puts("relaying");
	fflush(stdout);
	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			err(1, "poll");
		if (p[0].revents & POLLIN)
			copy(tap, card, header, 1);
		if (p[1].revents & POLLIN)
			copy(card, tap, 1, header);
		if ((p[0].revents | p[1].revents) & POLLERR)
			return 0;
	}
}
