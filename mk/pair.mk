# SPDX-License-Identifier: Apache-2.0
# A second urunc with the made-up monitor and guest of tests/pair in it: what adding one takes is a file, and nothing else.
.PHONY: pair
pair:
	@$(MAKE) --no-print-directory O=$(O) EXTRA_SRC='$(wildcard tests/pair/*.c)' PROGRAM=urunc-pair $(O)/bin/urunc-pair
