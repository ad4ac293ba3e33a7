/* SPDX-License-Identifier: Apache-2.0 */
/* Images written by us, as we read them; and ones that somebody damaged. */
#include "bunny/oci_write.h"

#include "bunny/tree.h"
#include "common/json.h"

static struct arena a;

static int setup(void **state)
{
	(void)state;
	json_use_arena(&a);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static struct rope *layer(const char *text)
{
	struct fs fs = tree_new(&a);
	struct rope *r = arena_alloc(&a, sizeof(*r));
	struct err e = {0};

	*r = ROPE(&a);
	tree_put(&fs, "f", text);
	assert_ok(tar_write_layer(&fs, r, &e), e);
	return r;
}

static struct out_image image(void)
{
	static const char *cmd[] = {"run", "it \"now\""};
	struct out_image im = {.config = {.platform = {"linux", "amd64", NULL}, .cmd = {cmd, 2}},
			       .epoch = 1700000000};
	struct err e = {0};

	im.layers = arena_array(&a, 2, sizeof(*im.layers));
	im.nlayers = 2;
	for (size_t i = 0; i < 2; i++) {
		struct rope *r = layer(i ? "two" : "one");

		im.layers[i] = (struct out_layer){.media_type = "application/vnd.oci.image.layer.v1.tar",
						  .data = piece_rope(r),
						  .created_by = "test"};
		assert_ok(rope_digest(r, &im.layers[i].digest, &e), e);
		im.layers[i].diff_id = im.layers[i].digest;
	}
	im.names = arena_array(&a, 1, sizeof(*im.names));
	im.nnames = 1;
	assert_ok(ref_parse("me/it:1", &a, &im.names[0], &e), e);
	assert_ok(kv_set(&im.annotations, &a, "k", "v", &e), e);
	assert_ok(image_seal(&im, &a, &e), e);
	return im;
}

static const struct files *open_archive(const struct out_image *im, bool pure)
{
	struct rope r = ROPE(&a);
	const struct files *f;
	struct err e = {0};

	assert_ok(image_archive(im, pure, &r, &e), e);
	assert_ok(files_of_tar(rope_fd(&r), r.bytes, &a, &f, &e), e);
	return f;
}

static void an_archive_is_both_kinds(void **state)
{
	const struct image_choice c = {.platform = {"linux", "amd64", NULL}};
	const struct files *f;
	struct out_image im = image();
	struct image back = {0};
	struct err e = {0};

	(void)state;
	f = open_archive(&im, false);
	assert_ok(image_read_oci(f, &c, &a, &back, &e), e);
	assert_true(digest_eq(&back.digest, &im.digest));
	assert_string_equal(back.config.cmd.v[1], "it \"now\"");
	assert_string_equal(kv_get(&back.annotations, "k"), "v");
	assert_string_equal(back.name, "docker.io/me/it:1");
	assert_int_equal(back.nlayers, 2);
	back = (struct image){0};
	assert_ok(image_read_docker(f, &c, &a, &back, &e), e);
	assert_string_equal(back.name, "me/it:1");
	assert_true(digest_eq(&back.layers[1].diff_id, &im.layers[1].diff_id));
	assert_false(files_has(open_archive(&im, true), "manifest.json"));
}

static void the_same_image_has_the_same_digest(void **state)
{
	struct out_image one = image(), two = image();

	(void)state;
	assert_true(digest_eq(&one.digest, &two.digest));
	assert_non_null(strstr(one.config_json, "\"created\":\"2023-11-14T22:13:20Z\""));
}

static void choosing(void **state)
{
	struct image_choice c = {.platform = {"linux", "arm64", NULL}};
	struct out_image im = image();
	const struct files *f = open_archive(&im, false);
	struct image back = {0};
	struct err e = {0};

	(void)state;
	assert_fails(image_read_oci(f, &c, &a, &back, &e), e, ENOENT,
		     "no image for linux/arm64 (it has: linux/amd64)");
	assert_fails(image_read_docker(f, &c, &a, &back, &e), e, ENOENT, "not for linux/arm64");
	c.any_platform = true;
	assert_ok(image_read_oci(f, &c, &a, &back, &e), e);
	c.tag = "1";
	assert_ok(image_read_oci(f, &c, &a, &back, &e), e);
	c.tag = "2";
	assert_fails(image_read(f, &c, "x.tar", &a, &back, &e), e, ENOENT,
		     "image 'x.tar': it has no image named '2'");
}

static void damage_is_noticed(void **state)
{
	const struct image_choice c = {.platform = {"linux", "amd64", NULL}};
	struct out_image im = image();
	struct image back = {0};
	struct rope r = ROPE(&a);
	const struct files *f;
	struct piece blob;
	struct err e = {0};
	char hex[DIGEST_HEX_BYTES], byte = '!';
	int fd;

	(void)state;
	assert_ok(image_archive(&im, false, &r, &e), e);
	fd = rope_fd(&r);
	assert_ok(files_of_tar(fd, r.bytes, &a, &f, &e), e);
	digest_hex(&im.layers[0].digest, hex);
	assert_ok(files_get(f, arena_printf(&a, "blobs/sha256/%s", hex), &blob, &e), e);
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)blob.at + 512), 1);
	assert_fails(image_read_oci(f, &c, &a, &back, &e), e, EBADMSG, "is damaged");
	assert_fails(image_read_docker(f, &c, &a, &back, &e), e, EBADMSG, "is damaged");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_archive_is_both_kinds, setup, clean),
		cmocka_unit_test_setup_teardown(the_same_image_has_the_same_digest, setup, clean),
		cmocka_unit_test_setup_teardown(choosing, setup, clean),
		cmocka_unit_test_setup_teardown(damage_is_noticed, setup, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
