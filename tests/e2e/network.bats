#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Guests answer on their containers' addresses: real taps and namespaces, QEMU with Debian's kernel, nginx and redis.
load network

setup_file() {
	. "$BATS_TEST_DIRNAME/helpers.bash"
	local dir=$BATS_FILE_TMPDIR/linux files
	[ -x "$BUILD/net/netctl" ] || {
		echo "$BUILD/net/netctl is missing: run 'make net-programs' or set BUILD" >&2
		return 1
	}
	chmod 0711 "$BATS_FILE_TMPDIR"
	mkdir -p "$dir/boot" "$dir/etc"
	cp --reflink=auto "$SHARED/kernel/vmlinuz" "$dir/boot/vmlinuz"
	files=$("$top/tests/guest/fetch-programs" initrd nginx redis-server) || return 1
	cgi >"$BATS_FILE_TMPDIR/cgi"
	chmod 0755 "$BATS_FILE_TMPDIR/cgi"
	nginx_conf >"$BATS_FILE_TMPDIR/nginx.conf"
	# A small one for most, and one with the programs of Debian.
	small=("$BATS_FILE_TMPDIR/cgi=/www/cgi-bin/get" --kernel "$SHARED/kernel"
		--modules "virtio_pci,virtio_mmio,virtio_console,virtio_net")
	"$top/tests/guest/make-initrd" "$dir/boot/initrd" "${small[@]}" || return 1
	# shellcheck disable=SC2086 # no name has blanks
	"$top/tests/guest/make-initrd" "$dir/boot/big" "${small[@]}" "$BATS_FILE_TMPDIR/nginx.conf=/etc/nginx.conf" $files || return 1
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/vmlinuz initrd=/boot/initrd >"$dir/urunc.json"
}

# What a test wants to know from inside a guest, it asks over HTTP: the query is a command.
cgi() {
	cat <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n'
eval "$(busybox httpd -d "$QUERY_STRING")" 2>&1
END
}
nginx_conf() {
	cat <<'END'
daemon off;
master_process off;
user root root;
error_log stderr;
pid /tmp/nginx.pid;
events {}
http {
	access_log off;
	client_body_temp_path /tmp/nb;
	proxy_temp_path /tmp/np;
	fastcgi_temp_path /tmp/nf;
	uwsgi_temp_path /tmp/nu;
	scgi_temp_path /tmp/ns;
	server {
		listen 80;
		listen [::]:80;
		location / { return 200 "nginx for $remote_addr\n"; }
	}
}
END
}

prepare() {
	guests=("$ID")
	config '.root.path = $r' --arg r "$BATS_FILE_TMPDIR/linux"
}

teardown() {
	local pid id rc=0
	for id in "${guests[@]}"; do
		rt delete --force "$id"
		[ "$status" -eq 0 ] || rc=1
	done
	for pid in "${background[@]}"; do kill -KILL "$pid" 2>/dev/null || :; done
	if [ -e "/run/netns/$P" ]; then pod_clean || rc=1; fi
	drop_pod
	nothing_left || rc=1
	return $rc
}

# guest_up ID PORT [OPTION...]: a guest that runs a web server on this port.
guest_up() {
	local id=$1 port=$2
	app /bin/sh -c "echo $id >/www/name; exec httpd -f -p $port -h /www"
	up "$id"
}
up() {
	timeout -k 1 30 "$URUNC" --root "$ROOT" create --bundle "$B" "$1" >>"$T/console" 2>"$T/err" </dev/null 3>&- 4>&-
	ok start "$1"
}

# ask WHERE HOST:PORT COMMAND: what the guest there says to it.
ask() {
	"$1" curl -gsf -m 10 "http://$2/cgi-bin/get?$(jq -rn --arg c "$3" '$c | @uri')"
}

@test "nginx and redis of Debian answer on the container's address, by IPv4 and IPv6" {
	make_pod
	config '.annotations["com.urunc.unikernel.initrd"] = "/boot/big" | .annotations["com.urunc.unikernel.unikernelType"] = "linux"
		| .annotations["com.urunc.unikernel.hypervisor"] = "qemu" | .annotations["com.urunc.unikernel.binary"] = "/boot/vmlinuz"'
	app /bin/sh -c "redis-server --bind '*' '-::*' --protected-mode no --save '' --dir /tmp & exec nginx -c /etc/nginx.conf"
	up "$ID"
	serves outside "http://$POD4/" "nginx for $OUT4"
	serves outside "http://[$POD6]/" 'nginx for fd99::1'
	within 20000 redis_answers
	ok delete --force "$ID"
	pod_clean
}
redis_answers() {
	[ "$(printf 'PING\r\n' | outside timeout 5 curl -s -m 3 "telnet://$POD4:6379" | tr -d '\r')" = '+PONG' ]
}

@test "the guest has the link's MTU, MAC and addresses, the container's names, and Docker's resolver" {
	local mac
	make_pod
	mac=$(ip -n "$P" -j link show eth0 | jq -r '.[0].address')
	printf 'search example.test\nnameserver 127.0.0.11\noptions ndots:0\n' >"$T/resolv.conf"
	config '.mounts += [{destination: "/etc/resolv.conf", type: "bind", source: $s, options: ["rbind", "ro"]}]' --arg s "$T/resolv.conf"
	aside inside "$BATS_TEST_DIRNAME/resolver.py" 127.0.0.11 40053 192.0.2.77
	within 5000 grep -q ready "$T/aside"
	guest_up "$ID" 8080
	serves outside "http://$POD4:8080/name" "$ID"
	out=$(ask outside $POD4:8080 'cd /sys/class/net/eth0; cat mtu address; ip -o addr show dev eth0; ip route; cat /etc/resolv.conf')
	matches "$out" $'^1400\n'"$mac"
	matches "$out" "inet $POD4/24"
	matches "$out" "inet6 $POD6/64"
	matches "$out" "default via $OUT4"
	matches "$out" $'search example.test\nnameserver 169.254.77.53\noptions ndots:0'
	matches "$(ask outside $POD4:8080 'nslookup -type=a somebody.example.test')" '192\.0\.2\.77'
}

@test "two guests and a process in one namespace: all are reached from outside, by 127.0.0.1, and by one another" {
	local second=${ID}b host
	guests+=("$second")
	make_pod
	mkdir "$T/www"
	echo sidecar >"$T/www/name"
	aside inside busybox httpd -f -p 9000 -h "$T/www"
	guest_up "$ID" 8081
	guest_up "$second" 8082
	serves outside "http://$POD4:8081/name" "$ID"
	serves outside "http://$POD4:8082/name" "$second"
	serves outside "http://$POD4:9000/name" sidecar
	# From the process's side.
	for host in 127.0.0.1 $POD4; do
		serves inside "http://$host:8081/name" "$ID"
		serves inside "http://$host:8082/name" "$second"
		serves inside "http://$host:9000/name" sidecar
	done
	serves inside http://127.0.77.1:8081/name "$ID"
	serves inside http://127.0.77.2:8082/name "$second"
	# From guests to each other and to the process.
	[ "$(ask outside $POD4:8081 'wget -q -O - http://169.254.77.102:8082/name')" = "$second" ]
	[ "$(ask outside $POD4:8082 'wget -q -O - http://169.254.77.101:8081/name')" = "$ID" ]
	[ "$(ask outside $POD4:8081 'wget -q -O - http://169.254.77.1:9000/name')" = sidecar ]
	[ "$(ask outside $POD4:8082 'wget -q -O - http://169.254.77.1:9000/name')" = sidecar ]
	# One of them goes: the others stay.
	ok delete --force "$ID"
	serves outside "http://$POD4:8082/name" "$second"
	serves inside http://127.0.0.1:8082/name "$second"
	serves outside "http://$POD4:9000/name" sidecar
	ok delete --force "$second"
	serves outside "http://$POD4:9000/name" sidecar
	pod_clean
}

@test "Knative's container: 172.16.1.2 behind a masquerading tap, and nothing of it afterwards" {
	make_pod
	config '.annotations["io.kubernetes.cri.container-name"] = "user-container"'
	mkdir "$T/www"
	aside outside busybox nc -lk -p 99 -e sh -c 'read -r _; echo hello'
	guest_up "$ID" 8080
	serves inside http://172.16.1.2:8080/name "$ID"
	[[ $(ask inside 172.16.1.2:8080 'ip -o -4 addr show dev eth0; ip route') == *'172.16.1.2/24'*'default via 172.16.1.1'* ]]
	# To the world with the pod's address, and from it where there is a route.
	[ "$(ask inside 172.16.1.2:8080 "ping -c 1 -W 5 $OUT4 >/dev/null && echo through")" = through ]
	ip -n "$O" route add 172.16.1.0/24 via $POD4
	serves outside http://172.16.1.2:8080/name "$ID"
	ok delete --force "$ID"
	pod_clean
}

# --- how guests end ---

@test "a guest that ends by itself, a monitor that is killed, a guest that is killed: nothing is left in the namespace" {
	local round
	make_pod
	# ROUNDS=7 makes 21 lives of Linux.
	for round in $(seq "${ROUNDS:-1}"); do ends_of_all_kinds; done
}
ends_of_all_kinds() {
	app /bin/true
	up "$ID"
	within 60000 status_is "$ID" stopped
	ok delete "$ID"
	pod_clean
	guest_up "$ID" 80
	serves outside "http://$POD4/name" "$ID"
	kill -KILL "$(monitor_pid)"
	within 10000 status_is "$ID" stopped
	ok delete "$ID"
	pod_clean
	guest_up "$ID" 80
	serves outside "http://$POD4/name" "$ID"
	ok kill "$ID" KILL
	within 10000 status_is "$ID" stopped
	ok delete "$ID"
	pod_clean
}
monitor_pid() {
	local p
	rt ps --format json "$ID"
	for p in $(jq -r '.[]' <<<"$out"); do
		case $(tr '\0' ' ' <"/proc/$p/cmdline") in *-kernel*) echo "$p" ;; esac
	done
}

@test "60 rounds with the smallest guest: nothing is left in the namespace" {
	local i
	make_pod
	config '.root.path = $r | .process.args = ["/app", "probe.wait"]' --arg r "$SHARED/probe"
	for i in $(seq $((60 * ${ROUNDS:-1}))); do
		: >"$T/console"
		up "$ID"
		case $((i % 3)) in
		0) ok kill "$ID" KILL ;;
		1) kill -KILL "$(init_pid "$ID")" ;;
		esac
		ok delete --force "$ID"
		[ $((i % 10)) -ne 0 ] || pod_clean
	done
}

@test "urunc start is killed with -9 in the middle: delete takes everything back" {
	local n rc hits=0
	make_pod
	config '.root.path = $r | .process.args = ["/app", "probe.wait"]' --arg r "$SHARED/probe"
	for n in 2 6 12 18 24 30 36 42; do
		create
		rc=0
		strace -f -qq -o /dev/null -e trace=sendto,bpf,ioctl -e "inject=sendto,bpf,ioctl:signal=KILL:when=$n" \
			"$URUNC" --root "$ROOT" start "$ID" </dev/null >"$T/out" 2>&1 3>&- 4>&- || rc=$?
		[ "$rc" -ne 137 ] || hits=$((hits + 1))
		ok delete --force "$ID"
		pod_clean
	done
	[ $hits -ge 6 ]
	up "$ID"
	ok delete --force "$ID"
	pod_clean
}

# --- no network ---

@test "the host's network: one warning, and the guest runs without" {
	config '.linux.namespaces |= map(select(.type != "network"))'
	app /bin/sh -c 'ls /sys/class/net'
	boots_with 0
	same "$(tr -d '\r' <"$T/console" | grep -E '^[a-z0-9]+$' | grep -vx lo)" ''
	matches "$err" "host's network namespace: the guest gets no network"
	one_line "$err"
}

@test "a namespace with nothing but lo: no network and no word about it" {
	config '.linux.namespaces |= map(select(.type != "network")) + [{type: "network"}]'
	app /bin/sh -c 'ls /sys/class/net'
	boots_with 0
	same "$(tr -d '\r' <"$T/console" | grep -E '^[a-z0-9]+$' | grep -vx lo)" ''
	same "$err" ''
}

@test "firecracker opens its tap by its name, as its own user" {
	toml '[monitors.firecracker]' "path = \"$FAKE\""
	config '.process.args = ["/app", "fake.tap=urunc0", "fake.wait"] | .process.user = {uid: 1234, gid: 2345}
		| .annotations += {"com.urunc.unikernel.hypervisor": "firecracker", "com.urunc.unikernel.unikernelType": "linux",
		"com.urunc.unikernel.binary": "/boot/vmlinuz", "com.urunc.unikernel.initrd": "/boot/initrd"}'
	[ -c /dev/kvm ] || {
		refused "monitor 'firecracker' needs /dev/kvm" create --bundle "$B" "$ID"
		return 0
	}
	make_pod
	up "$ID"
	says WAITING
	grep -qx 'TAP urunc0' <(tr -d '\r' <"$T/console")
	ip -n "$P" -d -j link show urunc0 | jq -e --argjson uid "$(report ".uid[0]")" \
		'.[0].linkinfo.info_data | .persist and (.user | tostring) == ($uid | tostring)'
	ok delete --force "$ID"
	pod_clean
}

@test "an interface that no guest can take is an error of start that names it" {
	make_pod
	ip -n "$P" link set eth0 down
	create
	refused "network interface 'eth0' cannot be given to the guest: it is down" start "$ID"
	rt delete --force "$ID"
	pod_clean
}

@test "several interfaces: the one with the default route comes first" {
	make_pod
	ip -n "$O" link add v1 type veth peer name eth1 netns "$P"
	ip -n "$O" addr add 10.98.0.1/24 dev v1
	ip -n "$O" link set v1 up
	ip -n "$P" addr add 10.98.0.2/24 dev eth1
	ip -n "$P" link set eth1 up
	guest_up "$ID" 80
	serves outside "http://$POD4/name" "$ID"
	serves outside http://10.98.0.2/name "$ID"
	[[ $(ask outside $POD4 'ip -o -4 addr') == *"eth0 "*"$POD4/24"*"eth1 "*10.98.0.2/24* ]]
	ok delete --force "$ID"
	pod_clean
}
