/* SPDX-License-Identifier: Apache-2.0 */
/* Netlink without a library. */
#include "common/netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/fd.h"

#define ANSWER_BYTES 32768
#define ATTR_HEAD sizeof(struct nlattr)

static size_t aligned(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

int nl_open(int family, int *ret_fd, struct err *e)
{
	struct sockaddr_nl sa = {.nl_family = AF_NETLINK};
	_cleanup_fd_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family);
	int one = 1;

	if (fd < 0)
		return err_sys(e, "cannot open a netlink socket of family %d", family);
	/* Its words instead of a bare number, and no copy of our request in front of them. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return err_sys(e, "cannot bind a netlink socket of family %d", family);
	*ret_fd = fd_steal(&fd);
	return 0;
}

/* --- building --- */

static void *grow(struct nl_batch *b, size_t n)
{
	size_t room = aligned(n);
	uint8_t *p = b->buf + b->len;

	if (b->full || room > sizeof(b->buf) - b->len) {
		b->full = true;
		return NULL;
	}
	memset(p, 0, room);
	b->len += room;
	((struct nlmsghdr *)(void *)(b->buf + b->msg))->nlmsg_len = (uint32_t)(b->len - b->msg);
	return p;
}

void nl_begin(struct nl_batch *b, uint16_t type, uint16_t flags, const void *head, size_t n)
{
	struct nlmsghdr *m;
	void *p;

	b->msg = b->len;
	m = b->full ? NULL : grow(b, sizeof(*m));
	if (!m)
		return;
	m->nlmsg_type = type;
	m->nlmsg_flags = flags | NLM_F_REQUEST;
	p = grow(b, n);
	if (p)
		memcpy(p, head, n);
}

void nl_put(struct nl_batch *b, uint16_t type, const void *p, size_t n)
{
	struct nlattr *a = n > UINT16_MAX - ATTR_HEAD ? NULL : grow(b, ATTR_HEAD + n);

	if (!a) {
		b->full = true;
		return;
	}
	a->nla_type = type;
	a->nla_len = (uint16_t)(ATTR_HEAD + n);
	if (n)
		memcpy((uint8_t *)a + ATTR_HEAD, p, n);
}

void nl_put_u32(struct nl_batch *b, uint16_t type, uint32_t v)
{
	nl_put(b, type, &v, sizeof(v));
}

void nl_put_be32(struct nl_batch *b, uint16_t type, uint32_t v)
{
	uint8_t be[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

	nl_put(b, type, be, sizeof(be));
}

void nl_put_u8(struct nl_batch *b, uint16_t type, uint8_t v)
{
	nl_put(b, type, &v, sizeof(v));
}

void nl_put_str(struct nl_batch *b, uint16_t type, const char *s)
{
	nl_put(b, type, s, strlen(s) + 1);
}

size_t nl_nest(struct nl_batch *b, uint16_t type)
{
	size_t at = b->len;

	nl_put(b, type | NLA_F_NESTED, NULL, 0);
	return at;
}

void nl_unnest(struct nl_batch *b, size_t at)
{
	if (!b->full)
		((struct nlattr *)(void *)(b->buf + at))->nla_len = (uint16_t)(b->len - at);
}

/* --- reading --- */

const struct nlattr *nl_next(const void *p, size_t len, const struct nlattr *a)
{
	const uint8_t *begin = p, *at = begin;
	size_t left;

	if (a)
		at = (const uint8_t *)a + aligned(a->nla_len);
	if (!begin || at < begin || (size_t)(at - begin) > len)
		return NULL;
	left = len - (size_t)(at - begin);
	a = (const void *)at;
	if (left < ATTR_HEAD || a->nla_len < ATTR_HEAD || a->nla_len > left)
		return NULL;
	return a;
}

const struct nlattr *nl_find(const void *p, size_t len, uint16_t type)
{
	const struct nlattr *a = NULL;

	while ((a = nl_next(p, len, a))) {
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
	}
	return NULL;
}

const struct nlattr *nl_msg_find(const struct nlmsghdr *m, size_t head, uint16_t type)
{
	size_t skip = sizeof(struct nlmsghdr) + aligned(head);

	if (m->nlmsg_len < skip)
		return NULL;
	return nl_find((const uint8_t *)m + skip, m->nlmsg_len - skip, type);
}

size_t nl_len(const struct nlattr *a)
{
	return a ? (size_t)a->nla_len - ATTR_HEAD : 0;
}

const void *nl_data(const struct nlattr *a)
{
	return a ? (const uint8_t *)a + ATTR_HEAD : NULL;
}

uint32_t nl_u32(const struct nlattr *a, uint32_t otherwise)
{
	uint32_t v = otherwise;

	if (nl_len(a) >= sizeof(v))
		memcpy(&v, nl_data(a), sizeof(v));
	return v;
}

const char *nl_str(const struct nlattr *a)
{
	const char *s = nl_data(a);

	return s && memchr(s, '\0', nl_len(a)) ? s : NULL;
}

/* --- talking --- */

static int sent(int fd, struct nl_batch *b, const char *what, struct err *e)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	ssize_t r;

	if (b->full)
		return err_set(e, EMSGSIZE, "%s: the netlink request exceeds %d bytes", what, NL_BATCH_BYTES);
	do
		r = sendto(fd, b->buf, b->len, 0, (struct sockaddr *)&kernel, sizeof(kernel));
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_sys(e, "%s: sending the netlink request", what);
	return 0;
}

/* One datagram from the kernel; others can send to a netlink socket as well. */
static int received(int fd, int flags, void *buf, size_t *ret_n, const char *what, struct err *e)
{
	for (;;) {
		struct sockaddr_nl from;
		struct iovec iov = {buf, ANSWER_BYTES};
		struct msghdr mh = {.msg_name = &from,
				    .msg_namelen = sizeof(from),
				    .msg_iov = &iov,
				    .msg_iovlen = 1};
		ssize_t r = recvmsg(fd, &mh, flags);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_sys(e, "%s: receiving the netlink answer", what);
		if (mh.msg_flags & MSG_TRUNC)
			return err_set(e, EMSGSIZE, "%s: a netlink answer exceeds %d bytes", what,
				       ANSWER_BYTES);
		if (from.nl_pid == 0) {
			*ret_n = (size_t)r;
			return 0;
		}
	}
}

static int failure(const struct nlmsghdr *m, const char *what, struct err *e)
{
	const struct nlmsgerr *ne = (const void *)((const uint8_t *)m + sizeof(struct nlmsghdr));
	const char *text = NULL;

	if (m->nlmsg_len < sizeof(struct nlmsghdr) + sizeof(*ne))
		return err_set(e, EBADMSG, "%s: a torn netlink answer", what);
	if (ne->error == 0)
		return 0;
	if (m->nlmsg_flags & NLM_F_ACK_TLVS && m->nlmsg_flags & NLM_F_CAPPED)
		text = nl_str(nl_msg_find(m, sizeof(*ne), NLMSGERR_ATTR_MSG));
	errno = -ne->error;
	return text ? err_sys(e, "%s: %s", what, text) : err_sys(e, "%s", what);
}

/* Walks the messages of one datagram: m = NULL begins; NULL ends. */
static struct nlmsghdr *each(uint8_t *buf, size_t n, struct nlmsghdr *m)
{
	size_t at = m ? (size_t)((uint8_t *)m - buf) + aligned(m->nlmsg_len) : 0;

	if (at > n || n - at < sizeof(*m))
		return NULL;
	m = (void *)(buf + at);
	return m->nlmsg_len >= sizeof(*m) && m->nlmsg_len <= n - at ? m : NULL;
}

static size_t acks_wanted(struct nl_batch *b)
{
	struct nlmsghdr *m = NULL;
	size_t want = 0;

	while ((m = each(b->buf, b->len, m))) {
		if (m->nlmsg_flags & NLM_F_ACK)
			want++;
	}
	return want;
}

/* Not on the stack, where all its pages would be touched for the few bytes that most answers have. */
static _Alignas(8) uint8_t answer[ANSWER_BYTES];

int nl_commit(int fd, struct nl_batch *b, const char *what, struct err *e)
{
	uint8_t *buf = answer;
	size_t want = acks_wanted(b), n;
	struct nlmsghdr *m;
	int r, first = 0;

	r = sent(fd, b, what, e);
	b->len = 0;
	while (r == 0 && want > 0) {
		/* All answers are there when sendto(2) returns, but after a failure there may be fewer of them. */
		r = received(fd, MSG_DONTWAIT, buf, &n, what, first ? NULL : e);
		if (r < 0)
			break;
		m = NULL;
		while ((m = each(buf, n, m))) {
			if (m->nlmsg_type != NLMSG_ERROR)
				continue;
			want = want ? want - 1 : 0;
			r = failure(m, what, first ? NULL : e);
			if (r < 0 && first == 0)
				first = r;
		}
		r = 0;
	}
	return first ? first : r;
}

int nl_dump(int fd, struct nl_batch *b, nl_fn fn, void *arg, const char *what, struct err *e)
{
	uint8_t *buf = answer;
	int r, result = 0, torn = 0;
	struct nlmsghdr *m;
	size_t n;

	r = sent(fd, b, what, e);
	b->len = 0;
	while (r == 0) {
		r = received(fd, 0, buf, &n, what, e);
		if (r < 0)
			return r;
		m = NULL;
		while ((m = each(buf, n, m))) {
			torn |= m->nlmsg_flags & NLM_F_DUMP_INTR;
			if (m->nlmsg_type == NLMSG_ERROR)
				return failure(m, what, e);
			/* After a failure the rest is still taken: the socket serves other requests. */
			if (m->nlmsg_type == NLMSG_DONE)
				return result < 0 ? result : torn != 0;
			if (result == 0)
				result = fn(arg, m, e);
		}
	}
	return r;
}
