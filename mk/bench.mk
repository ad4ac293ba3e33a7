# SPDX-License-Identifier: Apache-2.0
# The programs of the benchmark; bench/run uses them. Nothing here is part of a test.
BENCH := $(addprefix $(O)/bench/,floor timeit report)

.PHONY: bench-programs
bench-programs: $(BENCH) $(O)/payload/noop_monitor $(O)/payload/probe.elf

# -Os, small and static like the runtime that is compared with it.
$(O)/bench/floor: bench/floor.c bench/floor_box.c bench/floor.h mk/bench.mk
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -Os $(WARN) -Wno-conversion -D_GNU_SOURCE -static -s -o $@ $(filter %.c,$^)

$(O)/bench/timeit $(O)/bench/report: $(O)/bench/%: bench/%.c mk/bench.mk
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -Os $(WARN) -Wno-conversion -D_GNU_SOURCE -static -s -o $@ $<
