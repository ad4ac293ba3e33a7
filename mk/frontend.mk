# SPDX-License-Identifier: Apache-2.0
# The image that makes BuildKit understand bunnyfiles: bunny, packed by itself. docker load -i build/frontend-image.tar
FRONTEND_NAME ?= bunny:$(VERSION)

.PHONY: frontend-image
frontend-image: $(O)/frontend-image.tar

$(O)/frontend-image.tar: $(BUNNY)
	$(STRIPPROG) -o $(O)/frontend-bunny $<
	$(EMULATE) $(O)/frontend-bunny frontend-image --quiet -t $(FRONTEND_NAME) -o $@
