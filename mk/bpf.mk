# SPDX-License-Identifier: Apache-2.0
# The pod switch: C for the kernel's BPF machine, compiled by clang whatever compiles the rest, and linked in as an array.
# The same for every architecture of ours: all of them are little-endian.
BPF_CLANG ?= clang
HOSTCC    ?= cc
# Debian keeps <asm/types.h> in a directory that this target of clang does not look into; any architecture's will do.
BPF_CFLAGS := --target=bpfel -mcpu=v3 -O2 -g0 -std=gnu17 -Wall -Wextra -Werror -Isrc \
	$(addprefix -idirafter ,$(wildcard /usr/include/*-linux-gnu))

$(O)/gen/pod.bpf.o: src/net/bpf/pod.c src/net/bpf/pod.h src/net/bpf/helpers.h mk/bpf.mk
	@mkdir -p $(@D)
	$(BPF_CLANG) $(BPF_CFLAGS) -c -o $@ $<

$(O)/gen/bpf2c: mk/bpf2c.c
	@mkdir -p $(@D)
	$(HOSTCC) -std=gnu17 -O1 -D_GNU_SOURCE -Wall -Wextra -Werror -o $@ $<

$(O)/gen/pod_code.c: $(O)/gen/pod.bpf.o $(O)/gen/bpf2c
	$(O)/gen/bpf2c $< >$@.new && mv $@.new $@

POD_CODE := $(O)/gen/pod_code.o
$(POD_CODE): $(O)/gen/pod_code.c src/net/pod_code.h $(O)/flags
	$(CC) $(CPPFLAGS_ALL) $(CPPFLAGS) $(CFLAGS_ALL) $(CFLAGS) -c -o $@ $<

# Whatever is linked of all objects needs this one, too.
$(O)/bin/$(PROGRAM) $(TEST_BIN) $(O)/tests/golden-runner: $(POD_CODE)

# Programs of tests/net: the library by hand, and a stand-in for a virtual machine's network card.
NET_TEST_BIN := $(addprefix $(O)/net/,netctl relay fetch)
.PHONY: net-programs
net-programs: $(NET_TEST_BIN)

NET_TEST_CFLAGS := -std=gnu17 -Os -g $(WARN) -Wno-conversion -D_GNU_SOURCE -Isrc -ffile-prefix-map=$(CURDIR)=.
$(O)/net/netctl: tests/net/src/netctl.c $(filter $(O)/obj/src/net/% $(O)/obj/src/common/% $(O)/obj/src/machine/%,$(CORE_OBJ)) $(POD_CODE)
	@mkdir -p $(@D)
	$(CC) $(NET_TEST_CFLAGS) $(LINK_ALONE) -o $@ $(filter %.c %.o,$^) $(LIBS)

$(O)/net/relay $(O)/net/fetch: $(O)/net/%: tests/net/src/%.c mk/bpf.mk
	@mkdir -p $(@D)
	$(CC) $(NET_TEST_CFLAGS) -static -o $@ $<
