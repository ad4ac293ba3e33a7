/* SPDX-License-Identifier: Apache-2.0 */
/* A Solo5 guest with two block devices: says what each begins with, and writes its name to its second sector. Built only
 * where a Solo5 source tree is given (solo5.bats). */
#include "solo5.h"

#define SECTOR_MAX_BYTES 4096

static void say(const char *s, size_t n)
{
	solo5_console_write(s, n);
}

static size_t length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

static int use(const char *name)
{
	static uint8_t sector[SECTOR_MAX_BYTES];
	struct solo5_block_info info;
	solo5_handle_t h;
	size_t n = 0;

	if (solo5_block_acquire(name, &h, &info) != SOLO5_R_OK || info.block_size > sizeof(sector))
		return 2;
	if (solo5_block_read(h, 0, sector, info.block_size) != SOLO5_R_OK)
		return 3;
	while (n < info.block_size && sector[n] > ' ' && sector[n] < 0x7f)
		n++;
	say(name, length(name));
	say(" is ", 4);
	say((const char *)sector, n);
	say("\n", 1);
	for (n = 0; n < info.block_size; n++)
		sector[n] = n < length(name) ? (uint8_t)name[n] : 0;
	return solo5_block_write(h, info.block_size, sector, info.block_size) == SOLO5_R_OK ? 0 : 4;
}

int solo5_app_main(const struct solo5_start_info *si)
{
	int r = use("alpha");

	(void)si;
	return r ? r : use("omega");
}
