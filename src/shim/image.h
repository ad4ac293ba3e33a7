/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata of guests that engines do not hand on: annotations of an image's manifest, labels of a container. For children:
 * containerd is asked, and that may take its time. */
#ifndef URUNC_SHIM_IMAGE_H
#define URUNC_SHIM_IMAGE_H

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

#define IMAGE_KEY_PREFIX "com.urunc.unikernel."

/* Completes the annotations in <bundle>/config.json, unless it, or a file /urunc.json in the container's root, says already
 * what the guest is. Of the manifest and the container's labels the manifest counts. 1 when something was added, 0 when
 * there was nothing to add. Failures leave the file as it was. */
int image_annotate(const char *grpc_address, const char *ns, const char *id, const char *bundle,
		   struct err *e) _must_check_;

/* Of the JSON text of an index: the digest of its manifest for this machine, or of its only one; "" if there is none. */
int image_pick_manifest(struct bytes index, struct arena *a, const char **ret_digest, struct err *e)
	_must_check_;

#endif
