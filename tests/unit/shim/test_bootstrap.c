/* SPDX-License-Identifier: Apache-2.0 */
/* Both ways to be started. */
#include "unit.h"

#include "proto/shim/runtime.pb-c.h"
#include "shim/args.h"
#include "shim/bootstrap.h"
#include "shim/pb.h"

static struct arena a;
static const struct args args = {"k8s.io", "c1", "/c.sock", "", "", "", false, false, false, "start"};

static struct bytes packed(const void *message)
{
	struct bytes b = {0};

	assert_true(message_write(message, &a, &b));
	return b;
}

static struct bootstrap read_ok(struct bytes input)
{
	struct bootstrap b;
	struct err e = {0};

	assert_ok(bootstrap_read(input, &args, &a, &b, &e), e);
	return b;
}

static void nothing_is_the_old_way_without_options(void **state)
{
	struct bootstrap b = read_ok((struct bytes){0});

	(void)state;
	assert_false(b.by_params);
	assert_null(b.options);
}

/* Both messages begin with two texts. */
static void options_are_not_taken_for_parameters(void **state)
{
	Pb__Any any = PB__ANY__INIT;
	struct bootstrap b;

	(void)state;
	any.type_url = (char *)"containerd.runc.v1.Options";
	b = read_ok(packed(&any));
	assert_false(b.by_params);
	assert_string_equal(b.options->type_url, "containerd.runc.v1.Options");
	any.value = (ProtobufCBinaryData){6, (uint8_t *)"k8s.io"};
	assert_false(read_ok(packed(&any)).by_params);
}

static void parameters_carry_addresses_and_options(void **state)
{
	Pb__BootstrapParams p = PB__BOOTSTRAP_PARAMS__INIT;
	Pb__Any any = PB__ANY__INIT;
	Pb__Extension x = PB__EXTENSION__INIT, *all[] = {&x};
	struct bootstrap b;

	(void)state;
	any.type_url = (char *)"runtimeoptions.v1.Options";
	x.value = &any;
	p.instance_id = (char *)"c1";
	p.namespace_ = (char *)"k8s.io";
	p.log_level = -4;
	p.ttrpc_address = (char *)"/t";
	p.grpc_address = (char *)"/g";
	p.containerd_binary = (char *)"/bin/c";
	p.socket_dir = (char *)"/s";
	p.extensions = all;
	p.n_extensions = 1;
	b = read_ok(packed(&p));
	assert_true(b.by_params && b.debug);
	assert_string_equal(b.ttrpc_address, "/t");
	assert_string_equal(b.grpc_address, "/g");
	assert_string_equal(b.program, "/bin/c");
	assert_string_equal(b.socket_dir, "/s");
	assert_string_equal(b.options->type_url, "runtimeoptions.v1.Options");
	p.log_level = 0;
	assert_false(read_ok(packed(&p)).debug);
}

static void garbage_is_refused(void **state)
{
	struct bootstrap b;
	struct err e = {0};

	(void)state;
	assert_fails(bootstrap_read((struct bytes){"\xff\xff\xff", 3}, &args, &a, &b, &e), e, EINVAL,
		     "neither options");
}

static void each_way_has_its_answer(void **state)
{
	struct bootstrap old = {.by_params = false}, new = {.by_params = true};
	const Pb__BootstrapResult *r;
	struct bytes out = {0};
	struct err e = {0};

	(void)state;
	assert_ok(bootstrap_answer(&old, "unix:///run/s/x", &a, &out, &e), e);
	assert_int_equal(out.n, 15);
	assert_memory_equal(out.p, "unix:///run/s/x", 15);
	/* So that a newer containerd takes it for what it is. */
	assert_null(message_read(&pb__bootstrap_result__descriptor, out.p, out.n, &a));
	assert_ok(bootstrap_answer(&new, "unix:///run/s/x", &a, &out, &e), e);
	r = message_read(&pb__bootstrap_result__descriptor, out.p, out.n, &a);
	assert_non_null(r);
	assert_int_equal(r->version, 2);
	assert_string_equal(r->address, "unix:///run/s/x");
	assert_string_equal(r->protocol, "ttrpc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_the_old_way_without_options),
		cmocka_unit_test(options_are_not_taken_for_parameters),
		cmocka_unit_test(parameters_carry_addresses_and_options),
		cmocka_unit_test(garbage_is_refused),
		cmocka_unit_test(each_way_has_its_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
