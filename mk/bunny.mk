# SPDX-License-Identifier: Apache-2.0
# bunny: builds images. Its libraries are linked in, whatever the rest of the program is linked with.
BUNNY_SRC := $(sort $(wildcard src/bunny/*.c))
BUNNY_OBJ := $(BUNNY_SRC:%.c=$(O)/obj/%.o)
BUNNY     := $(O)/bin/bunny
# It is made of the parts below everything, and what it shares with urunc: no monitor, guest or runtime is in it.
# gather's readers of ELF files are for `bunny inspect`.
BUNNY_WITH := $(filter $(O)/obj/src/common/% $(O)/obj/src/oci/% $(O)/obj/src/machine/% $(O)/obj/src/gather/elf.o \
	$(O)/obj/src/gather/solo5.o,$(CORE_OBJ)) $(GRPC_OBJ) $(PROTO_OBJ)
BUNNY_LIBS := $(LIBS) $(addprefix -l:lib,$(addsuffix .a,yaml crypto z zstd nghttp2 protobuf-c))
all lint: $(BUNNY)

$(BUNNY_OBJ): | $(PROTO_H)
$(BUNNY): $(BUNNY_OBJ) $(BUNNY_WITH)
	@mkdir -p $(@D)
	$(CC) $(LINK_PROGRAM) $(LDFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(BUNNY_LIBS)

# Its tests see its own objects, not those of the runtime.
.SECONDARY: $(BUNNY_OBJ)
$(O)/tests/bunny/%: tests/unit/bunny/%.c $(filter-out %/main.o,$(BUNNY_OBJ)) $(BUNNY_WITH)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CPPFLAGS) $(CFLAGS_ALL) $(TEST_CFLAGS) $(CFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c %.o,$^) \
		$(TEST_LINK) $(BUNNY_LIBS) -lcmocka

install: install-bunny
.PHONY: install-bunny
install-bunny: $(BUNNY)
	$(INSTALL) -d $(DESTDIR)$(BINDIR)
	$(INSTALL) -s --strip-program=$(STRIPPROG) -m 0755 $(BUNNY) $(DESTDIR)$(BINDIR)/bunny

uninstall: uninstall-bunny
.PHONY: uninstall-bunny
uninstall-bunny:
	rm -f $(DESTDIR)$(BINDIR)/bunny

-include $(BUNNY_OBJ:.o=.d)

# The guest's init is part of it, so that one file makes images.
$(O)/obj/src/bunny/own_urunit.o: $(O)/bin/urunit
$(O)/obj/src/bunny/own_urunit.o: CPPFLAGS_ALL += -DURUNIT_FILE='"$(O)/bin/urunit"'
