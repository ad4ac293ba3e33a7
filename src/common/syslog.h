/* SPDX-License-Identifier: Apache-2.0 */
/* One line to the local syslog. */
#ifndef URUNC_COMMON_SYSLOG_H
#define URUNC_COMMON_SYSLOG_H

#define SYSLOG_SOCKET "/dev/log"

/* Severities of RFC 3164. */
enum { SYSLOG_ERROR = 3, SYSLOG_WARNING = 4, SYSLOG_INFO = 6, SYSLOG_DEBUG = 7 };

/* Sends "<PRI>urunc[pid]: text" of facility daemon as one datagram. Never waits and never fails: where nobody listens or
 * the listener is slow, the line is lost. Control bytes become blanks. errno stays. */
void syslog_send(const char *socket_path, int severity, const char *text);

#endif
