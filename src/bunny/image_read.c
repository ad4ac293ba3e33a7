/* SPDX-License-Identifier: Apache-2.0 */
/* What both forms of an image's archive have in common. */
#include <errno.h>
#include <string.h>

#include "bunny/image.h"
#include "common/json.h"

bool platform_matches(const struct platform *want, const struct platform *have)
{
	const char *wv = want->variant ? want->variant : "", *hv = have->variant ? have->variant : "";

	/* A variant that nobody asked for is taken; arm64's only one is v8. */
	return streq(want->os, have->os) && streq(want->arch, have->arch) &&
	       (*wv == '\0' || streq(wv, hv) ||
		(streq(want->arch, "arm64") && streq(wv, "v8") && *hv == '\0'));
}

static int take_diff_ids(struct image *im, const json_t *rootfs, struct err *e)
{
	const json_t *ids = json_object_get(rootfs, "diff_ids");
	size_t n = json_array_size(ids);

	if (n != im->nlayers)
		return err_set(e, EINVAL, "its config has %zu layers, its manifest %zu", n, im->nlayers);
	for (size_t i = 0; i < n; i++) {
		if (!digest_parse(json_string_value(json_array_get(ids, i)), &im->layers[i].diff_id))
			return err_set(e, EINVAL, "its config has no sha256 digest of layer %zu", i + 1);
	}
	return 0;
}

int image_take_config(struct image *im, struct arena *a, struct err *e)
{
	const json_t *rootfs = NULL;
	int r = json_parse(im->config_json, "image config", &im->config_tree, e);

	if (r == 0)
		r = image_config_parse(im->config_json, "image config", a, &im->config, e);
	if (r == 0)
		r = json_get_obj(im->config_tree, "image config", "rootfs", &rootfs, e);
	if (r == 0 && !rootfs)
		return err_set(e, EINVAL, "its config has no rootfs");
	return r == 0 ? take_diff_ids(im, rootfs, e) : r;
}

int image_read(const struct files *f, const struct image_choice *c, const char *where, struct arena *a,
	       struct image *ret, struct err *e)
{
	struct image im = {.where = where};
	int r;

	if (files_has(f, "index.json"))
		r = image_read_oci(f, c, a, &im, e);
	else if (files_has(f, "manifest.json"))
		r = image_read_docker(f, c, a, &im, e);
	else
		r = err_set(e, EINVAL, "it has neither index.json nor manifest.json: no image is in it");
	if (r < 0)
		return err_wrap(e, "image '%.200s'", where);
	*ret = im;
	return 0;
}
