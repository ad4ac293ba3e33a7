/* SPDX-License-Identifier: Apache-2.0 */
/* Control files, parsed line by line. The kernel writes them, so what is not understood is skipped, never an error. */
#include "cgroup/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/str.h"

int cg_reader_open(struct cg_reader *r, const char *path)
{
	if (!r->buf) {
		r->buf = arena_alloc(r->a, READER_BYTES);
		if (!r->buf)
			return -ENOMEM;
	}
	r->dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return r->dirfd < 0 ? -errno : 0;
}

void cg_reader_close(struct cg_reader *r)
{
	fd_close(&r->dirfd);
}

bool cg_file(struct cg_reader *r, const char *file)
{
	_cleanup_fd_ int fd = openat(r->dirfd, file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t len = 0;
	ssize_t n;

	r->next = r->buf;
	r->buf[0] = '\0';
	if (fd < 0)
		return false;
	while (len < READER_BYTES - 1) {
		n = read(fd, r->buf + len, READER_BYTES - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	if (len == READER_BYTES - 1) { /* half a line is no line */
		while (len > 0 && r->buf[len - 1] != '\n')
			len--;
	}
	r->buf[len] = '\0';
	return len > 0;
}

char *cg_line(struct cg_reader *r)
{
	char *line;

	do {
		line = r->next;
		if (*line == '\0')
			return NULL;
		r->next += strcspn(line, "\n");
		if (*r->next)
			*r->next++ = '\0';
	} while (*line == '\0');
	return line;
}

char *cg_word(char **p, const char *seps)
{
	char *word = *p + strspn(*p, seps);

	if (*word == '\0')
		return NULL;
	*p = word + strcspn(word, seps);
	if (**p)
		*(*p)++ = '\0';
	return word;
}

bool cg_number(const char *word, uint64_t *ret)
{
	if (streq(word, "max")) {
		*ret = CGROUP_NO_LIMIT;
		return true;
	}
	return word && str_u64(word, 0, UINT64_MAX, ret);
}

bool cg_u64(struct cg_reader *r, const char *file, uint64_t *ret)
{
	return cg_file(r, file) && cg_number(cg_line(r), ret);
}

void cg_keys(struct cg_reader *r, const char *file, const struct cg_key *keys, size_t n)
{
	char *line;

	if (!cg_file(r, file))
		return;
	while ((line = cg_line(r)) != NULL) {
		const char *key = cg_word(&line, " ");

		for (size_t i = 0; i < n; i++) {
			if (streq(key, keys[i].key))
				(void)cg_number(cg_word(&line, " "), keys[i].to);
		}
	}
}

const char *cg_text(struct cg_reader *r, const char *file)
{
	const char *line = cg_file(r, file) ? cg_line(r) : NULL;
	const char *copy = line ? arena_strdup(r->a, line) : "";

	r->oom |= !copy;
	return copy ? copy : "";
}

void *cg_grow(struct cg_reader *r, void *v, size_t n, size_t size)
{
	void *bigger = arena_append(r->a, v, n, size);

	r->oom |= !bigger;
	return bigger;
}
