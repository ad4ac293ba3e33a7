# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# Shared by the fault tests: a bundle, recorded runs, faults at a chosen system call, and TAP.
#
# BUILD=DIR   the build to test     FULL=1   every step, not a sample      SEED=N   where the sample begins
fault_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BATS_TEST_DIRNAME=$fault_dir
. "$fault_dir/../cli/helpers.bash"

for tool in strace jq cpio busybox runc timeout; do
	command -v "$tool" >/dev/null || {
		echo "1..1"
		echo "not ok 1 '$tool' is missing: run script/bootstrap test"
		exit 1
	}
done

# A test makes $scratch/config.json with `config`: that of every step's bundle.
scratch=$(mktemp -d "${TMPDIR:-/tmp}/urunc-fault.XXXXXX") || exit 2
trap 'rm -rf "$scratch"' EXIT
chmod 0711 "$scratch"
SHARED=$scratch/shared
mkdir "$SHARED"
make_rootfs "$SHARED/rootfs"
make_template >"$SHARED/config.json"
make_toml >"$SHARED/urunc.toml"
B=$scratch
cp "$SHARED/config.json" "$B/config.json"

tap_n=0 tap_failed=0
pass() {
	echo "ok $((++tap_n)) $*"
}
# fail NAME: what went wrong is on standard input.
fail() {
	echo "not ok $((++tap_n)) $*"
	sed 's/^/# /'
	tap_failed=$((tap_failed + 1))
}
finish() {
	echo "1..$tap_n"
	[ "$tap_failed" -eq 0 ]
	exit
}

# fresh: directories and names for one step.
fresh() {
	BATS_TEST_TMPDIR=$scratch/step BATS_SUITE_TEST_NUMBER=$tap_n
	rm -rf "$scratch/step"
	mkdir "$scratch/step"
	common_setup
	mkdir "$T/pids"
	cp "$scratch/config.json" "$B/config.json"
	: >"$T/console"
}

# The commands under test. What they write goes to $T/out and $T/err, the container's output to $T/console.
command_create() {
	timeout -k 1 10 "$@" "$URUNC" --root "$ROOT" create --bundle "$B" --pid-file "$T/pids/pid" "$ID" \
		>>"$T/console" 2>"$T/err" </dev/null
}
command_start() {
	timeout -k 1 10 "$@" "$URUNC" --root "$ROOT" start "$ID" >"$T/out" 2>"$T/err" </dev/null
}
command_kill() {
	timeout -k 1 10 "$@" "$URUNC" --root "$ROOT" kill "$ID" KILL >"$T/out" 2>"$T/err" </dev/null
}
command_delete() {
	timeout -k 1 10 "$@" "$URUNC" --root "$ROOT" delete --force "$ID" >"$T/out" 2>"$T/err" </dev/null
}

command_run() {
	jq -c '.process.args = ["/init", "fake.exit=3"]' "$scratch/config.json" >"$B/config.json"
	timeout -k 1 10 "$@" "$URUNC" --root "$ROOT" run --bundle "$B" "$ID" >>"$T/console" 2>"$T/err" </dev/null
}

# before COMMAND: what has to be done before it.
before() {
	case $1 in
	start) command_create env ;;
	kill | delete) command_create env && command_start env ;;
	esac
}

# --- a network namespace with a wire, as engines leave it ---
make_pod() {
	pod=urunc-fault-$$
	ip netns add "$pod" || return 1
	trap 'ip netns del "$pod"; rm -rf "$scratch"' EXIT
	ip -n "$pod" link set lo up
	# A new namespace has it from the host, where engines set it.
	nsenter --net="/run/netns/$pod" sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'
	ip -n "$pod" link add eth0 type veth peer name v0
	ip -n "$pod" addr add 10.99.0.2/24 dev eth0
	ip -n "$pod" link set eth0 up
	config '(.linux.namespaces[] | select(.type == "network")).path = $p' --arg p "/run/netns/$pod"
}
# What must not stay there.
pod_left() {
	[ -n "${pod:-}" ] || return 0
	nsenter --net="/run/netns/$pod" tc qdisc show | grep -v 'qdisc noqueue'
	ip -n "$pod" -o link show | grep -vE '^[0-9]+: (lo|eth0|v0)[:@]'
	nsenter --net="/run/netns/$pod" sh -c 'cd /proc/sys/net/ipv4/conf && grep -v "^0" lo/route_localnet lo/accept_local eth0/forwarding'
	"$BUILD/net/netctl" tables "/run/netns/$pod"
}

# record COMMAND: the system calls of a run that goes well, as lines "NUMBER NAME OCCURRENCE", into $scratch/COMMAND.steps.
record() {
	fresh
	before "$1"
	"command_$1" strace -qq -o "$scratch/trace" || [ "$1 $?" = 'run 3' ] || {
		echo "# $1 fails without any fault: $(<"$T/err")" >&2
		return 1
	}
	command_delete env
	sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' "$scratch/trace" | awk '{print NR, $1, ++n[$1]}' >"$scratch/$1.steps"
}

# sample COMMAND COUNT [FIRST]: COUNT of the recorded steps, evenly spread; all of them with FULL=1.
sample() {
	awk -v want="$2" -v first="${3:-2}" -v full="${FULL:-0}" -v seed="${SEED:-0}" '
		$1 >= first {step[n++] = $0}
		END {
			stride = full || n <= want ? 1 : n / want
			for (i = seed % (stride < 1 ? 1 : int(stride)); i < n; i += stride) print step[int(i)]
		}' "$scratch/$1.steps"
}

# Deletes and looks for leaks; prints what is wrong.
clean_after() {
	rt list -q
	[ "$status" -eq 0 ] || echo "list: exit $status: $err"
	rt delete --force "$ID"
	[ "$status" -eq 0 ] || echo "delete --force: exit $status: $err"
	nothing_left
	pod_left
	find "$T/pids" -name '.*' -type f -printf 'temporary file %f\n'
	rt delete --force "$ID"
	[ "$status" -eq 0 ] || echo "second delete --force: exit $status: $err"
}

# Commands in the middle of which somebody dies must not have touched anything but their own.
bundle_untouched() {
	local found
	found=$(find "$B" -mindepth 1 ! -name config.json)
	[ -z "$found" ] || echo "in the bundle: $found"
}
