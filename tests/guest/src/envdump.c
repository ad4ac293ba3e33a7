/* SPDX-License-Identifier: Apache-2.0 */
/* Guest test program: prints what it was given (arguments, environment, ids, directory…) as one JSON line. */
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

extern char **environ;

static void text(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\' || c < 0x20)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void list(const char *name, char *const *v)
{
	printf(",\"%s\":[", name);
	for (size_t i = 0; v[i]; i++) {
		if (i)
			putchar(',');
		text(v[i]);
	}
	putchar(']');
}

static void groups(void)
{
	static gid_t g[65536];
	int n = getgroups(65536, g);

	printf(",\"groups\":[");
	for (int i = 0; i < n; i++)
		printf("%s%u", i ? "," : "", g[i]);
	putchar(']');
}

static void limit(const char *name, int resource)
{
	struct rlimit r = {0};

	getrlimit(resource, &r);
	printf(",\"%s\":[%llu,%llu]", name, (unsigned long long)r.rlim_cur, (unsigned long long)r.rlim_max);
}

int main(int argc, char **argv)
{
	static char cwd[4096];
	struct utsname u;
	mode_t mask = umask(0);

	(void)argc;
	uname(&u);
	printf("{\"uid\":%u,\"euid\":%u,\"gid\":%u,\"egid\":%u,\"pid\":%d,\"ppid\":%d,\"sid\":%d,\"umask\":%u",
	       getuid(), geteuid(), getgid(), getegid(), getpid(), getppid(), getsid(0), mask);
	printf(",\"tty\":%s,\"cwd\":", tcgetpgrp(0) == getpgrp() ? "true" : "false");
	text(getcwd(cwd, sizeof(cwd)) ? cwd : "?");
	printf(",\"hostname\":");
	text(u.nodename);
	printf(",\"release\":");
	text(u.release);
	list("args", argv);
	list("env", environ);
	groups();
	limit("nofile", RLIMIT_NOFILE);
	limit("core", RLIMIT_CORE);
	printf("}\n");
	return 0;
}
