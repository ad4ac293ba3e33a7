/* SPDX-License-Identifier: Apache-2.0 */
/* Guest test program: writes N bytes of a known pattern (every byte value, byte i = (i * 7 + i / 256) mod 256). */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 0, at = 0;
	static uint8_t buf[4096];

	while (at < n) {
		size_t len = n - at < sizeof(buf) ? (size_t)(n - at) : sizeof(buf), done = 0;

		for (size_t i = 0; i < len; i++)
			buf[i] = (uint8_t)((at + i) * 7 + (at + i) / 256);
		while (done < len) {
			ssize_t w = write(1, buf + done, len - done);

			if (w < 0)
				return 1;
			done += (size_t)w;
		}
		at += len;
	}
	return 0;
}
