/* SPDX-License-Identifier: Apache-2.0 */
/* A bunnyfile to a build: words, or something that stays inside the context and the image. */
/* with: common bunny/diag.c bunny/image_config.c bunny/pattern.c bunny/cmdline.c bunny/content.c bunny/support.c bunny/yaml.c bunny/recipe.c bunny/bunnyfile.c bunny/size.c bunny/cf_lex.c bunny/cf_words.c bunny/cf_expand.c bunny/cf_copy.c bunny/containerfile.c bunny/decide.c bunny/decide_bunnyfile.c bunny/decide_containerfile.c bunny/build_text.c */
/* link: -lyaml */
#include "recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct recipe_options opt = {.host_arch = "amd64", .only_bunnyfile = true};

	fuzz_recipe(data, size, &opt);
	return 0;
}
