# SPDX-License-Identifier: Apache-2.0
# Programs that tests run inside boxes and guests: make payload leaves them in $(O)/payload/.
PAYLOAD_CFLAGS := -std=gnu17 -Os -g $(WARN) -Wno-conversion -D_GNU_SOURCE -Isrc -Itests/payload -ffile-prefix-map=$(CURDIR)=.
PAYLOADS := $(O)/payload/fake_monitor $(O)/payload/noop_monitor $(O)/payload/box_test $(O)/payload/box_init
ifeq ($(ARCH),x86_64)
PAYLOADS += $(O)/payload/probe.elf
endif

.PHONY: payload
payload: $(PAYLOADS)

# Shares only the frame format with what it tests.
$(O)/payload/fake_monitor: $(addprefix tests/payload/,fake_monitor.c fake_report.c fake_ctl.c fake_api.c json_out.c) \
		$(wildcard tests/payload/*.h) src/common/ctl.c src/common/ctl.h mk/payload.mk
	@mkdir -p $(@D)
	$(CC) $(PAYLOAD_CFLAGS) -static -o $@ $(filter %.c,$^)

$(O)/payload/noop_monitor: tests/payload/noop_monitor.c mk/payload.mk
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -Os $(WARN) -ffreestanding -nostdlib -static -fno-stack-protector -fcf-protection=none \
		-fno-asynchronous-unwind-tables -Wl,-z,norelro -Wl,-z,noseparate-code -Wl,--build-id=none -s -o $@ $<

# The sandbox on its own, with neither plan nor runtime around it.
$(O)/payload/box_test: $(wildcard tests/payload/box_test*.c) tests/payload/box_test.h $(filter $(O)/obj/src/sandbox/% $(O)/obj/src/common/% \
		$(O)/obj/src/machine/%,$(CORE_OBJ)) mk/payload.mk
	@mkdir -p $(@D)
	$(CC) $(PAYLOAD_CFLAGS) $(LINK_ALONE) -o $@ $(filter %.c %.o,$^) $(LIBS)

$(O)/payload/box_init: tests/payload/box_init.c mk/payload.mk
	@mkdir -p $(@D)
	$(CC) $(PAYLOAD_CFLAGS) -static -s -o $@ $<

PROBE_SRC := tests/payload/probe/entry.S tests/payload/probe/probe.c
$(O)/payload/probe.elf: $(PROBE_SRC) tests/payload/probe/probe.ld mk/payload.mk
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -Os -m32 -march=i686 -ffreestanding -nostdlib -fno-pic -fno-pie -fno-stack-protector \
		-fcf-protection=none -fno-asynchronous-unwind-tables -mno-sse -mno-mmx -Wall -Wextra -Werror -static \
		-Wl,--build-id=none -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments -T tests/payload/probe/probe.ld -s \
		-o $@ $(PROBE_SRC)
