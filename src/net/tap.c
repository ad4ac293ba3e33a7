/* SPDX-License-Identifier: Apache-2.0 */
/* Taps, and other settings of interfaces. */
#include "net/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/netlink.h"
#include "common/str.h"
#include "net/ns.h"

#define NAMES_MAX 4096

struct seen_link {
	uint32_t ifindex;
	bool is_tap;
	uint16_t which;
	uint32_t conf;
	bool has_conf;
};

static int on_link(void *arg, const struct nlmsghdr *m, struct err *e)
{
	const struct ifinfomsg *ifi = NLMSG_DATA(m);
	struct seen_link *s = arg;
	const struct nlattr *info, *spec, *inet, *conf;

	(void)e;
	if (m->nlmsg_type != RTM_NEWLINK || m->nlmsg_len < NLMSG_LENGTH(sizeof(*ifi)))
		return 0;
	s->ifindex = (uint32_t)ifi->ifi_index;
	info = nl_msg_find(m, sizeof(*ifi), IFLA_LINKINFO);
	s->is_tap = streq(nl_str(nl_find(nl_data(info), nl_len(info), IFLA_INFO_KIND)), "tun");
	spec = nl_msg_find(m, sizeof(*ifi), IFLA_AF_SPEC);
	inet = nl_find(nl_data(spec), nl_len(spec), AF_INET);
	conf = nl_find(nl_data(inet), nl_len(inet), IFLA_INET_CONF);
	if (s->which && nl_len(conf) >= 4u * s->which) {
		memcpy(&s->conf, (const uint8_t *)nl_data(conf) + (size_t)4 * (s->which - 1u), 4);
		s->has_conf = true;
	}
	return 0;
}

/* One interface by index or by name. Not a dump, but answered by one message and an acknowledgement all the same. */
static int look(int rt, uint32_t ifindex, const char *name, struct seen_link *ret, struct err *e)
{
	struct ifinfomsg ifi = {.ifi_index = (int)ifindex};
	struct nl_batch b = {0};

	nl_begin(&b, RTM_GETLINK, NLM_F_ACK, &ifi, sizeof(ifi));
	if (name)
		nl_put_str(&b, IFLA_IFNAME, name);
	return nl_dump(rt, &b, on_link, ret, "looking at an interface", e);
}

int link_index(int rt, const char *name, uint32_t *ret, bool *is_tap, struct err *e)
{
	struct seen_link s = {0};
	int r = look(rt, 0, name, &s, e);

	if (r < 0 && r != -ENODEV)
		return err_wrap(e, "interface '%s'", name);
	*ret = r < 0 ? 0 : s.ifindex;
	if (is_tap)
		*is_tap = r == 0 && s.is_tap;
	return 0;
}

int link_remove(int rt, uint32_t ifindex, struct err *e)
{
	struct ifinfomsg ifi = {.ifi_index = (int)ifindex};
	struct nl_batch b = {0};
	int r;

	nl_begin(&b, RTM_DELLINK, NLM_F_ACK, &ifi, sizeof(ifi));
	r = nl_commit(rt, &b, "removing an interface", e);
	return r == -ENODEV ? 0 : r;
}

int link_conf_get(int rt, uint32_t ifindex, uint16_t which, uint32_t *ret, struct err *e)
{
	struct seen_link s = {.which = which};
	int r = look(rt, ifindex, NULL, &s, e);

	if (r < 0)
		return r;
	if (!s.has_conf)
		return err_set(e, EPROTO, "the kernel does not tell IPv4 setting %d of interface %u", which,
			       ifindex);
	*ret = s.conf;
	return 0;
}

int link_conf_set(int rt, uint32_t ifindex, uint16_t which, uint32_t value, struct err *e)
{
	struct ifinfomsg ifi = {.ifi_index = (int)ifindex};
	struct nl_batch b = {0};
	size_t spec, inet, conf;

	nl_begin(&b, RTM_SETLINK, NLM_F_ACK, &ifi, sizeof(ifi));
	spec = nl_nest(&b, IFLA_AF_SPEC);
	inet = nl_nest(&b, AF_INET);
	conf = nl_nest(&b, IFLA_INET_CONF);
	nl_put_u32(&b, which, value);
	nl_unnest(&b, conf);
	nl_unnest(&b, inet);
	nl_unnest(&b, spec);
	return nl_commit(rt, &b, "setting an IPv4 parameter of an interface", e);
}

/* --- taps --- */

int tap_free_name(int rt, uint32_t *n, char ret[IFNAMSIZ], struct err *e)
{
	uint32_t i, ifindex = 0;

	for (i = *n; i < NAMES_MAX; i++) {
		char name[IFNAMSIZ];
		int r;

		snprintf(name, sizeof(name), TAP_PREFIX "%u", i % NAMES_MAX);
		r = link_index(rt, name, &ifindex, NULL, e);
		if (r < 0)
			return r;
		if (ifindex == 0) {
			memcpy(ret, name, sizeof(name));
			*n = i;
			return 0;
		}
	}
	return err_set(e, EUSERS, "%d interfaces named %sN in one network namespace", NAMES_MAX, TAP_PREFIX);
}

int tap_make(int netns_fd, const char *name, int *ret_fd, struct err *e)
{
	struct ifreq ifr = {.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_TUN_EXCL)};
	_cleanup_ns_ int home = -1;
	_cleanup_fd_ int fd = -1;
	int r = netns_enter(netns_fd, &home, e);

	if (r < 0)
		return r;
	/* The namespace of a tap is that of whoever opens the device. */
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_sys(e, "/dev/net/tun: guests need it for their network (kernel module 'tun')");
	strncpy(ifr.ifr_name, name, sizeof(ifr.ifr_name) - 1);
	if (ioctl(fd, TUNSETIFF, &ifr) < 0)
		return err_sys(e, "cannot make the tap '%s'", name);
	*ret_fd = fd_steal(&fd);
	return 0;
}

int tap_keep(int fd, uint32_t uid, uint32_t gid, struct err *e)
{
	if (ioctl(fd, TUNSETOWNER, (unsigned long)uid) < 0 || ioctl(fd, TUNSETGROUP, (unsigned long)gid) < 0)
		return err_sys(e, "cannot give a tap to user %u, group %u", uid, gid);
	if (ioctl(fd, TUNSETPERSIST, 1UL) < 0)
		return err_sys(e, "cannot make a tap persistent");
	return 0;
}

static void add_address(struct nl_batch *b, uint32_t ifindex, uint32_t address)
{
	struct ifaddrmsg ifa = {.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = ifindex};

	nl_begin(b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &ifa, sizeof(ifa));
	nl_put_u32(b, IFA_LOCAL, address);
	nl_put_u32(b, IFA_ADDRESS, address);
}

int tap_up(int rt, uint32_t ifindex, uint32_t mtu, uint32_t address, struct err *e)
{
	struct ifinfomsg ifi = {.ifi_index = (int)ifindex};
	struct nl_batch b = {0};
	size_t spec, inet6;
	int r;

	/* Two steps: coming up makes an address if that was not forbidden before. A kernel without IPv6 refuses to be told. */
	nl_begin(&b, RTM_SETLINK, NLM_F_ACK, &ifi, sizeof(ifi));
	spec = nl_nest(&b, IFLA_AF_SPEC);
	inet6 = nl_nest(&b, AF_INET6);
	nl_put_u8(&b, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	nl_unnest(&b, inet6);
	nl_unnest(&b, spec);
	r = nl_commit(rt, &b, "keeping IPv6 off a tap", e);
	if (r < 0 && r != -EAFNOSUPPORT && r != -EOPNOTSUPP && r != -EINVAL)
		return r;
	if (address)
		add_address(&b, ifindex, address);
	ifi.ifi_flags = ifi.ifi_change = IFF_UP;
	nl_begin(&b, RTM_SETLINK, NLM_F_ACK, &ifi, sizeof(ifi));
	if (mtu)
		nl_put_u32(&b, IFLA_MTU, mtu);
	return nl_commit(rt, &b, "setting a tap up", e);
}
