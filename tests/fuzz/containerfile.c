/* SPDX-License-Identifier: Apache-2.0 */
/* A Containerfile to a build; its first byte chooses what the command line says. */
/* with: common bunny/diag.c bunny/image_config.c bunny/pattern.c bunny/cmdline.c bunny/content.c bunny/support.c bunny/yaml.c bunny/recipe.c bunny/bunnyfile.c bunny/size.c bunny/cf_lex.c bunny/cf_words.c bunny/cf_expand.c bunny/cf_copy.c bunny/containerfile.c bunny/decide.c bunny/decide_bunnyfile.c bunny/decide_containerfile.c bunny/build_text.c */
/* link: -lyaml */
#include "recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *args[] = {"A=x", "B"};
	static const struct recipe_options plain = {.host_arch = "amd64", .only_containerfile = true},
					   full = {.host_arch = "arm64",
						   .only_containerfile = true,
						   .target = "a",
						   .monitor = "firecracker",
						   .kernel_file = "k",
						   .build_args = {args, 2}};

	if (size)
		fuzz_recipe(data + 1, size - 1, *data == '1' ? &full : &plain);
	return 0;
}
