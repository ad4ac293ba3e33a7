# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Shared by the network tests: a pod's namespace with an outside, namespaces that play guests, and TAP.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BUILD=${BUILD:-${URUNC_BUILD:-$here/../../build}}
netctl=$BUILD/net/netctl relay=$BUILD/net/relay peer=$here/peer.py
id=n$$
work=$(mktemp -d)
pids=()
made=()
tests=0 bad=0

note() { printf '%s\n' "$*" | sed 's/^/# /'; }

# is NAME WANTED COMMAND...: the command's output is exactly that, or matches it when it begins with ~.
is() {
	local name=$1 want=$2 got
	shift 2
	got=$("$@" 2>&1)
	tests=$((tests + 1))
	if [ "$got" = "$want" ] || { [ "${want:0:1}" = '~' ] && [[ $got =~ ${want:1} ]]; }; then
		echo "ok $tests $name"
	else
		echo "not ok $tests $name"
		note "wanted: $want" "got: ${got:0:600}"
		bad=$((bad + 1))
	fi
}

# ok NAME COMMAND...: it succeeds
ok() {
	local name=$1 text
	shift
	tests=$((tests + 1))
	if text=$("$@" 2>&1); then
		echo "ok $tests $name"
	else
		echo "not ok $tests $name"
		note "${text:0:600}"
		bad=$((bad + 1))
	fi
}

finish() {
	echo "1..$tests"
	[ "$bad" -eq 0 ]
	exit
}

clean() {
	local p n
	for p in "${pids[@]}"; do kill "$p"; done 2>/dev/null
	wait 2>/dev/null
	for n in "${made[@]}"; do ip netns del "$id$n"; done 2>/dev/null
	rm -rf "$work"
}
trap clean EXIT

ns() { ip netns exec "$id$1" "${@:2}"; }
net() { ip -n "$id$1" "${@:2}"; }
path() { echo "/run/netns/$id$1"; }
call() { ns "$1" "$peer" call "${@:2}"; }

make_ns() {
	ip netns add "$id$1" || exit 1
	made+=("$1")
	net "$1" link set lo up
	# A new namespace has it from the host, where engines set it.
	ns "$1" sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'
}

# background NAMESPACE LINE COMMAND...: runs it until the end, returns when it has printed that line; its pid is in $started
background() {
	local n=$1 want=$2 line
	shift 2
	exec {out}< <(exec ip netns exec "$id$n" "$@" 2>&1)
	started=$!
	pids+=("$started")
	while IFS= read -r -t 10 -u "$out" line; do
		[ "$line" = "$want" ] && return 0
		note "$line"
	done
	note "$* never said '$want'"
	return 1
}

stop() { # PID...
	kill "$@" 2>/dev/null
	wait "$@" 2>/dev/null
}

# --- a pod with an outside ---
POD4=10.9.0.2 POD6=fd09::2 MAC=02:42:0a:09:00:02
make_pod() { # [NAME]
	local pod=${1:-pod} out=${2:-out}
	make_ns "$pod"
	make_ns "$out"
	net "$out" link add o0 type veth peer name eth0 netns "$id$pod"
	net "$pod" link set eth0 address $MAC
	net "$out" addr add 10.9.0.1/24 dev o0
	net "$out" addr add fd09::1/64 dev o0 nodad
	net "$out" link set o0 up
	net "$pod" addr add $POD4/24 dev eth0
	net "$pod" addr add $POD6/64 dev eth0 nodad
	net "$pod" link set eth0 up
	net "$pod" route add default via 10.9.0.1
	net "$pod" route add default via fd09::1
}

# A namespace that plays the machine: its eth0 has the pod's addresses, its wire ends at the relay.
make_machine() { # NAME
	ip netns list | grep -qw "${id}wire" || make_ns wire
	make_ns "$1"
	net wire link add "$1" type veth peer name eth0 netns "$id$1"
	net wire link set "$1" up
	net "$1" link set eth0 address $MAC
	net "$1" addr add $POD4/24 dev eth0
	net "$1" addr add $POD6/64 dev eth0 nodad
	net "$1" link set eth0 up
	net "$1" route add default via 10.9.0.1
	net "$1" route add default via fd09::1
}

attach() { "$netctl" attach "$(path pod)" "$work/journal.$1" "${@:2}"; }
detach() { "$netctl" detach "$(path pod)" "$work/journal.$1" && rm -f "$work/journal.$1"; }

# guest NAME [WORDS...]: machine NAME gets its card; the answer of netctl is in $work/NAME.json, its pid in $started
guest() {
	local name=$1 line
	shift
	exec {out}< <(exec "$netctl" attach "$(path pod)" "$work/journal.$name" fd "$@" -- "$relay" fd:9 "$(path wire)" "$name" 2>&1)
	started=$!
	pids+=("$started")
	IFS= read -r -t 10 -u "$out" line && printf '%s\n' "$line" >"$work/$name.json"
	IFS= read -r -t 10 -u "$out" line
	[ "$line" = relaying ] || note "guest $name: $line $(cat "$work/$name.json")"
}

# What is in the pod's namespace that was not there before; nothing is right.
remains() { # [NAME]
	local n=${1:-pod}
	{
		ns "$n" tc qdisc show | grep -v 'qdisc noqueue'
		net "$n" -o link show | grep -o 'urunc[0-9]*'
		ns "$n" sh -c 'grep -Hv "^0" /proc/sys/net/ipv4/conf/lo/route_localnet /proc/sys/net/ipv4/conf/lo/accept_local'
		ns "$n" sh -c 'grep -Hv "^0" /proc/sys/net/ipv4/conf/eth0/forwarding'
		"$netctl" tables "$(path "$n")"
	} 2>/dev/null
}
