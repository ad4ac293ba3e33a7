# SPDX-License-Identifier: Apache-2.0
# Fuzzers: make fuzz builds one program of each tests/fuzz/NAME.c with clang's libFuzzer and sanitizers; tests/fuzz/run runs them.
# A fuzzer names what it is linked with in a line of its own, directories and files below src, and messages (proto/x/y.proto):
#	/* with: common gather/elf.c */
# (core: all that reads and decides), and may name libraries in another: /* link: -lexample */
FUZZ_CC     ?= clang
FUZZ_O      := build-fuzz
FUZZ_SRC    := $(sort $(wildcard tests/fuzz/*.c))
FUZZ_BIN    := $(FUZZ_SRC:tests/fuzz/%.c=$(FUZZ_O)/%)
FUZZ_CFLAGS := -std=gnu17 -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all $(WARN) \
	-ffile-prefix-map=$(CURDIR)=.

fuzz_says    = $(shell sed -n 's|^/\* $(1): \(.*\) \*/$$|\1|p' $(2))
FUZZ_CORE   := $(filter-out net storage image sandbox runtime,$(CORE_DIRS))
fuzz_objects = $(patsubst %.proto,$(FUZZ_O)/obj/%.pb-c.o,$(filter %.proto,$(1))) $(patsubst %.c,$(FUZZ_O)/obj/src/%.o,$(patsubst src/%,%,\
	$(foreach w,$(patsubst core,$(FUZZ_CORE),$(1)),$(if $(filter %.c,$(w)),$(w),$(filter-out %/main.c,$(wildcard src/$(w)/*.c))))))
define fuzz_rule
$(FUZZ_O)/$(1): tests/fuzz/$(1).c $(call fuzz_objects,$(call fuzz_says,with,tests/fuzz/$(1).c))
	$$(FUZZ_CC) $$(CPPFLAGS_ALL) $$(FUZZ_CFLAGS) -Wno-conversion -fsanitize=fuzzer -Itests/fuzz -MMD -MP -MF $$@.d -o $$@ \
		$$(filter %.c %.o,$$^) $$(LIBS) $(call fuzz_says,link,tests/fuzz/$(1).c)

endef

.PHONY: fuzz
fuzz: $(FUZZ_BIN)

ifneq ($(filter fuzz $(FUZZ_O)/%,$(MAKECMDGOALS)),)
$(foreach f,$(FUZZ_SRC:tests/fuzz/%.c=%),$(eval $(call fuzz_rule,$(f))))
-include $(shell find $(FUZZ_O) -name '*.d' 2>/dev/null)
endif

$(FUZZ_O)/obj/%.pb-c.o: $(O)/gen/%.pb-c.c | $(PROTO_H)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(CPPFLAGS_ALL) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -c -o $@ $<

$(FUZZ_O)/obj/%.o: %.c mk/fuzz.mk | $(PROTO_H)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(CPPFLAGS_ALL) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<
