/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns the lines of timeit into tables: median and quartiles of every step, and the paired ratio of the first
 * contender to each other one, with a bootstrap 95 % interval.
 *   report BASE < timeit-output          tables
 *   report -j BASE < timeit-output       the same as JSON
 * Besides the steps there are sums over a round: "cycle" (create + start + delete) and "life" (all commands); their CPU
 * time has that of the container's process added, because a good part of create and start happens in there.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES 16
#define ROUNDS 4096
#define RESAMPLES 2000

enum metric { WALL, CPU, RSS, METRICS };
static const char *const metric_names[] = {"wall", "cpu", "rss"};
static const char *const metric_units[] = {"us", "us", "KB"};

static char contenders[NAMES][32], steps[NAMES][32];
static size_t ncontenders, nsteps, nrounds;
static double *cell(size_t contender, size_t step, int metric)
{
	static double *table[NAMES][NAMES][METRICS];

	if (!table[contender][step][metric])
		table[contender][step][metric] = calloc(ROUNDS, sizeof(double));
	return table[contender][step][metric];
}

static size_t index_of(char names[][32], size_t *n, const char *name)
{
	size_t i;

	for (i = 0; i < *n; i++) {
		if (strcmp(names[i], name) == 0)
			return i;
	}
	if (*n == NAMES)
		exit(1);
	snprintf(names[*n], sizeof(names[0]), "%s", name);
	return (*n)++;
}

/* One measurement: into its own step, and into the sums it is part of. */
static void add(size_t round, const char *contender, const char *step, const double v[METRICS])
{
	bool gone = strcmp(step, "gone") == 0;
	bool cycle = strcmp(step, "create") == 0 || strcmp(step, "start") == 0 || strcmp(step, "delete") == 0;
	size_t c = index_of(contenders, &ncontenders, contender), s = index_of(steps, &nsteps, step), m;

	for (m = 0; m < METRICS; m++)
		cell(c, s, (int)m)[round] = v[m];
	for (s = 0; s < 2; s++) {
		if (s == 0 && !cycle && !gone)
			continue;
		cell(c, s, WALL)[round] += gone ? 0 : v[WALL];
		cell(c, s, CPU)[round] += v[CPU];
		if (!gone && v[RSS] > cell(c, s, RSS)[round])
			cell(c, s, RSS)[round] = v[RSS];
	}
	if (round + 1 > nrounds)
		nrounds = round + 1;
}

static void read_lines(void)
{
	char line[256], *save, *word[3 + METRICS];
	double v[METRICS];
	size_t i, round;

	(void)index_of(steps, &nsteps, "cycle");
	(void)index_of(steps, &nsteps, "life");
	while (fgets(line, sizeof(line), stdin)) {
		save = NULL;
		for (i = 0; i < 3 + METRICS; i++)
			word[i] = strtok_r(i ? NULL : line, "\t\n", &save);
		if (!word[2 + METRICS])
			continue;
		round = strtoul(word[0], NULL, 10);
		for (i = 0; i < METRICS; i++)
			v[i] = strtod(word[3 + i], NULL);
		if (round < ROUNDS)
			add(round, word[1], word[2], v);
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double quantile(const double *sorted, size_t n, double q)
{
	double at = q * (double)(n - 1);
	size_t i = (size_t)at;

	return i + 1 < n ? sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[i];
}

struct summary {
	double min, q1, median, q3, p95;
};

static struct summary summarize(const double *v, size_t n)
{
	static double sorted[ROUNDS];

	memcpy(sorted, v, n * sizeof(*v));
	qsort(sorted, n, sizeof(*sorted), by_value);
	return (struct summary){sorted[0], quantile(sorted, n, 0.25), quantile(sorted, n, 0.5),
				quantile(sorted, n, 0.75), quantile(sorted, n, 0.95)};
}

struct ratio {
	double median, low, high;
};

/* The same numbers in every run: the result depends on the measurements only. */
static unsigned long long chance(void)
{
	static unsigned long long x = 88172645463325252ull;

	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

static struct ratio paired_ratio(const double *a, const double *b, size_t n)
{
	static double ratios[ROUNDS], sample[ROUNDS], medians[RESAMPLES];
	struct ratio r;
	size_t i, j;

	for (i = 0; i < n; i++)
		ratios[i] = b[i] > 0 ? a[i] / b[i] : 0;
	r.median = summarize(ratios, n).median;
	for (j = 0; j < RESAMPLES; j++) {
		for (i = 0; i < n; i++)
			sample[i] = ratios[chance() % n];
		medians[j] = summarize(sample, n).median;
	}
	qsort(medians, RESAMPLES, sizeof(*medians), by_value);
	r.low = quantile(medians, RESAMPLES, 0.025);
	r.high = quantile(medians, RESAMPLES, 0.975);
	return r;
}

static void print_tables(size_t base)
{
	size_t c, s;
	int m;

	for (m = 0; m < METRICS; m++) {
		printf("\n%s, %s: median (quartiles)", metric_names[m], metric_units[m]);
		if (m != RSS)
			printf(", and %s / other: median of paired ratios [95 %% interval]", contenders[base]);
		printf("\n%-8s", "");
		for (c = 0; c < ncontenders; c++)
			printf("  %-26s", contenders[c]);
		printf("\n");
		for (s = 0; s < nsteps; s++) {
			printf("%-8s", steps[s]);
			for (c = 0; c < ncontenders; c++) {
				struct summary v = summarize(cell(c, s, m), nrounds);
				char text[64];

				snprintf(text, sizeof(text), "%.0f (%.0f-%.0f)", v.median, v.q1, v.q3);
				printf("  %-26s", text);
			}
			printf("\n");
			if (m == RSS)
				continue;
			printf("%-8s", "");
			for (c = 0; c < ncontenders; c++) {
				struct ratio r = paired_ratio(cell(base, s, m), cell(c, s, m), nrounds);
				char text[64] = "";

				if (c != base)
					snprintf(text, sizeof(text), "%.3f [%.3f-%.3f]", r.median, r.low,
						 r.high);
				printf("  %-26s", text);
			}
			printf("\n");
		}
	}
}

static void print_json(size_t base)
{
	size_t c, s;
	int m;

	printf("{\"rounds\":%zu,\"base\":\"%s\",\"contenders\":{", nrounds, contenders[base]);
	for (c = 0; c < ncontenders; c++) {
		printf("%s\"%s\":{", c ? "," : "", contenders[c]);
		for (s = 0; s < nsteps; s++) {
			printf("%s\"%s\":{", s ? "," : "", steps[s]);
			for (m = 0; m < METRICS; m++) {
				struct summary v = summarize(cell(c, s, m), nrounds);
				struct ratio r = paired_ratio(cell(base, s, m), cell(c, s, m), nrounds);

				printf("%s\"%s_%s\":{\"min\":%.0f,\"q1\":%.0f,\"median\":%.0f,\"q3\":%.0f,\"p95\":%.0f,"
				       "\"base_ratio\":%.4f,\"base_ratio_low\":%.4f,\"base_ratio_high\":%.4f}",
				       m ? "," : "", metric_names[m], metric_units[m], v.min, v.q1, v.median,
				       v.q3, v.p95, r.median, r.low, r.high);
			}
			printf("}");
		}
		printf("}");
	}
	printf("}}\n");
}

int main(int argc, char **argv)
{
	bool json = argc > 1 && strcmp(argv[1], "-j") == 0;
	const char *name = argv[json ? 2 : 1];

	if (argc != (json ? 3 : 2)) {
		fprintf(stderr, "usage: report [-j] BASE < timeit-output\n");
		return 2;
	}
	(void)index_of(contenders, &ncontenders, name); /* comes first in the tables */
	read_lines();
	if (nrounds == 0) {
		fprintf(stderr, "report: no lines\n");
		return 1;
	}
	if (json)
		print_json(index_of(contenders, &ncontenders, name));
	else
		print_tables(index_of(contenders, &ncontenders, name));
	return 0;
}
