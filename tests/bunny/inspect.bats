#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# bunny inspect: what is told of an image, and everything that it takes amiss.
load helpers

# image ROOTFS-CHANGES: an image of the directory r, by others.
image() { "$top/script/oci-image" r localhost/x:1 x.tar "$@"; }
meta() { # KEY=VALUE...
	local pair
	for pair; do printf '%s\0%s\0' "$K.${pair%%=*}" "$(printf %s "${pair#*=}" | base64 -w0)"; done |
		jq -Rs 'split("\u0000") | [recurse(.[2:]; length > 1) | select(length > 1) | {key: .[0], value: .[1]}] | from_entries' >r/urunc.json
}
good() {
	mkdir -p r/boot
	fake_kernel r/boot/kernel
	(cd r && : | cpio --quiet -o -H newc) >r/boot/initrd
	meta unikernelType=linux hypervisor=qemu binary=/boot/kernel initrd=/boot/initrd
}
# problem WORDS: this, and status 2.
problem() {
	run bunny inspect oci-archive:x.tar
	echo "$output"
	[ "$status" -eq 2 ] && [[ $output == *"problem:  $1"* ]]
}

@test "nothing wrong: metadata from its place, kernel, root, command" {
	good
	image /init word
	PATH=$BUILD/bin:$PATH bunny inspect oci-archive:x.tar >said
	grep -q '^platform: linux/amd64, 1 layers' said
	grep -q '^metadata: /urunc.json$' said
	grep -q '^kernel:   ELF for amd64, 120 bytes$' said
	grep -q '^root:     initrd /boot/initrd' said
	grep -q '^command:  /init word$' said
	grep -q '^nothing is wrong with it$' said
	bunny inspect --json oci-archive:x.tar | jq -e '.uruncJson.binary == "/boot/kernel" and .problems == [] and .kernelArchitecture == "amd64"'
}

@test "a file or directory by its path alone; what an image says does nothing to a terminal" {
	good
	meta unikernelType=linux hypervisor=qemu binary=/boot/kernel initrd=/boot/initrd cmdline=$'x\e[2J\nnothing is wrong'
	image /init $'a\e]0;b\ac'
	bunny inspect x.tar >said
	grep -qx '  cmdline           x?\[2J?nothing is wrong' said
	grep -qx 'command:  /init a?\]0;b?c' said
	bunny inspect oci-archive:x.tar | sed 's/oci-archive://' | cmp - said
	gzip -k x.tar
	bunny inspect ./x.tar.gz | sed 's|\./x.tar.gz|x.tar|' | cmp - said
	mkdir l && tar -xf x.tar -C l
	bunny inspect ./l | sed 's|\./l|x.tar|' | cmp - said
	bunny bundle -q x.tar "$T/b"
	[ -f b/config.json ]
	fails "image 'none.tar': No such file or directory" bunny inspect none.tar
}

@test "a value as long as urunc takes it, and one byte more" {
	local n
	good
	for n in 16384 16385; do
		small
		sed -i "s|^cmdline: .*|cmdline: $(head -c "$n" /dev/zero | tr '\0' x)|" "$C/bunnyfile"
		meta unikernelType=linux hypervisor=qemu binary=/boot/kernel "cmdline=$(head -c "$n" /dev/zero | tr '\0' x)"
		image /init
		if [ "$n" -eq 16384 ]; then
			bunny build -q -t x -o y.tar "$C"
			bunny inspect x.tar
		else
			fails "$K.cmdline has 16385 bytes; urunc takes at most 16384" bunny build -q -t x -o y.tar "$C"
			problem 'cmdline has 16385 bytes; urunc takes at most 16384'
			fails 'cmdline has 16399 bytes' bunny convert -t x -o y.tar --kernel "$C/kernel" x.tar /init "$(head -c "$n" /dev/zero | tr '\0' x)"
		fi
	done
}

@test "all three places, and one that differs" {
	small
	bunny build -q -t x -o x.tar "$C"
	bunny inspect oci-archive:x.tar | grep -q '^metadata: /urunc.json, labels, annotations$'
	cat >"$C/Containerfile" <<-E
		FROM scratch
		COPY kernel /k
		COPY <<EOF /urunc.json
		{"$K.unikernelType":"bGludXg=","$K.hypervisor":"cWVtdQ==","$K.binary":"L2s="}
		EOF
		CMD ["/x"]
	E
	good
	meta unikernelType=linux hypervisor=firecracker binary=/boot/kernel
	"$top/script/oci-image" r localhost/x:1 y.tar /init
	mkdir l && tar -xf y.tar -C l && rm l/manifest.json
	m=l/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' l/index.json)
	jq -c ".annotations = {\"$K.hypervisor\": \"qemu\"}" "$m" >new
	sum=$(sha256sum <new | cut -d' ' -f1)
	jq -c --arg d "sha256:$sum" --argjson n "$(stat -c %s new)" '.manifests[0].digest = $d | .manifests[0].size = $n' l/index.json >i
	mv i l/index.json && mv new "l/blobs/sha256/$sum"
	fails 'problem:  hypervisor is not the same' bunny inspect oci:l
}

@test "everything that is taken amiss" {
	good
	image /init
	bunny inspect oci-archive:x.tar
	meta unikernelType=linux hypervisor=qemu binary=/boot/none initrd=/boot/initrd
	image /init && problem "binary: the image has no file '/boot/none'"
	meta unikernelType=linux hypervisor=qemu binary=/urunc.json
	image /init && problem "binary: '/urunc.json' is no kernel"
	meta unikernelType=linux hypervisor=qemu binary=/boot/kernel initrd=/boot/kernel
	image /init && problem "initrd: '/boot/kernel' is not a cpio archive"
	meta unikernelType=linux hypervisor=qemu binary=/boot/kernel block=/boot/initrd
	image /init && problem "block: '/boot/initrd' is not a file system"
	problem 'block: blkMntPoint must say where'
	meta unikernelType=linux binary=/boot/kernel
	image /init && problem 'hypervisor is missing'
	good
	printf '\xb7' | dd of=r/boot/kernel bs=1 seek=18 conv=notrunc status=none
	image /init && problem 'kernel: it is for arm64, the image says amd64'
	good && image && problem 'neither Entrypoint nor Cmd'
	echo "{\"$K.binary\":\"%%\"}" >r/urunc.json
	image /init && problem "/urunc.json: '$K.binary' is no base64"
	echo '{' >r/urunc.json
	image /init && problem '/urunc.json'
	rm r/urunc.json
	image /init && problem 'it has no metadata'
	good
	meta unikernelType=mirage hypervisor=firecracker binary=/boot/kernel
	image /init
	PATH=$BUILD/bin:$PATH run bunny inspect oci-archive:x.tar
	[[ $output == *"the urunc of this machine does not run 'mirage' on 'firecracker'"* ]]
}

@test "a Solo5 program made for another tender, and what it waits for" {
	good
	${CC:-cc} -c -DTARGET=2 -DNET -o notes.o "$top/tests/e2e/solo5-notes.S"
	objcopy -O binary -j .data notes.o r/boot/kernel
	meta unikernelType=mirage hypervisor=hvt binary=/boot/kernel
	image /init && problem "kernel: it is built for Solo5's spt, and hypervisor is 'hvt'"
	[[ $output == *"the kernel waits for the net"* ]]
}

@test "a bundle: config.json as engines make it, files as they were" {
	good
	mkdir -p r/etc && echo 'me:x:1000:1001::/:/bin/sh' >r/etc/passwd && ln r/etc/passwd r/etc/same && ln -s /etc/passwd r/link
	image -e A=b /init word
	bunny bundle -q oci-archive:x.tar b
	jq -e '.process.args == ["/init", "word"] and (.process.env | index("A=b")) and .process.user.uid == 0' b/config.json
	diff -r --no-dereference r b/rootfs
	[ "$(stat -c %h b/rootfs/etc/same)" -eq 2 ]
	fails 'File exists' bunny bundle oci-archive:x.tar b
	# A full disk: it is told, and nothing is in the way of another try.
	head -c 300000 /dev/zero >r/big && image /init
	mkdir small
	run unshare -m sh -c 'mount -t tmpfs -o size=256k none small && ! "$1" bundle -q oci-archive:x.tar small/b && ls -A small' - "$BUNNY"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"No space left"* ]] && [ "${#lines[@]}" -eq 1 ]
}
