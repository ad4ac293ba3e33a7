# SPDX-License-Identifier: Apache-2.0
# Completions of bash, zsh and fish, made by script/completions of what each program says of itself.
COMPLETED := $(O)/bin/$(PROGRAM):urunc $(if $(BUNNY),$(BUNNY):bunny)
# $(1) program:name, $(2) shell, $(3) file below DATADIR
completion = EMULATE='$(EMULATE)' script/completions $(2) $(subst :, ,$(1)) >$(O)/completion.new && \
	$(INSTALL) -D -m 0644 $(O)/completion.new $(DESTDIR)$(DATADIR)/$(3)$(newline)
completion_files = bash-completion/completions/$(1) zsh/site-functions/_$(1) fish/vendor_completions.d/$(1).fish

install: install-completions
.PHONY: install-completions
install-completions: $(foreach p,$(COMPLETED),$(firstword $(subst :, ,$(p))))
	$(foreach p,$(COMPLETED),$(foreach s,bash zsh fish,@$(call completion,$(p),$(s),$(filter $(s)%,$(call completion_files,$(lastword $(subst :, ,$(p))))))))

uninstall: uninstall-completions
.PHONY: uninstall-completions
uninstall-completions:
	$(foreach p,$(COMPLETED),rm -f $(addprefix $(DESTDIR)$(DATADIR)/,$(call completion_files,$(lastword $(subst :, ,$(p)))))$(newline))
