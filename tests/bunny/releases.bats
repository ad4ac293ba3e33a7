#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The same archive in the engines of both Debian releases: containerd 1.6 and 1.7, Docker 20.10 and 26, podman 4.3 and 5.4.
load helpers

# taken ROOT CONTAINERD DOCKER PODMAN: its engines, of these versions, have the image then.
taken() {
	small
	bunny build -q -t foo/redis:1 -o x.tar "$C"
	timeout 180 "$top/tests/engines/world" "$1" --keep "$T" --keep "$top/tests/bunny" "$top/tests/bunny/load-there" "$T/x.tar" foo/redis:1 \
		>said 2>err 3>&- 4>&- || {
		cat said err
		return 1
	}
	grep -q "^containerd .*$2" said
	grep -qx 'docker.io/foo/redis:1' said
	grep -q "^Docker version $3" said
	grep -q "^podman version $4" said
	sed -n 's/^has //p' said | jq -es "length == 2 and all(.[\"$K.binary\"] == \"/.boot/kernel\")"
}

@test "engines of Debian 12" { taken / 1.6 20.10 4.3; }

@test "engines of Debian 13" { taken "$("$top/tests/engines/debian13")" 1.7 26 5.4; }
