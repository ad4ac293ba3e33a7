#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# bunny build: what is in the images, that they can be made again, and contexts that mean harm.
load helpers

@test "an initrd: files, the exact urunc.json of the documents, labels, annotations" {
	small
	bunny build -q -t foo/redis:1 -o x.tar "$C"
	[ "$(file x.tar urunc.json)" = "$(printf %s \
		'{"'$K'.binary":"Ly5ib290L2tlcm5lbA==","'$K'.cmdline":"cmVkaXMtc2VydmVyIC9jb25mL3JlZGlzLmNvbmY=",' \
		'"'$K'.hypervisor":"cWVtdQ==","'$K'.initrd":"Ly5ib290L3Jvb3Rmcw==","'$K'.mountRootfs":"ZmFsc2U=",' \
		'"'$K'.unikernelType":"dW5pa3JhZnQ="}')" ]
	file x.tar .boot/kernel | cmp - "$C/kernel"
	file x.tar .boot/rootfs >root
	[ "$(cpio --quiet -t <root)" = $'.\nconf\nconf/redis.conf' ]
	[ $(($(stat -c %s root) % 512)) -eq 0 ]
	mkdir out && (cd out && cpio --quiet -id <../root) && cmp out/conf/redis.conf "$C/redis.conf"
	config x.tar | jq -e '.config.Cmd == ["redis-server", "/conf/redis.conf"] and .architecture == "amd64" and .os == "linux"'
	[ "$(config x.tar | jq -cS .config.Labels)" = "$(manifest x.tar | jq -cS .annotations)" ]
}

# after PACKED...: a bunnyfile that adds redis.conf to an initrd with /etc/motd, which these words pack.
after() {
	small
	mkdir -p base/etc && echo hi >base/etc/motd
	# 8 bytes more than a whole number of blocks: nothing may depend on them.
	(cd base && find . | cpio --quiet -o -H newc -R 0:0 && printf '\0\0\0\0\0\0\0\0') | "$@" >"$C/first"
	sed -i 's|^rootfs.*|rootfs: {from: local, path: first, include: ["redis.conf:/conf/redis.conf"]}|; s/unikraft/linux/' "$C/bunnyfile"
}

@test "files behind an initrd that is there, packed or not" {
	local first
	for how in cat 'gzip -n'; do
		# shellcheck disable=SC2086 # words
		after $how
		first=$(stat -c %s "$C/first")
		bunny build -q -t x -o x.tar "$C"
		file x.tar .boot/rootfs >root
		head -c "$first" root | cmp - "$C/first"
		# Four zeros at least: what LZ4 packed has no other end.
		tail -c +$(((first + 7) / 4 * 4 + 1)) root >second
		[ "$(cpio --quiet -t <second)" = $'.\nconf\nconf/redis.conf\nurunit' ]
		cpio --quiet -i --to-stdout conf/redis.conf <second | cmp - "$C/redis.conf"
		# The same by hand.
		mkdir -p tree/conf && cp "$C/redis.conf" tree/conf/ && cp "$BUILD/bin/urunit" tree/ && chmod 0755 tree/urunit
		bunny mkinitrd -q --root-owned --after "$C/first" tree by-hand
		cmp root by-hand
	done
	fails "--after '$C': an initrd is wanted, a regular file" bunny mkinitrd --after "$C" tree by-hand
	fails "--after 'none': No such file" bunny mkinitrd --after none tree by-hand
	cmp root by-hand
	sed -i "s|from: local, path: first|from: localhost/base, path: /first, type: initrd|" "$C/bunnyfile"
	mkdir -p of/etc && echo hi >of/etc/motd && "$top/script/oci-image" of localhost/base:latest of.tar /x
	fails "localhost/base: there is no '/first'" bunny build -q -t x -o y.tar --image localhost/base=oci-archive:of.tar "$C"
	sed -i "s|from: localhost/base, path: /first, type: initrd|from: local, path: first|" "$C/bunnyfile"
	mkdir "$C/d" && sed -i 's/path: first/path: d, type: initrd/' "$C/bunnyfile"
	fails "'d'" bunny build -q -t x -o y.tar "$C"
	[ ! -e y.tar ]
}

@test "forms of annotations" {
	small
	bunny build -q -t x -o x.tar --annotations base64 "$C"
	[ "$(manifest x.tar | jq -r ".annotations.\"$K.hypervisor\"")" = cWVtdQ== ]
	bunny build -q -t x -o x.tar --annotations none "$C"
	manifest x.tar | jq -e '.annotations == null'
	config x.tar | jq -e ".config.Labels.\"$K.hypervisor\" == \"qemu\""
}

@test "a raw root, a block root of a directory base: e2fsck finds nothing" {
	small raw rumprun
	bunny build -q -t x -o raw.tar "$C"
	file raw.tar conf/redis.conf | cmp - "$C/redis.conf"
	mkdir -p root/etc && echo hi >root/etc/motd && ln root/etc/motd root/etc/again
	bunny mkfs -q --fs ext2 root disk && e2fsck -fn disk
	[ "$(debugfs -R 'cat /etc/again' disk 2>/dev/null)" = hi ]
	bunny mkfs -q --fs ext4 --size 20M --label data root disk && e2fsck -fn disk
	[ "$(stat -c %s disk)" -eq $((20 << 20)) ]
	[ "$(e2label disk)" = data ]
	fails 'the files do not fit' bunny mkfs --size 256K "$BUILD/bin" disk
}

@test "the same bytes for another user, day and directory" {
	small
	mkdir "$C/conf.d" && echo a >"$C/conf.d/a" && ln -s a "$C/conf.d/l"
	sed -i 's|include: \[|include: ["conf.d:/conf.d", |' "$C/bunnyfile"
	bunny build -q -t x -o one.tar "$C"
	mkdir -p elsewhere && cp -r "$C" elsewhere/there
	find elsewhere -exec touch -h -d '2030-01-02' {} +
	chmod -R go-rwx elsewhere
	[ "$(id -u)" -ne 0 ] || chown -R 12345:54321 elsewhere
	(cd elsewhere && umask 077 && bunny build -q -t x -o ../two.tar there)
	cmp one.tar two.tar
	SOURCE_DATE_EPOCH=1700000000 bunny build -q -t x -o three.tar "$C"
	[ "$(config three.tar | jq -r .created)" = 2023-11-14T22:13:20Z ]
	! cmp -s one.tar three.tar
	bunny build -q -t x -o oci=layout "$C"
	[ "$(jq -r '.manifests[0].digest' layout/index.json)" = "$(tar -xOf one.tar index.json | jq -r '.manifests[0].digest')" ]
}

@test "a Containerfile: stages, directories, patterns, owners, what is left out" {
	mkdir -p "$C/src/sub" && echo 1 >"$C/src/a.c" && echo 2 >"$C/src/sub/b.c" && echo 3 >"$C/src/no.o" && echo s >"$C/secret"
	ln -s src/a.c "$C/link"
	printf '*.o\n**/*.o\nsecret\n' >"$C/.dockerignore"
	cat >"$C/Containerfile" <<-E
		FROM scratch AS one
		COPY src /all/
		COPY --chown=7:8 --chmod=0600 src/*.c /picked/
		COPY link /plain
		COPY <<EOF /etc/passwd
		me:x:99:98::/:/bin/sh
		EOF
		FROM one
		COPY --from=one /all/sub /sub
		COPY --chown=me src/a.c /mine
		CMD ["/plain"]
	E
	bunny build -q -t x -o x.tar --label "$K.unikernelType=mewz" --label "$K.binary=/plain" --label "$K.hypervisor=qemu" "$C"
	file x.tar all/sub/b.c && file x.tar sub/b.c
	[ "$(file x.tar plain)" = 1 ]
	! file x.tar all/no.o
	for ((i = 0; i < 8; i++)); do layer x.tar $i 2>/dev/null | tar --numeric-owner -tvf - || :; done >all
	grep -q '^-rw------- 7/8 .* picked/a.c' all
	grep -q '^-rw-r--r-- 99/98 .* mine' all
	fails 'secret' bunny build -t x -o y.tar -f - "$C" <<<$'FROM scratch\nCOPY secret /s'
}

@test "what has no meaning or means harm is refused in words, and nothing is written elsewhere" {
	small
	mkfifo "$C/pipe"
	echo outside >outside
	ln -s ../outside "$C/out"
	ln -s /etc/passwd "$C/passwd"
	refused() { fails "$1" bunny build -t x -o y.tar -f - "$C" <<<"$2"; }
	refused 'pipe' $'FROM scratch\nCOPY pipe /p'
	refused 'out' $'FROM scratch\nCOPY out /p'
	refused 'leads out of the context' $'FROM scratch\nCOPY passwd /p'
	refused '..' $'FROM scratch\nCOPY ../outside /p'
	refused 'RUN' $'FROM scratch\nRUN make'
	refused ':2:' $'FROM scratch\nBOGUS x'
	refused 'anchor' $'version: &a v0.1\nplatforms: *a'
	refused 'nothere' $'FROM scratch\nCOPY nothere /p'
	[ ! -e y.tar ]
	[ -z "$(find . -newer outside -name '*.tmp')" ]
}

@test "ADD unpacks archives inside the image; slips, devices and lies about sizes are refused" {
	mkdir in && echo t >in/t && tar -C in -czf "$C/good.tar.gz" t
	bunny build -q -t x -o x.tar --label "$K.unikernelType=mewz" --label "$K.binary=/d/t" -f - "$C" <<<$'FROM scratch\nADD good.tar.gz /d/\nCMD ["/d/t"]'
	[ "$(file x.tar d/t)" = t ]
	add() { fails "$1" bunny build -t x -o y.tar --label "$K.unikernelType=mewz" --label "$K.binary=/d/t" -f - "$C" <<<$'FROM scratch\nADD bad.tar /d/'; }
	tar -C in --transform 's|^t|../../../evil|' -P -cf "$C/bad.tar" t
	add 'leads out of the archive'
	head -c 700 "$BUNNY" >in/t && tar -C in -cf cut t && head -c 900 cut >"$C/bad.tar"
	add 'in the middle of a member'
	if [ "$(id -u)" -eq 0 ]; then
		mknod in/null c 1 3 && tar -C in -cf "$C/bad.tar" null
		add "'null' is a device"
	fi
	[ ! -e evil ] && [ ! -e ../evil ] && [ ! -e y.tar ]
}

@test "a link in a base image does not lead out of it" {
	mkdir -p base && ln -s "$T/victim" base/data && mkdir victim
	bunny build -q -t x -o x.tar --image base="dir:$T/base" --label "$K.unikernelType=mewz" --label "$K.binary=/f" -f - "$C" \
		<<<$'FROM base\nCOPY <<E /data/f\nhi\nE\nCMD ["x"]'
	[ -z "$(ls -A victim)" ]
	file x.tar "${T#/}/victim/f"
}

@test "bunny check tells what would be, and builds nothing" {
	small
	bunny check "$C" >said 2>/dev/null
	grep -q 'kernel:.*/.boot/kernel' said
	grep -q 'initrd' said
	bunny check --json "$C" 2>/dev/null | jq -e .
	fails 'standard input:1:' bunny check -f - "$C" <<<'version: 9'
	[ -z "$(ls -- *.tar 2>/dev/null)" ]
}

@test "what is written is whole, or not there; devices stay devices" {
	local i job jobs=() blob
	small
	mkfifo fifo
	cat fifo >fifo.tar 3>&- &
	bunny build -q -t x -o fifo "$C"
	wait $!
	bunny build -q -t x -o x.tar "$C"
	cmp fifo.tar x.tar
	[ -p fifo ]
	# A directory for two at once, and with a blob that somebody has damaged.
	head -c 3000000 /dev/zero >"$C/redis.conf"
	bunny build -q -t x -o oci=want "$C"
	for i in 1 2 3; do
		bunny build -q -t x -o oci=d "$C" &
		jobs+=($!)
	done
	for job in "${jobs[@]}"; do wait "$job"; done
	diff -r want d
	blob=d/blobs/sha256/$(ls -S d/blobs/sha256 | head -n 1)
	printf X | dd of="$blob" conv=notrunc status=none
	bunny build -q -t x -o oci=d "$C"
	diff -r want d
	# A root in the directory that it was made of is no part of the next; and an archive can become its own root.
	bunny mkinitrd -q "$C" r1
	bunny mkinitrd -q "$C" "$C/r"
	bunny mkinitrd -q "$C" "$C/r"
	cmp r1 "$C/r"
	rm "$C/r"
	tar -cf t -C "$C" .
	bunny mkinitrd -q --root-owned t r2
	bunny mkinitrd -q --root-owned t t
	cmp r2 t
	# What may not be read is named.
	[ "$(id -u)" -ne 0 ] || chmod 755 "$T" "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_SUITE_TMPDIR" "$BATS_TEST_TMPDIR"
	chmod 600 "$C/redis.conf"
	fails "cannot read 'redis.conf': Permission denied" setpriv --reuid 12345 --regid 12345 --clear-groups "$BUNNY" build -q -o - "$C"
	chmod 644 "$C/redis.conf"
	# One line says why; and a full disk is not a small one.
	fails 'the files do not fit into it' bunny mkfs -q --size 300K "$C" r1
	[ "${#lines[@]}" -eq 1 ]
	mkdir small
	run unshare -m sh -c 'mount -t tmpfs -o size=1m none small && ! "$1" mkfs -q --size 8M "$2" small/r && ls -A small' - "$BUNNY" "$C"
	echo "$output"
	[[ $status -eq 0 && $output == *"No space left on device" && ${#lines[@]} -eq 1 ]]
	cmp r1 <(bunny mkinitrd -q "$C" /dev/stdout)
}
