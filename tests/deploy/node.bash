# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# A node for the install script: a directory that looks like its file system, real containerd programs to read configurations,
# a systemctl and an API server that only note what they are asked.
top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
INSTALL=$top/deploy/kubernetes/install.sh

# node ENGINE [VERSION]: $N is its file system. VERSION: of containerd: 1.6, 1.7 (real ones), or a number that is only told.
node() {
	N=$BATS_TEST_TMPDIR/node
	mkdir -p "$N"/{etc,run,tmp,var/lib,usr/local/bin} "$BATS_TEST_TMPDIR/artifacts/usr/local"/{bin,libexec/urunc}
	export HOST=$N ARTIFACTS=$BATS_TEST_TMPDIR/artifacts HOST_RUN="$BATS_TEST_TMPDIR/on-node" NODE_NAME='' ENGINE=''
	local p
	for p in bin/urunc bin/containerd-shim-urunc-v2 libexec/urunc/urunit libexec/urunc/urunc-image; do
		echo "program $p" >"$ARTIFACTS/usr/local/$p"
	done
	active=$1 version=${2:-1.6}
	calls=$BATS_TEST_TMPDIR/calls
	: >"$calls"
	cat >"$HOST_RUN" <<END
#!/bin/bash
case \$1 in
systemctl)
	echo "\$*" >>"$calls"
	case \$2 in
	is-active) [ "\${!#}" = "$active" ] && [ ! -e "$BATS_TEST_TMPDIR/dead" ] ;;
	restart) if [ -e "$BATS_TEST_TMPDIR/breaks" ]; then rm "$BATS_TEST_TMPDIR/breaks"; exit 1; fi ;;
	esac
	;;
k3s | rke2) echo "\$1 version v1.${KUBE:-30.4}+\${1}1 (0123abc)" ;;
sh) [ -e "$BATS_TEST_TMPDIR/guests" ] ;; # asks for shims that run
*containerd)
	[ "\$1" = containerd ] || [ -e "$N\$1" ] || exit 127
	shift
	if [ "\$1" = --version ]; then
		echo "containerd github.com/containerd/containerd v$version.0 0123abc"
	elif [ "\$1" = --config ]; then
		case $version in
		1.6) exec containerd --config "$N\$2" "\${@:3}" ;;
		1.7) exec "$(containerd17)" --config "$N\$2" "\${@:3}" ;;
		*) echo "no such containerd here: version = 3 is not read" >&2; /usr/bin/python3 -c 'import sys, tomllib; print(tomllib.load(open(sys.argv[1], "rb")))' "$N\$2" ;;
		esac
	fi
	;;
*) exit 127 ;;
esac
END
	chmod +x "$HOST_RUN"
}

# A program that runs Debian 13's containerd by the loader and the libraries of its tree.
containerd17() {
	local tree=${URUNC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/urunc}/debian13 run=$BATS_TEST_TMPDIR/containerd17
	printf '#!/bin/sh\nexec %s --library-path %s %s "$@"\n' "$(echo "$tree"/lib64/ld-linux-*.so.*)" \
		"$(echo "$tree"/usr/lib/*-linux-gnu)" "$tree/usr/bin/containerd" >"$run"
	chmod +x "$run"
	echo "$run"
}

config_of() { # what the real containerd of the node makes of a file: `config dump`
	case $version in
	1.6) containerd --config "$1" config dump ;;
	1.7) "$(containerd17)" --config "$1" config dump ;;
	esac
}

# tree: names, modes and contents of the node's files, as they are before and must be after.
tree() {
	(cd "$N" && find . -printf '%p %y %m %u %l\n' | sort && find . -type f | sort | xargs -r sha256sum)
}

install() {
	"$INSTALL" install >"$BATS_TEST_TMPDIR/out" 2>&1 || {
		local rc=$?
		cat "$BATS_TEST_TMPDIR/out"
		return $rc
	}
}
cleanup() {
	"$INSTALL" cleanup >"$BATS_TEST_TMPDIR/out" 2>&1 || {
		local rc=$?
		cat "$BATS_TEST_TMPDIR/out"
		return $rc
	}
}

# refuses WORDS: install fails with these words, and the node is as it was.
refuses() {
	tree >"$BATS_TEST_TMPDIR/was"
	if install >/dev/null; then
		echo "was not refused"
		return 1
	fi
	grep -q "error: .*$1" "$BATS_TEST_TMPDIR/out" || {
		cat "$BATS_TEST_TMPDIR/out"
		return 1
	}
	tree | diff "$BATS_TEST_TMPDIR/was" -
}

# whole_life [FILE]: install, install again (the same), cleanup (as it was). FILE: what must have urunc in between.
whole_life() {
	tree >"$BATS_TEST_TMPDIR/was"
	install
	grep -q '^\[.*runtimes.urunc\]' "$N$1"
	[ "$(cat "$N/usr/local/bin/urunc")" = 'program bin/urunc' ]
	tree >"$BATS_TEST_TMPDIR/once"
	cp "$calls" "$BATS_TEST_TMPDIR/calls-once"
	install
	grep -q 'has urunc already' "$BATS_TEST_TMPDIR/out"
	! diff "$BATS_TEST_TMPDIR/calls-once" "$calls" | grep restart
	tree | diff "$BATS_TEST_TMPDIR/once" -
	cleanup
	tree | diff "$BATS_TEST_TMPDIR/was" -
}
