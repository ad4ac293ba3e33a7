/* SPDX-License-Identifier: Apache-2.0 */
/* Netlink without a library: messages built in a fixed buffer, sent one by one or as a batch, dumps walked by callback. */
#ifndef URUNC_COMMON_NETLINK_H
#define URUNC_COMMON_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* Several messages behind one another; full is sticky and told when it is sent. */
#define NL_BATCH_BYTES 4096
struct nl_batch {
	size_t len, msg; /* msg: where the newest message begins */
	bool full;
	_Alignas(8) uint8_t buf[NL_BATCH_BYTES];
};

/* A socket of this family (NETLINK_ROUTE, NETLINK_NETFILTER) in the network namespace of the caller, where it stays. */
int nl_open(int family, int *ret_fd, struct err *e) _must_check_;

/* Begins the next message; head is the family's own header (struct ifinfomsg, ...). An empty batch has len 0. */
void nl_begin(struct nl_batch *b, uint16_t type, uint16_t flags, const void *head, size_t n);
void nl_put(struct nl_batch *b, uint16_t type, const void *p, size_t n);
void nl_put_u32(struct nl_batch *b, uint16_t type, uint32_t v);
void nl_put_be32(struct nl_batch *b, uint16_t type, uint32_t v); /* as nf_tables wants its numbers */
void nl_put_u8(struct nl_batch *b, uint16_t type, uint8_t v);
void nl_put_str(struct nl_batch *b, uint16_t type, const char *s); /* with its NUL */
size_t nl_nest(struct nl_batch *b, uint16_t type);
void nl_unnest(struct nl_batch *b, size_t at);

/* Sends all messages of the batch, each of which has NLM_F_ACK or is a mark of a transaction, and takes as many answers as
 * have it. The first failure is the result, with the kernel's own words; what names the step. */
int nl_commit(int fd, struct nl_batch *b, const char *what, struct err *e) _must_check_;
typedef int (*nl_fn)(void *arg, const struct nlmsghdr *m, struct err *e);
/* Sends the one message in b with NLM_F_DUMP and calls fn for each answer; fn's negative result ends it, and fn itself must
 * not use netlink. 1: the kernel says that the list changed meanwhile and may be torn. */
int nl_dump(int fd, struct nl_batch *b, nl_fn fn, void *arg, const char *what, struct err *e) _must_check_;

/* The attribute of this type in len bytes from p on; NULL if there is none. Bounds are checked. */
const struct nlattr *nl_find(const void *p, size_t len, uint16_t type);
/* The attributes behind a family header of head bytes. */
const struct nlattr *nl_msg_find(const struct nlmsghdr *m, size_t head, uint16_t type);
size_t nl_len(const struct nlattr *a); /* of its contents */
const void *nl_data(const struct nlattr *a);
uint32_t nl_u32(const struct nlattr *a, uint32_t otherwise); /* otherwise: when a is NULL or too short */
/* A NUL-terminated text, or NULL. */
const char *nl_str(const struct nlattr *a);
/* Walks attributes: a = NULL begins; NULL ends. */
const struct nlattr *nl_next(const void *p, size_t len, const struct nlattr *a);

#endif
