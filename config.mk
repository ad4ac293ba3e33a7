# SPDX-License-Identifier: Apache-2.0
# What a builder may want to set; the command line and the environment win.
PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/libexec
DATADIR    ?= $(PREFIX)/share
MANDIR     ?= $(DATADIR)/man
SYSCONFDIR ?= /etc
DESTDIR    ?=

# For another architecture: CROSS_COMPILE=aarch64-linux-gnu- and, in SYSROOT, that architecture's headers and libraries
# (script/bootstrap --cross makes such a directory, and it is found; SYSROOT= takes the compiler's own).
CROSS_COMPILE ?=
ifneq ($(CROSS_COMPILE),)
include mk/cross.mk
endif

# The C compiler (gcc 12 and clang 14 are tested) and the one for the guest's init.
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
MUSL_CC    ?= $(CROSS_COMPILE)musl-gcc
PKG_CONFIG ?= $(CROSS_COMPILE)pkg-config
NM         ?= $(CROSS_COMPILE)nm
INSTALL    ?= install
STRIPPROG  ?= $(CROSS_COMPILE)strip
