# SPDX-License-Identifier: Apache-2.0
# The gRPC client, for programs that speak it: they link $(GRPC_OBJ) and $(GRPC_LIBS). Not part of urunc.
GRPC_LIBS := -l:libnghttp2.a -l:libprotobuf-c.a

$(O)/tests/grpc/%: tests/unit/grpc/%.c $(GRPC_OBJ) $(PROTO_OBJ) $(NO_MAIN) | $(PROTO_H)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CPPFLAGS) $(CFLAGS_ALL) $(TEST_CFLAGS) $(CFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c %.o,$^) \
		$(TEST_LINK) $(GRPC_LIBS) $(LIBS) -lcmocka

lint: $(GRPC_OBJ)
-include $(GRPC_OBJ:.o=.d)
