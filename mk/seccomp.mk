# SPDX-License-Identifier: Apache-2.0
# The monitors' filters of system calls: lists and a table of numbers, compiled by a program of the build into arrays. The same file
# for every architecture and on every machine.
SECCOMP_DIR   := src/sandbox/seccomp
SECCOMP_LISTS := $(sort $(wildcard $(SECCOMP_DIR)/*.list))

$(O)/gen/seccomp_gen: mk/seccomp_gen.c
	@mkdir -p $(@D)
	$(HOSTCC) -std=gnu17 -O1 -D_GNU_SOURCE -Wall -Wextra -Werror -o $@ $<

$(O)/gen/seccomp_code.c: $(O)/gen/seccomp_gen $(SECCOMP_DIR)/syscalls.tbl $(SECCOMP_LISTS)
	$(O)/gen/seccomp_gen $(SECCOMP_DIR)/syscalls.tbl $(SECCOMP_LISTS) >$@.new && mv $@.new $@

SECCOMP_CODE := $(O)/gen/seccomp_code.o
$(SECCOMP_CODE): $(O)/gen/seccomp_code.c src/sandbox/seccomp_code.h $(O)/flags
	$(CC) $(CPPFLAGS_ALL) $(CPPFLAGS) $(CFLAGS_ALL) $(CFLAGS) -c -o $@ $<

# Whatever is linked of all objects needs this one, too.
$(O)/bin/$(PROGRAM) $(TEST_BIN) $(O)/tests/golden-runner $(O)/payload/box_test: $(SECCOMP_CODE)
