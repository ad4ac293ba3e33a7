# SPDX-License-Identifier: Apache-2.0
# urunc-image: the helper that makes disks out of container roots. Static like urunc, with libext2fs in it.
IMAGER_SRC := $(sort $(wildcard src/imager/*.c))
IMAGER_OBJ := $(IMAGER_SRC:%.c=$(O)/obj/%.o)
IMAGER     := $(O)/bin/urunc-image
all lint: $(IMAGER)

$(IMAGER): $(IMAGER_OBJ) $(filter $(O)/obj/src/image/% $(O)/obj/src/common/%,$(CORE_OBJ))
	@mkdir -p $(@D)
	$(CC) $(LINK_PROGRAM) $(LDFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LIBS)

install: install-imager
.PHONY: install-imager
install-imager: $(IMAGER)
	$(INSTALL) -d $(DESTDIR)$(LIBEXECDIR)/urunc
	$(INSTALL) -s --strip-program=$(STRIPPROG) -m 0755 $(IMAGER) $(DESTDIR)$(LIBEXECDIR)/urunc/urunc-image

-include $(IMAGER_OBJ:.o=.d)
