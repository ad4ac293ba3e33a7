#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# One archive for every engine, and back: Docker, containerd, podman, skopeo and a registry, each with a store of its own.
load helpers

# daemon NAME COMMAND...: in the background, its process in $E/NAME.pid.
daemon() {
	local name=$1
	shift
	"$@" </dev/null >"$E/$name.log" 2>&1 3>&- 4>&- &
	echo $! >"$E/$name.pid"
}
# answers COMMAND...: until it does, for at most 30 s; between two tries inotify or the clock of read(1) waits.
answers() {
	local end=$((SECONDS + 30))
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		read -rt 0.2 <>"$E/never" || :
	done
}

setup_file() {
	E=$BATS_FILE_TMPDIR/e
	export E CONTAINERS_STORAGE_CONF=$E/storage.conf
	mkdir -p "$E" && mkfifo "$E/never"
	RUNROOT=$(mktemp -d /tmp/bunny.XXXXXX)
	export RUNROOT
	cat >"$E/containerd.toml" <<-END
		version = 2
		root = "$E/croot"
		state = "$E/cstate"
		disabled_plugins = ["io.containerd.grpc.v1.cri"]
		[grpc]
		  address = "$E/c.sock"
		[ttrpc]
		  address = "$E/c.sock.ttrpc"
		[plugins."io.containerd.internal.v1.opt"]
		  path = "$E/opt"
	END
	cat >"$E/storage.conf" <<-END
		[storage]
		driver = "vfs"
		graphroot = "$E/podman"
		runroot = "$RUNROOT"
	END
	cat >"$E/registry.yml" <<-END
		version: 0.1
		storage: {filesystem: {rootdirectory: $E/registry}}
		http: {addr: "127.0.0.1:0"}
		log: {level: info, formatter: json}
	END
	echo "{}" >"$E/daemon.json"
	daemon containerd containerd -c "$E/containerd.toml"
	answers ctr --address "$E/c.sock" version || return 1
	daemon dockerd dockerd --config-file "$E/daemon.json" --data-root "$E/data" --exec-root "$E/exec" -H "unix://$E/d.sock" \
		-p "$E/docker.pid" --containerd "$E/c.sock" --bridge=none --iptables=false --ip6tables=false \
		--storage-driver vfs --exec-opt native.cgroupdriver=cgroupfs
	answers docker -H "unix://$E/d.sock" version || return 1
	daemon registry docker-registry serve "$E/registry.yml"
	answers grep -q 'listening on' "$E/registry.log" || return 1
}

teardown_file() {
	local name
	for name in registry dockerd containerd; do
		[ -e "$E/$name.pid" ] || continue
		kill "$(<"$E/$name.pid")" 2>/dev/null
		answers eval "! kill -0 $(<"$E/$name.pid")" || kill -KILL "$(<"$E/$name.pid")"
	done
	grep -F "$E" /proc/self/mountinfo | cut -d' ' -f5 | sort -r | xargs -r umount -l 2>/dev/null
	rm -rf "$RUNROOT"
}

docked() { DOCKER_HOST=unix://$E/d.sock "$@" 3>&- 4>&-; }
pod() { podman --events-backend file --cgroup-manager cgroupfs "$@" 3>&- 4>&-; }
image() {
	small initrd
	bunny build -q -t foo/redis:1 -o x.tar "$C"
}

@test "docker load, and bunny --load docker: name, command, labels; and the image comes back" {
	image
	docked docker load -i x.tar
	docked docker image inspect foo/redis:1 | jq -e '.[0].Config.Cmd == ["redis-server", "/conf/redis.conf"] and
		.[0].Config.Labels["com.urunc.unikernel.binary"] == "/.boot/kernel" and .[0].Architecture == "amd64"'
	docked bunny build -q -t foo/second:2 --load docker "$C"
	docked docker image inspect foo/second:2 >/dev/null
	[ "$(docked docker create foo/redis:1 | wc -c)" -ge 64 ]
	docked bunny build -q -t x -o back.tar -f - "$C" <<-E
		FROM foo/redis:1
		COPY redis.conf /more
	E
	file back.tar .boot/kernel | cmp - "$C/kernel"
	file back.tar more | cmp - "$C/redis.conf"
	docked bunny inspect docker-daemon:foo/redis:1 >said || [ $? -eq 2 ]
	grep -q 'initrd */.boot/rootfs' said
}

@test "ctr images import, and bunny --load containerd: annotations too; and the image comes back" {
	image
	ctr --address "$E/c.sock" -n one images import x.tar
	ctr --address "$E/c.sock" -n one images list -q | grep -qx docker.io/foo/redis:1
	digest=$(bunny build -q -t foo/redis:1 -a "$E/c.sock" -n two --load containerd "$C")
	ctr --address "$E/c.sock" -n two images list | grep -q "^docker.io/foo/redis:1 .*$digest"
	ctr --address "$E/c.sock" -n two content get "$digest" | jq -e '.annotations["com.urunc.unikernel.hypervisor"] == "qemu"'
	bunny inspect --json -a "$E/c.sock" -n two containerd://foo/redis:1 >said || [ $? -eq 2 ]
	jq -e --arg d "$digest" '.digest == $d and .annotations.hypervisor == "qemu"' said
}

@test "podman load, and bunny --load podman; and the image comes back" {
	image
	pod load -i x.tar
	pod image inspect foo/redis:1 | jq -e '.[0].Config.Cmd == ["redis-server", "/conf/redis.conf"] and
		.[0].Annotations["com.urunc.unikernel.hypervisor"] == "qemu"'
	bunny build -q -t foo/third:3 --load podman "$C"
	pod image exists foo/third:3
	bunny inspect containers-storage:foo/third:3 >said || [ $? -eq 2 ]
	grep -q 'initrd */.boot/rootfs' said
}

@test "skopeo takes both halves of the archive, and the layout" {
	image
	skopeo copy -q oci-archive:x.tar oci:one:t
	skopeo copy -q docker-archive:x.tar oci:two:t
	bunny build -q -t foo/redis:1 -o oci=three "$C"
	skopeo inspect oci:three:1 | jq -e '.Labels["com.urunc.unikernel.hypervisor"] == "qemu"'
	bunny build -q -t foo/redis:1 -o oci-archive=pure.tar "$C"
	! tar -tf pure.tar | grep -q manifest.json
	skopeo inspect oci-archive:pure.tar >/dev/null
}

@test "a registry: pushed, pulled by name and by digest, kept for --offline; damage is noticed" {
	port=$(sed -nE 's/.*listening on 127\.0\.0\.1:([0-9]+).*/\1/p' "$E/registry.log" | head -n 1)
	name=127.0.0.1:$port/foo/redis
	image
	digest=$(bunny build -q -t "$name:1" -o registry --plain-http "$C")
	skopeo inspect --tls-verify=false --raw "docker://$name:1" | jq -e '.annotations["com.urunc.unikernel.hypervisor"] == "qemu"'
	bunny push -q --plain-http oci-archive:x.tar "$name:2"
	[ "$(skopeo inspect --tls-verify=false "docker://$name:1" | jq -r .Digest)" = "$(skopeo inspect --tls-verify=false "docker://$name:2" | jq -r .Digest)" ]
	again() {
		bunny build -q -t x -o back.tar --plain-http "$@" -f - "$C" <<<"FROM $from"$'\nCOPY redis.conf /more'
	}
	from=$name:1
	fails 'with --offline no registry is asked' again --offline
	again
	file back.tar .boot/kernel | cmp - "$C/kernel"
	again --offline
	from=$name@$(skopeo inspect --tls-verify=false "docker://$name:1" | jq -r .Digest)
	again
	again --offline
	from=$name:none
	fails 'none' again
	find "$XDG_CACHE_HOME/bunny/images/blobs" -type f -size +200c -exec sh -c 'printf X | dd of="$1" bs=1 seek=100 conv=notrunc status=none' sh {} \;
	from=$name:1
	fails 'is damaged' again --offline
}
