#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# bunny inside BuildKit: docker build with our own frontend image, in a dockerd of our own, without any registry, gives what
# `bunny build` gives.
load helpers
load dockerd

setup_file() {
	dockerd_starts '{"storage-driver": "vfs"}' && base_and_frontend
}
teardown_file() { dockerd_ends; }

# dock_build FILE [OPTION...]: builds $IMAGE of the context $C.
IMAGE=localhost/bunny-kit:made
dock_build() {
	local file=$1
	shift
	dock build -f "$C/$file" -t "$IMAGE" "$@" "$C" >"$T/build.log" 2>&1 || {
		cat "$T/build.log"
		return 1
	}
}

# files ARCHIVE DIR: the image's whole root, by its docker-archive part. Whoever has a directory is left out: BuildKit
# notes when it was last filled.
files() {
	local layer
	mkdir -p "$2.archive" "$2"
	tar -xf "$1" -C "$2.archive"
	jq -r '.[0].Layers[]' "$2.archive/manifest.json" | while read -r layer; do tar -xpf "$2.archive/$layer" -C "$2"; done
	(cd "$2" && find . -mindepth 1 -type f -printf '%P %m %U:%G %T@ ' -exec sh -c 'sha256sum <"$1"' _ {} \; -o -printf '%P %y %m %U:%G %l\n') |
		LC_ALL=C sort
}
# What the image says of itself, but for what depends on who has stored it.
words() { jq -S '.[0].Config | {Labels, Cmd, Entrypoint, Env, WorkingDir, User} | map_values(. // "" | if . == [] then "" else . end)'; }

# same_as_bunny_build FILE [OPTION...]: files with modes, owners and times, labels, command, and /urunc.json are the same.
same_as_bunny_build() {
	local file=$1
	shift
	dock_build "$file" "$@"
	dock save "$IMAGE" -o kit.tar
	bunny build -q -f "$C/$file" --image "$BASE=docker-archive:$E/base.tar" "$@" -t "$IMAGE" -o own.tar "$C" >/dev/null
	files own.tar own >own.files
	files kit.tar kit >kit.files
	diff own.files kit.files
	dock inspect "$IMAGE" | words >kit.words
	dock rmi -f "$IMAGE" >/dev/null
	dock load -q -i own.tar
	dock inspect "$IMAGE" | words >own.words
	diff own.words kit.words
	[ -s kit/urunc.json ]
}

with_syntax() { sed -i "1i #syntax=$FRONTEND" "$C/$1"; }

@test "a bunnyfile with an initrd" {
	small
	with_syntax bunnyfile
	chmod 0666 "$C/redis.conf"
	same_as_bunny_build bunnyfile
	grep -q 'conf/redis.conf' <(cpio --quiet -t <kit/.boot/rootfs)
	[ "$(jq -r '."com.urunc.unikernel.cmdline"' kit/urunc.json | base64 -d)" = 'redis-server /conf/redis.conf' ]
	grep -q 'bunny: /.boot/rootfs' build.log
}

@test "a bunnyfile with files behind an initrd of the context" {
	small
	mkdir -p base/etc && echo hi >base/etc/motd && bunny mkinitrd -q base plain && gzip -n <plain >"$C/first"
	sed -i 's|^rootfs.*|rootfs: {from: local, path: first, type: initrd, include: ["redis.conf:/conf/redis.conf"]}|; s/unikraft/linux/' "$C/bunnyfile"
	with_syntax bunnyfile
	same_as_bunny_build bunnyfile
	head -c "$(stat -c %s "$C/first")" kit/.boot/rootfs | cmp - "$C/first"
}

@test "a bunnyfile with an image's root as a disk, and one with the root as it is" {
	small
	sed -i "s|^rootfs.*|rootfs: {from: $BASE, type: block}|; s/unikraft/linux/" "$C/bunnyfile"
	with_syntax bunnyfile
	same_as_bunny_build bunnyfile
	e2fsck -fn kit/.boot/rootfs
	[ "$(debugfs -R 'cat /etc/passwd' kit/.boot/rootfs 2>/dev/null)" = "$(<"$E/base/etc/passwd")" ]
	rm -r kit* own*
	sed -i 's|type: block|type: raw, include: ["redis.conf:/etc/redis.conf"]|' "$C/bunnyfile"
	same_as_bunny_build bunnyfile
	[ -e kit/etc/redis.conf ]
	[ -e kit/bin/busybox ]
}

@test "a Containerfile: stages, arguments, labels, owners, .dockerignore, our own urunit" {
	fake_kernel "$C/kernel"
	mkdir "$C/conf" && echo a >"$C/conf/a.conf" && echo b >"$C/conf/b.tmp" && echo run >"$C/run.sh" && chmod 0755 "$C/run.sh"
	echo '**/*.tmp' >"$C/.dockerignore"
	cat >"$C/Containerfile" <<-E
		FROM scratch AS files
		ARG WHERE=/opt
		COPY --chown=7:8 conf \$WHERE/conf/
		FROM $BASE
		COPY --from=files /opt/conf /etc/conf
		COPY kernel /boot/kernel
		COPY --chmod=0700 run.sh /bin/
		ENV A=1
		WORKDIR /srv
		LABEL $K.binary=/boot/kernel org.example.name="a b"
		CMD ["/bin/run.sh"]
	E
	with_syntax Containerfile
	same_as_bunny_build Containerfile --build-arg WHERE=/opt --label mine=yes
	[ -x kit/urunit ]
	[ ! -e kit/etc/conf/b.tmp ]
	[ "$(stat -c %u:%g kit/etc/conf/a.conf)" = 7:8 ]
	jq -e '.Labels.mine == "yes" and .Entrypoint == ["/urunit"] and .Cmd == ["/bin/run.sh"]' kit.words
}

@test "a second build has nothing to do, and gives the same image" {
	local first
	small
	with_syntax bunnyfile
	dock_build bunnyfile
	first=$(dock inspect -f '{{.Id}}' "$IMAGE")
	dock_build bunnyfile
	[ "$(dock inspect -f '{{.Id}}' "$IMAGE")" = "$first" ]
	grep -A 2 'bunny: /.boot/rootfs' build.log | grep -q CACHED
}

@test "what is wrong with the file is told with its line" {
	small
	with_syntax bunnyfile
	sed -i 's/type: initrd/type: inird/; s/^cmdline/cmdlin/' "$C/bunnyfile"
	fails 'bunnyfile:4:31: error: Cannot set inird rootfs type for unikraft' dock_build bunnyfile
	grep -q 'hint: allowed: initrd, raw' build.log
	small
	with_syntax bunnyfile
	rm "$C/redis.conf"
	fails "bunnyfile:4:" dock_build bunnyfile
	grep -q "there is no 'redis.conf' in the context" build.log
	printf '#syntax=%s\nFROM %s\nRUN true\n' "$FRONTEND" "$BASE" >"$C/Containerfile"
	fails 'Containerfile:3:1: error: ' dock_build Containerfile
}

@test "a file outside of the context" {
	small
	mv "$C/bunnyfile" elsewhere
	sed -i "1i #syntax=$FRONTEND" elsewhere
	dock build -q -f elsewhere -t "$IMAGE" "$C"
	[ "$(dock inspect -f "{{index .Config.Labels \"$K.hypervisor\"}}" "$IMAGE")" = qemu ]
}

@test "--LLB: the forms that are known, and nothing on a terminal" {
	small
	(cd "$C" && bunny --LLB -f bunnyfile >../one 2>../err)
	grep -q 'command, environment, labels and annotations are not in it' err
	(cd "$C" && bunny -LLB --file=bunnyfile >../two)
	cmp one two
	grep -aq 'local://context' one
	grep -aq 'com.urunc.unikernel.binary' one
	bunny llb -f - --context "$C" <"$C/bunnyfile" | grep -aq 'local://context'
	fails 'needs the file' bunny --LLB
	fails 'LLB is no text' script -qec "$BUNNY --LLB -f $C/bunnyfile" /dev/null
	fails "no such file" bunny --LLB -f nothing || fails 'No such file' bunny --LLB -f nothing
}

# Without a syntax line: what BuildKit's own frontend makes of a file is what bunny makes of it, but for what makes it boot, and
# for the PATH that BuildKit gives an image without one.
@test "Docker's own reading of a Containerfile: quotes, variables, and where COPY puts what" {
	local docker_config='{User, ExposedPorts, Env, Entrypoint, Cmd, Volumes, WorkingDir, Labels, StopSignal, Shell}
		| .User //= "" | .Env -= ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
		| .Labels |= with_entries(select(.key | startswith("com.urunc") | not))'
	mkdir -p "$C"/{d/sub,e,'with blank'} && echo a >"$C/a" && echo x >"$C/d/x" && echo y >"$C/d/sub/y.txt" && ln -s x "$C/d/link" &&
		echo z >"$C/e/z" && echo w >"$C/with blank/w" && echo '[' >"$C/odd[1].txt" && printf '#!/bin/sh\n' >"$C/run.sh" && chmod 0755 "$C/run.sh"
	tar -C "$C/d" -cf "$C/d.tar" x sub && tar -C "$C/d" -czf "$C/d.tgz" x && chmod -R go-w "$C"
	sed '/^CMD \[ /d' "$top/tests/bunny/golden/cf-quotes/Containerfile" >"$C/Containerfile"
	cat >>"$C/Containerfile" <<-'E'
		WORKDIR /w
		COPY a /one
		COPY a /two/
		COPY a three
		COPY d /dir
		COPY d/ /dir2/
		COPY d e /both/
		COPY d/* /glob/
		COPY */* /deep/
		COPY ["with blank", "/with blank/"]
		COPY odd[[]1].txt /odd
		COPY d/link /link1
		COPY d/link /links/
		COPY ./d/../a ../up
		COPY --chown=3:4 d .
		COPY a a run.sh /again/
		ADD d.tar d.tgz /tar/
		ADD d.tar /tar2
		ADD a /tar2/
	E
	dock_build Containerfile
	dock save "$IMAGE" -o kit.tar
	bunny build -q -f "$C/Containerfile" --no-urunit --keep-modes --kernel "$C/run.sh" -t "$IMAGE" -o own.tar "$C" >/dev/null
	diff <(dock inspect "$IMAGE" | jq -S ".[0].Config | $docker_config") <(config own.tar | jq -S ".config | $docker_config")
	# Times are not compared: here they are the epoch's.
	diff <(files kit.tar kit | sed -E 's/ [0-9]+\.[0-9]+ / /') \
		<(files own.tar own | sed -E 's/ [0-9]+\.[0-9]+ / /' | grep -vE '^(\.boot|urunc\.json)')
}
