/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as values: building one line of text in a fixed buffer. */
#include "common/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* strerror() drags the message catalogues of libc into a static program. */
static const char *code_text(int code)
{
#ifdef __GLIBC__
	const char *s = strerrordesc_np(code);

	return s ? s : "Unknown error";
#else
	return strerror(code);
#endif
}

static void append(char *msg, size_t *len, const char *s)
{
	while (*s && *len < ERR_MSG_BYTES - 1)
		msg[(*len)++] = *s++;
	msg[*len] = '\0';
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	/* A failure without a number must still look like a failure to the caller. */
	if (code <= 0)
		code = EIO;
	if (!e)
		return -code;
	e->code = code;
	va_start(ap, fmt);
	if (vsnprintf(e->msg, sizeof(e->msg), fmt, ap) < 0)
		e->msg[0] = '\0';
	va_end(ap);
	return -code;
}

int err_sys(struct err *e, const char *fmt, ...)
{
	int code = errno > 0 ? errno : EIO;
	size_t len;
	va_list ap;

	if (!e)
		return -code;
	e->code = code;
	va_start(ap, fmt);
	if (vsnprintf(e->msg, sizeof(e->msg), fmt, ap) < 0)
		e->msg[0] = '\0';
	va_end(ap);
	len = strlen(e->msg);
	append(e->msg, &len, ": ");
	append(e->msg, &len, code_text(code));
	return -code;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
	char old[ERR_MSG_BYTES];
	size_t len;
	va_list ap;

	if (!e)
		return -EIO;
	memcpy(old, e->msg, sizeof(old));
	old[sizeof(old) - 1] = '\0';
	va_start(ap, fmt);
	if (vsnprintf(e->msg, sizeof(e->msg), fmt, ap) < 0)
		e->msg[0] = '\0';
	va_end(ap);
	len = strlen(e->msg);
	append(e->msg, &len, ": ");
	append(e->msg, &len, old);
	if (e->code <= 0)
		e->code = EIO;
	return -e->code;
}

int err_oom(struct err *e)
{
	return err_set(e, ENOMEM, "out of memory");
}
