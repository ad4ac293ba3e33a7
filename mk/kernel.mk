# SPDX-License-Identifier: Apache-2.0
# The guest kernel: slow to build (minutes), so never part of `all`; cached by its inputs.
.PHONY: kernel
kernel:
	kernel/build $(O)/kernel
