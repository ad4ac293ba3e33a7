# SPDX-License-Identifier: Apache-2.0
# Programs for test guests: static (musl), so that they run in a guest that holds nothing else.
GUEST_SRC := $(sort $(wildcard tests/guest/src/*.c))
GUEST_BIN := $(GUEST_SRC:tests/guest/src/%.c=$(O)/guest/%)

.PHONY: guest-programs
guest-programs: $(GUEST_BIN)

$(O)/guest/%: tests/guest/src/%.c src/common/ctl.c src/common/ctl.h Makefile $(MUSL_SPECS)
	@mkdir -p $(@D)
	$(MUSL_CC) -D_GNU_SOURCE -Isrc -std=gnu17 -Os -g0 -Wall -Wextra -Werror -static -s -o $@ $< \
		$(if $(filter %/ctlhost,$@),src/common/ctl.c)
