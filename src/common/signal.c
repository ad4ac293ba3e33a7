/* SPDX-License-Identifier: Apache-2.0 */
/* Signal names as people and engines write them. */
#include <errno.h>
#include <signal.h>
#include <strings.h>

#include "common/proc.h"
#include "common/str.h"

/* The numbers that programs see: libc keeps 32 and 33 for itself. */
#define RT_MIN 34
#define RT_MAX 64

static const struct {
	const char *name;
	int signo;
} signals[] = {
	{"HUP", SIGHUP},   {"INT", SIGINT},     {"QUIT", SIGQUIT},     {"ILL", SIGILL},
	{"TRAP", SIGTRAP}, {"ABRT", SIGABRT},   {"IOT", SIGABRT},      {"BUS", SIGBUS},
	{"FPE", SIGFPE},   {"KILL", SIGKILL},   {"USR1", SIGUSR1},     {"SEGV", SIGSEGV},
	{"USR2", SIGUSR2}, {"PIPE", SIGPIPE},   {"ALRM", SIGALRM},     {"TERM", SIGTERM},
	{"CHLD", SIGCHLD}, {"CLD", SIGCHLD},    {"STKFLT", SIGSTKFLT}, {"CONT", SIGCONT},
	{"STOP", SIGSTOP}, {"TSTP", SIGTSTP},   {"TTIN", SIGTTIN},     {"TTOU", SIGTTOU},
	{"URG", SIGURG},   {"XCPU", SIGXCPU},   {"XFSZ", SIGXFSZ},     {"VTALRM", SIGVTALRM},
	{"PROF", SIGPROF}, {"WINCH", SIGWINCH}, {"IO", SIGIO},         {"POLL", SIGIO},
	{"PWR", SIGPWR},   {"SYS", SIGSYS},     {"RTMIN", RT_MIN},     {"RTMAX", RT_MAX},
};

/* "RTMIN+n" and "RTMAX-n". */
static bool parse_realtime(const char *s, int *ret)
{
	uint64_t n;

	if (strncasecmp(s, "RTMIN+", 6) == 0 && str_u64(s + 6, 0, RT_MAX - RT_MIN, &n)) {
		*ret = RT_MIN + (int)n;
		return true;
	}
	if (strncasecmp(s, "RTMAX-", 6) == 0 && str_u64(s + 6, 0, RT_MAX - RT_MIN, &n)) {
		*ret = RT_MAX - (int)n;
		return true;
	}
	return false;
}

int signal_parse(const char *s, int *ret, struct err *e)
{
	const char *name = s;
	uint64_t n;

	if (str_u64(s, 0, 64, &n)) {
		*ret = (int)n;
		return 0;
	}
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (strcasecmp(name, signals[i].name) == 0) {
			*ret = signals[i].signo;
			return 0;
		}
	}
	if (parse_realtime(name, ret))
		return 0;
	return err_set(e, EINVAL,
		       "unknown signal '%s': use a name such as TERM or SIGTERM, or a number from 0 to 64", s);
}
