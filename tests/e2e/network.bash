# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2154
# Shared by tests of networks: pods, which are network namespaces with a wire to another one, and what must not stay in them.
load helpers

POD4=10.99.0.2 POD6=fd99::2 OUT4=10.99.0.1

# make_pod: namespaces ${ID}p and ${ID}o (outside), as a CNI plugin leaves them.
make_pod() {
	P=${ID}p O=${ID}o
	ip netns add "$P" || return 1
	ip netns add "$O" || return 1
	ip -n "$P" link set lo up
	ip -n "$O" link set lo up
	# A new namespace has it from the host, where engines set it.
	inside sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward' || return 1
	ip -n "$P" link add eth0 type veth peer name v0 netns "$O" || return 1
	ip -n "$P" link set eth0 mtu 1400
	ip -n "$O" link set v0 mtu 1400
	ip -n "$P" addr add $POD4/24 dev eth0
	ip -n "$P" addr add $POD6/64 dev eth0 nodad
	ip -n "$O" addr add $OUT4/24 dev v0
	ip -n "$O" addr add fd99::1/64 dev v0 nodad
	ip -n "$P" link set eth0 up
	ip -n "$O" link set v0 up
	ip -n "$P" route add default via $OUT4
	ip -n "$P" route add default via fd99::1
	join "/run/netns/$P"
}

# join PATH: the container of the bundle is to be in this network namespace.
join() {
	config '(.linux.namespaces[] | select(.type == "network")).path = $p' --arg p "$1"
}

drop_pod() {
	[ -n "$P" ] || return 0
	ip netns del "$P" 2>/dev/null || :
	ip netns del "$O" 2>/dev/null || :
}

inside() {
	nsenter --net="/run/netns/$P" "$@" 3>&- 4>&-
}
outside() {
	nsenter --net="/run/netns/$O" "$@" 3>&- 4>&-
}

# aside inside|outside COMMAND...: in the background, until the test ends.
aside() {
	local where=$P
	[ "$1" = inside ] || where=$O
	shift
	nsenter --net="/run/netns/$where" "$@" </dev/null >"$T/aside" 2>&1 3>&- 4>&- &
	background+=($!)
}

# pod_clean: nothing of ours is in the namespace, and its settings are as they were.
pod_clean() {
	local found
	found=$(
		inside tc qdisc show | grep -v 'qdisc noqueue'
		ip -n "$P" -o link show | grep -vE '^[0-9]+: (lo|eth[0-9]+)[:@]'
		inside sh -c 'cd /proc/sys/net/ipv4/conf && grep -v "^0" lo/route_localnet lo/accept_local eth0/route_localnet eth0/forwarding'
		"$BUILD/net/netctl" tables "/run/netns/$P"
	)
	[ -z "$found" ] || {
		printf 'left in the network namespace:\n%s\n' "$found"
		return 1
	}
}

# serves WHERE URL [TEXT]: somebody answers there (within seconds), with this text in it.
serves() {
	local limit=$((BOOT_SECONDS * 1000))
	within $limit answers "$@" || {
		printf 'got: %s\nconsole:\n%s\nstderr:\n%s\n' "$(<"$T/got")" "$(tail -n 20 "$T/console")" "$(<"$T/err")"
		return 1
	}
}
answers() {
	"$1" curl -gsf -m 5 --connect-timeout 1 "$2" >"$T/got" 2>/dev/null && grep -qF -- "${3-}" "$T/got"
}
