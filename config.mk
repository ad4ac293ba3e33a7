# SPDX-License-Identifier: Apache-2.0
# What a builder may want to set; the command line and the environment win.
PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/libexec
MANDIR     ?= $(PREFIX)/share/man
SYSCONFDIR ?= /etc
DESTDIR    ?=

# The C compiler (gcc 12 and clang 14 are tested) and the one for the guest's init.
CROSS_COMPILE ?=
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
MUSL_CC    ?= $(CROSS_COMPILE)musl-gcc
PKG_CONFIG ?= $(CROSS_COMPILE)pkg-config
NM         ?= $(CROSS_COMPILE)nm
INSTALL    ?= install
STRIPPROG  ?= $(CROSS_COMPILE)strip
