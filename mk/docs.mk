# SPDX-License-Identifier: Apache-2.0
# Pages that are made of what the program says of itself.
.PHONY: docs
docs: $(O)/bin/urunc
	script/matrix $< >$(O)/matrix.md
	mv $(O)/matrix.md docs/user/matrix.md
