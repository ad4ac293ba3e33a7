# SPDX-License-Identifier: Apache-2.0
# Images by Nix (docs/user/nix.md): an expression, no program.
install: install-nix
.PHONY: install-nix
install-nix:
	$(foreach f,default.nix args.nix,$(INSTALL) -D -m 0644 nix/$(f) $(DESTDIR)$(DATADIR)/urunc/nix/$(f)$(newline))

uninstall: uninstall-nix
.PHONY: uninstall-nix
uninstall-nix:
	rm -f $(addprefix $(DESTDIR)$(DATADIR)/urunc/nix/,default.nix args.nix)
	-rmdir $(DESTDIR)$(DATADIR)/urunc/nix $(DESTDIR)$(DATADIR)/urunc
