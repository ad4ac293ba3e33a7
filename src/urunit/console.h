/* SPDX-License-Identifier: Apache-2.0 */
/* The console: standard input and output of urunit and of the application. */
#ifndef URUNC_URUNIT_CONSOLE_H
#define URUNC_URUNIT_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

/* Opens /dev/console (else /dev/null) on those of 0, 1, 2 that the kernel left closed. */
void uconsole_open(void);

/* Lets every byte pass unchanged both ways: no echo, no CR for LF, no signals from characters. */
void uconsole_raw(void);

/* Makes the console usable by the application's user (it opens /dev/stdout anew). */
void uconsole_give(uint32_t uid);

void uconsole_resize(uint16_t cols, uint16_t rows);

/* Waits at most timeout_s seconds until the host has taken all output. */
void uconsole_drain(unsigned timeout_s);

#endif
