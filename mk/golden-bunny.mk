# SPDX-License-Identifier: Apache-2.0
# What bunny decides about bunnyfiles and Containerfiles: make golden compares these, too; GOLDEN_UPDATE=1 writes anew;
# make golden-bunny BUNNY_CASE=NAME runs one of them.
$(O)/tests/bunny-golden: tests/bunny/golden.c $(filter-out %/main.o,$(BUNNY_OBJ)) $(BUNNY_WITH) mk/golden-bunny.mk
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CPPFLAGS) $(CFLAGS_ALL) $(TEST_CFLAGS) $(CFLAGS) -o $@ $(filter %.c %.o,$^) \
		$(LINK_TEST) $(LDFLAGS_ALL) $(LDFLAGS) $(BUNNY_LIBS)

golden-runner: $(O)/tests/bunny-golden
golden: golden-bunny

.PHONY: golden-bunny
golden-bunny: $(O)/tests/bunny-golden
	@$(EMULATE) $< tests/bunny/golden tests/data/documents $(BUNNY_CASE)
