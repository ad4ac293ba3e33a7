#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Where base images come from, what of them is checked, what is kept in the cache.
load helpers

# base ARCHIVE: an image with a file and a user in it, made by others.
base() {
	mkdir -p base/etc base/bin
	echo 'me:x:1000:1000::/:/bin/sh' >base/etc/passwd
	echo v1 >base/bin/app
	"$top/script/oci-image" base localhost/base:1 "$1" -e A=b /bin/app
}
# pack HOW: the same image as an OCI layout in the directory HOW, its layer packed.
pack() {
	local m layer old
	mkdir "$1" && tar -xf base.tar -C "$1" && rm "$1/manifest.json"
	m=$1/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' "$1/index.json")
	old=$1/blobs/sha256/$(jq -r '.layers[0].digest[7:]' "$m")
	"$1" -q -c "$old" >layer && rm "$old"
	layer=$(sha256sum <layer | cut -d' ' -f1)
	jq -c --arg d "sha256:$layer" --argjson n "$(stat -c %s layer)" --arg t "application/vnd.oci.image.layer.v1.tar+$1" \
		'.layers[0] = {mediaType: $t, digest: $d, size: $n}' "$m" >new && rm "$m"
	mv layer "$1/blobs/sha256/$layer"
	jq -c --arg d "sha256:$(sha256sum <new | cut -d' ' -f1)" --argjson n "$(stat -c %s new)" \
		'.manifests[0].digest = $d | .manifests[0].size = $n' "$1/index.json" >index && mv index "$1/index.json"
	mv new "$1/blobs/sha256/$(sha256sum <new | cut -d' ' -f1)"
}
FILE=$'FROM base\nCOPY <<E /new\nhi\nE\n'
build() { # reference, more
	local ref=$1
	shift
	bunny build -q -t x -o x.tar --image base="$ref" --label "$K.unikernelType=mewz" --label "$K.binary=/new" "$@" -f - "$C" <<<"$FILE"
}
good() {
	[ "$(file x.tar bin/app)" = v1 ] && [ "$(file x.tar new)" = hi ]
	config x.tar | jq -e '(.config.Env | index("A=b")) and (.history | length) == (.rootfs.diff_ids | length)'
}

@test "archives and layouts of every kind" {
	base base.tar
	skopeo copy -q oci-archive:base.tar oci:layout:tag
	skopeo copy -q oci-archive:base.tar docker-archive:docker.tar:localhost/base:1
	gzip -k docker.tar
	for ref in oci-archive:base.tar docker-archive:base.tar docker-archive:docker.tar docker-archive:docker.tar.gz \
		docker-archive:docker.tar:localhost/base:1 oci:layout oci:layout:tag; do
		echo "$ref"
		build "$ref"
		good
	done
	build "dir:$PWD/base"
	[ "$(file x.tar bin/app)" = v1 ]
}

@test "packed layers are unpacked once, and a damaged cache is noticed" {
	base base.tar
	for how in zstd gzip; do
		pack "$how"
		build "oci:$how"
		good
		kept=("$XDG_CACHE_HOME"/bunny/layers/*)
		[ -e "${kept[0]}" ]
		echo broken >"${kept[0]}"
		build "oci:$how"
		good
		[ "$(sha256sum <"${kept[0]}" | cut -d' ' -f1)" = "$(basename "${kept[0]}")" ]
		rm -r "$XDG_CACHE_HOME"
	done
}

@test "what is damaged or missing is told" {
	base base.tar
	mkdir o && tar -xf base.tar -C o
	fails "it has no image named 'other'" build oci:o:other
	fails 'no image for linux/arm64 (it has: linux/amd64)' build oci:o --platform linux/arm64
	largest=$(find o/blobs -type f -printf '%s %p\n' | sort -n | tail -n 1 | cut -d' ' -f2)
	printf X | dd of="$largest" bs=1 seek=600 conv=notrunc status=none
	fails 'is damaged' build oci:o
	truncate -s -1 "$largest"
	fails 'its descriptor says' build oci:o
	rm "$largest"
	fails 'No such file or directory' build oci:o
	fails 'No such file or directory' build oci-archive:nowhere
	echo text >text
	fails 'not a good tar archive' build oci-archive:text
	tar -cf empty.tar text
	fails 'neither index.json nor manifest.json' build oci-archive:empty.tar
}

@test "links of a layout do not lead out of it" {
	base base.tar
	mkdir o && tar -xf base.tar -C o
	rm o/manifest.json
	mv o/index.json . && ln -s ../index.json o/index.json
	fails 'neither index.json nor manifest.json' build oci:o
	rm o/index.json && mv index.json o/
	blob=o/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' o/index.json)
	mv "$blob" out && ln -s ../../../out "$blob"
	fails "cannot read '${blob#o/}' of the layout: No such file or directory" build oci:o
	rm "$blob" && mkfifo "$blob"
	fails "'${blob#o/}' of the layout is no regular file" build oci:o
}

@test "--offline asks nobody, and without skopeo it is told what to do" {
	FILE=${FILE/base/example.invalid/none:1}
	fails 'with --offline no registry is asked' build unused --offline
	mkdir bin
	if ! PATH=$PWD/bin "$BUNNY" build -t x -f - "$C" <<<"$FILE" 2>said; then grep -q 'skopeo' said; fi
	fails 'example.invalid/none:1' build unused --pull
}

