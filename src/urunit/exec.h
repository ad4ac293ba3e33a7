/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the program as a shell would, and running it. */
#ifndef URUNC_URUNIT_EXEC_H
#define URUNC_URUNIT_EXEC_H

#define UEXEC_DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/*
 * execve of args[0]: with a '/' in it as it is, otherwise the first that can be run in the colon-separated
 * search (NULL: the default path). Returns only on failure, with the errno value: EACCES when
 * something of that name was there but nothing could be run.
 */
int uexec(char *const *args, char *const *env, const char *search);

#endif
