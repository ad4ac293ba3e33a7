# SPDX-License-Identifier: Apache-2.0
# Building for another architecture than this machine's; included by config.mk when CROSS_COMPILE is set.
CROSS_TRIPLE := $(patsubst %-,%,$(notdir $(CROSS_COMPILE)))
CROSS_ARCH   := $(firstword $(subst -, ,$(CROSS_TRIPLE)))
URUNC_CACHE  ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/urunc

ifeq ($(origin SYSROOT),undefined)
SYSROOT_LINK := $(URUNC_CACHE)/sysroot-$(patsubst aarch64,arm64,$(CROSS_ARCH))
# Where the link leads, so that all is made again when it leads to other versions.
SYSROOT := $(realpath $(SYSROOT_LINK))
ifeq ($(SYSROOT),)
$(error no $(SYSROOT_LINK): run script/bootstrap --cross, or name a directory of $(CROSS_ARCH) headers and libraries in SYSROOT)
endif
endif

ifneq ($(SYSROOT),)
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
override CC += --sysroot=$(SYSROOT) $(if $(findstring clang,$(CC)),--target=$(CROSS_TRIPLE))
PKG_CONFIG  ?= PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/$(CROSS_TRIPLE)/pkgconfig pkg-config

# Test programs use shared libraries. They are told where these are, so that they run by the emulator alone, which then
# need not bend the paths of everything that a test opens.
SYSROOT_LOADER    := $(firstword $(wildcard $(SYSROOT)/lib/ld-linux-*.so.* $(SYSROOT)/usr/lib/ld-linux-*.so.*))
SYSROOT_LINK_TEST := -Wl,--dynamic-linker=$(SYSROOT_LOADER) -Wl,--disable-new-dtags \
	-Wl,-rpath=$(SYSROOT)/lib/$(CROSS_TRIPLE):$(SYSROOT)/usr/lib/$(CROSS_TRIPLE)

# musl-gcc is a gcc with such a file; that of the package names the places where the package would be installed.
ifeq ($(origin MUSL_CC),undefined)
MUSL_SPECS      = $(O)/musl-gcc.specs
MUSL_SPECS_FROM = $(SYSROOT)/usr/lib/$(CROSS_TRIPLE:%-gnu=%-musl)/musl-gcc.specs
MUSL_CC         = $(CROSS_COMPILE)gcc -specs=$(MUSL_SPECS)
endif
endif

# What runs the programs: nothing where this machine can do it itself.
EMULATE ?= $(if $(filter-out $(CROSS_ARCH),$(shell uname -m)),qemu-$(CROSS_ARCH)-static)
