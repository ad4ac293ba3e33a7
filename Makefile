# SPDX-License-Identifier: Apache-2.0
# One non-recursive Makefile; new .c files are found by wildcard. `make help` lists targets and variables.
include config.mk

SAN      ?= 0
STATIC   ?= $(if $(filter 1,$(SAN)),0,1)
# Every combination has an output directory of its own, so that objects of two kinds never meet.
CC_NAME  := $(patsubst $(notdir $(CROSS_COMPILE))%,%,$(notdir $(firstword $(CC))))
VARIANT  := $(CROSS_ARCH:%=-%)$(if $(filter gcc cc,$(CC_NAME)),,-$(CC_NAME))$(if $(filter 1,$(SAN)),-san)
VARIANT  := $(VARIANT)$(if $(filter 1,$(SAN)),$(if $(filter 1,$(STATIC)),-static),$(if $(filter 0,$(STATIC)),-dyn))
O        ?= build$(VARIANT)
VERSION  := $(shell cat VERSION)
MACHINE  := $(shell $(CC) -dumpmachine)
ARCH     ?= $(firstword $(subst -, ,$(MACHINE)))

# --- flags ---
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wconversion -Wvla \
	-Wpointer-arith -Wwrite-strings -Wundef -Wdate-time -Werror
HARD := -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fno-plt
ifneq ($(filter x86_64-%,$(MACHINE)),)
HARD += -fcf-protection
endif
CPPFLAGS_ALL := -D_GNU_SOURCE -Isrc -I$(O)/gen -DURUNC_VERSION='"$(VERSION)"' -DURUNC_LIBEXECDIR='"$(LIBEXECDIR)"' \
	-DURUNC_SYSCONFDIR='"$(SYSCONFDIR)"'
CFLAGS_ALL   := -std=gnu17 -Os -g -ffunction-sections -fdata-sections -ffile-prefix-map=$(CURDIR)=. $(WARN)
# nostart-stop-gc: the registries of monitors and guests live in named sections that only __start_/__stop_ reach.
LDFLAGS_ALL  := -Wl,--gc-sections -Wl,-z,nostart-stop-gc -Wl,-z,relro,-z,now -Wl,-z,noexecstack
ifeq ($(SAN),1)
CFLAGS_ALL  += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS_ALL += -fsanitize=address,undefined
else
# Nothing unwinds a stack at run time; debuggers find the same in .debug_frame, which `strip` takes away.
CFLAGS_ALL  += $(HARD) -fno-asynchronous-unwind-tables
endif
ifeq ($(STATIC),1)
CFLAGS_ALL += -fno-pie
LINK_PROGRAM := -static
LINK_TEST    := -no-pie
else
CFLAGS_ALL += -fPIE
LINK_PROGRAM := -pie
LINK_TEST    := -pie
endif
comma := ,
LINK_TEST += $(SYSROOT_LINK_TEST)
# Test programs that are made of our objects and may run where no library is; the sanitizers' runtime is one.
LINK_ALONE := $(if $(filter 1,$(SAN)),$(LINK_TEST) $(LDFLAGS_ALL),-static -Wl$(comma)--gc-sections)
# Of libext2fs only a digest is in urunc itself, so it is never worth a shared library.
LIBS := $(or $(shell $(PKG_CONFIG) --libs jansson 2>/dev/null),-ljansson) -l:libext2fs.a -l:libcom_err.a

# --- sources ---
CORE_DIRS := common cgroup dbus oci config machine gather plan monitors guests net storage image sandbox runtime
# EXTRA_SRC: further monitors and guests, from wherever they are; the program then has another name, or PROGRAM.
EXTRA_SRC ?=
PROGRAM   ?= $(if $(EXTRA_SRC),urunc-extra,urunc)
CORE_SRC  := $(sort $(foreach d,$(CORE_DIRS),$(wildcard src/$(d)/*.c)))
CLI_SRC   := $(sort $(wildcard src/cli/*.c))
# The guest's init: musl, static, no stdio; it shares the control channel's frames with the supervisor, and words with plan.
URUNIT_SRC := $(sort $(wildcard src/urunit/*.c)) src/common/ctl.c src/common/words.c
TEST_SRC   := $(sort $(shell find tests/unit -name 'test_*.c'))
# Messages of other programs' protocols; the C of them is generated (mk/proto.mk). Objects that include it: | $(PROTO_H)
PROTO_SRC  := $(sort $(shell find proto -name '*.proto'))
PROTO_H    := $(PROTO_SRC:%.proto=$(O)/gen/%.pb-c.h)
PROTO_OBJ  := $(PROTO_SRC:%.proto=$(O)/obj/%.pb-c.o)
GRPC_SRC   := $(sort $(wildcard src/grpc/*.c))
GRPC_OBJ   := $(GRPC_SRC:%.c=$(O)/obj/%.o)

CORE_OBJ   := $(CORE_SRC:%.c=$(O)/obj/%.o)
EXTRA_OBJ  := $(EXTRA_SRC:%.c=$(O)/obj/%.o)
CLI_OBJ    := $(CLI_SRC:%.c=$(O)/obj/%.o)
URUNIT_OBJ := $(URUNIT_SRC:%.c=$(O)/obj-musl/%.o)
URUNIT_HOST_OBJ := $(URUNIT_SRC:%.c=$(O)/obj/%.o)
PURE_OBJ   := $(filter $(O)/obj/src/plan/% $(O)/obj/src/monitors/% $(O)/obj/src/guests/%,$(CORE_OBJ))
TEST_BIN   := $(TEST_SRC:tests/unit/%.c=$(O)/tests/%)
PROGRAMS   := $(O)/bin/$(PROGRAM) $(O)/bin/urunit

.PHONY: all
all: $(PROGRAMS)

# Everything is made again when the flags change: `make install PREFIX=/usr` after `make` must not keep the old paths.
FLAGS := $(CC) $(MUSL_CC) $(CPPFLAGS_ALL) $(CPPFLAGS) $(CFLAGS_ALL) $(CFLAGS) $(LDFLAGS_ALL) $(LDFLAGS)
$(O)/flags: FORCE
	@$(shell mkdir -p $(@D))$(if $(subst x$(file <$@),,x$(FLAGS))$(subst x$(FLAGS),,x$(file <$@)),$(file >$@,$(FLAGS))):
.PHONY: FORCE
FORCE:

# Objects are linked directly, never from an archive: an archive would drop the self-registered ones.
# src/image is for urunc-image: it brings libraries that must not weigh on every other command.
$(O)/bin/$(PROGRAM): $(filter-out $(O)/obj/src/image/%,$(CORE_OBJ)) $(CLI_OBJ) $(EXTRA_OBJ)
	@mkdir -p $(@D)
	$(CC) $(LINK_PROGRAM) $(LDFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LIBS)

$(O)/obj/%.o: %.c Makefile config.mk VERSION $(O)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CPPFLAGS) $(CFLAGS_ALL) $(CFLAGS) -MMD -MP -c -o $@ $<

# --- the guest's init: never sanitized, never dynamic, as small as it goes ---
URUNIT_CFLAGS := -std=gnu17 -Os -g0 -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables \
	-fstack-protector-strong -fno-pie -ffile-prefix-map=$(CURDIR)=. $(WARN)
$(O)/bin/urunit: $(URUNIT_OBJ) src/urunit/urunit.ld
	@mkdir -p $(@D)
	$(MUSL_CC) -static -no-pie -s -Wl,--gc-sections -Wl,-z,noexecstack -Wl,-z,noseparate-code -Wl,-z,norelro \
		-Wl,--build-id=none -Wl,-T,src/urunit/urunit.ld -o $@ $(URUNIT_OBJ)

$(O)/obj-musl/%.o: %.c Makefile config.mk VERSION $(O)/flags $(MUSL_SPECS)
	@mkdir -p $(@D)
	$(MUSL_CC) -D_GNU_SOURCE -Isrc -DURUNC_VERSION='"$(VERSION)"' $(URUNIT_CFLAGS) -MMD -MP -c -o $@ $<

ifneq ($(MUSL_SPECS),)
$(MUSL_SPECS): $(MUSL_SPECS_FROM) mk/cross.mk
	@mkdir -p $(@D)
	sed 's|\([ L]\)/usr/|\1$(SYSROOT)/usr/|g' $< >$@
endif

# --- unit tests: one program per file, linked with all that `urunc` is made of but its main() ---
# A test that wants functions replaced says so in a line of its own: /* wrap: open read */
test_wraps = $(addprefix -Wl$(comma)--wrap=,$(shell sed -n 's|^/\* wrap: \(.*\) \*/$$|\1|p' $(1)))
# gcc sees overlaps between two members of one struct; the tests fill such structs with snprintf.
TEST_CFLAGS := -Itests/unit -Wno-conversion -Wno-unused-result -Wno-restrict -Wno-format-truncation -Wno-unknown-warning-option
TEST_LINK    = $(LINK_TEST) $(LDFLAGS_ALL) $(LDFLAGS) $(call test_wraps,$<)
NO_MAIN     := $(filter-out %/main.o,$(CORE_OBJ) $(CLI_OBJ))

# urunit has its own small names for things (config, log), so its tests see its objects only. Named here, or make would
# not think of making them and take the rule below instead.
.SECONDARY: $(URUNIT_HOST_OBJ)
$(O)/tests/urunit/%: tests/unit/urunit/%.c $(filter-out %/main.o,$(URUNIT_HOST_OBJ))
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CPPFLAGS) $(CFLAGS_ALL) $(TEST_CFLAGS) $(CFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c %.o,$^) \
		$(TEST_LINK) -lcmocka

$(O)/tests/%: tests/unit/%.c $(NO_MAIN)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CPPFLAGS) $(CFLAGS_ALL) $(TEST_CFLAGS) $(CFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c %.o,$^) \
		$(TEST_LINK) $(LIBS) -lcmocka

.PHONY: tests
tests: $(TEST_BIN)

.PHONY: check
check: $(TEST_BIN)
	@EMULATE='$(EMULATE)' script/run-unit-tests $(TEST_BIN)

.PHONY: lint
lint: export LINT_CPPFLAGS := $(CPPFLAGS_ALL) -DURUNIT_FILE='"$(O)/bin/urunit"'
lint: $(CORE_OBJ) $(CLI_OBJ) $(PROGRAMS)
	@CC='$(CC)' NM='$(NM)' O='$(O)' PURE_OBJ='$(PURE_OBJ)' tests/lint/run $(CHECKS)

.PHONY: format
format:
	clang-format -i $(shell find src tests bench -name '*.[ch]')

# --- installing ---
MAN_PAGES := $(sort $(wildcard docs/man/*.[0-9]))

.PHONY: install
install: $(PROGRAMS)
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBEXECDIR)/urunc $(DESTDIR)$(SYSCONFDIR)/urunc
	$(INSTALL) -s --strip-program=$(STRIPPROG) -m 0755 $(O)/bin/$(PROGRAM) $(DESTDIR)$(BINDIR)/urunc
	$(INSTALL) -m 0755 $(O)/bin/urunit $(DESTDIR)$(LIBEXECDIR)/urunc/urunit
	$(foreach m,$(MAN_PAGES),$(INSTALL) -D -m 0644 $(m) $(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(m)))/$(notdir $(m))$(newline))
	test -e $(DESTDIR)$(SYSCONFDIR)/urunc/config.toml || \
		$(INSTALL) -m 0644 examples/config.toml $(DESTDIR)$(SYSCONFDIR)/urunc/config.toml

# The configuration stays: it is the administrator's.
.PHONY: uninstall
uninstall:
	rm -f $(DESTDIR)$(BINDIR)/urunc $(addprefix $(DESTDIR)$(LIBEXECDIR)/urunc/,urunit urunc-image)
	$(foreach m,$(MAN_PAGES),rm -f $(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(m)))/$(notdir $(m))$(newline))
	-rmdir $(DESTDIR)$(LIBEXECDIR)/urunc

define newline


endef

.PHONY: clean
clean:
	rm -rf build build-*

.PHONY: help
help:
	@echo 'Targets:   all (urunc, urunit, urunc-image, bunny and the shim, in build/bin)  install uninstall  check lint format'
	@echo '           payload (fake monitor, probe guest, box test)  kernel (guest kernel)  bench  clean'
	@echo '           fuzz (build-fuzz; tests/fuzz/run runs them)'
	@echo '           docs (docs/user/matrix.md out of urunc features)'
	@echo '           pair (urunc-pair, with the made-up monitor and guest of tests/pair)'
	@echo 'Variants:  SAN=1 (address and undefined sanitizers)  STATIC=0|1  CC=clang  O=DIR'
	@echo '           CROSS_COMPILE=aarch64-linux-gnu- (after script/bootstrap --cross)  SYSROOT=DIR  EMULATE=COMMAND'
	@echo '           EXTRA_SRC="FILE..." (more monitors and guests: urunc-extra, or PROGRAM=NAME)'
	@echo 'Places:    PREFIX=$(PREFIX)  BINDIR LIBEXECDIR DATADIR MANDIR SYSCONFDIR DESTDIR'
	@echo 'Tools:     CC=$(CC)  MUSL_CC=$(MUSL_CC)  CFLAGS CPPFLAGS LDFLAGS are appended'
	@echo 'Lint:      make lint CHECKS="format layers" runs these checks only (names: ls tests/lint)'

include $(filter-out mk/cross.mk,$(wildcard mk/*.mk))
-include $(CORE_OBJ:.o=.d) $(EXTRA_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(URUNIT_OBJ:.o=.d) $(URUNIT_HOST_OBJ:.o=.d) $(TEST_BIN:=.d)
