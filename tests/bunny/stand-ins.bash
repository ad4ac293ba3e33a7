# SPDX-License-Identifier: Apache-2.0
# Makes what a golden case's facts.json speaks of: the files of its context, and an image in OCI layout for each that its
# build takes. What is in them is made up; their names, kinds and configs are as the case says.

# The first bytes of a file of this kind. Kernels are the head of an ELF file.
stand_in_file() { # PATH KIND CONTENT ARCH
	local machine=076
	mkdir -p "$(dirname "$1")"
	case $2:$3 in
	dir:*) mkdir "$1" && echo "in ${1##*/}" >"$1/inside" ;;
	*:kernel)
		[ "$4" = arm64 ] && machine=0267
		printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0%b\0' "\\$machine" >"$1"
		;;
	*:cpio) printf '' | cpio -o -H newc --quiet >"$1" ;;
	*:packed) printf '' | cpio -o -H newc --quiet | gzip -n >"$1" ;;
	*:ext) truncate -s 256k "$1" && mke2fs -qF -t ext2 "$1" ;;
	*:tar) tar -cf "$1" -C / etc/hostname ;;
	*) echo "stand-in of ${1##*/}" >"$1" ;;
	esac
}

stand_in_context() { # FACTS DIR
	local path kind content arch
	mkdir -p "$2"
	[ -e "$1" ] || return 0
	while IFS=$'\t' read -r path kind content arch; do
		stand_in_file "$2/$path" "$kind" "$content" "$arch"
	done < <(jq -r '.files // {} | to_entries[] | [.key, .value.kind // "file", .value.content // "text", .value.arch // ""] | @tsv' "$1")
}

blob() { # LAYOUT FILE: prints the digest
	local sum
	sum=$(sha256sum <"$2") && sum=${sum%% *}
	mv "$2" "$1/blobs/sha256/$sum"
	echo "sha256:$sum"
}

# An image of one layer with these files in it.
stand_in_image() { # LAYOUT CONFIG OS ARCH FILE...
	local layout=$1 config=$2 os=$3 arch=$4 root diff id manifest f size
	shift 4
	root=$layout.root
	mkdir -p "$layout/blobs/sha256" "$root"
	for f; do
		mkdir -p "$root/$(dirname "$f")"
		[ -e "$root/$f" ] || stand_in_file "$root/$f" file kernel "$arch"
	done
	tar --sort=name --owner=0 --group=0 --mtime=@0 -cf "$layout.tar" -C "$root" .
	size=$(stat -c %s "$layout.tar")
	diff=$(blob "$layout" "$layout.tar")
	jq -c --arg d "$diff" --arg os "$os" --arg arch "$arch" \
		'{architecture: $arch, os: $os, config: (.config // {})} + {rootfs: {type: "layers", diff_ids: [$d]}}' <<<"$config" >"$layout.config"
	f=$(stat -c %s "$layout.config")
	id=$(blob "$layout" "$layout.config")
	jq -nc --arg id "$id" --argjson n "$f" --arg d "$diff" --argjson size "$size" '{schemaVersion: 2,
		mediaType: "application/vnd.oci.image.manifest.v1+json",
		config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $id, size: $n},
		layers: [{mediaType: "application/vnd.oci.image.layer.v1.tar", digest: $d, size: $size}]}' >"$layout.manifest"
	f=$(stat -c %s "$layout.manifest")
	manifest=$(blob "$layout" "$layout.manifest")
	jq -nc --arg d "$manifest" --argjson n "$f" --arg os "$os" --arg arch "$arch" '{schemaVersion: 2, manifests: [{
		mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $d, size: $n,
		platform: {os: $os, architecture: $arch}}]}' >"$layout/index.json"
	echo '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
}

# Each image that the build in DUMP takes; prints the options that name them, a line each. Every image has every file
# that is copied out of one, and what the annotations name, unless something copies that there.
stand_in_images() { # FACTS DUMP DIR
	local ref os arch n=0 config
	local -a files
	mapfile -t files < <(jq -r '[.trees[] | select(.layers == []) | .base] as $plain | [.trees[].layers[].ops[] | .copy // .root // empty] as $made |
		(.trees[].layers[].ops[] | select(.copy and (.from | test("input")) or (.from == "tree 0" and ($plain | length) > 0)) | .source),
		(.trees[].layers[].ops[] | select(.after // "" | test("input")) | .source),
		((.annotations | ."com.urunc.unikernel.binary", ."com.urunc.unikernel.initrd") | select(. and (IN($made[]) | not)))' "$2")
	while IFS=$'\t' read -r ref os arch; do
		n=$((n + 1))
		config='{}'
		[ ! -e "$1" ] || config=$(jq -c --arg r "$ref" '.images[$r].config // {}' "$1")
		stand_in_image "$3/$n" "$config" "$os" "$arch" "${files[@]}"
		echo "--image=$ref=oci:$3/$n"
	done < <(jq -r '.inputs[] | [.image, (.platform | split("/")[0], split("/")[1])] | @tsv' "$2")
}
