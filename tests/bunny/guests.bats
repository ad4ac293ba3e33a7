#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# bunny convert: Debian's nginx and redis as containers become guests of Debian's own kernel, and answer over the network.
load helpers
WITHIN=90 # a limit, not an expectation: a guest takes ten seconds

setup_file() {
	local file dest
	E=$BATS_FILE_TMPDIR/e R=$BATS_FILE_TMPDIR/e/root
	export E
	mkdir -p "$R"/{etc/nginx,var/log/nginx,var/lib/nginx,run,tmp,dev,proc,sys} && mkfifo "$E/never"
	"$top/tests/guest/fetch-kernel" "$E/kernel" || return 1
	"$top/tests/guest/fetch-programs" initrd nginx redis-server redis-cli >"$E/files" || return 1
	while IFS="=" read -r file dest; do
		mkdir -p "$R$(dirname "$dest")" && cp -L "$file" "$R$dest"
	done <"$E/files"
	printf 'root:x:0:0::/root:/bin/sh\nredis:x:999:998::/:/bin/false\n' >"$R/etc/passwd"
	printf 'root:x:0:\nredis:x:998:\n' >"$R/etc/group"
	cat >"$R/etc/nginx/nginx.conf" <<-END
		user root;
		worker_processes 1;
		error_log stderr;
		events { worker_connections 64; }
		http { access_log off; server { listen 80; location / { return 200 "served by a guest\n"; } } }
	END
	printf 'bind 0.0.0.0\nprotected-mode no\nsave ""\nlogfile ""\n' >"$R/etc/redis.conf"
	"$top/script/oci-image" "$R" localhost/nginx:1 "$E/nginx.tar" /usr/sbin/nginx -g 'daemon off;' || return 1
	"$top/script/oci-image" "$R" localhost/redis:1 "$E/redis.tar" /usr/bin/redis-server /etc/redis.conf
}

teardown() {
	[ -z "${ID:-}" ] || "$BUILD/bin/urunc" --root "$T/state" delete --force "$ID" >/dev/null 2>&1 || :
	ip link del "${ID:-none}" 2>/dev/null || :
	ip netns del "${ID:-none}" 2>/dev/null || :
}

# boots ARCHIVE: runs it as a container in a network of its own, in the background.
boots() {
	ID=bu$BASHPID
	bunny bundle -q "oci-archive:$1" bundle
	ip netns add "$ID"
	ip link add "$ID" type veth peer name eth0 netns "$ID"
	ip addr add 10.217.5.1/24 dev "$ID"
	ip link set "$ID" up
	nsenter --net="/run/netns/$ID" sh -c 'ip link set lo up && ip addr add 10.217.5.2/24 dev eth0 && ip link set eth0 up'
	jq --arg ns "/run/netns/$ID" --arg id "$ID" '(.linux.namespaces[] | select(.type == "network")).path = $ns |
		.linux.cgroupsPath = "/" + $id' bundle/config.json >c && mv c bundle/config.json
	timeout -k 2 $((WITHIN + 30)) "$BUILD/bin/urunc" --root "$T/state" run -b bundle "$ID" </dev/null >console 2>&1 3>&- 4>&- &
}
# answers COMMAND...: until it does.
answers() {
	local end=$((SECONDS + WITHIN))
	until "$@"; do
		if [ $SECONDS -ge $end ]; then
			cat console
			return 1
		fi
		read -rt 0.3 <>"$E/never" || :
	done
}
serves() { [ "$(curl -s -m 2 http://10.217.5.2/)" = 'served by a guest' ]; }
pongs() { [ "$("$(grep -o '^[^=]*redis-cli' "$E/files")" -h 10.217.5.2 ping 2>/dev/null)" = PONG ]; }
convert() { bunny convert -q --kernel "$E/kernel" -t localhost/x:1 -o x.tar "$@"; }

@test "nginx with its files in an initrd, and Debian's stock cloud kernel, within three minutes" {
	local begun=$SECONDS
	# As on a machine without kernels; what apt has to fetch stays in the cache of the tests.
	# shellcheck disable=SC2016 # for the shell in the namespace
	XDG_CACHE_HOME=${URUNC_CACHE:-$HOME/.cache/urunc} unshare --mount sh -c 'mount -t tmpfs none /boot && exec "$@"' sh \
		"$BUNNY" convert -t localhost/x:1 -o x.tar "oci-archive:$E/nginx.tar" 2>said 3>&- 4>&-
	cat said
	grep -q '^kernel [^ ]*-cloud-.*/vmlinuz) with [0-9]* modules' said
	[ "$(config x.tar | jq -c '[.config.Entrypoint, .config.Cmd]')" = '[["/urunit"],["/usr/sbin/nginx","-g","daemon off;"]]' ]
	PATH=$BUILD/bin:$PATH bunny inspect oci-archive:x.tar
	boots x.tar
	answers serves
	[ $((SECONDS - begun)) -lt 180 ]
}

@test "a packed initrd, and files behind it: they are there, and lie over those of the same name" {
	mkdir -p base/{bin,etc} && cp /bin/busybox base/bin/ && ln -s busybox base/bin/sh && ln -s busybox base/bin/cat
	echo old >base/etc/greeting && echo kept >base/etc/kept
	bunny mkinitrd -q base plain && gzip -n <plain >"$C/first" && echo new >"$C/greeting"
	printf '#!/bin/sh\ncat /etc/greeting /etc/kept\n' >"$C/hello" && chmod 0755 "$C/hello"
	cp "$E/kernel/vmlinuz" "$C/kernel"
	cat >"$C/bunnyfile" <<-END
		version: v0.1
		platforms: {framework: linux, monitor: qemu}
		rootfs: {from: local, path: first, include: ["greeting:/etc/greeting", "hello:/bin/hello"]}
		kernel: {from: local, path: kernel}
		cmd: [hello]
	END
	bunny build -q -t localhost/x:1 -o x.tar "$C"
	bunny bundle -q oci-archive:x.tar bundle
	ID=bu$BASHPID
	run timeout -k 2 "$WITHIN" "$BUILD/bin/urunc" --root "$T/state" run -b bundle "$ID" </dev/null 3>&- 4>&-
	echo "status $status: $output" # a kernel without its modules has no way to tell the program's own
	[[ ${output//$'\r'/} == *$'new\nkept'* ]]
}

@test "redis with its files on a disk" {
	convert --rootfs block --size 64M "oci-archive:$E/redis.tar"
	file x.tar .boot/rootfs >disk
	[ "$(stat -c %s disk)" -eq $((64 << 20)) ] && e2fsck -fn disk
	boots x.tar
	export LD_LIBRARY_PATH
	LD_LIBRARY_PATH=$(dirname "$(find "${URUNC_CACHE:-${XDG_CACHE_HOME%/cache}/none}" "$HOME/.cache/urunc" -name 'liblzf.so.1' 2>/dev/null | head -n 1)")
	answers pongs
}

@test "nginx with its files where they are" {
	convert --rootfs raw "oci-archive:$E/nginx.tar"
	boots x.tar
	answers serves
}

@test "another command, a user by name, and what is refused" {
	cat >"$C/Containerfile" <<-END
		FROM base
		USER redis
		LABEL $K.unikernelType=mewz $K.binary=/x
	END
	bunny build -q -t x -o user.tar --image base="oci-archive:$E/redis.tar" "$C" 2>/dev/null ||
		bunny build -q -t x -o user.tar --image base="oci-archive:$E/redis.tar" --label "$K.binary=/etc/redis.conf" "$C"
	convert oci-archive:user.tar /bin/other one 'two words'
	config x.tar | jq -e '.config.User == "999:998" and .config.Cmd == ["/bin/other", "one", "two words"]'
	fails '--rootfs disk: initrd, block and raw are known' convert --rootfs disk "oci-archive:$E/nginx.tar"
	fails 'is no kernel' bunny convert -t x --kernel "$C/Containerfile" "oci-archive:$E/nginx.tar"
	fails 'is for arm64, the image for amd64' bunny convert -t x --kernel <(printf '\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xb7\0%0100d' 0) "oci-archive:$E/nginx.tar"
	fails 'says no command' convert dir:"$E/root"
	! "$BUNNY" convert --quiet --kernel "$E/kernel" -t x --rootfs initrd --size 3M "oci-archive:$E/nginx.tar"
}
