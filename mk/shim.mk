# SPDX-License-Identifier: Apache-2.0
# containerd-shim-urunc-v2: static and small, because there is one for each pod of a machine.
SHIM_SRC := $(sort $(wildcard src/shim/*.c))
SHIM_OBJ := $(SHIM_SRC:%.c=$(O)/obj/%.o)
SHIM     := $(O)/bin/containerd-shim-urunc-v2
# What it shares with urunc.
SHIM_CORE := $(filter $(O)/obj/src/common/% $(O)/obj/src/config/% $(O)/obj/src/cgroup/% \
	$(addprefix $(O)/obj/src/runtime/,capture.o delegate.o owner.o slim.o spawn.o),$(CORE_OBJ)) \
	$(filter $(O)/obj/proto/shim/%,$(PROTO_OBJ)) $(GRPC_OBJ)
# A test plays the runtime that sends a terminal.
SHIM_TEST_CORE := $(filter $(O)/obj/src/runtime/console.o,$(CORE_OBJ))
SHIM_LIBS := -l:libprotobuf-c.a -l:libnghttp2.a
all lint: $(SHIM)

$(SHIM_OBJ): | $(PROTO_H)
$(SHIM): $(SHIM_OBJ) $(SHIM_CORE)
	@mkdir -p $(@D)
	$(CC) $(LINK_PROGRAM) $(LDFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(SHIM_LIBS) $(LIBS)

.SECONDARY: $(SHIM_OBJ) $(SHIM_CORE)
$(O)/tests/shim/%: tests/unit/shim/%.c $(filter-out %/main.o,$(SHIM_OBJ)) $(SHIM_CORE) $(SHIM_TEST_CORE)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CPPFLAGS) $(CFLAGS_ALL) $(TEST_CFLAGS) $(CFLAGS) -MMD -MP -MF $@.d -o $@ \
		$(filter %.c %.o,$^) $(TEST_LINK) $(SHIM_LIBS) $(LIBS) -lcmocka

install: install-shim
.PHONY: install-shim
install-shim: $(SHIM)
	$(INSTALL) -d $(DESTDIR)$(BINDIR)
	$(INSTALL) -s --strip-program=$(STRIPPROG) -m 0755 $(SHIM) $(DESTDIR)$(BINDIR)/containerd-shim-urunc-v2

uninstall: uninstall-shim
.PHONY: uninstall-shim
uninstall-shim:
	rm -f $(DESTDIR)$(BINDIR)/containerd-shim-urunc-v2

-include $(SHIM_OBJ:.o=.d)
