/* SPDX-License-Identifier: Apache-2.0 */
/* The network library by hand, for tests: discover, attach, detach. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "net/bpf_call.h"
#include "net/net.h"
#include "net/nft.h"
#include "net/ns.h"
#include "net/pod.h"

static const char usage[] =
	"usage: netctl discover NETNS\n"
	"       netctl attach NETNS JOURNAL [fd|name] [static] [also] [link=NAME] [uid=N] [-- COMMAND...]\n"
	"       netctl detach NETNS JOURNAL\n"
	"       netctl age NETNS SECONDS: as if that time had gone by since guests sent something (-1: a clock ahead)\n";

static void die(const struct err *e)
{
	dprintf(2, "netctl: %s\n", e->msg);
	exit(1);
}

static int note(void *arg, const char *line, struct err *e)
{
	if (dprintf(*(int *)arg, "%s\n", line) < 0)
		return err_sys(e, "journal");
	return 0;
}

static int open_netns(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		perror(path);
		exit(1);
	}
	return fd;
}

static const struct net_link *choose(const struct net_facts *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->links.n; i++) {
		if (!name || strcmp(f->links.v[i].name, name) == 0)
			return &f->links.v[i];
	}
	dprintf(2, "netctl: no such link\n");
	exit(1);
}

static void attach(int ns, int argc, char **argv)
{
	struct arena a = {0};
	struct err e = {0};
	struct net_facts facts;
	struct net_guest g;
	struct net_wish w = {.journal = note, .uid = 65534, .gid = 65534};
	const char *link = NULL, *text;
	struct strbuf sb = STRBUF(&a);
	int i, journal = open(argv[0], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	w.journal_arg = &journal;
	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "fd") == 0)
			w.by_fd = true;
		else if (strcmp(argv[i], "static") == 0)
			w.mode = NET_STATIC;
		else if (strcmp(argv[i], "also") == 0)
			w.also = true;
		else if (strncmp(argv[i], "link=", 5) == 0)
			link = argv[i] + 5;
		else if (strncmp(argv[i], "uid=", 4) == 0)
			w.uid = w.gid = (uint32_t)atoi(argv[i] + 4);
	}
	if (net_discover(ns, &a, &facts, &e) < 0 || net_find_resolver(ns, &a, &facts, &e) < 0)
		die(&e);
	w.link = choose(&facts, link);
	w.resolver_udp = facts.resolver_udp;
	w.resolver_tcp = facts.resolver_tcp;
	if (net_attach(ns, &w, &a, &g, &e) < 0)
		die(&e);
	record_to_json(&rec_vm_nic, &g.nic, 0, &sb);
	if (sb_done(&sb, &text, &e) < 0)
		die(&e);
	printf("{\"nic\": %s, \"tap\": \"%s\", \"number\": %u, \"resolver\": \"%s\", \"warning\": \"%s\"}\n",
	       text, g.tap, g.number, g.resolver ? g.resolver : "", g.warning ? g.warning : "");
	fflush(stdout);
	if (i + 1 >= argc)
		return;
	if (w.by_fd && fd_move(g.nic.fd, 9, &e) < 0)
		die(&e);
	execvp(argv[i + 1], argv + i + 1);
	perror(argv[i + 1]);
	exit(1);
}

static void detach(int ns, const char *journal)
{
	struct arena a = {0};
	struct err e = {0};
	struct bytes text = {0};
	struct strv lines = STRV(&a);
	struct strs done;
	char *s, *save = NULL;

	if (access(journal, F_OK) == 0 && file_read(AT_FDCWD, journal, 1 << 20, &a, &text, &e) < 0)
		die(&e);
	for (s = text.p ? strtok_r((char *)text.p, "\n", &save) : NULL; s; s = strtok_r(NULL, "\n", &save))
		strv_add(&lines, s);
	if (strv_done(&lines, &done, &e) < 0 || net_detach(ns, &done, &e) < 0)
		die(&e);
}

static void tables(int ns)
{
	_cleanup_fd_ int nf = -1;
	struct err e = {0};
	char name[64];

	if (netns_netlink(ns, NETLINK_NETFILTER, &nf, &e) < 0 || nft_any(nf, name, sizeof(name), &e) < 0)
		die(&e);
	if (name[0])
		puts(name);
}

static void age(int ns, uint32_t seconds)
{
	_cleanup_pod_ struct pod pod = {0};
	_cleanup_fd_ int rt = -1;
	struct pod_key key;
	union bpf_attr attr = {0};
	struct err e = {0};

	if (netns_netlink(ns, NETLINK_ROUTE, &rt, &e) < 0 || pod_open(rt, &pod, &e) < 0)
		die(&e);
	attr.map_fd = (uint32_t)pod.maps[POD_MAP_FLOWS];
	attr.next_key = (uintptr_t)&key;
	while (syscall(SYS_bpf, BPF_MAP_GET_NEXT_KEY, &attr, sizeof(attr)) == 0) {
		struct pod_flow f;

		attr.key = (uintptr_t)&key;
		if (bpf_map_get(pod.maps[POD_MAP_FLOWS], &key, &f) < 0)
			continue;
		f.heard_s -= seconds;
		(void)bpf_map_set(pod.maps[POD_MAP_FLOWS], &key, &f);
	}
}

static void maps(void)
{
	union bpf_attr attr = {0};
	unsigned n = 0;

	for (; syscall(SYS_bpf, BPF_MAP_GET_NEXT_ID, &attr, sizeof(attr)) == 0; attr.start_id = attr.next_id)
		n++;
	printf("%u\n", n);
}

int main(int argc, char **argv)
{
	struct arena a = {0};
	struct err e = {0};
	struct net_facts facts;
	struct strbuf sb = STRBUF(&a);
	const char *text;

	if (argc == 3 && strcmp(argv[1], "discover") == 0) {
		int ns = open_netns(argv[2]);

		if (net_discover(ns, &a, &facts, &e) < 0 || net_find_resolver(ns, &a, &facts, &e) < 0)
			die(&e);
		record_to_json(&rec_net_facts, &facts, 1, &sb);
		if (sb_done(&sb, &text, &e) < 0)
			die(&e);
		puts(text);
	} else if (argc >= 4 && strcmp(argv[1], "attach") == 0) {
		attach(open_netns(argv[2]), argc - 3, argv + 3);
	} else if (argc == 4 && strcmp(argv[1], "detach") == 0) {
		detach(open_netns(argv[2]), argv[3]);
	} else if (argc == 3 && strcmp(argv[1], "tables") == 0) {
		tables(open_netns(argv[2]));
	} else if (argc == 4 && strcmp(argv[1], "age") == 0) {
		age(open_netns(argv[2]), (uint32_t)atoi(argv[3]));
	} else if (argc == 2 && strcmp(argv[1], "maps") == 0) {
		maps();
	} else {
		fputs(usage, stderr);
		return 2;
	}
	return 0;
}
