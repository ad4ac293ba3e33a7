/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the config.json parser share; nobody outside src/oci includes it. */
#ifndef URUNC_OCI_SPEC_READER_H
#define URUNC_OCI_SPEC_READER_H

#include "common/json.h"
#include "oci/spec.h"

#define ID_MAX 4294967294 /* 2^32-1 is "no id" to the kernel */
#define WHERE_BYTES 128

/* How each list of struct oci_spec lies in memory, whatever its elements are. */
struct spec_any_list {
	void *v;
	size_t n;
};

struct spec_reader {
	struct arena *a;
	struct oci_spec *spec;
};

/* Reads one element; `where` is its JSON path and *ret is zeroed. */
typedef int spec_element_fn(struct spec_reader *in, const json_t *o, const char *where, void *ret,
			    struct err *e);

struct spec_list_desc {
	const char *key;
	size_t max, element_bytes;
	spec_element_fn *read;
};

/* Reads the array of objects o[d->key] into the list at ret_list (struct { T *v; size_t n; }). */
int spec_read_list(struct spec_reader *in, const json_t *o, const char *where, const struct spec_list_desc *d,
		   void *ret_list, struct err *e) _must_check_;
/* Reads an object of strings into the list of struct spec_kv at ret_list; null members are left out. */
int spec_read_map(struct spec_reader *in, const json_t *o, const char *where, const char *key, void *ret_list,
		  struct err *e) _must_check_;
/* As json_get_str, but "" counts as absent. */
int spec_get_word(const json_t *o, const char *where, const char *key, const char **ret, struct err *e)
	_must_check_;
/* An absolute path; *ret stays when absent. */
int spec_get_abspath(const json_t *o, const char *where, const char *key, const char **ret, struct err *e)
	_must_check_;
/* An integer of 0..max (max <= 2^32-1). */
int spec_get_u32(const json_t *o, const char *where, const char *key, int64_t max, uint32_t *ret,
		 struct err *e) _must_check_;

int spec_read_process(struct spec_reader *in, const json_t *root, struct err *e) _must_check_;
int spec_read_hooks(struct spec_reader *in, const json_t *root, struct err *e) _must_check_;
int spec_read_linux(struct spec_reader *in, const json_t *root, struct err *e) _must_check_;
int spec_read_resources(struct spec_reader *in, const json_t *linux_obj, struct err *e) _must_check_;

#endif
