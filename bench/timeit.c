/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drives several runtimes through the same life cycle, turn about (A B C, B C A, ...), and writes one line for every
 * command: round, contender, step, wall time in us, CPU time in us (with all children it waited for), peak RSS in KB.
 *   timeit ROUNDS WARMUPS FILE          results on standard output, tab-separated
 * FILE: for each contender a line "contender NAME", then "pidfile PATH" and one line per step, "STEP WORD WORD...",
 * in order. Words are separated by single blanks. Two steps are our own: after "kill" the container's process is
 * waited for ("gone": from the end of kill to its death, with the CPU time of its whole life), because we are its
 * subreaper, as a containerd shim is.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONTENDERS 8
#define STEPS 8
#define WORDS 32

struct step {
	const char *name;
	char *argv[WORDS];
};
struct contender {
	const char *name, *pidfile;
	struct step steps[STEPS];
	size_t nsteps;
};

static struct contender contenders[CONTENDERS];
static size_t ncontenders;
static char config[1 << 16];
extern char **environ;

static void die(const char *what)
{
	fprintf(stderr, "timeit: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static long long cpu_us(const struct rusage *r)
{
	return (r->ru_utime.tv_sec + r->ru_stime.tv_sec) * 1000000LL + r->ru_utime.tv_usec +
	       r->ru_stime.tv_usec;
}

static void add_line(char *line)
{
	char *save = NULL, *word = strtok_r(line, " ", &save);
	struct contender *c = ncontenders ? &contenders[ncontenders - 1] : NULL;
	struct step *s;
	size_t n = 0;

	if (!word)
		return;
	if (strcmp(word, "contender") == 0 && ncontenders < CONTENDERS) {
		contenders[ncontenders++].name = strtok_r(NULL, " ", &save);
	} else if (c && strcmp(word, "pidfile") == 0) {
		c->pidfile = strtok_r(NULL, " ", &save);
	} else if (c && c->nsteps < STEPS) {
		s = &c->steps[c->nsteps++];
		s->name = word;
		while (n < WORDS - 1 && (word = strtok_r(NULL, " ", &save)) != NULL)
			s->argv[n++] = word;
	}
}

static void read_config(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *save = NULL, *line;

	if (fd < 0 || read(fd, config, sizeof(config) - 1) <= 0)
		die(path);
	close(fd);
	for (line = strtok_r(config, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		add_line(line);
}

static void print(int round, const struct contender *c, const char *step, long long wall,
		  const struct rusage *r)
{
	if (round >= 0)
		printf("%d\t%s\t%s\t%lld\t%lld\t%ld\n", round, c->name, step, wall, cpu_us(r), r->ru_maxrss);
}

/* Takes in whatever else of the container has come to us, so that the next contender is not charged with it. */
static void reap_rest(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void run_step(int round, const struct contender *c, const struct step *s,
		     const posix_spawn_file_actions_t *fa)
{
	struct rusage r;
	int status = 0;
	long long t0;
	pid_t pid;

	t0 = now_us();
	if (posix_spawn(&pid, s->argv[0], fa, NULL, s->argv, environ) != 0)
		die(s->argv[0]);
	while (wait4(pid, &status, 0, &r) != pid)
		;
	print(round, c, s->name, now_us() - t0, &r);
	if (status != 0) {
		fprintf(stderr, "timeit: %s: %s ended with status 0x%x\n", c->name, s->name, (unsigned)status);
		exit(1);
	}
}

static void wait_gone(int round, const struct contender *c)
{
	long long t0 = now_us();
	struct rusage r;
	char text[32] = "";
	int fd = open(c->pidfile, O_RDONLY | O_CLOEXEC);
	pid_t pid;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		die(c->pidfile);
	close(fd);
	pid = (pid_t)strtol(text, NULL, 10);
	if (wait4(pid, NULL, 0, &r) != pid)
		die("the container's process is not ours");
	print(round, c, "gone", now_us() - t0, &r);
	reap_rest();
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t fa;
	int rounds, round;
	size_t i, j;

	if (argc != 4) {
		fprintf(stderr, "usage: timeit ROUNDS WARMUPS FILE\n");
		return 2;
	}
	rounds = (int)strtol(argv[1], NULL, 10);
	read_config(argv[3]);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		die("subreaper");
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	for (round = -(int)strtol(argv[2], NULL, 10); round < rounds; round++) {
		for (i = 0; i < ncontenders; i++) {
			const struct contender *c = &contenders[(i + (size_t)(round + 1000000)) % ncontenders];

			for (j = 0; j < c->nsteps; j++) {
				run_step(round, c, &c->steps[j], &fa);
				if (strcmp(c->steps[j].name, "kill") == 0)
					wait_gone(round, c);
			}
		}
	}
	return 0;
}
