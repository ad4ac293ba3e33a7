/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled filters, of both architectures, by an interpreter of our own: every number, every argument that is looked at;
 * and a child behind each of them in the kernel. */
/* wrap: syscall */
#include "sandbox/seccomp.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <linux/netlink.h>

#include "monitors/monitor.h"
#include "sandbox/seccomp_code.h"
#include "unit.h"

#define ALLOW SECCOMP_RET_ALLOW
#define KILL SECCOMP_RET_KILL_PROCESS
#define ERRNO(n) (SECCOMP_RET_ERRNO | (n))
#define ABSENT ERRNO(ENOSYS)
#define X32 0x40000000u

/* A kernel that has no filters: seccomp fails with this. */
static int fail_with;
long __real_syscall(long nr, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long nr, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	if (nr != SYS_seccomp || !fail_with)
		return __real_syscall(nr, a, b, c, d, e, f);
	errno = fail_with;
	return -1;
}

static const struct target {
	const char *name;
	uint32_t audit;
	const struct seccomp_profile *profiles;
	bool x86;
} targets[] = {
	{"x86-64", AUDIT_ARCH_X86_64, seccomp_x86_64, true},
	{"arm64", AUDIT_ARCH_AARCH64, seccomp_aarch64, false},
};
#define EACH_TARGET(a) (const struct target *a = targets; a < targets + 2; a++)
static const char *const profiles[] = {"monitor", "tender"};
#define EACH_PROFILE(p) (size_t p = 0; p < 2; p++)

/* What the kernel makes of one: instructions that seccomp knows and the generator writes, anything else is a failure. */
static uint32_t interpret(const struct seccomp_profile *p, const struct seccomp_data *d)
{
	uint32_t acc = 0;
	size_t steps = 0;

	for (size_t pc = 0; pc < p->n; pc++) {
		const struct sock_filter *i = &p->code[pc];

		assert_true(steps++ < 100);
		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(i->k % 4 == 0 && i->k + 4 <= sizeof(*d));
			memcpy(&acc, (const char *)d + i->k, 4);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			acc &= i->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += acc == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += acc >= i->k ? i->jt : i->jf;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			fail_msg("%s: instruction %zu is 0x%x", p->name, pc, i->code);
		}
	}
	fail_msg("%s: no return", p->name);
	return 0;
}

static const struct seccomp_profile *profile(const struct target *a, const char *name)
{
	for (const struct seccomp_profile *p = a->profiles; p->name; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	fail_msg("%s has no profile %s", a->name, name);
	return NULL;
}

static uint32_t by_number(const struct target *a, const char *name, uint32_t nr, const uint64_t *args)
{
	struct seccomp_data d = {.arch = a->audit, .nr = (int)nr};

	if (args)
		memcpy(d.args, args, sizeof(d.args));
	return interpret(profile(a, name), &d);
}

static int number(const struct target *a, const char *call)
{
	for (const struct seccomp_call *c = seccomp_calls; c->name; c++)
		if (strcmp(c->name, call) == 0)
			return a->x86 ? c->x86_64 : c->aarch64;
	fail_msg("%s is not in the table", call);
	return -1;
}

static int highest(const struct target *a)
{
	int top = -1;

	for (const struct seccomp_call *c = seccomp_calls; c->name; c++)
		if ((a->x86 ? c->x86_64 : c->aarch64) > top)
			top = a->x86 ? c->x86_64 : c->aarch64;
	return top;
}

static bool is_known(const struct target *a, int nr)
{
	for (const struct seccomp_call *c = seccomp_calls; c->name; c++)
		if ((a->x86 ? c->x86_64 : c->aarch64) == nr)
			return true;
	return false;
}

/* A call that only one of the architectures has is looked at there. */
static void assert_call(const char *name, const char *call, const uint64_t *args, uint32_t want)
{
	for
		EACH_TARGET(a)
		{
			int nr = number(a, call);
			uint32_t got;

			if (nr < 0)
				continue;
			got = by_number(a, name, (uint32_t)nr, args);
			if (got != want)
				fail_msg("%s, %s: %s is 0x%x instead of 0x%x", a->name, name, call, got, want);
		}
}
#define assert_args(name, call, want, ...) assert_call(name, call, (const uint64_t[6]){__VA_ARGS__}, want)

/* --- what must never be possible, written down here once more --- */

static void the_dangerous_are_killed(void **state)
{
	static const char *const calls[] = {"execveat",
					    "ptrace",
					    "process_vm_readv",
					    "process_vm_writev",
					    "kcmp",
					    "pidfd_getfd",
					    "mount",
					    "umount2",
					    "move_mount",
					    "fsopen",
					    "fsmount",
					    "fsconfig",
					    "fspick",
					    "open_tree",
					    "open_tree_attr",
					    "mount_setattr",
					    "pivot_root",
					    "chroot",
					    "setns",
					    "unshare",
					    "bpf",
					    "perf_event_open",
					    "keyctl",
					    "add_key",
					    "request_key",
					    "open_by_handle_at",
					    "name_to_handle_at",
					    "fanotify_init",
					    "fanotify_mark",
					    "init_module",
					    "finit_module",
					    "delete_module",
					    "kexec_load",
					    "kexec_file_load",
					    "reboot",
					    "swapon",
					    "swapoff",
					    "acct",
					    "quotactl",
					    "quotactl_fd",
					    "syslog",
					    "iopl",
					    "ioperm",
					    "modify_ldt",
					    "settimeofday",
					    "clock_settime",
					    "adjtimex",
					    "clock_adjtime",
					    "sethostname",
					    "setdomainname",
					    "uselib",
					    "lookup_dcookie",
					    "nfsservctl",
					    "setuid",
					    "setgid",
					    "setreuid",
					    "setregid",
					    "setresuid",
					    "setresgid",
					    "setfsuid",
					    "setfsgid",
					    "setgroups",
					    "capset",
					    "vhangup",
					    "create_module",
					    "query_module",
					    "get_kernel_syms",
					    "_sysctl",
					    "sysfs",
					    "ustat",
					    "move_pages",
					    "migrate_pages",
					    "remap_file_pages"};

	(void)state;
	for
		EACH_PROFILE(p)
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		assert_call(profiles[p], calls[i], NULL, KILL);
}

/* Tried by programs that can do without: they must find them missing, not die. */
static void the_tried_are_absent(void **state)
{
	static const char *const calls[] = {"clone3",
					    "io_uring_setup",
					    "io_uring_enter",
					    "userfaultfd",
					    "io_uring_register",
					    "memfd_secret",
					    "landlock_add_rule",
					    "landlock_create_ruleset",
					    "landlock_restrict_self"};

	(void)state;
	for
		EACH_PROFILE(p)
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		assert_call(profiles[p], calls[i], NULL, ABSENT);
}

/* Solo5's own filter, and what runs before execve replaces us. */
static void the_needed_are_allowed(void **state)
{
	static const char *const both[] =
		{"execve",    "write", "exit_group",       "seccomp",         "mmap",      "openat",
		 "read",      "futex", "rt_sigreturn",     "restart_syscall", "uretprobe", "rseq",
		 "getrandom", "mseal", "map_shadow_stack", "newfstatat",      "brk"};
	static const char *const monitor[] = {"futex_waitv", "futex_wait", "futex_wake",
					      "cachestat",   "fchmodat2",  "set_mempolicy_home_node",
					      "io_submit",   "fallocate",  "accept4",
					      "membarrier",  "mbind",      "openat2",
					      "pidfd_open",  "close_range"};

	(void)state;
	for
		EACH_PROFILE(p)
	for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++)
		assert_call(profiles[p], both[i], NULL, ALLOW);
	for (size_t i = 0; i < sizeof(monitor) / sizeof(monitor[0]); i++)
		assert_call("monitor", monitor[i], NULL, ALLOW);
}

/* --- every number --- */

static void what_nobody_knows_is_absent(void **state)
{
	(void)state;
	for
		EACH_TARGET(a)
		for
			EACH_PROFILE(p)
		for (int nr = 0; nr <= highest(a) + 5; nr++)
			if (!is_known(a, nr))
				assert_int_equal(by_number(a, profiles[p], (uint32_t)nr, NULL), ABSENT);
	for
		EACH_PROFILE(p)
		{
			assert_int_equal(by_number(&targets[0], profiles[p], X32 - 1, NULL), ABSENT);
			assert_int_equal(by_number(&targets[1], profiles[p], UINT32_MAX, NULL), ABSENT);
		}
}

static void tenders_get_less_than_monitors(void **state)
{
	int allowed[2] = {0};

	(void)state;
	for (int nr = 0; nr <= highest(&targets[0]); nr++) {
		uint32_t r[2];

		for
			EACH_PROFILE(p)
			{
				r[p] = by_number(&targets[0], profiles[p], (uint32_t)nr, NULL);
				allowed[p] += r[p] == ALLOW;
				assert_true(r[p] == ALLOW || r[p] == KILL ||
					    (r[p] & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO);
			}
		if (r[1] == ALLOW)
			assert_int_equal(r[0], ALLOW);
	}
	/* A list that grows is to be noticed. */
	assert_true(allowed[0] > 240 && allowed[0] < 270);
	assert_true(allowed[1] > 80 && allowed[1] < 100);
}

static void another_architecture_is_killed(void **state)
{
	static const uint32_t others[] = {AUDIT_ARCH_I386, AUDIT_ARCH_ARM, AUDIT_ARCH_RISCV64, 0, UINT32_MAX};

	(void)state;
	for
		EACH_TARGET(a)
		for
			EACH_PROFILE(p)
			{
				struct seccomp_data d = {.nr = number(a, "read"), .arch = a->audit};

				assert_int_equal(interpret(profile(a, profiles[p]), &d), ALLOW);
				for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
					d.arch = others[i];
					assert_int_equal(interpret(profile(a, profiles[p]), &d), KILL);
				}
				d.arch = targets[a == targets].audit;
				assert_int_equal(interpret(profile(a, profiles[p]), &d), KILL);
			}
}

static void x32_is_killed(void **state)
{
	(void)state;
	for
		EACH_PROFILE(p)
		{
			for (uint32_t nr = 0; nr < 600; nr++)
				assert_int_equal(by_number(&targets[0], profiles[p], X32 + nr, NULL), KILL);
			assert_int_equal(by_number(&targets[0], profiles[p], UINT32_MAX, NULL), KILL);
		}
}

/* --- arguments --- */

static void no_new_namespaces(void **state)
{
	static const uint64_t flags[] = {CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
					 CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET};
	const uint64_t thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
				CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;

	(void)state;
	for
		EACH_PROFILE(p)
		{
			assert_args(profiles[p], "clone", ALLOW, thread);
			for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
				assert_args(profiles[p], "clone", KILL, thread | flags[i]);
				assert_args(profiles[p], "clone", KILL, SIGCHLD | flags[i]);
				/* The upper half of the word is not the kernel's business, so it must not be ours. */
				assert_args(profiles[p], "clone", KILL, thread | flags[i] | 1ull << 40);
			}
		}
	assert_args("monitor", "clone", ALLOW, SIGCHLD);
	assert_args("monitor", "clone", ALLOW, CLONE_VM | CLONE_VFORK | SIGCHLD);
	assert_args("tender", "clone", KILL, SIGCHLD);
	assert_args("tender", "clone", KILL, CLONE_VM | CLONE_VFORK | SIGCHLD);
	assert_call("tender", "fork", NULL, KILL);
	assert_call("tender", "vfork", NULL, KILL);
}

static void requests_to_devices(void **state)
{
	(void)state;
	for
		EACH_PROFILE(p)
		{
			assert_args(profiles[p], "ioctl", ALLOW, 5, KVM_RUN);
			assert_args(profiles[p], "ioctl", ALLOW, 5, KVM_CREATE_VM);
			assert_args(profiles[p], "ioctl", ALLOW, 5, KVM_SET_USER_MEMORY_REGION);
			assert_args(profiles[p], "ioctl", ALLOW, 5, TUNSETIFF);
			assert_args(profiles[p], "ioctl", ALLOW, 5, TIOCGWINSZ);
			assert_args(profiles[p], "ioctl", ALLOW, 5, 0x5401 /* TCGETS */);
		}
	/* Also with rubbish above the 32 bits that the kernel looks at. */
	for (int i = 0; i < 2; i++) {
		uint64_t rubbish = i ? 0xdead00000000ull : 0;

		assert_args("monitor", "ioctl", ERRNO(EPERM), 0, TIOCSTI | rubbish);
		assert_args("monitor", "ioctl", ERRNO(EPERM), 0, TIOCLINUX | rubbish);
		assert_args("monitor", "ioctl", ERRNO(EPERM), 0, TIOCSETD | rubbish);
		assert_args("tender", "ioctl", ERRNO(ENOTTY), 0, TIOCSTI | rubbish);
	}
	assert_args("monitor", "ioctl", ALLOW, 0, 0xaf01 /* VHOST_SET_OWNER */);
	assert_args("tender", "ioctl", ERRNO(ENOTTY), 0, 0xaf01);
	assert_args("tender", "ioctl", ERRNO(ENOTTY), 0, SIOCSIFFLAGS);
	assert_args("tender", "ioctl", ALLOW, 0, SIOCGIFMTU);
}

static void kinds_of_sockets(void **state)
{
	static const uint64_t never[] = {AF_PACKET, AF_VSOCK, AF_ALG, AF_BLUETOOTH, AF_XDP, AF_KEY,
					 AF_TIPC,   AF_RDS,   AF_CAN, AF_NFC,       AF_SMC, AF_UNSPEC};

	(void)state;
	for
		EACH_PROFILE(p)
		{
			for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
				assert_args(profiles[p], "socket", ERRNO(EAFNOSUPPORT), never[i], SOCK_RAW);
			assert_args(profiles[p], "socket", ALLOW, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
				    NETLINK_ROUTE);
			assert_args(profiles[p], "socket", ERRNO(EAFNOSUPPORT), AF_NETLINK, SOCK_RAW,
				    NETLINK_NETFILTER);
			assert_args(profiles[p], "socket", ALLOW, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC);
		}
	assert_args("monitor", "socket", ALLOW, AF_UNIX, SOCK_STREAM);
	assert_args("monitor", "socket", ALLOW, AF_INET6, SOCK_STREAM);
	assert_args("monitor", "socketpair", ALLOW, AF_UNIX, SOCK_STREAM);
	assert_args("monitor", "socketpair", ERRNO(EAFNOSUPPORT), AF_TIPC, SOCK_STREAM);
	assert_args("tender", "socket", ERRNO(EAFNOSUPPORT), AF_INET, SOCK_STREAM);
	assert_args("tender", "socket", ERRNO(EAFNOSUPPORT), AF_UNIX, SOCK_STREAM);
	assert_call("tender", "connect", NULL, KILL);
	assert_call("tender", "listen", NULL, KILL);
}

/* A guest makes them on a 9p share, so what the kernel refuses is an error, and nothing kills. */
static void nodes_of_a_share(void **state)
{
	static const struct {
		uint64_t mode;
		uint32_t want;
	} cases[] = {{0644, ALLOW},
		     {S_IFREG | 0644, ALLOW},
		     {S_IFIFO | 04755, ALLOW},
		     {S_IFSOCK | 0600, ALLOW},
		     {S_IFCHR | 0666, ERRNO(EPERM)},
		     {S_IFBLK | 0666, ERRNO(EPERM)},
		     /* the kernel's type has 16 bits */
		     {0x10000 | S_IFCHR, ERRNO(EPERM)}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_args("monitor", "mknod", cases[i].want, 0, cases[i].mode);
		assert_args("monitor", "mknodat", cases[i].want, 3, 0, cases[i].mode);
	}
	assert_call("tender", "mknodat", NULL, KILL);
}

static void what_a_tender_may_say_of_itself(void **state)
{
	(void)state;
	assert_args("tender", "prctl", ALLOW, PR_SET_SECCOMP, SECCOMP_MODE_FILTER);
	assert_args("tender", "prctl", ALLOW, PR_SET_NO_NEW_PRIVS, 1);
	assert_args("tender", "prctl", ALLOW, PR_SET_NAME);
	assert_args("tender", "prctl", ERRNO(EPERM), PR_SET_DUMPABLE, 1);
	assert_args("tender", "prctl", ERRNO(EPERM), PR_SET_MM);
	for
		EACH_PROFILE(p)
		{
			assert_args(profiles[p], "personality", ALLOW, 0xffffffff);
			assert_args(profiles[p], "personality", ALLOW, UINT64_MAX);
			assert_args(profiles[p], "personality", ERRNO(EPERM),
				    0x0040000 /* ADDR_NO_RANDOMIZE */);
		}
}

/* --- the kernel --- */

/* What became of a child that entered the filter and made this call: its wait status. */
static int behind(const char *name, long nr, long first)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct err e = {0};

		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || seccomp_enter(name, &e) < 0)
			_exit(99);
		errno = 0;
		syscall(SYS_exit_group, syscall(nr, first, -1L, -1L, -1L, -1L, -1L) < 0 ? errno : 0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool kernel_filters(void)
{
	int status = behind("monitor", SYS_getppid, 0);

	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Every number that is not let through, in the kernel itself: an emulator of programs would not know the filter. */
static void the_kernel_agrees(void **state)
{
#if defined(__x86_64__)
	const struct target *a = &targets[0];
#else
	const struct target *a = &targets[1];
#endif
	const uint64_t args[6] = {(uint64_t)-1, (uint64_t)-1, (uint64_t)-1,
				  (uint64_t)-1, (uint64_t)-1, (uint64_t)-1};

	(void)state;
	unit_needs("filters of system calls", kernel_filters());
	for
		EACH_PROFILE(p)
	for (int nr = 0; nr <= highest(a) + 5; nr++) {
		uint32_t want = by_number(a, profiles[p], (uint32_t)nr, args);
		int status;

		if (want == ALLOW)
			continue;
		status = behind(profiles[p], nr, -1);
		if (want == KILL ? !WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS
				 : !WIFEXITED(status) || ERRNO((uint32_t)WEXITSTATUS(status)) != want)
			fail_msg("%s: %d is 0x%x, the status 0x%x", profiles[p], nr, want, status);
	}
}

static void two_filters_can_be_put_on(void **state)
{
	struct err e = {0};
	int status = 0;
	pid_t pid;

	(void)state;
	unit_needs("filters of system calls", kernel_filters());
	pid = fork();
	if (pid == 0)
		_exit(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || seccomp_enter("tender", &e) < 0 ||
		      seccomp_enter("tender", &e) < 0 || prctl(PR_GET_SECCOMP) != SECCOMP_MODE_FILTER);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void errors_say_what_to_do(void **state)
{
	struct err e = {0};

	(void)state;
	assert_fails(seccomp_enter("docker", &e), e, EINVAL, "seccomp profile 'docker' is unknown");
	fail_with = EINVAL;
	assert_fails(seccomp_enter("monitor", &e), e, EINVAL, "CONFIG_SECCOMP_FILTER");
	assert_non_null(strstr(e.msg, "seccomp=unconfined"));
	fail_with = ENOSYS;
	assert_fails(seccomp_enter("monitor", &e), e, EINVAL, "CONFIG_SECCOMP_FILTER");
	fail_with = EACCES;
	assert_fails(seccomp_enter("tender", &e), e, EACCES, "the filter of system calls 'tender'");
	fail_with = 0;
}

static void each_monitor_has_one(void **state)
{
	const struct monitor_ops *m;
	size_t i = 0;

	(void)state;
	while ((m = monitor_next(&i)))
		for
			EACH_TARGET(a)
	assert_non_null(profile(a, m->seccomp_profile ? m->seccomp_profile : "monitor"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_dangerous_are_killed),
		cmocka_unit_test(the_tried_are_absent),
		cmocka_unit_test(the_needed_are_allowed),
		cmocka_unit_test(what_nobody_knows_is_absent),
		cmocka_unit_test(tenders_get_less_than_monitors),
		cmocka_unit_test(another_architecture_is_killed),
		cmocka_unit_test(x32_is_killed),
		cmocka_unit_test(no_new_namespaces),
		cmocka_unit_test(requests_to_devices),
		cmocka_unit_test(kinds_of_sockets),
		cmocka_unit_test(nodes_of_a_share),
		cmocka_unit_test(what_a_tender_may_say_of_itself),
		cmocka_unit_test(the_kernel_agrees),
		cmocka_unit_test(two_filters_can_be_put_on),
		cmocka_unit_test(errors_say_what_to_do),
		cmocka_unit_test(each_monitor_has_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
