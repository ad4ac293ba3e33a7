/* SPDX-License-Identifier: Apache-2.0 */
/* Socket addresses. */
#include "shim/address.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/path.h"
#include "shim/sha256.h"

#define BACKLOG 128
#define SOCKET_PATH_BYTES sizeof(((struct sockaddr_un *)0)->sun_path)
/* What Go's shims, and so containerd, take. */
#define PATH_MAX_BYTES 106

int address_path(const char *dir, const char *grpc_address, const char *ns, const char *group,
		 struct arena *a, const char **ret, struct err *e)
{
	const char *name = arena_printf(a, "%s/%s/%s", grpc_address, ns, group), *path;
	unsigned char sum[SHA256_BYTES];
	char hex[2 * SHA256_BYTES + 1];

	if (name)
		name = *name == '/' ? path_join_clean(a, "/", name) : name;
	if (!name)
		return err_oom(e);
	sha256(name, strlen(name), sum);
	for (size_t i = 0; i < SHA256_BYTES; i++)
		for (int k = 0; k < 2; k++)
			hex[2 * i + (size_t)k] = "0123456789abcdef"[sum[i] >> (k ? 0 : 4) & 15];
	hex[2 * SHA256_BYTES] = '\0';
	path = arena_printf(a, "%s/%s", *dir ? dir : ADDRESS_DIR, hex);
	if (!path)
		return err_oom(e);
	if (strlen(path) > PATH_MAX_BYTES)
		return err_set(e, ENAMETOOLONG,
			       "the socket's path '%s' has %zu bytes, at most %d are possible: use a shorter directory for "
			       "sockets",
			       path, strlen(path), PATH_MAX_BYTES);
	*ret = path;
	return 0;
}

static bool is_served(const struct sockaddr_un *addr)
{
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	/* EAGAIN: its queue is full, so somebody is there. */
	return fd >= 0 && (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0 || errno == EAGAIN);
}

/* One at a time may look whether somebody serves a socket and replace it: between bind and listen it looks like a leftover.
 * The kernel takes the lock away with whoever held it. */
static int lock_dir(const char *dir, struct err *e)
{
	_cleanup_fd_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	while (fd >= 0 && flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_sys(e, "cannot lock '%s'", dir);
	return fd < 0 ? err_sys(e, "cannot open '%s'", dir) : fd_steal(&fd);
}

static void dir_of(const char *path, char dir[SOCKET_PATH_BYTES])
{
	char *slash;

	snprintf(dir, SOCKET_PATH_BYTES, "%s", path);
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
}

int address_listen(const char *path, int *ret_fd, struct err *e)
{
	_cleanup_fd_ int lock = -1;
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char dir[SOCKET_PATH_BYTES];
	size_t n = strlen(path);
	mode_t mask;
	int r;

	if (fd < 0)
		return err_sys(e, "cannot make a socket");
	memcpy(addr.sun_path, path, n + 1);
	dir_of(path, dir);
	r = path_mkdirs(dir, 0700, e);
	if (r < 0)
		return r;
	lock = lock_dir(dir, e);
	if (lock < 0)
		return lock;
	mask = umask(0177);
	r = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	if (r < 0 && errno == EADDRINUSE) {
		if (is_served(&addr)) {
			umask(mask);
			*ret_fd = -1;
			return 0;
		}
		unlink(path);
		r = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	}
	umask(mask);
	if (r < 0)
		return err_sys(e, "cannot make the socket '%s'", path);
	if (listen(fd, BACKLOG) < 0) {
		r = err_sys(e, "cannot listen on '%s'", path);
		unlink(path);
		return r;
	}
	*ret_fd = fd_steal(&fd);
	return 0;
}

void address_forget(const char *path)
{
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	_cleanup_fd_ int lock = -1;
	size_t n = strlen(path);
	char dir[SOCKET_PATH_BYTES];
	struct stat st;

	if (fd < 0 || n >= sizeof(addr.sun_path) || *path != '/')
		return;
	memcpy(addr.sun_path, path, n + 1);
	dir_of(path, dir);
	lock = lock_dir(dir, NULL);
	if (lock >= 0 && connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0 &&
	    errno == ECONNREFUSED && lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
}
