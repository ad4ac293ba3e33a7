/* SPDX-License-Identifier: Apache-2.0 */
/* bpf(2): maps and programs by descriptor. */
#include "net/bpf_call.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/fd.h"

#define INSNS_MAX 8192
#define WALK_MAX 65536

static int call(int cmd, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return (int)r;
}

/* The kernel takes pointers as numbers. */
static uint64_t number(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

int bpf_map_make(const struct pod_map *m, int *ret_fd, struct err *e)
{
	union bpf_attr attr = {.map_type = m->type,
			       .key_size = m->key_bytes,
			       .value_size = m->value_bytes,
			       .max_entries = m->entries,
			       .map_flags = m->flags};
	int fd;

	strncpy(attr.map_name, m->name, sizeof(attr.map_name) - 1);
	fd = call(BPF_MAP_CREATE, &attr);
	if (fd < 0)
		return err_sys(e, "cannot make the BPF map '%s'", m->name);
	*ret_fd = fd;
	return 0;
}

int bpf_map_get(int fd, const void *key, void *value)
{
	union bpf_attr attr = {.map_fd = (uint32_t)fd, .key = number(key), .value = number(value)};

	return call(BPF_MAP_LOOKUP_ELEM, &attr) < 0 ? -errno : 0;
}

int bpf_map_set(int fd, const void *key, const void *value)
{
	union bpf_attr attr = {.map_fd = (uint32_t)fd, .key = number(key), .value = number(value)};

	return call(BPF_MAP_UPDATE_ELEM, &attr) < 0 ? -errno : 0;
}

int bpf_map_drop(int fd, const void *key)
{
	union bpf_attr attr = {.map_fd = (uint32_t)fd, .key = number(key)};

	return call(BPF_MAP_DELETE_ELEM, &attr) < 0 ? -errno : 0;
}

void bpf_map_drop_value(int fd, uint32_t value)
{
	_Alignas(8) uint8_t keys[2][64];
	union bpf_attr attr = {.map_fd = (uint32_t)fd, .next_key = number(keys[0])};
	size_t at = 0, steps;
	uint32_t got[2] = {~value};

	/* The next key is asked for before this one goes, or the walk would begin again; as it does when somebody else drops it,
	 * so its length is bounded. */
	for (steps = 0; steps < WALK_MAX && call(BPF_MAP_GET_NEXT_KEY, &attr) == 0; steps++) {
		uint64_t previous = attr.key;

		if (previous && bpf_map_get(fd, keys[!at], got) == 0 && got[0] == value)
			(void)bpf_map_drop(fd, keys[!at]);
		attr.key = number(keys[at]);
		at = !at;
		attr.next_key = number(keys[at]);
	}
	if (attr.key && bpf_map_get(fd, keys[!at], got) == 0 && got[0] == value)
		(void)bpf_map_drop(fd, keys[!at]);
}

/* What the verifier said last, for the error text: its log is long and its point at the end. */
static const char *last_words(char *log)
{
	size_t n = strlen(log);
	char *line;

	while (n && log[n - 1] == '\n')
		log[--n] = '\0';
	/* The last line counts instructions. */
	line = strstr(log, "\nprocessed ");
	if (line)
		*line = '\0';
	line = strrchr(log, '\n');
	return line ? line + 1 : log;
}

int bpf_load(const struct pod_code *c, const int *maps, int *ret_fd, struct err *e)
{
	struct bpf_insn insns[INSNS_MAX];
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_SCHED_CLS,
			       .insn_cnt = (uint32_t)c->n,
			       .insns = number(insns),
			       .license = number("Apache-2.0")};
	char log[65536];
	int fd, code;
	size_t i;

	if (c->n > INSNS_MAX)
		return err_set(e, E2BIG, "the BPF program '%s' has more than %d instructions", c->name,
			       INSNS_MAX);
	memcpy(insns, c->insns, c->n * sizeof(insns[0]));
	for (i = 0; i < c->nrelocs; i++) {
		insns[c->relocs[i].insn].src_reg = BPF_PSEUDO_MAP_FD;
		insns[c->relocs[i].insn].imm = maps[c->relocs[i].map];
	}
	strncpy(attr.prog_name, "urunc_", sizeof(attr.prog_name) - 1);
	strncat(attr.prog_name, c->name, sizeof(attr.prog_name) - 7);
	fd = call(BPF_PROG_LOAD, &attr);
	if (fd < 0) {
		code = errno;
		/* Once more for its reasons. */
		log[0] = '\0';
		attr.log_buf = number(log);
		attr.log_size = sizeof(log);
		attr.log_level = 1;
		fd = call(BPF_PROG_LOAD, &attr);
		if (fd < 0)
			return err_set(e, code, "the kernel refuses the BPF program '%s': %s%s%.200s",
				       c->name, strerrordesc_np(code), log[0] ? ": " : "", last_words(log));
	}
	*ret_fd = fd;
	return 0;
}

int bpf_program_by_id(uint32_t id, int *ret_fd, struct err *e)
{
	union bpf_attr attr = {.prog_id = id};
	int fd = call(BPF_PROG_GET_FD_BY_ID, &attr);

	if (fd < 0)
		return err_sys(e, "cannot open the BPF program %u", id);
	*ret_fd = fd;
	return 0;
}

static int info(int fd, void *to, uint32_t n)
{
	union bpf_attr attr = {.info = {.bpf_fd = (uint32_t)fd, .info_len = n, .info = number(to)}};

	return call(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0 ? -errno : 0;
}

static bool is_map(const struct bpf_map_info *got, const struct pod_map *want)
{
	return strncmp(got->name, want->name, sizeof(got->name)) == 0 && got->type == want->type &&
	       got->key_size == want->key_bytes && got->value_size == want->value_bytes &&
	       got->max_entries == want->entries;
}

int bpf_program_maps(int program_fd, const struct pod_map *wanted, size_t n, int *ret_fds, struct err *e)
{
	uint32_t ids[BPF_MAPS_MAX] = {0};
	struct bpf_prog_info prog = {.nr_map_ids = BPF_MAPS_MAX, .map_ids = number(ids)};
	size_t i, k, have = 0;

	for (k = 0; k < n; k++)
		ret_fds[k] = -1;
	if (info(program_fd, &prog, sizeof(prog)) < 0)
		return err_sys(e, "cannot ask for the maps of a BPF program");
	for (i = 0; i < prog.nr_map_ids && i < BPF_MAPS_MAX; i++) {
		union bpf_attr attr = {.map_id = ids[i]};
		_cleanup_fd_ int fd = call(BPF_MAP_GET_FD_BY_ID, &attr);
		struct bpf_map_info map = {0};

		if (fd < 0 || info(fd, &map, sizeof(map)) < 0)
			continue;
		for (k = 0; k < n; k++) {
			if (ret_fds[k] < 0 && is_map(&map, &wanted[k])) {
				ret_fds[k] = fd_steal(&fd);
				have++;
				break;
			}
		}
	}
	if (have == n)
		return 0;
	for (k = 0; k < n; k++)
		fd_close(&ret_fds[k]);
	return err_set(e, EPROTO, "a BPF program of ours does not use the maps that it should");
}
