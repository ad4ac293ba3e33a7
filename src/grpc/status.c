/* SPDX-License-Identifier: Apache-2.0 */
/* How gRPC writes the end of a call. */
#include "grpc/status.h"

#include <errno.h>

#include "common/base64.h"

static const struct {
	const char *name;
	int error;
} codes[] = {
	{"OK", 0},
	{"CANCELLED", ECANCELED},
	{"UNKNOWN", EIO},
	{"INVALID_ARGUMENT", EINVAL},
	{"DEADLINE_EXCEEDED", ETIMEDOUT},
	{"NOT_FOUND", ENOENT},
	{"ALREADY_EXISTS", EEXIST},
	{"PERMISSION_DENIED", EACCES},
	{"RESOURCE_EXHAUSTED", ENOSPC},
	{"FAILED_PRECONDITION", EBUSY},
	{"ABORTED", ECANCELED},
	{"OUT_OF_RANGE", ERANGE},
	{"UNIMPLEMENTED", ENOSYS},
	{"INTERNAL", EIO},
	{"UNAVAILABLE", EAGAIN},
	{"DATA_LOSS", EIO},
	{"UNAUTHENTICATED", EACCES},
};
#define NCODES (sizeof(codes) / sizeof(codes[0]))
#define CODE_UNKNOWN 2

static size_t known(int code)
{
	return code >= 0 && (size_t)code < NCODES ? (size_t)code : CODE_UNKNOWN;
}

const char *grpc_code_name(int code)
{
	return codes[known(code)].name;
}

int grpc_code_errno(int code)
{
	return codes[known(code)].error;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

char *grpc_message_decode(struct arena *a, const char *s, size_t n)
{
	char *out = arena_alloc(a, n + 1);
	size_t len = 0;

	if (!out)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		int high = n - i > 2 && s[i] == '%' ? hex_digit(s[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(s[i + 2]) : -1;
		char c = s[i];

		if (low >= 0) {
			c = (char)(high << 4 | low);
			i += 2;
		}
		/* It ends a C string, and no message needs it. */
		out[len++] = c ? c : ' ';
	}
	return out;
}

struct bytes grpc_binary_decode(struct arena *a, const char *s, size_t n)
{
	struct strbuf padded = STRBUF(a);
	struct bytes got = {0};

	sb_addn(&padded, s, n);
	while (padded.len % 4 && !padded.oom)
		sb_addc(&padded, '=');
	if (padded.oom || padded.len == 0 || base64_decode(a, padded.p, padded.len, &got, NULL) < 0)
		return (struct bytes){0};
	return got;
}
