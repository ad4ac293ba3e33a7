# SPDX-License-Identifier: Apache-2.0
# What plan makes of whole bundles: make golden compares, GOLDEN_UPDATE=1 make golden writes the expectations anew.
$(O)/tests/golden-runner: tests/golden/golden.c $(NO_MAIN) mk/golden.mk
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CPPFLAGS) $(CFLAGS_ALL) $(TEST_CFLAGS) $(CFLAGS) -o $@ $(filter %.c %.o,$^) \
		$(LINK_TEST) $(LDFLAGS_ALL) $(LDFLAGS) $(LIBS)

.PHONY: golden-runner
golden-runner: $(O)/tests/golden-runner

.PHONY: golden
golden: $(O)/tests/golden-runner
	@$(EMULATE) $< tests/golden $(CASE)
