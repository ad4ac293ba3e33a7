# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A dockerd of a file's own, with its BuildKit, in a network namespace of its own; in it an image to build on and the frontend.
# Loaded after helpers.bash.
FRONTEND=localhost/bunny-frontend:test
BASE=localhost/bunny-base:test

export E=$BATS_FILE_TMPDIR DOCKER_HOST=unix://$BATS_FILE_TMPDIR/d.sock DOCKER_BUILDKIT=1 BUILDKIT_PROGRESS=plain

# dockerd_starts CONFIG: its daemon.json
dockerd_starts() {
	export NETNS=bunny-kit-$$
	printf '%s\n' 'version = 2' "root = \"$E/croot\"" "state = \"$E/cstate\"" 'disabled_plugins = ["io.containerd.grpc.v1.cri"]' \
		'[grpc]' "address = \"$E/c.sock\"" '[ttrpc]' "address = \"$E/c.sock.ttrpc\"" \
		'[plugins."io.containerd.internal.v1.opt"]' "path = \"$E/opt\"" >"$E/containerd.toml"
	echo "$1" >"$E/daemon.json"
	mkfifo "$E/never"
	# A frontend's container is put on the daemon's bridge, which is nobody else's in a namespace of its own.
	ip netns add "$NETNS" && nsenter --net="/run/netns/$NETNS" ip link set lo up || return 1
	containerd -c "$E/containerd.toml" </dev/null >"$E/containerd.log" 2>&1 3>&- 4>&- &
	echo $! >"$E/containerd.pid"
	answers ctr -a "$E/c.sock" version || return 1
	nsenter --net="/run/netns/$NETNS" dockerd --config-file "$E/daemon.json" --data-root "$E/data" --exec-root "$E/exec" \
		-H "$DOCKER_HOST" -p "$E/docker.pid" --containerd "$E/c.sock" --bip 172.30.79.1/24 \
		--exec-opt native.cgroupdriver=cgroupfs </dev/null >"$E/dockerd.log" 2>&1 3>&- 4>&- &
	echo $! >"$E/dockerd.pid"
	answers dock version
}

dockerd_ends() {
	local d
	for d in dockerd containerd; do
		[ -e "$E/$d.pid" ] || continue
		kill "$(<"$E/$d.pid")" 2>/dev/null
		timeout 15 tail --pid="$(<"$E/$d.pid")" -f /dev/null || kill -KILL "$(<"$E/$d.pid")"
	done
	ip netns del "$NETNS" 2>/dev/null
	grep -F "$E" /proc/self/mountinfo | cut -d' ' -f5 | sort -r | xargs -r umount -l 2>/dev/null
	:
}

base_and_frontend() {
	mkdir -p "$E/base/bin" "$E/base/etc"
	cp "$(command -v busybox)" "$E/base/bin/busybox"
	echo 'root:x:0:0:root:/:/bin/busybox' >"$E/base/etc/passwd"
	"$(dirname "${BASH_SOURCE[0]}")/../../script/oci-image" "$E/base" "$BASE" "$E/base.tar" -e WHO=base /bin/busybox date || return 1
	dock load -q -i "$E/base.tar"
	strip -o "$E/bunny" "$BUNNY" 2>/dev/null || cp "$BUNNY" "$E/bunny"
	"$E/bunny" frontend-image -q -t "$FRONTEND" -o "$E/frontend.tar" >/dev/null && dock load -q -i "$E/frontend.tar"
}

# answers COMMAND...: within half a minute.
answers() {
	local end=$((SECONDS + 30))
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || { tail -n 5 "$E"/*.log; return 1; }
		read -rt 0.2 <>"$E/never" || :
	done
}

# Another client may come first in PATH; Debian's speaks to Debian's daemon.
dock() { /usr/bin/docker "$@" </dev/null 3>&- 4>&-; }
