#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Where Docker keeps whole images (containerd's store, from 24 on), annotations stay: those of docker build are those of
# bunny build. Run by on-debian13.
load ../helpers
load ../dockerd

setup_file() {
	dockerd_starts '{"features": {"containerd-snapshotter": true}}' && base_and_frontend
}
teardown_file() { dockerd_ends; }

@test "annotations of the manifest: docker build, docker save, and as an OCI archive" {
	small
	sed -i "1i #syntax=$FRONTEND" "$C/bunnyfile"
	bunny build -q -t localhost/kit:1 -o own.tar "$C" >/dev/null
	manifest own.tar | jq -S .annotations >own.annotations
	[ "$(jq length own.annotations)" -eq 6 ]
	dock build -f "$C/bunnyfile" -t localhost/kit:1 --provenance=false "$C"
	dock save localhost/kit:1 -o kit.tar
	manifest kit.tar | jq -S .annotations | diff own.annotations -
	dock buildx build -f "$C/bunnyfile" --provenance=false --output type=oci,dest=oci.tar "$C"
	manifest oci.tar | jq -S .annotations | diff own.annotations -
	[ "$(config oci.tar | jq -cS .config)" = "$(config own.tar | jq -cS .config)" ]
}

@test "two platforms in one image" {
	small
	sed -i "1i #syntax=$FRONTEND" "$C/bunnyfile"
	echo 'no machine in particular' >"$C/kernel"
	dock buildx build -f "$C/bunnyfile" --provenance=false --platform linux/amd64,linux/arm64 --output type=oci,dest=oci.tar "$C"
	blob oci.tar "$(tar -xOf oci.tar index.json | jq -r '.manifests[0].digest')" >index
	[ "$(jq -c '[.manifests[].platform.architecture]' index)" = '["amd64","arm64"]' ]
	blob oci.tar "$(jq -r '.manifests[1].digest' index)" | jq -e ".annotations.\"$K.hypervisor\" == \"qemu\""
}
