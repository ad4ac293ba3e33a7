# SPDX-License-Identifier: Apache-2.0
# proto/x/y.proto becomes $(O)/gen/proto/x/y.pb-c.h, included as "proto/x/y.pb-c.h". A program that speaks such messages
# links its objects of $(PROTO_OBJ) and -l:libprotobuf-c.a, and makes its own objects wait for $(PROTO_H).
PROTOC_C ?= protoc-c

$(O)/gen/%.pb-c.c $(O)/gen/%.pb-c.h: %.proto
	@mkdir -p $(O)/gen
	$(PROTOC_C) --c_out=$(O)/gen $<

$(O)/obj/%.pb-c.o: $(O)/gen/%.pb-c.c $(PROTO_H) Makefile config.mk $(O)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CPPFLAGS) $(CFLAGS_ALL) $(CFLAGS) -c -o $@ $<

lint: $(PROTO_H)
.SECONDARY: $(PROTO_H) $(PROTO_H:.h=.c)
